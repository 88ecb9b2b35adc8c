//! Tests of the errors for words, syntax and values of other languages and tools.

use super::messages::{is_fine, is_wrong};
use super::{derive, messages};

#[test]
fn what_stands_in_another_place_elsewhere() {
    is_wrong("one_for_one { a: Always(shutdown = brutal-kill) }", "did you mean `brutal_kill`?");
    is_wrong("one_for_one { a: Always(shutdown = :infinity) }", "write `shutdown = infinity`");
    is_wrong("one_for_one { a: Always(every 30s) }", "write `every = 30s`");
    is_wrong("one_for_one { a: Always(every(30s), shutdown = 5s) }", "write `every = 30s`");
    is_wrong("one_for_one { a: Always(shutdown 5s) }", "write `shutdown = 5s`");
    is_wrong("S: one_for_one { strategy: :one_for_one }", "before the braces");
    is_wrong("S: one_for_one { children: [a, b] }", "one by one in the braces");
    is_wrong("one_for_one { a: Always<T::new(5)> }", "write `a: Always<T> = T::new(…)`");
    is_wrong("one_for_one { a: Transient(backoff = 1s)<T> }", "before the options");
    is_wrong("one_for_one { a: T = T (backoff = 1s) }", "before the `=`");
    is_wrong("one_for_one { a: PartitionSupervisor(partitions = 4) { b: T } }", "partitions = 8");
    is_wrong("one_for_one { a: DynamicSupervisor { b: T } }", "simple_one_for_one");
    is_wrong("one_for_one { a: Always = async { Ok(()) } }", "`|ctx| async move { … }`");
    is_wrong("one_for_one { a: Always = run(ctx) }", "the function itself: `= run`");
    is_fine("one_for_one { a: Always = make(5), b: T = T(a = 5) }");
}

#[test]
fn words_of_other_tools_are_translated() {
    is_wrong("one_for_one { a: OnFailure<T> }", "restarted after a failure is `Transient`");
    is_wrong("one_for_one { a: on-failure }", "restarted after a failure is `Transient`");
    is_wrong("one_for_one { a: UnlessStopped }", "always restarted is `Always`");
    is_wrong("one_for_one { a: Never<T> }", "never restarted is `Temporary`");
    is_wrong("one_for_one { a: always }", "unknown restart policy `always`; write `Always`");
    is_fine("one_for_one { a: self::Never, b: self::OnFailure<T> }");
    is_wrong("S: OneForOneStrategy { a: T }", "did you mean `one_for_one`?");
    is_wrong("S: AllForOne { a: T }", "did you mean `one_for_all`?");
    is_wrong("S: one-for-all { a: T }", "write `one_for_all`");
    is_wrong("S: Strategy::RestForOne { a: T }", "write `rest_for_one`");
    is_wrong("S: one_for_one { a: T(restart_sec = 5s) }", "did you mean `backoff`?");
    is_wrong("S: one_for_one { a: T(timeout_stop_sec = 5s) }", "did you mean `shutdown`?");
    is_wrong("S: one_for_one { a: T(depends_on = [b]), b: T }", "order of declaration");
    is_wrong("S: simple_one_for_one(replicas = 5) { a: T }", "did you mean `partitions`?");
    is_wrong(
        "S: one_for_one { a: T(replicas = 5) }",
        "belongs on a `simple_one_for_one` supervisor",
    );
    is_wrong("S: one_for_one { a: T(shutdown = kill) }", "is written `shutdown = brutal_kill`");
    is_wrong("S: one_for_one(max-restarts = 5) { a: T }", "write `max_restarts`");
    is_wrong("S: one_for_one(shutdown = 20s) { a: T }", "write `shutdown_within = 20s`");
    is_wrong("S: one_for_one { a: T(restart = Transient) }", "write `a: Transient<T>`");
}

#[test]
fn syntax_of_other_languages_costs_one_error() {
    for head in ["Shop =", "Shop ->", "Shop =>", "Shop", "Shop(port: u16) ->", "pub Shop ="] {
        is_wrong(&format!("{head} one_for_one {{ a: T }}"), "expected `:` after `Shop`");
    }
    is_wrong("Shop[port: u16]: one_for_one { a: T }", "parameters stand in parentheses");
    is_wrong("name: Shop, strategy: one_for_one", "a tree is its name, a colon");
    is_wrong("\"Shop\": one_for_one { a: T }", "a name has no quotes");
    is_wrong("S: one_for_one { \"a\": T }", "write `a: …`");
    is_wrong("S: one_for_one { pub a: T, pub(crate) b: T }", "leave `pub` out");
    is_wrong("S: one_for_one { let a: T, b: T }", "leave it out: `a: …`");
    is_wrong("S: one_for_one { worker a: T, b: T }", "one word before its colon");
    is_wrong("S: one_for_one { my-worker: T }", "write `my_worker`");
    is_wrong("S: one_for_one { for x in y { a: T } }", "no control flow");
    is_wrong("S: one_for_one { use x::Y; }", "put this before the tree");
    is_wrong("S: one_for_one { max_restarts: 5, a: T }", "`one_for_one(max_restarts = 5) { … }`");
    is_wrong("S: one_for_one[max_restarts = 5] { a: T }", "options stand in parentheses");
    is_wrong("S: one_for_one { a: T }(max_restarts = 5)", "unexpected tokens");
    is_wrong(
        "S: one_for_one { s: one_for_one { a: T }(restart = Transient) }",
        "before the braces",
    );
    is_wrong("S: one_for_one { a: T { shutdown = 5s } }", "as in `T(shutdown = …)`");
    is_wrong("S: one_for_one { a: Always<T> { shutdown: 5s } }", "as in `Always<T>(shutdown = …)`");
    is_wrong("S: one_for_one { a: T(\"x\", 5) }", "`a: T = T(\"x\", 5)`");
    is_wrong("S: one_for_one { a: T(url = \"x\") }", "`name: Type = Type { url: … }`");
    is_wrong("S: one_for_one { a: Transient T, b: T }", "write `Transient<T>`");
    is_wrong("S: one_for_one { a: permanent T, b: T }", "write `Always<T>`");
    is_wrong("S: one_for_one { a: T Transient, b: T }", "write `Transient<T>`");
    is_wrong("S: one_for_one { a: T<Transient> }", "write `Transient<T>`");
    is_wrong("S: one_for_one { a: RestartPolicy::Transient<T> }", "write `Transient<T>`");
    is_wrong(
        "S: one_for_one { a: Transient<one_for_one { b: T }> }",
        "(restart = Transient) { … }`",
    );
    is_wrong("S: one_for_one { a: run(shutdown = 5s) }", "`a: Always(shutdown = 5s) = run`");
    is_wrong("S: one_for_one { a: storage.T }", "write `storage::T`");
    is_wrong(
        "S: one_for_one { a: [T; 4] }",
        "`a: simple_one_for_one(partitions = 4) { worker: T }`",
    );
    is_wrong("S: one_for_one { a: vec![T; 4] }", "simple_one_for_one(partitions = 4)");
    is_wrong("S: one_for_one { a: T * 4 }", "simple_one_for_one(partitions = 4)");
    is_wrong("S: one_for_one { a: T => T::new() }", "stands after `=`");
    is_wrong("S: one_for_one { a := T::new(), b: T }", "write `a: T = T::new(…)`");
    is_wrong("S: one_for_one { a = T { x: 5 }, b: T }", "write `a: T = T { … }`");
    is_wrong("S: one_for_one(max_restarts == 5) { a: T }", "`max_restarts = 5`");
    is_wrong("S: one_for_one(max_restarts: 5) { a: T }", "`max_restarts = 5`");
    is_wrong("S: one_for_one(max_restarts = 5; restart_window = 5s) { a: T }", "separated by `,`");
    is_wrong("S: one_for_one { a: T(#[cfg(x)] shutdown = 5s) }", "put `#[cfg(…)]` on the child");
    is_wrong("S: one_for_one { a: Box<dyn Worker> }", "a child has one type");
    is_wrong("S: one_for_one { a: Always<Arc<dyn Worker>> }", "a child has one type");
    is_wrong("S: one_for_one { a: &T }", "a child owns its value");
    is_wrong("S: one_for_one { a: DynamicSupervisor }", "`a: simple_one_for_one { worker: Type }`");
    is_wrong(
        "S: one_for_one { a: supervisor one_for_all { b: T } }",
        "write `a: one_for_all { … }`",
    );
    is_wrong("S: one_for_one do a: T, b: T end", "not between `do` and `end`");
}

#[test]
fn what_newcomers_write_in_a_head_is_one_error() {
    is_wrong("supervisor Shop: one_for_one { a: T }", "begins with its name, not `supervisor`");
    is_wrong("Shop(one_for_one) { a: T }", "write `Shop: one_for_one { … }`");
    is_wrong(
        "Shop(strategy = OneForAll, max_restarts = 5) { a: T }",
        "write `Shop: one_for_all(…)",
    );
    is_wrong("Shop(strategy: :one_for_all) { a: T }", "write `Shop: one_for_all { … }`");
    is_wrong("Shop(max_restarts = 5) { a: T }", "write `Shop: one_for_one(…) { … }`");
    is_wrong(
        "Shop: one_for_one(url: String) { a: T = T { url } }",
        "write `Shop(url: String): one_for_one { … }`",
    );
    is_wrong("Shop(n: u8 = 5): one_for_one { a: T = T(n) }", "has no default value");
    is_wrong("#{strategy => one_for_one}, []", "a tree is its name, a colon");
    is_fine("Shop(strategy: u8): one_for_one { a: T = T(strategy) }");
}

#[test]
fn what_newcomers_write_for_a_child_is_one_error() {
    is_wrong("S: one_for_one { # the data base\n a: T, b: T }", "a comment begins with `//`");
    is_wrong("S: one_for_one { a: T.with_shutdown(5s) }", "write `a: T(shutdown = 5s)`");
    is_wrong("S: one_for_one { a: T.transient().with_shutdown(5s) }", "write `a: Transient<T>`");
    is_wrong("S: one_for_one { a: T.clone() }", "write `a: T = T::…`");
    is_wrong("S: one_for_one { a: T -> b, b: T }", "by naming it in its value");
    is_wrong("S: one_for_one { a: Pool<T, 4> }", "(partitions = 4) { worker: T }`");
    is_wrong("S: one_for_one { a = one_for_all { b: T } }", "write `a: one_for_all { … }`");
    for closure in ["fn ctx -> Ok(()) end", "async fn(ctx: Context) -> R { Ok(()) }"] {
        is_wrong(
            &format!("S: one_for_one {{ a: Always = {closure}, b: T }}"),
            "a closure is `|ctx|",
        );
    }
    is_fine("S(handlers: H): one_for_one { a: Always = handlers.run }");
    is_wrong("S: one_for_one { a: Always = Job { n: 1 }.run }", "Job { … }.run(ctx).await");
    is_wrong("S: one_for_one { a: A = A { s: S } }", "`S` is not there while it is made");
    is_wrong("S: one_for_one { p: simple_one_for_one { t: T }, a: A = A(t) }", "write `p`");
    is_wrong("S: one_for_one { let url = f(); a: A = A(url) }", "{ let url = …; … }");
    is_wrong("S: one_for_one { a: T as Temporary }", "as in `name: Temporary<Type>`");
    is_wrong("S: one_for_one { s(x: u8): one_for_one { a: T } }", "has no parameters");
    is_wrong("S: one_for_one { a: T = T::new(1.5s) }", "`1.5s` is `Duration::from_millis(1500)`");
    is_fine("S: one_for_one { a: T = T::new(1.5f32, times!(1s), 2u8) }");
    is_wrong("S: one_for_one { a: T },", "leave `,` out");
    is_wrong("S: one_for_one { a: T } where T: Clone", "no `where`");
    is_wrong("S: one_for_one { a: Always = handlers.run }", "take `handlers` as a parameter");
    is_wrong("S(x: u8): one_for_one { b: B = B(url.clone(), x) }", "`S(…, url: Type): …`");
    is_fine("S: one_for_one { b: B = B(handler.layer(1), f, HOST.to_owned(), self::host.len()) }");
    is_fine("one_for_one { b: B = B(url.clone()) }");
    is_wrong("S: one_for_one { a: A = A(b), b: B = B(a) }", "`a` and `b` use each other");
    is_wrong("S: one_for_one { a: A, b: B = B(self.a()) }", "write `a`");
    is_wrong("S: one_for_one { b: B = B(self.config.x) }", "has no `self` while it is made");
    is_fine("one_for_one { b: B = B(self.config.x) }");
    is_wrong("S: one_for_one { S: T }", "in lower case");
    is_wrong("S: one_for_one { a: S }", "give the tree another one");
    is_wrong("S: one_for_one { a: Always = |c: Context<Job>| f(c) }", "`#[child(message = Job)]`");
    is_fine("S: one_for_one { a: Always = |c: Context<()>| f(c), b: Always = |c: Context| f(c) }");
}

#[test]
fn values_of_other_tools_are_one_error() {
    is_wrong("S: one_for_one { a: Always(every = \"*/5 * * * *\") }", "not at times of the day");
    is_wrong("S: one_for_one { a: T(shutdown = \"soon\") }", "without quotes");
    is_wrong("S: one_for_one { a: T(backoff = 1s, factor = 2) }", "twice the one before");
    is_wrong("S: one_for_one { a: T(backoff = exponential) }", "`backoff = 100ms..30s`");
    is_wrong("S: one_for_one(max_restarts = 5/min) { a: T }", "restart_window = 1m`");
    is_wrong("S: one_for_one { a: T(notify) }", "write `start = notify`");
    is_wrong("S: one_for_one { a: T(shutdown = none) }", "`shutdown = infinity`");
    let found = messages(derive("#[child(type = Query)] struct A;"));
    assert!(found.len() == 1 && found[0].contains("did you mean `message`?"), "{found:?}");
}
