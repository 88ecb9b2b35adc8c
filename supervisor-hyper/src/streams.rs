//! The executor of a connection.

use std::fmt;
use std::sync::Arc;

use supervisor::Context;

/// The executor of a connection, to which hyper gives the streams of HTTP/2; a part of
/// [`Builder`](crate::Builder).
///
/// Each stream is a task of its own, so that the streams of one connection use all threads. The tasks
/// [end with the connection's worker](Context::spawn).
#[derive(Clone)]
pub struct Streams(Arc<Context>);

impl Streams {
    pub(crate) fn new(ctx: Arc<Context>) -> Self {
        Self(ctx)
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}
