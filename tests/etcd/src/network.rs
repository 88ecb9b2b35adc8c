//! The network between the members of a cluster, in which one of them can be cut off from the others.
//!
//! A member reaches another one through a proxy of that other one, and names itself in each request
//! (`X-Server-From`). So a proxy knows both ends of a connection. Clients reach the members directly.

use std::net::{Ipv4Addr, TcpListener as Listener};
use std::sync::Arc;

use supervisor_tests::leases::StepResult;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The longest head of a request.
const HEAD: usize = 16 * 1024;

/// A member that is cut off from the others.
#[derive(Clone, Debug)]
struct CutOff {
    member: usize,
    /// The id by which it names itself.
    id: String,
}

/// The network between the members.
#[derive(Debug)]
pub(crate) struct Network {
    ports: Vec<u16>,
    state: Arc<watch::Sender<Option<CutOff>>>,
}

impl Network {
    /// Starts a proxy for each member, which listens at this port.
    ///
    /// # Errors
    ///
    /// If there are no ports, or there is no runtime.
    pub(crate) fn start(members: &[u16]) -> StepResult<Self> {
        let state = Arc::new(watch::Sender::new(None));
        let mut ports = Vec::new();
        for (index, member) in members.iter().copied().enumerate() {
            let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            ports.push(listener.local_addr()?.port());
            let listener = TcpListener::from_std(listener)?;
            let proxy = Proxy { index, member, state: state.subscribe() };
            tokio::spawn(async move {
                while let Ok((peer, _)) = listener.accept().await {
                    tokio::spawn(proxy.clone().serve(peer));
                }
            });
        }
        Ok(Self { ports, state })
    }

    /// Returns the port at which the others reach a member.
    #[must_use]
    pub(crate) fn port(&self, member: usize) -> u16 {
        self.ports[member]
    }

    /// Cuts a member off from the others: connections stay open, and nothing passes.
    pub(crate) fn cut_off(&self, member: usize, id: u64) {
        self.state.send_replace(Some(CutOff { member, id: format!("{id:x}") }));
    }

    /// Lets all members reach each other again. Connections that were cut are closed.
    pub(crate) fn heal(&self) {
        self.state.send_replace(None);
    }
}

/// The proxy of one member.
#[derive(Clone)]
struct Proxy {
    index: usize,
    member: u16,
    state: watch::Receiver<Option<CutOff>>,
}

impl Proxy {
    /// Forwards a connection until one end closes it, or it is cut.
    async fn serve(mut self, mut peer: TcpStream) {
        let mut head = Vec::new();
        let Some(from) = read_head(&mut peer, &mut head).await else { return };
        let index = self.index;
        let is_cut = move |cut: &Option<CutOff>| {
            cut.as_ref().is_some_and(|cut| {
                cut.member == index || from.as_ref().is_some_and(|from| *from == cut.id)
            })
        };
        let forward = async {
            let Ok(mut member) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.member)).await
            else {
                return;
            };
            let _ = peer.set_nodelay(true).and(member.set_nodelay(true));
            if member.write_all(&head).await.is_ok() {
                let _ = copy_bidirectional(&mut peer, &mut member).await;
            }
        };
        let mut state = self.state.clone();
        tokio::select! {
            biased;
            _ = state.wait_for(&is_cut) => {}
            () = forward => return,
        }
        // Held open, as by a network that swallows packets, until it is healed.
        let _ = self.state.wait_for(|cut| !is_cut(cut)).await;
    }
}

/// Reads the head of the first request. Returns who has sent it, if it says so; `None` if there is no
/// request.
async fn read_head(peer: &mut TcpStream, head: &mut Vec<u8>) -> Option<Option<String>> {
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD {
        if peer.read_buf(head).await.ok()? == 0 {
            return None;
        }
    }
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let from = text.lines().find_map(|line| line.strip_prefix("x-server-from:"));
    Some(from.map(|from| from.trim().to_owned()))
}
