//! Services, whatever their types: what a connection's worker calls.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::Service;
use hyper::{Request, Response, StatusCode};
use pin_project_lite::pin_project;

use crate::head_limit::{Answering, AnsweringBody, Draining, Waiting};
use crate::io::Stream;
use crate::listener::Accepted;
use crate::{Builder, ConnectionInfo, connection};

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A body of responses.
pub trait HttpBody:
    Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static
{
}

impl<B> HttpBody for B where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static
{
}

/// A service of hyper's.
pub trait HttpService<B>:
    Service<
        Request<Incoming>,
        Response = Response<B>,
        Error: Into<Box<dyn Error + Send + Sync>>,
        Future: Send + 'static,
    > + Send
    + 'static
{
}

impl<S, B> HttpService<B> for S where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Error: Into<Box<dyn Error + Send + Sync>>,
            Future: Send + 'static,
        > + Send
        + 'static
{
}

/// A service without its type.
pub(crate) trait Serve: Send + Sync {
    fn serve(
        self: Arc<Self>,
        settings: Arc<Settings>,
        draining: Draining,
        accepted: Accepted,
        ctx: supervisor::Context,
    ) -> BoxFuture<()>;
}

/// A service of which each connection has a clone. (A service need not be `Sync`.)
pub(crate) struct EachClone<S, B>(Mutex<S>, std::marker::PhantomData<fn() -> B>);

impl<S, B> EachClone<S, B> {
    pub(crate) fn new(service: S) -> Self {
        Self(Mutex::new(service), std::marker::PhantomData)
    }
}

impl<S: HttpService<B> + Clone, B: HttpBody> Serve for EachClone<S, B> {
    fn serve(
        self: Arc<Self>,
        settings: Arc<Settings>,
        draining: Draining,
        accepted: Accepted,
        ctx: supervisor::Context,
    ) -> BoxFuture<()> {
        let service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let waiting = Waiting::new(draining);
        Box::pin(connection::serve(service, settings, waiting, accepted, ctx))
    }
}

type Handshake = dyn Fn(Stream) -> BoxFuture<io::Result<Stream>> + Send + Sync;
type Configure = dyn Fn(&mut Builder) + Send + Sync;

/// The settings that a server's connections have in common.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) header_timeout: Option<Duration>,
    pub(crate) gives_info: bool,
    pub(crate) handshake: Option<Arc<Handshake>>,
    pub(crate) configure: Option<Arc<Configure>>,
}

impl Settings {
    pub(crate) const fn new() -> Self {
        let header_timeout = Some(Duration::from_secs(30));
        Self { header_timeout, gives_info: false, handshake: None, configure: None }
    }

    /// Sets what a server should have, and then what the user wants.
    pub(crate) fn apply_to(&self, builder: &mut Builder) {
        #[cfg(feature = "http2")]
        builder
            .http2()
            .timer(hyper_util::rt::TokioTimer::new())
            // A peer that is gone without a word is found.
            .keep_alive_interval(Duration::from_secs(30))
            // For WebSockets over HTTP/2.
            .enable_connect_protocol();
        if let Some(configure) = &self.configure {
            configure(builder);
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("header_timeout", &self.header_timeout)
            .field("gives_info", &self.gives_info)
            .field("has_handshake", &self.handshake.is_some())
            .field("is_configured", &self.configure.is_some())
            .finish()
    }
}

/// A service that notes its requests, and gives each what is known of its connection.
pub(crate) struct Observed<S> {
    pub(crate) service: S,
    pub(crate) waiting: Waiting,
    pub(crate) info: Option<ConnectionInfo>,
}

impl<S, B> Service<Request<Incoming>> for Observed<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = Response<AnsweringBody<B>>;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let answering = Some(self.waiting.request(&request));
        if let Some(info) = &self.info {
            info.insert_into(request.extensions_mut());
        }
        Answer { response: self.service.call(request), answering }
    }
}

pin_project! {
    /// The future of a response.
    pub(crate) struct Answer<F> {
        #[pin]
        response: F,
        answering: Option<Answering>,
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<AnsweringBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.response.poll(cx))?;
        match this.answering.take() {
            Some(answering) => {
                let mut response = response;
                // A response that switches protocols has a header of its own, `upgrade`, without which
                // clients refuse it. It is the last one on its connection in any case.
                let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
                if answering.is_last() && !switches {
                    // hyper closes the connection behind a response that says so.
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Poll::Ready(Ok(response.map(|body| AnsweringBody::new(body, answering))))
            }
            // The future was polled again after it was ready, against the contract of futures.
            None => Poll::Pending,
        }
    }
}
