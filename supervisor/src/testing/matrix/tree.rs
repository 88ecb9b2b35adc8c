//! What a fault matrix can be made from: trees, and functions that make them.

use std::future::Future;

use super::FaultMatrix;
use crate::error::SupervisorError;
use crate::supervisor::Supervisor;
use crate::tree::Tree;

/// A tree that a [`fault_matrix`](super::fault_matrix) can start: a declared [`Tree`], or a
/// [`Supervisor`] that was built and not started.
pub trait TreeUnderTest: Sized {
    /// The handle that the tree's owner has: that of the declaration, or the supervisor itself.
    type Handle;

    /// Returns the tree's supervisor.
    #[doc(hidden)]
    fn supervisor(&self) -> &Supervisor;

    /// Starts the tree.
    #[doc(hidden)]
    fn start_tree(self) -> impl Future<Output = Result<Self::Handle, SupervisorError>>;
}

impl<H> TreeUnderTest for Tree<H> {
    type Handle = H;

    fn supervisor(&self) -> &Supervisor {
        self.as_supervisor()
    }

    fn start_tree(self) -> impl Future<Output = Result<H, SupervisorError>> {
        self.start()
    }
}

impl TreeUnderTest for Supervisor {
    type Handle = Self;

    fn supervisor(&self) -> &Supervisor {
        self
    }

    async fn start_tree(self) -> Result<Self, SupervisorError> {
        self.start().await.map(|()| self)
    }
}

/// The return type of a function with the attribute `#[fault_matrix(…)]`: a tree, or the matrix of a
/// tree.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tree",
    label = "the function returns a `Tree<…>`, a `Supervisor`, or a `FaultMatrix<'static, …>`"
)]
pub trait MatrixSource: Sized {
    /// The tree under test.
    type Tree: TreeUnderTest;

    /// Makes the matrix that the function declares.
    fn matrix_of(make: fn() -> Self) -> FaultMatrix<'static, Self::Tree>;
}

impl<H: 'static> MatrixSource for Tree<H> {
    type Tree = Self;

    fn matrix_of(make: fn() -> Self) -> FaultMatrix<'static, Self> {
        super::fault_matrix(make)
    }
}

impl MatrixSource for Supervisor {
    type Tree = Self;

    fn matrix_of(make: fn() -> Self) -> FaultMatrix<'static, Self> {
        super::fault_matrix(make)
    }
}

impl<T: TreeUnderTest> MatrixSource for FaultMatrix<'static, T> {
    type Tree = T;

    fn matrix_of(make: fn() -> Self) -> Self {
        make()
    }
}
