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
fn shards_in_all_their_forms() {
    for shards in ["1", "64", "1_024", "SHARDS", "config::SHARDS", "runtime(t)"] {
        let options = format!("lease = \"x\", shards = {shards}, backoff = 1s");
        is_fine(&tree_of(&format!("one_for_all({options}) with leases {{ a: Always }}")));
    }
    let inside = |child: &str| {
        tree_of(&format!("one_for_one(lease = \"x\", shards = 8) with leases {{ {child} }}"))
    };
    is_fine(&inside("a: T = T { shard, fence }, b: one_for_one { c: T = T(shard, a) }"));
    is_fine(&inside("a: Always = move |ctx| f(ctx, shard, fence.clone())"));
    is_fine(&inside("a: Always = move |ctx| async move { f(ctx, shard) }"));
    is_fine(&inside("a: Always = |ctx| { shard(ctx) }"));
    is_fine("one_for_one { shard: T, shards: T, a: T = T(shard) }");
    is_fine("one_for_one { a: T = T { shard } }");
    // What has the name outside of the braces is hidden inside only.
    is_fine(
        "S(shard: N): one_for_one { x: one_for_one(lease = \"x\", shards = 2) with l { a: T = T(shard) }, b: T = T(shard) }",
    );
    is_wrong(&inside("a: Always = async |ctx| f(ctx, shard)"), "would lend `shard`");
    is_wrong(&inside("a: T, shard: T"), "give the child another name");
    let outside = "a shard has its number only inside the braces";
    is_wrong("S: one_for_one { a: T = T { shard } }", outside);
    is_wrong(&tree_of("one_for_one(lease = \"x\") with leases { a: T = T(shard) }"), outside);
    is_wrong(
        "S(l: L): one_for_one { x: one_for_one(lease = \"x\", shards = 2) with l { a: T }, b: T = T(a) }",
        "write `x.of_bytes(key).a()`",
    );
}

#[test]
fn each_shard_needs_what_the_tree_is_given() {
    let tree = |child: &str| {
        format!(
            "S(l: L, name: String): one_for_one {{ x: one_for_one(lease = \"x\", shards = 2) with l {{ {child} }} }}"
        )
    };
    for child in [
        "a: T = T { name: name.clone() }",
        "a: T = T::new(&name, shard)",
        "a: Always = { let name = name.clone(); move |ctx| f(ctx, name.clone()) }",
        "name: T, a: T = T(name)",
    ] {
        is_fine(&tree(child));
    }
    let gone = "gone with the first shard";
    is_wrong(&tree("a: T = T { name }"), gone);
    is_wrong(&tree("a: T = T::new(shard, name)"), gone);
    is_wrong(&tree("a: String = name"), gone);
    is_wrong(&tree("a: Always = move |ctx| f(ctx, name.clone())"), "each shard makes this closure");
    is_wrong(&tree("a: Always = move |ctx| f(ctx, name)"), "gone with the first life");
    is_wrong(
        &tree("a: Always = move |ctx| f(ctx, name.clone()), b: T = T { name: name.clone() }"),
        "each shard makes this closure",
    );
}

#[test]
fn each_mistake_in_shards_is_one_error() {
    let wrong = |jobs: &str, message: &str| is_wrong(&tree_of(jobs), message);
    let jobs =
        |options: &str| format!("one_for_one(lease = \"x\", {options}) with leases {{ a: T }}");
    wrong(&jobs("shards"), "`shards` needs a value");
    wrong(&jobs("shards = 0"), "leaves nothing that runs");
    wrong(&jobs("shards = -1"), "cannot be negative");
    wrong(&jobs("shards = 1.5"), "is a whole number");
    wrong(&jobs("shards = 1025"), "write 1024 at most");
    wrong(&jobs("shards = count"), "runtime(count)");
    wrong(&jobs("shard_count = 8"), "did you mean `shards`?");
    wrong(&jobs("shards = 8, auto_shutdown = never"), "leave it out");
    wrong(&jobs("shards = 8, max_children = 9"), "a supervisor inside");
    wrong(&jobs("shards = 8, start = retry"), "on standby");
    wrong("one_for_one(shards = 8) { a: T }", "add `lease = \"jobs\"`");
    wrong("one_for_one(shards = 8) with leases { a: T }", "there is none");
    wrong("one_for_one(lease = \"x\", shards = 8) { a: T }", "a lease is granted by an engine");
    wrong("simple_one_for_one(shards = 8) { a: T }", "write `partitions = 8`");
    wrong("Always(shards = 8)", "a lease guards the children of a supervisor");
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
