//! The trait of the types that a tree can name as a child, and those that expansions use with it.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::{
    ChildSpec, ErasedHandle, PerWorkerTemplate, Pool, Ready, Shared, SharedTemplate,
    SupervisorBuilder,
};
use crate::child::{ChildRef, Worker, WorkerOnce};
use crate::slot::Slot;
use crate::spec::{
    BUILT_BY_HAND, ChildOptions, Shutdown, StartMode, SupervisionStrategy, SupervisorOptions,
    TreeDescriptor,
};
use crate::supervisor::Supervisor;

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
    message = "`{Self}` is not a child",
    label = "a child's type has `#[derive(Child)]` and an `impl Worker` that holds for its parameters, or is a tree with a name"
)]
pub trait Child: Sized {
    /// The value that a child is made from: the worker itself, or a [`Tree`](crate::Tree).
    type Recipe;
    /// The handle that the siblings and the tree's owner hold: a [`ChildRef`], or the tree's
    /// handle.
    type Handle: ChildHandle;
    /// The options of the type, over which those of the tree win.
    const OPTIONS: ChildOptions;

    /// The description of a tree, as a constant; `None` for a worker.
    #[doc(hidden)]
    const DESCRIPTOR: Option<&'static TreeDescriptor> = Self::Handle::DESCRIPTOR;

    /// Creates the specification of a child of this type.
    fn spec(name: &str, recipe: Self::Recipe) -> ChildSpec<Ready<Self::Handle>>;

    /// Creates the specification of a child of this type, for which the type's `OPTIONS` hold: what
    /// an expansion calls.
    #[doc(hidden)]
    fn declared_spec(name: &str, recipe: Self::Recipe) -> ChildSpec<Ready<Self::Handle>> {
        Self::spec(name, recipe).with_type_defaults(&Self::OPTIONS)
    }

    /// Erases the handle, for the field of a tree's handle.
    #[doc(hidden)]
    fn erase(handle: Self::Handle) -> ErasedHandle<Self> {
        ErasedHandle::new(handle)
    }

    /// Creates the template of a pool of such children, each with a value of its own.
    #[doc(hidden)]
    fn template(name: &str) -> ChildSpec<PerWorkerTemplate<Self>> {
        ChildSpec::per_worker(name)
    }

    /// Builds a pool of such children, each with a value of its own.
    #[doc(hidden)]
    #[must_use]
    fn pool(
        builder: SupervisorBuilder,
        template: ChildSpec<PerWorkerTemplate<Self>>,
    ) -> Pool<Self> {
        builder.build_pool(template)
    }
}

/// The handle of a worker, of a tree that `supervision_tree!` has made, or of a supervisor.
///
/// The handle determines the kind of a child whose `impl Child` is written by hand: a tree would
/// otherwise count as a worker, in the shutdown budget and in every rule.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what is held of a child",
    label = "a worker's `Handle` is `ChildRef<Message>`, that of a tree made by hand `Supervisor`"
)]
pub trait ChildHandle: Clone + Send + Sync + 'static {
    /// The description of a tree, as a constant; `None` for a worker.
    const DESCRIPTOR: Option<&'static TreeDescriptor>;

    /// Creates the handle from the slot of a child, if the slot alone is enough.
    #[must_use]
    fn from_slot(_slot: Arc<dyn Any + Send + Sync>) -> Option<Self> {
        None
    }

    /// Takes what a worker that was refused was made from, and has nothing kept from now on; `None` for a
    /// worker that was not refused (yet), and for a tree.
    #[doc(hidden)]
    fn take_refused(&self) -> Option<Box<dyn Any + Send + Sync>> {
        None
    }
}

impl<M: Send + 'static> ChildHandle for ChildRef<M> {
    const DESCRIPTOR: Option<&'static TreeDescriptor> = None;

    fn from_slot(slot: Arc<dyn Any + Send + Sync>) -> Option<Self> {
        slot.downcast::<Slot<M>>().ok().map(Self::new)
    }

    fn take_refused(&self) -> Option<Box<dyn Any + Send + Sync>> {
        self.slot().core.take_refused()
    }
}

/// The description of a supervisor whose children the compiler does not know, and which may take
/// any time to stop.
impl ChildHandle for Supervisor {
    const DESCRIPTOR: Option<&'static TreeDescriptor> = Some(&TreeDescriptor::supervisor(
        "",
        ChildOptions::new(),
        SupervisorOptions::new(SupervisionStrategy::OneForOne),
        &[TreeDescriptor::task(
            BUILT_BY_HAND,
            ChildOptions::new()
                .with_shutdown(Shutdown::Infinity)
                .with_start(StartMode::Notify)
                .with_start_timeout(Duration::MAX),
        )],
    ));
}

/// A supervisor built by hand as a child of a declared tree: for options that only the builder can
/// set, such as a computed one.
#[diagnostic::do_not_recommend]
impl Child for Supervisor {
    type Recipe = Self;
    type Handle = Self;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<Self>> {
        ChildSpec::new(name).with_supervisor(recipe)
    }
}

/// The condition that a type is a [`Worker`], where `#[derive(Child)]` makes its specification.
///
/// The texts of its error are those of [`Worker`], so that the compiler reports the error once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Worker`",
    label = "write `impl Worker for {Self} {{ async fn run(&self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl WorkerOnce`, add `#[child(restart = Temporary, once)]` to the type"
)]
pub trait WorkerSpec: Sized {
    /// The worker's messages.
    type Message: Send + 'static;

    /// Creates the specification of a child of this name.
    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<Self::Message>>>;
}

#[diagnostic::do_not_recommend]
impl<W: Worker> WorkerSpec for W {
    type Message = W::Message;

    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<W::Message>>> {
        ChildSpec::new(name).with_worker(self)
    }
}

/// The condition that a type is a [`WorkerOnce`], as [`WorkerSpec`] is that of a [`Worker`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `WorkerOnce`",
    label = "write `impl WorkerOnce for {Self} {{ async fn run(self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl Worker`, leave `once` out of its `#[child(…)]`"
)]
pub trait WorkerOnceSpec: Sized {
    /// The worker's messages.
    type Message: Send + 'static;

    /// Creates the specification of a child of this name.
    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<Self::Message>>>;
}

#[diagnostic::do_not_recommend]
impl<W: WorkerOnce> WorkerOnceSpec for W {
    type Message = W::Message;

    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<W::Message>>> {
        ChildSpec::new(name).with_worker_once(self)
    }
}

/// The condition under which a type with parameters is a child: it is a [`Worker`] with messages of
/// the type `M`.
///
/// The texts of its error are those of [`Child`], so that the compiler reports the error once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a child",
    label = "a child's type has `#[derive(Child)]` and an `impl Worker` that holds for its parameters, or is a tree with a name"
)]
pub trait WorkerOf<M: Send + 'static>: Sized {
    /// Creates the specification of a child of this name.
    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<M>>>;
}

#[diagnostic::do_not_recommend]
impl<W: Worker> WorkerOf<W::Message> for W {
    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<W::Message>>> {
        ChildSpec::new(name).with_worker(self)
    }
}

/// The condition under which a type with parameters and `once` is a child: it is a [`WorkerOnce`]
/// with messages of the type `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a child",
    label = "a child's type has `#[derive(Child)]` and an `impl Worker` that holds for its parameters, or is a tree with a name"
)]
pub trait WorkerOnceOf<M: Send + 'static>: Sized {
    /// Creates the specification of a child of this name.
    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<M>>>;
}

#[diagnostic::do_not_recommend]
impl<W: WorkerOnce> WorkerOnceOf<W::Message> for W {
    fn into_spec(self, name: &str) -> ChildSpec<Ready<ChildRef<W::Message>>> {
        ChildSpec::new(name).with_worker_once(self)
    }
}

/// The recipe of a child of the type `T` that is declared without a value.
#[diagnostic::on_unimplemented(
    message = "this child needs a value, since `{T}` has no `Default`",
    label = "write its value after `=`, which for a tree is `{T}::tree(…)`, or derive `Default`"
)]
pub trait DefaultRecipe<T>: Sized {
    /// Returns the default recipe.
    fn default_recipe() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, R: Default> DefaultRecipe<T> for R {
    fn default_recipe() -> Self {
        Self::default()
    }
}

/// A value that all workers of a pool can share: the condition on a template's `= value`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of all workers alike, since it is not a `Worker`",
    label = "leave the value out, and give each worker its own with `add_worker_with(…)`"
)]
pub trait SharedValue: Sized {
    /// Creates the template of a pool of workers with this value.
    fn template(self, name: &str) -> ChildSpec<SharedTemplate<Self>>;

    /// Builds a pool of workers that share one value.
    #[must_use]
    fn pool(
        builder: SupervisorBuilder,
        template: ChildSpec<SharedTemplate<Self>>,
    ) -> Pool<Self, Shared>;
}

#[diagnostic::do_not_recommend]
impl<W: Child + Worker> SharedValue for W {
    fn template(self, name: &str) -> ChildSpec<SharedTemplate<Self>> {
        ChildSpec::per_worker(name).with_value(self)
    }

    fn pool(
        builder: SupervisorBuilder,
        template: ChildSpec<SharedTemplate<Self>>,
    ) -> Pool<Self, Shared> {
        builder.build_pool(template)
    }
}

/// A worker whose `run` borrows its value, so that a specification can start one life after the other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Worker`",
    label = "if it has an `impl WorkerOnce`, give it by `with_worker_once(…)`, and a function by `with_task(…)`",
    note = "otherwise write `impl Worker for {Self} {{ async fn run(&self, ctx: Context) -> ChildResult {{ … }} }}`"
)]
pub trait LongLived: Worker {
    /// The worker's messages: through [`Addressable`](crate::Addressable), what is no worker would be a
    /// second error.
    type Messages: Send + 'static;
}

#[diagnostic::do_not_recommend]
impl<W: Worker> LongLived for W {
    type Messages = W::Message;
}
