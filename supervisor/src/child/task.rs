//! Functions and closures as children.

use std::any::TypeId;
use std::cell::RefCell;
use std::future::Future;
use std::mem::needs_drop;
use std::sync::Arc;

use super::Context;
use crate::catch::Guarded;
use crate::life::{LifeFactory, PendingLife};
use crate::slot::{AnySlot, Slot};
use crate::spec::{ChildResult, ExitReason, Name};
use crate::sync::per_thread;
use crate::sync::task::JoinHandle;

/// The future that a task's function returns: a future of [`ChildResult`].
///
/// `Send` is required apart from this trait: the compiler's own error names the value of an async
/// function that cannot be sent to another thread.
#[diagnostic::on_unimplemented(
    message = "this is no task: it returns `{Self}`",
    label = "a task is an `async fn(ctx: Context) -> ChildResult`, or a closure like it",
    note = "a task ends with `Ok(())`, or with an error, to which `?` converts every `std::error::Error` and every text",
    note = "a function that blocks its thread is a `Blocking`"
)]
pub trait TaskFuture: Future<Output = ChildResult> {}

#[diagnostic::do_not_recommend]
impl<F: Future<Output = ChildResult>> TaskFuture for F {}

/// A task: a function that is called once for each life.
///
/// The bound is beside one on [`Fn`], from which the compiler infers the type of a closure's
/// argument. What is no such function breaks both, and is reported in the words of this one, which
/// implies the other.
#[diagnostic::on_unimplemented(
    message = "this is no task",
    label = "a task is an `async fn(ctx: Context) -> ChildResult`, or a closure like it",
    note = "a task is called for each life: it is the function, without a call, and takes a context and nothing else; for more, write a closure, as in `move |ctx| task(ctx, address.clone())`",
    note = "a value of a type that derives `Child`, which may receive messages, is `name: Type = value` in a tree, and `with_worker(value)` on the builder",
    note = "a function that blocks its thread is a `Blocking`"
)]
pub trait TaskFn<Arguments, Future>: Fn(Context) -> Future {}

#[diagnostic::do_not_recommend]
impl<F: Fn(Context) -> Future, Future> TaskFn<(Context,), Future> for F {}

/// An implementation that holds for no function. With two implementations to choose from, the
/// compiler reports that a value is no task; with one, it would count the function's arguments.
#[diagnostic::do_not_recommend]
impl<F: Fn(Context) -> Future + NoTask, Future> TaskFn<(), Future> for F {}

/// A condition that no function meets.
pub trait NoTask {}

/// A factory whose lives are calls of a function or closure.
pub(crate) struct FnFactory<F>(Guarded<F>);

per_thread! {
    /// The factory of the last bare function that a child was declared with: many children that run
    /// the same function share one factory.
    static LAST_BARE: RefCell<Option<(TypeId, Arc<dyn LifeFactory>)>> = const { RefCell::new(None) };
}

impl<F, Fut> FnFactory<F>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    /// Returns a factory of this function: the last one again, if it is of the same bare function.
    pub(crate) fn shared(function: F) -> Arc<dyn LifeFactory> {
        let function = Self(Guarded::new(function));
        if !function.captures_nothing() {
            return Arc::new(function);
        }
        let function_type = TypeId::of::<F>();
        let known = LAST_BARE.try_with(|last| match &*last.borrow() {
            Some((known, factory)) if *known == function_type => Some(Arc::clone(factory)),
            _ => None,
        });
        known.ok().flatten().unwrap_or_else(|| {
            let factory: Arc<dyn LifeFactory> = Arc::new(function);
            // (On a thread that is ending the thread-local is gone, and the factory is not shared.)
            let _ = LAST_BARE
                .try_with(|last| last.replace(Some((function_type, Arc::clone(&factory)))));
            factory
        })
    }
}

impl<F, Fut> LifeFactory for FnFactory<F>
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        Ok(life.spawn(async move { (self.0)(Context::of_this_life()).await }))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<()>::new(name, capacity))
    }

    /// Returns `true` for a function, and for a closure that has captured nothing.
    fn captures_nothing(&self) -> bool {
        size_of::<F>() == 0 && !needs_drop::<F>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn idle(_: Context) -> ChildResult {
        Ok(())
    }

    #[test]
    fn children_of_the_same_bare_function_share_it() {
        let [first, second] = [(); 2].map(|()| FnFactory::shared(idle));
        assert!(Arc::ptr_eq(&first, &second));
        let other = FnFactory::shared(async |_: Context| Ok(()));
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(FnFactory::shared(idle).captures_nothing() && other.captures_nothing());
    }

    #[test]
    fn what_a_closure_has_captured_is_its_own() {
        let [first, second] = ["a", "b"].map(|text| {
            FnFactory::shared(move |_: Context| {
                assert!(!text.is_empty());
                idle(Context::of_this_life())
            })
        });
        assert!(!Arc::ptr_eq(&first, &second) && !first.captures_nothing());
    }
}
