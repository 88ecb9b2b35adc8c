//! Random trees whose children use all of their time stop within the numbers of their deployment.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::Deployment;
use crate::spec::{ChildOptions, Shutdown, SupervisionStrategy, SupervisorOptions, TreeDescriptor};
use crate::supervisor::Supervisor;
use crate::tree::ChildSpec;
use crate::{ChildResult, Context};

/// A random child; the times are seconds.
#[derive(Clone, Debug)]
enum Node {
    Worker {
        shutdown: u64,
    },
    /// `spare` is what its limit allows beyond the needs of its children; `None` is no limit.
    Supervisor {
        spare: Option<u64>,
        children: Vec<Self>,
    },
}

impl Node {
    /// Returns the limit of a child; a supervisor whose limit is less than its children need is refused.
    fn limit(&self) -> Option<u64> {
        match self {
            Self::Worker { shutdown } => Some(*shutdown),
            Self::Supervisor { spare, .. } => spare.map(|spare| self.needs() + spare),
        }
    }

    fn needs(&self) -> u64 {
        match self {
            Self::Worker { shutdown } => *shutdown,
            Self::Supervisor { children, .. } => children.iter().map(Self::needs).sum(),
        }
    }
}

fn node() -> impl Strategy<Value = Node> {
    let worker = (1..30_u64).prop_map(|shutdown| Node::Worker { shutdown });
    worker.prop_recursive(3, 12, 4, |inner| {
        let spare = prop::option::of(1..20_u64);
        (spare, prop::collection::vec(inner, 0..4))
            .prop_map(|(spare, children)| Node::Supervisor { spare, children })
    })
}

/// The options of a supervisor, and of a child with a time limit.
const SUPERVISOR: SupervisorOptions = SupervisorOptions::new(SupervisionStrategy::OneForOne);

fn limited(seconds: u64) -> ChildOptions {
    ChildOptions::new().with_shutdown(Shutdown::Timeout(Duration::from_secs(seconds)))
}

/// Describes a child as the macro would. A descriptor is a constant, so this one stays for ever.
fn described(node: &Node) -> TreeDescriptor {
    let options = node.limit().map_or(ChildOptions::new(), limited);
    match node {
        Node::Worker { .. } => TreeDescriptor::task("worker", options),
        Node::Supervisor { children, .. } => {
            TreeDescriptor::supervisor("group", options, SUPERVISOR, all_described(children))
        }
    }
}

fn all_described(nodes: &[Node]) -> &'static [TreeDescriptor] {
    Vec::leak(nodes.iter().map(described).collect())
}

/// Uses all the time that it has, and more.
async fn stubborn(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    std::future::pending().await
}

fn built(nodes: &[Node]) -> Supervisor {
    let children = nodes.iter().enumerate();
    let builder = children.fold(Supervisor::new(), |builder, (number, node)| {
        let name = format!("child-{number}");
        let limit = node.limit().map(|limit| Shutdown::Timeout(Duration::from_secs(limit)));
        match node {
            Node::Worker { .. } => {
                let spec = ChildSpec::new(&name).with_task(stubborn);
                builder.with_child(spec.with_shutdown(limit.unwrap_or(Shutdown::BrutalKill)))
            }
            Node::Supervisor { children, .. } => {
                let spec = ChildSpec::new(&name).with_supervisor(built(children));
                builder.with_child(spec.with_shutdown(limit.unwrap_or(Shutdown::Infinity)))
            }
        }
    });
    builder.build()
}

/// Returns how long the tree takes to stop.
fn time_to_stop(nodes: &[Node]) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let tree = built(nodes);
        tree.start().await.expect("a start");
        tokio::time::sleep(Duration::from_millis(1)).await; // each child has looked at its signal
        let began = Instant::now();
        tree.shutdown().await.expect("a shutdown");
        began.elapsed()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn children_that_use_all_their_time_stop_within_the_sheet(
        nodes in prop::collection::vec(node(), 0..5),
    ) {
        // A rounded second and a margin of at least a second are much of a short time.
        let nodes: Vec<Node> = nodes.into_iter().chain([Node::Worker { shutdown: 10 }]).collect();
        let root =
            TreeDescriptor::supervisor("Tree", ChildOptions::new(), SUPERVISOR, all_described(&nodes));
        let deployment = Deployment::of(&root).expect("all times have bounds");
        let stopped = time_to_stop(&nodes);
        // The sheet has the time for a child that cannot be stopped, too.
        let longest = stopped + deployment.kill_grace;
        prop_assert!(longest <= deployment.stop(), "{longest:?} and {deployment:?}");
        let sheet = deployment.stop_timeout();
        prop_assert!(sheet <= longest.mul_f64(1.25), "{sheet:?} for {longest:?}: {deployment:?}");
    }
}
