//! Where the user's values are dropped that a supervisor lets go of: not in its own task, since
//! a destructor may block or panic.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::child_spec::Body;
use crate::driver::Seat;
use crate::recipe::Recipe;

/// Values that wait to be dropped.
#[derive(Default)]
pub(crate) struct Reaper {
    values: Vec<Value>,
    /// There is something among them that others may wait for.
    urgent: bool,
}

/// Each is dropped by itself: two destructors that panic are no worse than one.
enum Value {
    /// What a child's lives were made from: these come in large numbers.
    Recipe(Arc<dyn Recipe>),
    Any(Box<dyn Send>),
}

/// So many make a task worth its while.
const MANY: usize = 64;

impl Reaper {
    pub(crate) fn take(&mut self, value: impl Send + 'static) {
        self.values.push(Value::Any(Box::new(value)));
        self.urgent = true;
    }

    /// Takes what is the user's of a child that is gone.
    pub(crate) fn take_seat(&mut self, seat: Seat) {
        match seat.body {
            Body::Task { recipe, .. } if recipe.is_bare() => {}
            Body::Task { recipe, .. } => self.values.push(Value::Recipe(recipe)),
            Body::Supervisor { .. } => self.take(seat),
        }
    }

    /// As [`reap`](Self::reap), once there is more to be dropped than a few recipes.
    pub(crate) fn reap_many(&mut self) {
        if self.urgent || self.values.len() >= MANY {
            self.reap();
        }
    }

    /// Drops what it has, in a task of its own where there is a runtime.
    pub(crate) fn reap(&mut self) {
        if self.values.is_empty() {
            return;
        }
        self.urgent = false;
        let values = std::mem::take(&mut self.values);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move { bury(values) });
            }
            Err(_) => bury(values),
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        bury(std::mem::take(&mut self.values));
    }
}

fn bury(values: Vec<Value>) {
    for value in values {
        let drop_it = move || match value {
            Value::Recipe(recipe) => drop(recipe),
            Value::Any(value) => drop(value),
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(drop_it)) {
            // What a destructor panicked with may panic again when it is dropped.
            std::mem::forget(payload);
        }
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reaper").field(&self.values.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child_spec::{ChildSpec, Run, Runnable};
    use crate::context::Context;

    /// A child's part whose function holds this.
    fn seat(held: &Arc<()>) -> Seat {
        let held = Arc::clone(held);
        let spec = ChildSpec::new("child").with_task(move |_: Context| {
            assert!(Arc::strong_count(&held) > 0);
            async { Ok(()) }
        });
        Seat::new(Run::into_parts(spec).0.body.place())
    }

    #[test]
    fn a_few_recipes_wait_for_more() {
        let (mut reaper, held) = (Reaper::default(), Arc::new(()));
        for count in 1..MANY {
            reaper.take_seat(seat(&held));
            reaper.reap_many();
            assert_eq!(Arc::strong_count(&held), 1 + count);
        }
        reaper.take_seat(seat(&held));
        reaper.reap_many();
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn what_others_may_wait_for_does_not_wait() {
        let (mut reaper, held) = (Reaper::default(), Arc::new(()));
        reaper.take_seat(seat(&held));
        reaper.take(Arc::clone(&held));
        reaper.reap_many();
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
