//! The reaper: drops the user's values that a supervisor lets go of, outside of the supervisor's
//! task, since a destructor may block or panic.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::catch::drop_each;
use crate::sync::task;

/// Values that wait to be dropped.
#[derive(Default)]
pub(crate) struct Reaper(Vec<Value>);

/// A value of the user's. Each value is dropped by itself, so that a destructor that panics spares
/// the others.
enum Value {
    /// The factory of a child's lives. Factories come in large numbers, so they are not boxed
    /// again.
    Shared {
        _value: Arc<dyn Any + Send + Sync>,
    },
    Boxed {
        _value: Box<dyn Send>,
    },
}

impl Reaper {
    /// Takes a value, to be dropped by the next [`reap`](Self::reap).
    pub(crate) fn take(&mut self, value: impl Send + 'static) {
        self.0.push(Value::Boxed { _value: Box::new(value) });
    }

    /// Takes a shared value without boxing it.
    pub(crate) fn take_shared(&mut self, value: Arc<dyn Any + Send + Sync>) {
        self.0.push(Value::Shared { _value: value });
    }

    /// Takes all values of another reaper.
    pub(crate) fn append(&mut self, other: &mut Self) {
        // Hardly any end of a life leaves values.
        if !other.0.is_empty() {
            self.0.append(&mut other.0);
        }
    }

    /// Drops all values, in a task of their own if there is a runtime.
    pub(crate) fn reap(&mut self) {
        if self.0.is_empty() {
            return;
        }
        // The values stay in a reaper: a runtime that is going away drops the task unpolled.
        let garbage = Self(std::mem::take(&mut self.0));
        drop(task::try_spawn(async move { drop(garbage) }));
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        // A reaper is dropped with each end that is handled in the child's task, mostly empty.
        if !self.0.is_empty() {
            drop_each(std::mem::take(&mut self.0));
        }
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reaper").field(&self.0.len()).finish()
    }
}
