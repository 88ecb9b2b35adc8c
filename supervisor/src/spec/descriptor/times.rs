//! The times of a declared tree, with the children that they come from.

use std::time::Duration;

use super::TreeDescriptor;
use crate::spec::{Budget, Shutdown};

/// A part of a time, and the path of the child that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) path: String,
    pub(crate) time: Duration,
}

/// The reason why a time has no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unbounded {
    /// The path of the child.
    pub(crate) path: String,
    /// The option of the child.
    pub(crate) option: &'static str,
    pub(crate) why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The option says so.
    NoLimit,
    /// Only the running program knows the option's value.
    AtRuntime,
    /// The child is a supervisor built by hand.
    BuiltByHand,
}

/// One of the two times of a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Stop,
    Start,
}

impl Which {
    #[inline]
    fn of(self, child: &TreeDescriptor) -> Budget {
        match self {
            Self::Stop => child.budget(),
            Self::Start => child.start_time(),
        }
    }

    #[inline]
    fn parts_of(self, supervisor: &TreeDescriptor) -> Vec<usize> {
        match self {
            Self::Stop => supervisor.stop_parts(),
            Self::Start => supervisor.start_parts(),
        }
    }
}

impl TreeDescriptor {
    /// Returns the name of the tree's type or of the child.
    #[inline]
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the parts of the longest time that the children may take to stop.
    #[inline]
    pub(crate) fn parts_of_stop(&self) -> Result<Vec<Part>, Unbounded> {
        self.parts(Which::Stop)
    }

    /// Returns the parts of the longest time that the children may take to start.
    #[inline]
    pub(crate) fn parts_of_start(&self) -> Result<Vec<Part>, Unbounded> {
        self.parts(Which::Start)
    }

    #[inline]
    fn parts(&self, which: Which) -> Result<Vec<Part>, Unbounded> {
        let mut parts = Vec::new();
        self.add_parts("", which, &mut parts)?;
        Ok(parts)
    }

    /// Adds the parts of the children below this supervisor, whose path is `above`.
    #[inline]
    fn add_parts(&self, above: &str, which: Which, parts: &mut Vec<Part>) -> Result<(), Unbounded> {
        for index in which.parts_of(self) {
            let child = &self.children()[index];
            let path = if above.is_empty() {
                child.name.to_owned()
            } else {
                format!("{above}/{}", child.name)
            };
            // A limit of its own hides what the children need.
            let adds_up = child.inside.is_some()
                && (which == Which::Start
                    || matches!(child.options.shutdown(), None | Some(Shutdown::Infinity)));
            match which.of(child) {
                // Nobody waits until a lease is acquired.
                _ if which == Which::Start && child.lease().is_some() => {}
                Budget::Unbounded if child.unknown_shutdown && which == Which::Stop => {
                    return Err(Unbounded { path, option: "shutdown", why: Why::AtRuntime });
                }
                _ if adds_up => child.add_parts(&path, which, parts)?,
                Budget::Unbounded if child.name == BUILT_BY_HAND => {
                    let (path, option) = (above.to_owned(), "shutdown");
                    return Err(Unbounded { path, option, why: Why::BuiltByHand });
                }
                Budget::Unbounded => {
                    let option = if which == Which::Stop { "shutdown" } else { "start_timeout" };
                    return Err(Unbounded { path, option, why: Why::NoLimit });
                }
                Budget::Bounded(Duration::ZERO) => {}
                Budget::Bounded(time) => parts.push(Part { path, time }),
            }
        }
        Ok(())
    }

    /// Returns the longest `kill_grace` of this supervisor and those below it.
    #[inline]
    pub(crate) fn longest_kill_grace(&self) -> Result<Duration, Unbounded> {
        self.kill_grace_below("")
    }

    #[inline]
    fn kill_grace_below(&self, path: &str) -> Result<Duration, Unbounded> {
        let Some(inside) = &self.inside else { return Ok(Duration::ZERO) };
        if inside.supervisor.unknown.kill_grace {
            let path = path.to_owned();
            return Err(Unbounded { path, option: "kill_grace", why: Why::AtRuntime });
        }
        let mut longest = inside.supervisor.kill_grace;
        for child in self.children() {
            let path = if path.is_empty() {
                child.name.to_owned()
            } else {
                format!("{path}/{}", child.name)
            };
            longest = longest.max(child.kill_grace_below(&path)?);
        }
        Ok(longest)
    }
}

/// The name of the only child of a supervisor that is built by hand.
pub(crate) const BUILT_BY_HAND: &str = "…";
