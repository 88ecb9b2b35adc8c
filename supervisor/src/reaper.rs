//! Where the user's values are dropped that a supervisor lets go of: not in its own task, since
//! a destructor may block or panic.

use std::fmt;
use std::sync::Arc;

use crate::child_spec::Body;
use crate::driver::Seat;
use crate::recipe::Recipe;
use crate::unharmed::unharmed;

/// Values that wait to be dropped.
#[derive(Default)]
pub(crate) struct Reaper(Vec<Value>);

/// Each is dropped by itself: two destructors that panic are no worse than one.
enum Value {
    /// What a child's lives were made from: these come in large numbers.
    Recipe(Arc<dyn Recipe>),
    Any(Box<dyn Send>),
}

impl Reaper {
    pub(crate) fn take(&mut self, value: impl Send + 'static) {
        self.0.push(Value::Any(Box::new(value)));
    }

    /// Takes what is the user's of a child that is gone.
    pub(crate) fn take_seat(&mut self, seat: Seat) {
        match seat.body {
            Body::Task { recipe, .. } if recipe.is_bare() => {}
            Body::Task { recipe, .. } => self.0.push(Value::Recipe(recipe)),
            Body::Supervisor { .. } => self.take(seat),
        }
    }

    /// Takes what another one has.
    pub(crate) fn take_over(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Drops what it has, in a task of its own where there is a runtime.
    pub(crate) fn reap(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let values = std::mem::take(&mut self.0);
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
        if !self.0.is_empty() {
            bury(std::mem::take(&mut self.0));
        }
    }
}

fn bury(values: Vec<Value>) {
    for value in values {
        unharmed(move || match value {
            Value::Recipe(recipe) => drop(recipe),
            Value::Any(value) => drop(value),
        });
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reaper").field(&self.0.len()).finish()
    }
}
