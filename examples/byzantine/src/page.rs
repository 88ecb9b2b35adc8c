//! The page of a campaign (`--web`): the tree of the generals in a browser, while they write to one
//! another.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor_hyper::{Connection, HttpServer};

use crate::campaign::{Outcome, Prepared};
use crate::plan::Plan;

supervision_tree! {
    /// The server of the page: a tree of its own, since the page exists before the campaign begins
    /// and after it has ended.
    Page(listener: TcpListener, shown: &Supervisor): one_for_one {
        connections: simple_one_for_one(max_children = 100) {
            connection: Temporary<Connection>(shutdown = 1s),
        },
        server: HttpServer = HttpServer::new(listener, supervisor_web::router(shown), connections)
            .with_connection_info(),
    }
}

/// The time in which somebody can open the page before the campaign begins.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// The page of a campaign.
pub(crate) struct Shown {
    page: Page,
    campaign: Prepared,
}

impl Shown {
    /// Serves the page of a campaign that has not begun.
    pub(crate) async fn new(plan: Plan, listener: TcpListener) -> Result<Self, SupervisorError> {
        let campaign = Prepared::new(plan);
        let page = Page::start(listener, campaign.supervisor()).await?;
        Ok(Self { page, campaign })
    }

    /// Runs the campaign. The page, with its events, exists until the value that is returned with the
    /// outcome is dropped.
    pub(crate) async fn run(self) -> Result<(Outcome, Kept), SupervisorError> {
        let Self { page, campaign } = self;
        let kept = Kept { page, _campaign: campaign.supervisor().clone() };
        Ok((campaign.run().await?, kept))
    }
}

/// The page after the end of its campaign.
pub(crate) struct Kept {
    page: Page,
    /// Keeps a handle of the campaign's tree, without which the page shows nothing.
    _campaign: Supervisor,
}

impl Kept {
    /// Serves the page until this future completes.
    pub(crate) async fn until(self, end: impl Future) -> Result<(), SupervisorError> {
        end.await;
        self.page.supervisor().shutdown().await.map(drop)
    }
}

/// Binds the address of the page, which must be a loopback address, so that no token is needed.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if address.ip().is_loopback() {
        return TcpListener::bind(address);
    }
    Err(io::Error::other(format!(
        "{address} is no address of this machine alone, as 127.0.0.1:9000"
    )))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use supervisor_tests::within;

    use super::*;
    use crate::order::Order;
    use crate::plan::Moment;

    async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn the_page_is_there_before_the_campaign_and_shows_it_and_stays() {
        let listener = bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let plan = Plan::loyal(4, 1, Order::Attack).with_crash(2, 1, Moment::BeforeVoting);
        let shown = Shown::new(plan, listener).await.expect("the page starts");
        let page = within("the page", get(address, "/")).await.expect("an answer");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let looks = async {
            while !get(address, "/api/tree").await.is_ok_and(|tree| tree.contains("lieutenant_3")) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let campaign = async { tokio::join!(shown.run(), looks).0 };
        let (outcome, kept) = within("the campaign", campaign).await.expect("it runs");
        assert_eq!(outcome.verdict().agreed, Some(Order::Attack));
        let looks = async {
            let after = get(address, "/").await.expect("an answer");
            assert!(after.starts_with("HTTP/1.1 200"), "{after}");
        };
        within("the end of the page", kept.until(looks)).await.expect("in order");
        assert!(get(address, "/").await.is_err(), "nobody is there");
    }

    #[test]
    fn an_address_that_others_reach_is_refused() {
        assert!(bind(([0, 0, 0, 0], 0).into()).is_err());
    }
}
