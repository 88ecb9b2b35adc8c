//! The operations of a contender.

use std::pin::Pin;

use crate::stage::Failure;

/// A future of any type, boxed once per job and never per child.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The measured part of a job, which remains to be done when all is prepared.
pub(crate) struct Prepared<T>(Later<T>);

impl<T> Prepared<T> {
    pub(crate) fn new(rest: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Box::pin(rest))
    }

    pub(crate) fn into_rest(self) -> Later<T> {
        self.0
    }
}

/// A running tree, to be stopped or dropped.
pub(crate) type Standing = Box<dyn Tree>;

/// One way to run and to supervise tasks.
///
/// Each method is one job, and returns `None` if the contender cannot do it. For a job that needs
/// preparation it returns the future that prepares the job.
pub(crate) trait Contender: Sync {
    /// Starts so many children that wait for their shutdown, all at once.
    fn start(&self, _children: usize) -> Option<Later<Standing>> {
        None
    }

    /// Prepares a supervisor, then starts so many children one after the other: each is added after
    /// the previous one.
    fn start_one_by_one(&self, _children: usize) -> Option<Later<Prepared<Standing>>> {
        None
    }

    /// Starts so many supervisors below one, each with two children that wait.
    fn start_pairs(&self, _pairs: usize) -> Option<Later<Standing>> {
        None
    }

    /// Starts one child that fails in each of its lives, in the middle of so many siblings that
    /// wait. The limit of restarts is never reached, and restarts count for this window.
    fn fail(&self, _siblings: usize, _how: Failure, _window: Window) -> Option<Later<Standing>> {
        None
    }

    /// Starts so many children that wait for [`stage::storm`](crate::stage::storm), in which each of
    /// them fails once.
    fn await_storm(&self, _children: usize) -> Option<Later<Standing>> {
        None
    }

    /// Starts so many workers, which are then replaced by others.
    fn churn(&self, _alive: usize) -> Option<Later<Churning>> {
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

/// The time for which a restart counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// A millisecond: few restarts are ever in it.
    Short,
    /// An hour: all restarts are in it.
    Long,
}

/// Workers that are replaced by others.
pub(crate) type Churning = Box<dyn Churn>;

/// Workers that a [`Contender`] has started, and replaces by others.
pub(crate) trait Churn: Send {
    /// Adds a worker and ends the oldest one, so many times, each when the previous one has ended.
    fn churn(self: Box<Self>, times: usize) -> Later<Churning>;
}

/// A tree that a [`Contender`] has started.
pub(crate) trait Tree: Send {
    /// Stops all children in order, and returns when the contender says that they have ended.
    fn stop(self: Box<Self>) -> Later<()>;

    /// Asks the supervisor for all that it reports about its children; `None` if it has no report.
    fn look(&self) -> Option<Later<()>> {
        None
    }

    /// Serves a page that shows the tree, and returns its address; `None` if there is no such page.
    #[cfg(feature = "page")]
    fn serve_page(&self) -> Option<Later<std::net::SocketAddr>> {
        None
    }
}

/// The capacity of a mailbox, wherever a contender lets it be set.
pub(crate) const MAILBOX: usize = 1024;
