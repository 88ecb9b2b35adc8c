//! A cluster of etcd of the test's own, on the loopback interface.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use etcd_client::Client;
use rustix::process::{Pid, Signal, kill_process};
use supervisor_tests::leases::StepResult;
use tokio::time::{sleep, timeout};

use crate::network::Network;

/// A member of a cluster. The process is there while the member is not stopped.
#[derive(Debug)]
struct Member {
    name: String,
    client: u16,
    peer: u16,
    /// The port at which the other members reach it.
    reached_at: u16,
    process: Option<Child>,
}

/// A cluster, which is removed when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    members: Vec<Member>,
    /// The network between the members, if one can be cut off.
    network: Option<Network>,
}

impl Cluster {
    /// Starts a cluster of this many members, with its data below this directory; `None` if etcd is not
    /// installed. The members do not accept requests yet.
    ///
    /// # Errors
    ///
    /// If they cannot be started.
    pub fn start(parent: &Path, size: usize) -> StepResult<Option<Self>> {
        Self::start_with(parent, size, false)
    }

    fn start_with(parent: &Path, size: usize, with_network: bool) -> StepResult<Option<Self>> {
        let listeners: Vec<TcpListener> =
            (0..2 * size).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        let ports: Vec<u16> = listeners
            .iter()
            .map(|port| Ok(port.local_addr()?.port()))
            .collect::<Result<_, std::io::Error>>()?;
        if !is_installed() {
            return Ok(None);
        }
        let directory = parent.join(format!("etcd-{}-{}", std::process::id(), ports[0]));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory)?;
        let peers: Vec<u16> = ports.chunks(2).map(|ports| ports[1]).collect();
        let network = if with_network { Some(Network::start(&peers)?) } else { None };
        let member = |(index, ports): (usize, &[u16])| Member {
            name: format!("etcd-{index}"),
            client: ports[0],
            peer: ports[1],
            reached_at: network.as_ref().map_or(ports[1], |network| network.port(index)),
            process: None,
        };
        let members = ports.chunks(2).enumerate().map(member).collect();
        let mut cluster = Self { directory, members, network };
        // A member may ask for its ports at once.
        drop(listeners);
        cluster.start_all()?;
        Ok(Some(cluster))
    }

    /// Returns the number of members.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// Returns the endpoint of a member.
    #[must_use]
    pub fn endpoint(&self, member: usize) -> String {
        format!("http://127.0.0.1:{}", self.members[member].client)
    }

    /// Returns the endpoints of all members.
    #[must_use]
    pub fn endpoints(&self) -> Vec<String> {
        (0..self.size()).map(|member| self.endpoint(member)).collect()
    }

    /// Starts all members that are stopped.
    ///
    /// # Errors
    ///
    /// If one cannot be started.
    pub fn start_all(&mut self) -> StepResult {
        for member in 0..self.size() {
            self.start_member(member)?;
        }
        Ok(())
    }

    /// Starts a member that is stopped.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start_member(&mut self, index: usize) -> StepResult {
        let peers: Vec<String> = self
            .members
            .iter()
            .map(|member| format!("{}=http://127.0.0.1:{}", member.name, member.reached_at))
            .collect();
        let client = self.endpoint(index);
        let member = &mut self.members[index];
        if member.process.is_some() {
            return Ok(());
        }
        let peer = format!("http://127.0.0.1:{}", member.peer);
        let reached_at = format!("http://127.0.0.1:{}", member.reached_at);
        let log = self.directory.join(format!("{}.log", member.name));
        let log = File::options().create(true).append(true).open(log)?;
        let process = Command::new("etcd")
            .args(["--name", &member.name])
            .arg("--data-dir")
            .arg(self.directory.join(&member.name))
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &reached_at])
            .args(["--initial-cluster", &peers.join(",")])
            // Leases of two seconds are the shortest ones: one and a half elections, rounded up.
            .args(["--heartbeat-interval", "100", "--election-timeout", "1000"])
            // Nothing here crashes the machine.
            .arg("--unsafe-no-fsync")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        member.process = Some(process);
        Ok(())
    }

    /// Kills a member.
    ///
    /// # Errors
    ///
    /// If it does not end.
    pub fn kill_member(&mut self, member: usize) -> StepResult {
        if let Some(mut process) = self.members[member].process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Kills all members.
    ///
    /// # Errors
    ///
    /// If one does not end.
    pub fn kill_all(&mut self) -> StepResult {
        (0..self.size()).try_for_each(|member| self.kill_member(member))
    }

    /// Stops a member gracefully.
    ///
    /// # Errors
    ///
    /// If it does not end.
    pub fn stop_member(&mut self, member: usize) -> StepResult {
        self.signal(member, Signal::TERM)?;
        if let Some(mut process) = self.members[member].process.take() {
            process.wait()?;
        }
        Ok(())
    }

    /// Pauses a member: its connections stay open, and nobody answers.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn pause_member(&self, member: usize) -> StepResult {
        self.signal(member, Signal::STOP)
    }

    /// Lets a member that was paused go on.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn resume_member(&self, member: usize) -> StepResult {
        self.signal(member, Signal::CONT)
    }

    /// Cuts a member off from the others. Its clients reach it as before.
    ///
    /// # Errors
    ///
    /// If it does not say who it is, or the cluster was started without a network.
    pub async fn cut_off(&self, member: usize) -> StepResult {
        let network = self.network.as_ref().ok_or("the cluster has no network")?;
        let status = self.client(member).await?.status().await?;
        network.cut_off(member, status.header().ok_or("no header")?.member_id());
        Ok(())
    }

    /// Lets all members reach each other again.
    pub fn heal(&self) {
        if let Some(network) = &self.network {
            network.heal();
        }
    }

    fn signal(&self, member: usize, signal: Signal) -> StepResult {
        let process = self.members[member].process.as_ref().ok_or("it is stopped")?;
        let pid = Pid::from_raw(i32::try_from(process.id())?).ok_or("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Waits until a member answers a read that needs a majority, and returns a client of it.
    ///
    /// # Errors
    ///
    /// If that takes too long; the error has the end of the member's log.
    pub async fn client(&self, member: usize) -> StepResult<Client> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            let mut client = Client::connect([self.endpoint(member)], None).await?;
            let read = timeout(Duration::from_secs(2), client.get("up", None)).await;
            if let Ok(Ok(_)) = read {
                return Ok(client);
            }
            sleep(Duration::from_millis(20)).await;
        }
        let name = &self.members[member].name;
        let log = fs::read_to_string(self.directory.join(format!("{name}.log")))?;
        let end: Vec<&str> = log.lines().rev().take(20).collect();
        let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
        Err(format!("{name} does not answer: {end}").into())
    }

    /// Returns the member that leads the others.
    ///
    /// # Errors
    ///
    /// If none does.
    pub async fn leader(&self) -> StepResult<usize> {
        for member in 0..self.size() {
            if self.members[member].process.is_none() {
                continue;
            }
            let status = self.client(member).await?.status().await?;
            let id = status.header().map(etcd_client::ResponseHeader::member_id);
            if id == Some(status.leader()) {
                return Ok(member);
            }
        }
        Err("no member leads".into())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.kill_all();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Runs a test with a cluster of this many members, with its data below this directory. Where etcd is not
/// installed it says so, and is a failure only with `ETCD=required`.
///
/// # Errors
///
/// Those of the test.
pub fn with_cluster(
    directory: &str,
    size: usize,
    limit: Duration,
    test: impl AsyncFnOnce(Cluster) -> StepResult,
) -> StepResult {
    with(directory, size, false, limit, test)
}

/// Runs a test with a cluster as [`with_cluster`] does, in which a member can be [cut off](Cluster::cut_off) from
/// the others.
///
/// # Errors
///
/// Those of the test.
pub fn with_network(
    directory: &str,
    size: usize,
    limit: Duration,
    test: impl AsyncFnOnce(Cluster) -> StepResult,
) -> StepResult {
    with(directory, size, true, limit, test)
}

fn with(
    directory: &str,
    size: usize,
    with_network: bool,
    limit: Duration,
    test: impl AsyncFnOnce(Cluster) -> StepResult,
) -> StepResult {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // The network needs it.
    let entered = runtime.enter();
    let Some(cluster) = Cluster::start_with(Path::new(directory), size, with_network)? else {
        if env::var_os("ETCD").is_some_and(|value| value == "required") {
            return Err("etcd is not installed".into());
        }
        println!("skipped: etcd is not installed (`apt-get install etcd-server`)");
        return Ok(());
    };
    drop(entered);
    runtime.block_on(async {
        for member in 0..size {
            cluster.client(member).await?;
        }
        let ended = timeout(limit, test(cluster)).await;
        ended.map_err(|_| "the test took too long")?
    })
}

fn is_installed() -> bool {
    let version = Command::new("etcd").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
