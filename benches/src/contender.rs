//! What a contender can be asked to do.

use std::pin::Pin;

use crate::stage::Failure;

/// A future of any type; boxed once a job, never once a child.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What remains to be done when all is prepared: the part whose time is taken.
pub(crate) struct Prepared<T>(Later<T>);

impl<T> Prepared<T> {
    pub(crate) fn new(rest: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Box::pin(rest))
    }

    pub(crate) fn into_rest(self) -> Later<T> {
        self.0
    }
}

/// A tree that stands, to be stopped or dropped.
pub(crate) type Standing = Box<dyn Tree>;

/// One way to run and to supervise tasks.
///
/// Each method is one job; `None` is "it cannot do that". A job that has to be prepared gives a
/// future that prepares it.
pub(crate) trait Contender: Sync {
    /// Starts so many children that wait for their shutdown, all at once.
    fn start(&self, _children: usize) -> Option<Later<Standing>> {
        None
    }

    /// The same, one after the other: each is asked for when the previous one has been added.
    /// Prepares the supervisor that they are added to.
    fn start_one_by_one(&self, _children: usize) -> Option<Later<Prepared<Standing>>> {
        None
    }

    /// Starts so many supervisors below one, each with two children that wait.
    fn start_pairs(&self, _pairs: usize) -> Option<Later<Standing>> {
        None
    }

    /// Starts one child that fails in each of its lives, in the middle of so many siblings that
    /// wait. There is always one more restart, and the restarts of this long count.
    fn fail(&self, _siblings: usize, _how: Failure, _window: Window) -> Option<Later<Standing>> {
        None
    }

    /// Sends so many messages from so many producers to one child, until it has received all.
    fn send(&self, _producers: usize, _messages: usize) -> Option<Later<Prepared<()>>> {
        None
    }

    /// Asks one child so many questions, each when the previous one was answered.
    fn ask(&self, _questions: usize) -> Option<Later<Prepared<()>>> {
        None
    }
}

/// How long a restart counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// A millisecond: few restarts are ever in it.
    Short,
    /// An hour: all restarts are in it.
    Long,
}

/// What [`Contender`] has started.
pub(crate) trait Tree: Send {
    /// Stops all children in order, and returns when the contender says that they have ended.
    fn stop(self: Box<Self>) -> Later<()>;

    /// Asks the supervisor for all that it can tell about its children. `None`: nothing.
    fn look(&self) -> Option<Later<()>> {
        None
    }
}

/// How many messages a mailbox holds, wherever that can be said.
pub(crate) const MAILBOX: usize = 1024;
