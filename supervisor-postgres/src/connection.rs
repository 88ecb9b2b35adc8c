//! The connection, which the first request opens. It is opened again by the request that finds it
//! closed.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Error, Socket};

use crate::hosts;
use crate::statements::{LISTEN, TABLE};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A function that opens a connection before a moment. It hides the type of the TLS connector from
/// [`Connection`].
type Open = dyn Fn(Config, Instant, Arc<Waiting>) -> BoxFuture<Result<Link, Error>> + Send + Sync;

/// An open connection. Dropping it closes the socket, even while the server does not answer.
pub(crate) struct Link {
    pub(crate) client: Client,
    driver: JoinHandle<()>,
    is_given_up: AtomicBool,
}

impl Link {
    /// Closes the socket, after a request on it has had no answer in time.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::SeqCst);
        self.driver.abort();
    }

    fn is_of_use(&self) -> bool {
        !self.is_given_up.load(Ordering::SeqCst) && !self.client.is_closed()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The replicas of this process that wait for a lease.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<String, Arc<Notify>>>);

impl Waiting {
    /// Returns the [`Notify`] that is notified when this lease may be free.
    pub(crate) fn lease(&self, lease: &str) -> Arc<Notify> {
        Arc::clone(self.leases().entry(lease.to_owned()).or_default())
    }

    fn wake(&self, lease: &str) {
        let waiting = self.leases().get(lease).cloned();
        if let Some(waiting) = waiting {
            waiting.notify_waiters();
        }
    }

    fn wake_all(&self) {
        let all: Vec<_> = self.leases().values().cloned().collect();
        for waiting in all {
            waiting.notify_waiters();
        }
    }

    fn leases(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection of a process, open or not.
pub(crate) struct Connection {
    pub(crate) config: Config,
    open: Box<Open>,
    listens: bool,
    pub(crate) waiting: Arc<Waiting>,
    link: tokio::sync::Mutex<Option<Arc<Link>>>,
}

impl Connection {
    pub(crate) fn new<T>(config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let open = move |config: Config, until: Instant, waiting: Arc<Waiting>| {
            let tls = tls.clone();
            let opened = async move {
                let (client, mut connection) = hosts::connect(&config, tls, until).await?;
                let driver = tokio::spawn(async move {
                    // The error of the connection is returned to the requests that wait for an
                    // answer.
                    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                        if let AsyncMessage::Notification(news) = message
                            && news.channel() == TABLE
                        {
                            waiting.wake(news.payload());
                        }
                    }
                });
                Ok(Link { client, driver, is_given_up: AtomicBool::new(false) })
            };
            Box::pin(opened) as BoxFuture<_>
        };
        let (open, waiting, link) = (Box::new(open), Arc::default(), tokio::sync::Mutex::default());
        Self { config, open, listens: true, waiting, link }
    }

    pub(crate) fn set_listens(&mut self, listens: bool) {
        self.listens = listens;
    }

    /// Returns the connection. If there is none, opens it before this moment, at which the request ends.
    pub(crate) async fn link(&self, until: Instant) -> Result<Arc<Link>, Error> {
        let mut place = self.link.lock().await;
        if let Some(link) = place.as_ref().filter(|link| link.is_of_use()) {
            return Ok(Arc::clone(link));
        }
        *place = None;
        let link = (self.open)(self.config.clone(), until, Arc::clone(&self.waiting)).await?;
        if self.listens {
            link.client.batch_execute(LISTEN).await?;
            // Notifications of releases were lost while there was no connection.
            self.waiting.wake_all();
        }
        let link = Arc::new(link);
        *place = Some(Arc::clone(&link));
        Ok(link)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("config", &self.config)
            .field("listens", &self.listens)
            .finish_non_exhaustive()
    }
}
