//! Trees like those of the examples, each changed in one strategy, policy, limit or order: the
//! matrix, with the table that the example has committed, finds every change.

use std::path::PathBuf;
use std::time::Duration;

use supervisor::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};
use supervisor::prelude::*;
use supervisor::testing::{self, MatrixFailure, MatrixReport, Moment};
use supervisor::{Backoff, MaxRestarts};
use supervisor_tests::within;

use RestartPolicy::{Always, Temporary, Transient};

/// A child of a tree, with the options that the tables show.
#[derive(Clone)]
struct Node {
    name: &'static str,
    restart: RestartPolicy,
    has_heartbeat: bool,
    has_backoff: bool,
    max_restarts: u32,
    /// `None` for a worker.
    inside: Option<(SupervisionStrategy, Vec<Self>)>,
}

fn worker(name: &'static str, restart: RestartPolicy) -> Node {
    let (has_heartbeat, has_backoff) = (false, false);
    Node { name, restart, has_heartbeat, has_backoff, max_restarts: 5, inside: None }
}

fn supervisor(name: &'static str, strategy: SupervisionStrategy, children: Vec<Node>) -> Node {
    Node { inside: Some((strategy, children)), ..worker(name, Always) }
}

fn beating(node: Node) -> Node {
    Node { has_heartbeat: true, ..node }
}

fn delayed(node: Node) -> Node {
    Node { has_backoff: true, ..node }
}

/// Returns the trees of examples, each with the file of its table.
fn examples() -> Vec<(&'static str, Node)> {
    vec![
        (
            "shop",
            supervisor(
                "",
                OneForAll,
                vec![
                    worker("db", Transient),
                    supervisor(
                        "sub",
                        OneForOne,
                        vec![worker("worker", Always), delayed(worker("mailer", Transient))],
                    ),
                    supervisor("sessions", SimpleOneForOne, vec![]),
                ],
            ),
        ),
        (
            "quickstart",
            supervisor(
                "",
                OneForOne,
                vec![
                    worker("store", Always),
                    supervisor("connections", SimpleOneForOne, vec![]),
                    worker("listener", Always),
                ],
            ),
        ),
        (
            "web",
            supervisor(
                "",
                OneForOne,
                vec![
                    beating(worker("store", Always)),
                    supervisor("connections", SimpleOneForOne, vec![]),
                    worker("server", Always),
                ],
            ),
        ),
        (
            "two_crates",
            supervisor(
                "",
                OneForOne,
                vec![
                    supervisor(
                        "storage",
                        RestForOne,
                        vec![worker("table", Always), worker("flusher", Always)],
                    ),
                    worker("clerk", Always),
                ],
            ),
        ),
        (
            "testing_your_tree",
            supervisor(
                "",
                OneForOne,
                vec![
                    worker("counter", Always),
                    supervisor(
                        "inputs",
                        RestForOne,
                        vec![delayed(worker("link", Transient)), beating(worker("reader", Always))],
                    ),
                ],
            ),
        ),
    ]
}

async fn reading(mut ctx: Context) -> ChildResult {
    while ctx.recv().await.is_some() {}
    Ok(())
}

fn build(node: &Node) -> Supervisor {
    let Some((strategy, children)) = &node.inside else { unreachable!("a tree is a supervisor") };
    let mut builder = Supervisor::new()
        .with_strategy(*strategy)
        .with_max_restarts(MaxRestarts::AtMost(node.max_restarts))
        .with_restart_window(Duration::from_secs(60));
    if *strategy == SimpleOneForOne {
        return builder.with_template(ChildSpec::new("template").with_task(reading)).build();
    }
    for child in children {
        let spec = ChildSpec::new(child.name);
        builder = if child.inside.is_some() {
            let spec = spec.with_supervisor(build(child));
            builder.with_child(spec.with_restart_policy(child.restart))
        } else {
            let mut spec = spec.with_task(reading).with_restart_policy(child.restart);
            if child.has_heartbeat {
                spec = spec.with_heartbeat(Duration::from_secs(5));
            }
            if child.has_backoff && child.restart != Temporary {
                spec = spec.with_backoff(Backoff::constant(Duration::from_secs(1)));
            }
            builder.with_child(spec)
        };
    }
    builder.build()
}

/// Runs the matrix with the table of an example.
async fn compare(table: &str, tree: &Node) -> Result<MatrixReport, MatrixFailure> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/faults"));
    let matrix = testing::fault_matrix(|| build(tree)).only_moments([Moment::Calm]);
    let matrix = matrix.matches(folder.join(table).with_extension("txt"));
    within("the matrix", matrix.into_future()).await
}

/// Returns all trees that differ from this one in one option or in the order of two children, each
/// with the words for the change.
fn mutations(tree: &Node) -> Vec<(String, Node)> {
    let mut found = Vec::new();
    let name = if tree.name.is_empty() { "the root" } else { tree.name };
    let mut change = |what: String, changed: Node| found.push((format!("{name}: {what}"), changed));
    let is_root = tree.name.is_empty();
    for restart in [Always, Transient, Temporary] {
        // A supervisor that gives up, or is killed, has ended abnormally: `Transient` restarts it,
        // as `Always` does.
        let is_alike = tree.inside.is_some() && restart != Temporary;
        if restart != tree.restart && !is_alike && !is_root {
            change(restart.to_string(), Node { restart, ..tree.clone() });
        }
    }
    let Some((strategy, children)) = &tree.inside else {
        let has_heartbeat = !tree.has_heartbeat;
        change("heartbeat".to_owned(), Node { has_heartbeat, ..tree.clone() });
        return found;
    };
    if *strategy == SimpleOneForOne {
        return found;
    }
    change("max_restarts = 0".to_owned(), Node { max_restarts: 0, ..tree.clone() });
    change("max_restarts = 1".to_owned(), Node { max_restarts: 1, ..tree.clone() });
    let with = |strategy, children: &[Node]| Node {
        inside: Some((strategy, children.to_vec())),
        ..tree.clone()
    };
    for other in [OneForOne, OneForAll, RestForOne] {
        if other != *strategy {
            change(other.to_string(), with(other, children));
        }
    }
    for at in 1..children.len() {
        let mut swapped = children.clone();
        swapped.swap(at - 1, at);
        let what = format!("{} before {}", children[at].name, children[at - 1].name);
        change(what, with(*strategy, &swapped));
    }
    for at in 0..children.len() {
        let mut fewer = children.clone();
        let gone = fewer.remove(at);
        change(format!("without {}", gone.name), with(*strategy, &fewer));
    }
    for (at, child) in children.iter().enumerate() {
        for (what, changed) in mutations(child) {
            let mut children = children.clone();
            children[at] = changed;
            found.push((what, with(*strategy, &children)));
        }
    }
    found
}

#[tokio::test(start_paused = true)]
async fn the_trees_are_like_those_of_the_examples() {
    for (table, tree) in examples() {
        compare(table, &tree).await.unwrap_or_else(|failure| panic!("{table}: {failure}"));
    }
}

#[tokio::test(start_paused = true)]
async fn every_change_of_a_strategy_policy_limit_or_order_is_found() {
    let (mut count, mut survivors) = (0, Vec::new());
    for (table, tree) in examples() {
        for (what, changed) in mutations(&tree) {
            count += 1;
            match compare(table, &changed).await {
                Ok(_) => survivors.push(format!("{table}: {what}")),
                // The tree itself behaves as its options say: only the table tells the difference.
                Err(failure) => {
                    assert!(failure.failed().is_empty(), "{table}: {what}: {failure}");
                    assert_eq!(failure.other().len(), 1, "{table}: {what}: {failure}");
                }
            }
        }
    }
    assert_eq!(survivors, Vec::<String>::new(), "of {count} changes");
    assert!(count > 80, "{count}");
}
