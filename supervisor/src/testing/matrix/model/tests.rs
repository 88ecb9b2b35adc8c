use std::time::Duration;

use super::*;
use crate::spec::{MaxRestarts, Shutdown, StartMode};
use crate::testing::matrix::plan::Inside;
use RestartPolicy::{Always, Temporary, Transient};
use SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

fn worker(path: &str, restart: RestartPolicy) -> Plan {
    Plan {
        path: path.to_owned(),
        restart,
        shutdown: Shutdown::WORKER,
        backoff: None,
        own_limit: None,
        start: StartMode::Spawned,
        start_timeout: None,
        heartbeat: None,
        significant: false,
        declared: true,
        is_up: true,
        is_once: false,
        can_hang: true,
        lease: None,
        inside: None,
    }
}

fn supervisor(path: &str, strategy: SupervisionStrategy, children: Vec<Plan>) -> Plan {
    let inside = Inside {
        strategy,
        max_restarts: MaxRestarts::AtMost(3),
        restart_window: Duration::from_secs(5),
        auto_shutdown: AutoShutdown::Never,
        used: 0,
        children,
        uses: None,
    };
    Plan { inside: Some(inside), ..worker(path, Always) }
}

fn limited(mut plan: Plan, max_restarts: u32) -> Plan {
    if let Some(inside) = &mut plan.inside {
        inside.max_restarts = MaxRestarts::AtMost(max_restarts);
    }
    plan
}

fn ending_by(mut plan: Plan, auto_shutdown: AutoShutdown) -> Plan {
    if let Some(inside) = &mut plan.inside {
        inside.auto_shutdown = auto_shutdown;
    }
    plan
}

fn notifying(plan: Plan) -> Plan {
    Plan { start: StartMode::Notify, ..plan }
}

fn retrying(plan: Plan) -> Plan {
    Plan { start: StartMode::Retry, ..plan }
}

fn leased(plan: Plan) -> Plan {
    Plan { lease: Some(Duration::from_secs(30)), restart: Transient, ..plan }
}

fn unlimited(mut plan: Plan) -> Plan {
    if let Some(inside) = &mut plan.inside {
        inside.max_restarts = MaxRestarts::Unlimited;
    }
    plan
}

fn significant(plan: Plan) -> Plan {
    Plan { significant: true, ..plan }
}

fn three(strategy: SupervisionStrategy) -> Plan {
    let children = vec![worker("a", Always), worker("b", Transient), worker("c", Always)];
    supervisor("", strategy, children)
}

#[test]
fn by_use_rest_for_one_restarts_those_that_use_the_child() {
    let mut root = three(RestForOne);
    if let Some(inside) = &mut root.inside {
        inside.uses = Some(vec![vec![], vec![], vec![0]]);
    }
    let done = after(&root, &[("a", Fault::Panic)]);
    assert_eq!(done.starts, ["a", "c"]);
    assert_eq!(done.stops, [["a"], ["c"]]);
}

/// A root with a worker and a group.
fn nested(limit: u32) -> Plan {
    let below = vec![worker("sub/b", Always), worker("sub/c", Temporary)];
    let sub = limited(supervisor("sub", OneForAll, below), limit);
    supervisor("", OneForOne, vec![worker("a", Always), sub])
}

fn after(root: &Plan, steps: &[(&str, Fault)]) -> Consequence {
    let mut model = Model::new(root, false);
    for (path, fault) in steps {
        model.provoke(path, *fault);
    }
    model.consequence()
}

fn told(root: &Plan, path: &str, fault: Fault) -> String {
    after(root, &[(path, fault)]).to_string()
}

/// The keeper of a lease, and the supervisor of the children that it guards.
fn singleton() -> Plan {
    let leader = leased(supervisor("one/leader", OneForOne, vec![worker("one/leader/a", Always)]));
    let one = supervisor("one", OneForOne, vec![worker("one/lease", Always), leader]);
    supervisor("", OneForOne, vec![limited(one, 0)])
}

#[test]
fn what_needs_a_lease_comes_up_when_all_that_waits_for_nothing_has() {
    let done = after(&singleton(), &[("one/lease", Fault::Panic)]);
    assert_eq!(done.gave_up, ["one"]);
    assert_eq!(done.starts, ["one/lease", "one", "one/leader/a", "one/leader"]);
    // The second keeper fails before the lease is acquired, so the children come up once.
    let done = after(&singleton(), &[("one/lease", Fault::FailedStart)]);
    assert_eq!((done.lives["one/lease"], done.lives["one/leader/a"]), (2, 1));
}

#[test]
fn children_that_do_not_start_give_their_lease_up() {
    let mut root = singleton();
    if let Some(a) = find_mut(&mut root, "one/leader/a") {
        a.start = StartMode::Notify;
    }
    let mut model = Model::new(&root, false);
    model.fail_next("one/leader/a");
    model.provoke("one", Fault::Kill);
    let done = model.consequence();
    assert_eq!((done.gave_up, done.lives["one"]), (vec!["one".to_owned()], 2));
    assert_eq!(done.rest["one/leader/a"], Some(Rest::Up));
}

/// Returns the child at this path, to be changed.
fn find_mut<'a>(plan: &'a mut Plan, path: &str) -> Option<&'a mut Plan> {
    let inside = plan.inside.as_mut()?;
    inside
        .children
        .iter_mut()
        .find_map(|child| if child.path == path { Some(child) } else { find_mut(child, path) })
}

#[test]
fn one_for_one_restarts_the_child_alone() {
    let root = three(OneForOne);
    for fault in [Fault::Error, Fault::Panic, Fault::Kill, Fault::HangAtStop] {
        assert_eq!(told(&root, "b", fault), "restarts b", "{fault}");
    }
    assert_eq!(told(&root, "a", Fault::Ok), "restarts a");
    assert_eq!(told(&root, "b", Fault::Ok), "b stays down");
}

#[test]
fn one_for_all_stops_the_others_backwards_and_starts_all() {
    let consequence = after(&three(OneForAll), &[("b", Fault::Error)]);
    assert_eq!(consequence.to_string(), "restarts a, b, c");
    assert_eq!(consequence.starts, ["a", "b", "c"]);
    assert_eq!(consequence.stops, [vec!["b"], vec!["c", "a"]]);
}

#[test]
fn rest_for_one_restarts_the_child_and_those_after_it() {
    let consequence = after(&three(RestForOne), &[("b", Fault::Error)]);
    assert_eq!(consequence.to_string(), "restarts b, c");
    assert_eq!(consequence.stops, [vec!["b"], vec!["c"]]);
    assert_eq!(told(&three(RestForOne), "a", Fault::Panic), "restarts a, b, c");
    assert_eq!(told(&three(RestForOne), "c", Fault::Panic), "restarts c");
}

#[test]
fn a_worker_of_a_pool_is_restarted_alone_or_forgotten() {
    let workers = vec![worker("#1", Transient), worker("#2", Transient)];
    let pool = supervisor("", SimpleOneForOne, workers);
    assert_eq!(told(&pool, "#1", Fault::Error), "restarts #1");
    assert_eq!(told(&pool, "#1", Fault::Ok), "#1 is gone");
}

#[test]
fn a_temporary_child_is_forgotten_also_with_its_group() {
    let children = vec![worker("a", Always), worker("b", Temporary)];
    let root = supervisor("", OneForAll, children);
    assert_eq!(told(&root, "b", Fault::Error), "b is gone");
    assert_eq!(told(&root, "b", Fault::HangAtStop), "b is gone");
    assert_eq!(told(&root, "a", Fault::Error), "restarts a; b is gone");
}

#[test]
fn a_finished_child_comes_back_with_its_group() {
    let consequence = after(&three(OneForAll), &[("b", Fault::Ok), ("a", Fault::Error)]);
    assert_eq!(consequence.to_string(), "restarts a, b, c");
    let consequence = after(&three(RestForOne), &[("b", Fault::Ok), ("c", Fault::Error)]);
    assert_eq!(consequence.to_string(), "restarts c; b stays down");
}

#[test]
fn a_limit_of_none_ends_the_tree_at_once() {
    let consequence = after(&limited(three(OneForOne), 0), &[("a", Fault::Error)]);
    assert_eq!(consequence.to_string(), "the tree gives up");
    assert_eq!(consequence.stops, [vec!["a"], vec!["c", "b"]]);
}

#[test]
fn restarts_beyond_the_limit_are_a_failure_of_the_supervisor() {
    let root = nested(1);
    assert_eq!(told(&root, "sub/b", Fault::Kill), "restarts sub/b; sub/c is gone");
    let twice = after(&root, &[("sub/b", Fault::Kill), ("sub/b", Fault::Kill)]);
    assert_eq!(twice.to_string(), "sub gives up; restarts sub/b twice, sub/c, sub");
    assert_eq!(twice.lives["a"], 0);
    // The restarted supervisor counts anew.
    let four = after(&root, &[("sub/b", Fault::Kill); 4]);
    assert_eq!(four.gave_up, ["sub", "sub"]);
    // The root has three restarts, each for two failures.
    let eight = after(&root, &[("sub/b", Fault::Kill); 8]);
    assert_eq!(eight.end, Some(End::GaveUp));
}

#[test]
fn restarts_that_still_count_are_counted() {
    let mut root = three(OneForOne);
    root.inside.as_mut().unwrap().used = 3;
    assert_eq!(told(&root, "a", Fault::Error), "the tree gives up");
}

#[test]
fn restarts_in_windows_of_their_own_do_not_add_up() {
    let root = limited(three(OneForOne), 1);
    let told = |forgets| {
        let mut model = Model::new(&root, forgets);
        model.provoke("a", Fault::FailedStart);
        model.consequence().to_string()
    };
    assert_eq!((told(false), told(true)), ("the tree gives up".into(), "restarts a twice".into()));
}

#[test]
fn an_escalation_ends_the_supervisor_whatever_the_policy() {
    assert_eq!(
        told(&nested(9), "sub/c", Fault::Escalate),
        "sub gives up; restarts sub/b, sub/c, sub"
    );
    assert_eq!(told(&nested(9), "a", Fault::Escalate), "the tree gives up");
}

#[test]
fn a_supervisor_that_is_killed_comes_back_with_all_that_it_declares() {
    let root = nested(3);
    let consequence = after(&root, &[("sub/c", Fault::Error), ("sub", Fault::Kill)]);
    assert_eq!(consequence.to_string(), "restarts sub/b, sub/c, sub");
    let temporary = supervisor(
        "",
        OneForOne,
        vec![Plan {
            restart: Temporary,
            ..supervisor("sub", OneForOne, vec![worker("sub/a", Always)])
        }],
    );
    let consequence = after(&temporary, &[("sub", Fault::Kill)]);
    assert_eq!(consequence.to_string(), "sub is gone");
    assert_eq!(consequence.rest["sub/a"], None);
}

#[test]
fn workers_that_were_added_are_lost_with_their_pool() {
    let added = Plan { declared: false, ..worker("pool/#1", Always) };
    let root = supervisor("", OneForOne, vec![supervisor("pool", SimpleOneForOne, vec![added])]);
    assert_eq!(told(&root, "pool", Fault::Kill), "restarts pool; pool/#1 is gone");
}

#[test]
fn a_start_that_fails_is_another_failure() {
    let root = three(OneForAll);
    // Spawned, the child is up and ends when the group has been started.
    assert_eq!(told(&root, "b", Fault::FailedStart), "restarts a twice, b twice, c twice");
    // A child that reports fails the start of its group, and those after it are not started.
    let mut root = three(OneForAll);
    let inside = root.inside.as_mut().unwrap();
    inside.children[1] = notifying(worker("b", Transient));
    let consequence = after(&root, &[("b", Fault::FailedStart)]);
    assert_eq!(consequence.starts, ["a", "a", "b", "c"]);
    assert_eq!(consequence.to_string(), "restarts a twice, b twice, c");
}

#[test]
fn a_start_that_fails_in_a_supervisor_without_restarts_fails_that_supervisors_start() {
    let sub = supervisor("sub", OneForOne, vec![notifying(worker("sub/b", Always))]);
    let root = supervisor("", OneForOne, vec![limited(sub, 0)]);
    let consequence = after(&root, &[("sub/b", Fault::FailedStart)]);
    assert_eq!(consequence.to_string(), "sub gives up; restarts sub/b twice, sub twice");
    let root = limited(root, 1);
    assert_eq!(told(&root, "sub/b", Fault::FailedStart), "the tree gives up; sub gives up");
}

#[test]
fn significant_children_end_their_supervisor() {
    let children = |first| vec![significant(first), significant(worker("b", Transient))];
    let any =
        |first| ending_by(supervisor("", OneForOne, children(first)), AutoShutdown::AnySignificant);
    let all =
        |first| ending_by(supervisor("", OneForOne, children(first)), AutoShutdown::AllSignificant);
    assert_eq!(told(&any(worker("a", Transient)), "a", Fault::Ok), "the tree ends in order");
    assert_eq!(told(&any(worker("a", Transient)), "a", Fault::Error), "restarts a");
    assert_eq!(told(&any(worker("a", Temporary)), "a", Fault::Error), "the tree ends in order");
    let root = all(worker("a", Transient));
    assert_eq!(told(&root, "a", Fault::Ok), "a stays down");
    let both = after(&root, &[("a", Fault::Ok), ("b", Fault::Ok)]);
    assert_eq!(both.end, Some(End::InOrder));
    // A child that is terminated has not ended by itself.
    assert_eq!(told(&any(worker("a", Temporary)), "a", Fault::HangAtStop), "a is gone");
}

#[test]
fn a_supervisor_that_shuts_down_by_itself_has_ended_normally() {
    let below = vec![significant(worker("sub/a", Transient))];
    let sub = ending_by(supervisor("sub", OneForOne, below), AutoShutdown::AnySignificant);
    let root = |restart| supervisor("", OneForOne, vec![Plan { restart, ..sub.clone() }]);
    assert_eq!(told(&root(Transient), "sub/a", Fault::Ok), "sub stays down");
    assert_eq!(told(&root(Temporary), "sub/a", Fault::Ok), "sub is gone");
}

#[test]
fn a_hang_is_noticed_by_a_heartbeat_only() {
    let mut root = three(OneForAll);
    assert_eq!(told(&root, "a", Fault::Hang), "nothing happens");
    let inside = root.inside.as_mut().unwrap();
    inside.children[0].heartbeat = Some(Duration::from_secs(1));
    assert_eq!(told(&root, "a", Fault::Hang), "restarts a, b, c");
}

#[test]
fn a_child_that_is_down_has_no_fault() {
    let twice = after(&three(OneForOne), &[("b", Fault::Ok), ("b", Fault::Escalate)]);
    assert_eq!(twice.to_string(), "b stays down");
}

#[test]
fn a_stop_takes_the_time_of_its_children_and_a_pool_that_of_one() {
    use crate::spec::Budget::{Bounded, Unbounded};
    let seconds = |time| Shutdown::Timeout(Duration::from_secs(time));
    let timed = |path, time| Plan { shutdown: seconds(time), ..worker(path, Always) };
    let both = vec![timed("a", 2), timed("b", 3)];
    let row = supervisor("", OneForOne, both.clone());
    assert_eq!(row.stop_budget(), Bounded(Duration::from_secs(5)));
    let pool = supervisor("pool", SimpleOneForOne, both);
    assert_eq!(pool.stop_budget(), Bounded(Duration::from_secs(3)));
    let forever = Plan { shutdown: Shutdown::Infinity, ..worker("c", Always) };
    let capped =
        Plan { shutdown: seconds(9), ..supervisor("sub", OneForOne, vec![forever.clone()]) };
    let root =
        supervisor("", OneForOne, vec![Plan { shutdown: Shutdown::Infinity, ..pool }, capped]);
    assert_eq!(root.stop_budget(), Bounded(Duration::from_secs(12)));
    assert_eq!(supervisor("", OneForOne, vec![forever]).stop_budget(), Unbounded);
}

#[test]
fn a_root_that_stops_restarts_nobody() {
    let root = nested(3);
    let told = |path, fault| {
        let mut model = Model::stopping(&root);
        model.provoke(path, fault);
        model.consequence().lives.into_iter().filter(|(_, lives)| *lives > 0).collect::<Vec<_>>()
    };
    assert_eq!(told("a", Fault::Error), []);
    assert_eq!(told("a", Fault::Escalate), []);
    assert_eq!(told("sub", Fault::Kill), []);
    assert_eq!(told("sub/c", Fault::Escalate), []);
    assert_eq!(told("sub/b", Fault::Error), [("sub/b".to_owned(), 1)]);
}

#[test]
fn a_child_that_runs_once_is_lost_with_its_supervisor() {
    let once = Plan { is_once: true, ..worker("sub/once", Temporary) };
    let sub = supervisor("sub", OneForOne, vec![once, worker("sub/a", Always)]);
    let root = supervisor("", OneForOne, vec![sub]);
    let consequence = after(&root, &[("sub", Fault::Kill)]);
    assert_eq!(consequence.to_string(), "restarts sub/once, sub/a, sub; sub/once is gone");
}

/// A root with a group, whose last child runs once and reports that it is up.
fn with_once(sub: impl FnOnce(Plan) -> Plan) -> Plan {
    let once = Plan { is_once: true, ..notifying(worker("sub/once", Temporary)) };
    let group = supervisor("sub", OneForOne, vec![worker("sub/a", Always), once]);
    supervisor("", OneForOne, vec![worker("a", Always), sub(group)])
}

#[test]
fn a_used_up_child_that_reports_fails_each_start_of_its_supervisor() {
    assert_eq!(told(&with_once(|sub| sub), "sub", Fault::Kill), "the tree gives up");
    // (A model that recurses would need a frame for each.)
    let often = limited(with_once(|sub| sub), 100_000);
    assert_eq!(told(&often, "sub", Fault::Kill), "the tree gives up");
}

#[test]
fn a_start_that_fails_for_ever_has_no_end() {
    let says = "`sub` is started again for ever: `sub/once` runs once, and its value is used up";
    let root = unlimited(with_once(|sub| sub));
    assert_eq!(told(&root, "sub", Fault::Kill), says);
    // Another child of the tree has its own consequences.
    assert_eq!(told(&root, "a", Fault::Kill), "restarts a");
    assert_eq!(told(&root, "sub/a", Fault::Kill), "restarts sub/a");
    // Restarts that do not count together are no less endless, nor are attempts.
    let mut model = Model::new(&root, true);
    model.provoke("sub", Fault::Kill);
    assert_eq!(model.consequence().to_string(), says);
    assert_eq!(told(&with_once(retrying), "sub", Fault::Kill), says);
}

#[test]
fn a_start_that_is_tried_again_takes_no_restart_and_stops_no_sibling() {
    let mut root = limited(three(OneForOne), 1);
    root.inside.as_mut().unwrap().children[1] = retrying(worker("b", Transient));
    assert_eq!(told(&root, "b", Fault::FailedStart), "restarts b twice");
    let mut root = limited(three(OneForAll), 1);
    root.inside.as_mut().unwrap().children[1] = retrying(worker("b", Transient));
    let consequence = after(&root, &[("b", Fault::FailedStart)]);
    assert_eq!(consequence.to_string(), "restarts a, c, b twice");
    assert_eq!(consequence.stops, [vec!["b"], vec!["c", "a"]]);
}

#[test]
fn a_supervisor_whose_start_is_tried_again_takes_one_restart() {
    let group = |b| supervisor("sub", OneForOne, vec![worker("sub/a", Always), b]);
    let sub = retrying(limited(group(notifying(worker("sub/b", Always))), 0));
    let root = limited(supervisor("", OneForOne, vec![sub]), 1);
    let consequence = after(&root, &[("sub/b", Fault::FailedStart)]);
    assert_eq!(
        consequence.to_string(),
        "sub gives up; restarts sub/a twice, sub/b twice, sub twice"
    );
}

#[test]
fn by_use_those_that_do_not_use_a_child_start_whether_or_not_it_does() {
    let mut root = three(OneForAll);
    let inside = root.inside.as_mut().unwrap();
    inside.children[0] = notifying(worker("a", Always));
    inside.uses = Some(vec![vec![], vec![0], vec![]]);
    let consequence = after(&root, &[("a", Fault::FailedStart)]);
    assert_eq!(consequence.to_string(), "restarts c twice, a twice, b");
    // A sibling that waits for another one may have been started or not when `a` fails.
    assert!(consequence.is_loose);
}
