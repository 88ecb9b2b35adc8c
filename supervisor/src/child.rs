//! What can stand behind a child's name: a worker, a function, another tree.

use std::future::Future;

use crate::builder::SupervisorBuilder;
use crate::child_ref::ChildRef;
use crate::child_spec::{ChildSpec, Each, Run, Same};
use crate::context::Context;
use crate::exit::ChildResult;
use crate::options::{ChildOptions, SupervisorOptions};
use crate::outline::Outline;
use crate::pool::{Alike, Pool};
use crate::shutdown::Shutdown;
use crate::strategy::SupervisionStrategy;
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
    label = "a child's type has `#[derive(Child)]` and an `impl Worker`, or is a tree with a name"
)]
pub trait Child: Sized {
    /// What a child is made of: the worker's own value, or a [`Tree`](crate::Tree).
    type Recipe;
    /// What its siblings and the tree's owner hold of it: a [`ChildRef`], or the tree's handle.
    type Handle: Handle;
    /// What the type says about itself; a tree may say otherwise.
    const OPTIONS: ChildOptions;

    /// If it is a tree: what the compiler knows about it.
    #[doc(hidden)]
    const OUTLINE: Option<&'static Outline> = <Self::Handle as Handle>::OUTLINE;

    /// The specification of a child of this type.
    fn spec(name: &str, recipe: Self::Recipe) -> ChildSpec<Run<Self::Handle>>;

    /// The template of a pool of them, each with a value of its own.
    #[doc(hidden)]
    fn template(name: &str) -> ChildSpec<Each<Self>> {
        ChildSpec::each(name)
    }

    /// A pool of them, each with a value of its own.
    #[doc(hidden)]
    #[must_use]
    fn pool(builder: SupervisorBuilder, template: ChildSpec<Each<Self>>) -> Pool<Self> {
        builder.build_pool(template)
    }
}

/// What is held of a worker, of a tree that `supervision_tree!` has made, or of a supervisor.
///
/// It says what kind of child a type is whose `impl Child` is written by hand: a tree would
/// otherwise count as a worker, in the shutdown budget and in every rule.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what is held of a child",
    label = "a worker's `Handle` is `ChildRef<Message>`, that of a tree made by hand `Supervisor`"
)]
pub trait Handle: Clone + 'static {
    /// Of a tree, what the compiler knows about it if nothing else is said.
    const OUTLINE: Option<&'static Outline>;
}

impl<M: Send + 'static> Handle for ChildRef<M> {
    const OUTLINE: Option<&'static Outline> = None;
}

/// A supervisor with children that nobody knows, and that may take any time to stop.
impl Handle for Supervisor {
    const OUTLINE: Option<&'static Outline> = Some(&Outline::supervisor(
        "",
        ChildOptions::new(),
        SupervisorOptions::new(SupervisionStrategy::OneForOne),
        &[Outline::task("…", ChildOptions::new().with_shutdown(Shutdown::Infinity))],
    ));
}

/// A supervisor that was built by hand, as a child of a declared tree: for what only the builder can
/// say, such as a computed option.
#[diagnostic::do_not_recommend]
impl Child for Supervisor {
    type Recipe = Self;
    type Handle = Self;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Run<Self>> {
        ChildSpec::new(name).with_supervisor(recipe)
    }
}

/// A worker's mailbox: what `#[derive(Child)]` adds to [`Child`].
///
/// It stands apart, since a tree is a child too and takes no messages. It does not require
/// [`Child`]: for a type with parameters, the derive implements that where the type is a
/// [`Worker`], and a worker is `Addressable`; the circle would have no end.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `Child`",
    label = "add `#[derive(Child)]` to this type"
)]
pub trait Addressable: Sized {
    /// What can be sent to it; `()` unless the derive names a type with `message = …`.
    type Message: Send + 'static;

    /// What a worker of this type has unless something else is said of it: the options of
    /// `#[child(…)]`. They are its [`Child::OPTIONS`] too.
    const DEFAULTS: ChildOptions;
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
    label = "write `impl Worker for {Self} {{ async fn run(&self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl WorkerOnce`, add `#[child(restart = Temporary, once)]` to the type"
)]
pub trait Worker: Addressable + Send + Sync + 'static {
    /// One life of the child.
    fn run(&self, ctx: Context<Self::Message>) -> impl Future<Output = ChildResult> + Send;

    /// What the derive makes of it.
    #[doc(hidden)]
    fn into_spec(self, name: &str) -> ChildSpec<Run<ChildRef<Self::Message>>> {
        ChildSpec::new(name).with_worker(self)
    }
}

/// A child that owns what cannot be had twice, such as a socket: one life, by value.
///
/// `#[child(restart = Temporary, once)]` goes with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `WorkerOnce`",
    label = "write `impl WorkerOnce for {Self} {{ async fn run(self, ctx: Context) -> ChildResult {{ … }} }}`",
    note = "if it has an `impl Worker`, leave `once` out of its `#[child(…)]`"
)]
pub trait WorkerOnce: Addressable + Send + 'static {
    /// The only life of the child.
    fn run(self, ctx: Context<Self::Message>) -> impl Future<Output = ChildResult> + Send;

    /// What the derive makes of it.
    #[doc(hidden)]
    fn into_spec(self, name: &str) -> ChildSpec<Run<ChildRef<Self::Message>>> {
        ChildSpec::new(name).with_worker_once(self)
    }
}

/// A [`Worker`] with messages of the type `M`: the condition under which a type with parameters is a
/// child. The words are those of [`Child`], so that the compiler says them once.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a child",
    label = "a child's type has `#[derive(Child)]` and an `impl Worker`, or is a tree with a name"
)]
pub trait WorkerOf<M: Send + 'static>: Sized {
    /// What the derive makes of it.
    fn into_spec(self, name: &str) -> ChildSpec<Run<ChildRef<M>>>;
}

#[diagnostic::do_not_recommend]
impl<W: Worker> WorkerOf<W::Message> for W {
    fn into_spec(self, name: &str) -> ChildSpec<Run<ChildRef<W::Message>>> {
        Worker::into_spec(self, name)
    }
}

/// A [`WorkerOnce`] with messages of the type `M`, likewise.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a child",
    label = "a child's type has `#[derive(Child)]` and an `impl Worker`, or is a tree with a name"
)]
pub trait WorkerOnceOf<M: Send + 'static>: Sized {
    /// What the derive makes of it.
    fn into_spec(self, name: &str) -> ChildSpec<Run<ChildRef<M>>>;
}

#[diagnostic::do_not_recommend]
impl<W: WorkerOnce> WorkerOnceOf<W::Message> for W {
    fn into_spec(self, name: &str) -> ChildSpec<Run<ChildRef<W::Message>>> {
        WorkerOnce::into_spec(self, name)
    }
}

/// What a task's function returns: a future of [`ChildResult`].
///
/// That it can be sent to another thread is asked for apart from it, since the compiler says
/// best itself which value of an async function cannot.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this is no task: it returns `{Self}`",
    label = "a task is an `async fn(ctx: Context) -> ChildResult`, or a closure like it"
)]
pub trait Life: Future<Output = ChildResult> {}

#[diagnostic::do_not_recommend]
impl<F: Future<Output = ChildResult>> Life for F {}

/// What a child of the type `T` without a value is made from.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this child needs a value, since `{T}` has no `Default`",
    label = "write its value after `=`, which for a tree is `{T}::tree(…)`, or derive `Default`"
)]
pub trait Unsaid<T>: Sized {
    /// The default.
    fn unsaid() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, R: Default> Unsaid<T> for R {
    fn unsaid() -> Self {
        Self::default()
    }
}

/// A value that all workers of a pool can share: what a template's `= value` has to be.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of all workers alike, since it is not a `Worker`",
    label = "leave the value out, and give each worker its own with `add_worker_with(…)`"
)]
pub trait Shared: Sized {
    /// The template of a pool of workers with this value.
    fn shared(self, name: &str) -> ChildSpec<Same<Self>>;

    /// A pool of them.
    #[must_use]
    fn pool(builder: SupervisorBuilder, template: ChildSpec<Same<Self>>) -> Pool<Self, Alike>;
}

#[diagnostic::do_not_recommend]
impl<W: Child + Worker> Shared for W {
    fn shared(self, name: &str) -> ChildSpec<Same<Self>> {
        ChildSpec::each(name).with_value(self)
    }

    fn pool(builder: SupervisorBuilder, template: ChildSpec<Same<Self>>) -> Pool<Self, Alike> {
        builder.build_pool(template)
    }
}
