//! Tests of leases: what may be written, and that each mistake is one error.

use super::messages::{is_fine, is_wrong};

/// Returns a tree with this supervisor.
fn tree_of(billing: &str) -> String {
    format!("S(leases: &L, t: D): one_for_one {{ db: T, billing: {billing}, web: Always }}")
}

#[test]
fn a_lease_in_all_its_forms() {
    for engine in [
        "leases",
        "leases.clone()",
        "&leases",
        "(leases)",
        "{ leases }",
        "PgLeases::new(t)",
        "self::LEASES.get(0)",
        "db.leases()",
        "leases![t]",
        "if t { leases } else { other() }",
    ] {
        is_fine(&tree_of(&format!("one_for_one(lease = \"x\") with {engine} {{ a: Always }}")));
    }
    for options in [
        "lease = NAME",
        "lease = names::BILLING, ttl = TTL, renew = times::RENEW",
        "lease = runtime(format!(\"{t}\")), ttl = runtime(t), renew = runtime(t)",
        "lease = \"x\", ttl = 30s, renew = 5s, overrun = report, shutdown = 20s, kill_grace = 0s",
        "lease = \"x\", restart = Transient, order = by_use, backoff = 1s, health = degrades",
        "lease = \"x\", shutdown = runtime(t), max_restarts = 5, restart_window = 1m",
    ] {
        for strategy in ["one_for_one", "one_for_all", "rest_for_one"] {
            is_fine(&tree_of(&format!("{strategy}({options}) with leases {{ a: Always }}")));
        }
    }
    is_fine(
        "one_for_one { a: one_for_one(lease = \"x\") with leases { pool: simple_one_for_one { b: T } } }",
    );
    // A child may have the word's name.
    is_fine("one_for_one { a: Always, with: Always, lease: T, ttl: one_for_one {} }");
    is_fine("one_for_one { a: one_for_one {}, with: one_for_one {} }");
}

#[test]
fn the_fence_is_that_of_the_braces_around() {
    let inside =
        |child: &str| tree_of(&format!("one_for_one(lease = \"x\") with leases {{ {child} }}"));
    is_fine(&inside("a: T = T { fence }"));
    is_fine(&inside("a: T = T(fence.clone(), db), b: Always = move |ctx| f(ctx, fence.clone())"));
    is_fine(&inside("a: one_for_one { b: T = T { fence } }"));
    is_fine(&inside("a: Always = { let fence = fence.clone(); move |ctx| f(ctx, fence.clone()) }"));
    is_fine(&inside("a: Always = |ctx| { fence(Ordering::SeqCst); f(ctx) }"));
    is_wrong(&inside("a: Always = move |ctx| f(ctx, fence)"), "write `fence.clone()`");
    is_wrong(&inside("a: Always = async |ctx| f(ctx, fence)"), "would lend `fence`");
    is_wrong(&inside("a: T, fence: T"), "give the child another name");
    let outside = "a fence exists only inside the braces";
    is_wrong("S: one_for_one { a: T = T { fence } }", outside);
    is_wrong(
        "S(l: L): one_for_one { x: one_for_one(lease = \"x\") with l { a: T }, b: T = T(fence) }",
        outside,
    );
    // What has the name outside of the braces is hidden inside only.
    is_fine(
        "S(fence: L): one_for_one { x: one_for_one(lease = \"x\") with l { a: T }, b: T = T(fence) }",
    );
    is_fine("one_for_one { a: T = T { fence } }");
}

#[test]
fn each_mistake_in_a_lease_is_one_error() {
    let wrong = |billing: &str, message: &str| is_wrong(&tree_of(billing), message);
    let behind = "the engine of a lease stands behind `with`";
    wrong("one_for_one(lease = \"x\") { a: T }", "a lease is granted by an engine");
    wrong("one_for_one(lease = \"x\") = leases { a: T }", behind);
    wrong("one_for_one(lease = \"x\") using leases { a: T }", behind);
    wrong("one_for_one(lease = \"x\") with = leases { a: T }", "without a sign");
    wrong("one_for_one(lease = \"x\") with: leases { a: T }", "without a sign");
    wrong("one_for_one(lease = \"x\") with { a: T }", "followed by the engine");
    wrong("one_for_one(lease = \"x\") { a: T } with leases", "stands before the braces");
    wrong("one_for_one(lease = \"x\", engine = leases) { a: T }", "stands behind the options");
    wrong("one_for_one(lease = \"x\" with leases) { a: T }", "stands behind the parentheses");
    wrong("one_for_one(lease = \"x\") with leases.clone().await { a: T }", "`.await` has no place");
    wrong("one_for_one(lease = \"x\") with web { a: T }", "`web` is declared later");
    wrong("one_for_one with leases { a: T }", "there is none");
    wrong("one_for_one(leaze = \"x\") with leases { a: T }", "did you mean `lease`?");
    wrong("one_for_one(lock = \"x\") with leases { a: T }", "did you mean `lease`?");
    wrong("one_for_one(lease = x) with leases { a: T }", "write `lease = \"x\"`");
    wrong("one_for_one(lease = \"\") with leases { a: T }", "a lease without a name");
    wrong("one_for_one(lease) with leases { a: T }", "`lease` needs a value");
    wrong("one_for_one(lease = \"x\", ttl = 30) with leases { a: T }", "`30` has no unit");
    wrong("one_for_one(lease = \"x\", leaseDuration = 30s) with l { a: T }", "did you mean `ttl`?");
    wrong("one_for_one(lease = \"x\", refresh = 30s) with l { a: T }", "did you mean `renew`?");
    wrong("one_for_one(lease = \"x\", overrun = kill) with leases { a: T }", "`abort` or `report`");
    wrong("one_for_one(ttl = 30s) { a: T }", "add `lease = \"billing\"`");
    wrong("one_for_one(lease = \"x\", start = notify) with leases { a: T }", "has no meaning");
    wrong("one_for_one(lease = \"x\", start = retry) with leases { a: T }", "on standby");
    wrong(
        "one_for_one(lease = \"x\", max_children = 5) with leases { a: T }",
        "a supervisor inside",
    );
    wrong("one_for_one(lease = \"x\") with leases {}", "there are none");
    wrong("singleton(lease = \"x\") with leases { a: T }", "`singleton` is no strategy");
    wrong("singleton with leases { a: T }", "write `one_for_one(lease = \"billing\")");
    wrong("singleton(lease = \"x\") { a: T }", "`singleton` is no strategy");
    wrong(
        "simple_one_for_one(lease = \"x\") with leases { a: T }",
        "a pool has no lease of its own",
    );
    wrong("Always(lease = \"x\", ttl = 5s)", "`leader: one_for_one(lease = \"billing\")");
    wrong("Billing(lease = \"x\")", "{ billing: Billing }`");
    is_wrong(
        "S: one_for_one(lease = \"x\") with leases { a: T }",
        "the root of a tree needs no lease",
    );
    is_wrong("S: one_for_one with leases { a: T }", "there is none");
}
