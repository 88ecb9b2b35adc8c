//! What can stand behind a child's name: a worker, a function, another tree.

use std::future::Future;

use crate::child_ref::ChildRef;
use crate::child_spec::{ChildSpec, Run};
use crate::context::Context;
use crate::exit::ChildResult;
use crate::options::ChildOptions;
use crate::outline::Outline;

/// A type that a tree can name as a child: `name: Type`.
///
/// `#[derive(Child)]` implements it for a worker's type, and `supervision_tree!` for the type
/// of a named tree, so that a tree can be a child of another.
///
/// ```
/// use supervisor::prelude::*;
///
/// #[derive(Child)]
/// #[child(restart = Transient, shutdown = 10s)]
/// struct Mailer;
///
/// impl Worker for Mailer {
///     async fn run(&self, mut ctx: Context) -> ChildResult {
///         while ctx.recv().await.is_some() {}
///         Ok(())
///     }
/// }
///
/// assert_eq!(Mailer::OPTIONS.restart_policy(), RestartPolicy::Transient);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Child`",
    label = "a child's type has `#[derive(Child)]` and an `impl Worker`, or is a tree with a name"
)]
pub trait Child: Sized {
    /// What a child is made of: the worker's own value, or a [`Tree`](crate::Tree).
    type Recipe;
    /// What its siblings and the tree's owner hold of it: a [`ChildRef`], or the tree's handle.
    type Handle: Clone + 'static;
    /// What the type says about itself; a tree may say otherwise.
    const OPTIONS: ChildOptions;

    /// If it is a tree: what the compiler knows about it.
    #[doc(hidden)]
    const OUTLINE: Option<&'static Outline> = None;

    /// The specification of a child of this type.
    fn spec(name: &str, recipe: Self::Recipe) -> ChildSpec<Run<Self::Handle>>;
}

/// A child with a mailbox: what `#[derive(Child)]` adds for workers.
///
/// It stands apart from [`Child`], since a tree is a child too and takes no messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Child`",
    label = "add `#[derive(Child)]` to this type"
)]
pub trait Addressable: Child<Recipe = Self, Handle = ChildRef<Self::Message>> {
    /// What can be sent to it; `()` unless the derive names a type with `message = …`.
    type Message: Send + 'static;
}

/// A child that runs any number of times, each life with fresh locals.
///
/// The value is the child's immutable recipe: `run` borrows it, so what a life changes is gone
/// with that life. State that is meant to survive a restart goes behind an `Arc` in the value.
/// That each life starts from a clean state is what makes "let it crash" work.
///
/// # Errors
///
/// `run` ends the life: `Ok(())` is a normal end; an error or a panic an abnormal one. What
/// follows is a matter of the [`RestartPolicy`](crate::RestartPolicy).
///
/// # Cancel safety
///
/// A life is dropped at an await point when it is aborted: when it never looked at its shutdown
/// signal, or did not end within its shutdown time. Its locals are dropped then.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Worker`",
    label = "write `impl Worker for {Self} {{ async fn run(&self, ctx: Context) -> ChildResult {{ … }} }}`"
)]
pub trait Worker: Addressable + Send + Sync + 'static {
    /// One life of the child.
    fn run(&self, ctx: Context<Self::Message>) -> impl Future<Output = ChildResult> + Send;
}

/// A child that owns what cannot be had twice, such as a socket: one life, by value.
///
/// `#[child(restart = Temporary, once)]` goes with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `WorkerOnce`",
    label = "write `impl WorkerOnce for {Self} {{ async fn run(self, ctx: Context) -> ChildResult {{ … }} }}`"
)]
pub trait WorkerOnce: Addressable + Send + 'static {
    /// The only life of the child.
    fn run(self, ctx: Context<Self::Message>) -> impl Future<Output = ChildResult> + Send;
}
