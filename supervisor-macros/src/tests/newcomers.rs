//! Tests of what people who come from other tools write in a tree: one error each, which says what to
//! write; and of valid trees that resemble it.

use super::{messages, tree};

fn in_tree(text: &str) -> Vec<String> {
    messages(tree(text))
}

fn is_fine(text: &str) {
    assert_eq!(in_tree(text), Vec::<String>::new(), "{text}");
}

fn is_wrong(text: &str, message: &str) {
    let found = in_tree(text);
    assert!(found.iter().any(|found| found.contains(message)), "{text}: {found:#?}");
    assert_eq!(found.len(), 1, "{text}: {found:#?}");
}

fn child_is_wrong(child: &str, message: &str) {
    is_wrong(&format!("S: one_for_one {{ {child}, last: T }}"), message);
}

fn child_is_fine(child: &str) {
    is_fine(&format!("S: one_for_one {{ {child}, last: T }}"));
}

fn option_is_wrong(option: &str, message: &str) {
    child_is_wrong(&format!("a: T({option})"), message);
}

fn root_is_wrong(option: &str, message: &str) {
    is_wrong(&format!("S: one_for_one({option}) {{ a: T }}"), message);
}

#[test]
fn a_value_has_no_quotes() {
    option_is_wrong("mailbox = \"256\"", "write `mailbox = 256`");
    option_is_wrong("start = \"notify\"", "write `start = notify`");
    option_is_wrong("health = \"critical\"", "write `health = required`");
    root_is_wrong("max_restarts = \"5\"", "write `max_restarts = 5`");
    root_is_wrong("order = \"by_use\"", "write `order = by_use`");
    let after = |value: &str| {
        format!("S: one_for_one(order = by_use) {{ a: T, b: T, c: T(after = {value}) }}")
    };
    is_fine(&after("[a, b]"));
    for value in ["[\"a\", \"b\"]", "(a, b)", "[&a, &b]", "[:a, :b]"] {
        is_wrong(&after(value), "write `after = [a, b]`");
    }
    is_wrong(&after("a"), "write `after = [a]`");
    is_wrong("S: one_for_one(order = by_use) { a: T, c: T(after(a)) }", "write `after = [a]`");
}

#[test]
fn a_word_for_no_value_is_answered() {
    option_is_wrong("mailbox = unbounded", "a mailbox has a limit");
    option_is_wrong("heartbeat = off", "leave it out");
    option_is_wrong("backoff = none", "leave it out");
    root_is_wrong("max_children = unlimited", "leave it out");
    root_is_wrong("restart_window = forever", "write `max_restarts = unlimited`");
    root_is_wrong("max_restarts = -1", "write `max_restarts = unlimited`");
    option_is_wrong("shutdown = -1", "write `shutdown = infinity`");
    root_is_wrong("order = parallel", "is written `order = by_use`");
    option_is_wrong("health = optional", "is written `health = degrades`");
    child_is_wrong("a: Always(every = hourly)", "is written `every = 1h`");
    child_is_wrong("a: Always(cron = \"0 * * * *\")", "not at times of the day");
    is_wrong("S: simple_one_for_one(partitions = num_cpus) { a: T }", "partitions = runtime(");
    child_is_fine("a: T(mailbox = UNBOUNDED, heartbeat = OFF)");
}

#[test]
fn a_policy_among_the_options_is_one_error() {
    option_is_wrong("restart: transient", "write `a: Transient<T>`");
    option_is_wrong("restart_policy = RestartPolicy::Transient", "write `a: Transient<T>`");
    child_is_wrong("a: Always(policy = permanent)", "write `a: Always`");
    let nested = "a: one_for_one(restart_policy = on_failure) {}";
    child_is_wrong(nested, "write `restart = Transient`");
}

#[test]
fn a_policy_with_the_signs_of_an_expression() {
    child_is_wrong("a: Transient::<T>", "write `Transient<T>`");
    child_is_wrong("a: Transient::<m::T<u8>>(shutdown = 5s)", "write `Transient<m::T<u8>>`");
    child_is_fine("a: self::Transient::<T>");
}

#[test]
fn options_in_braces_behind_a_policy() {
    child_is_wrong("a: Always { shutdown: 5s }", "options stand in parentheses");
    child_is_wrong("a: Always { depends_on: [b] }", "unknown option `depends_on`");
    child_is_wrong("a: Always { b: T }", "write `a: one_for_one { … }`");
}

#[test]
fn a_child_as_a_list_of_fields() {
    child_is_wrong("a: { type: T, restart: Transient }", "write `a: Transient<T>(…)`");
    child_is_wrong("a: { start: m::T, restart: \"permanent\" }", "write `a: Always<m::T>(…)`");
    child_is_wrong("a: { id: x, module: T }", "write `a: T(…)`");
    child_is_wrong("a: { b: T, c: Always }", "supervisor `a` has no strategy");
    child_is_wrong("a: { worker: Always }", "supervisor `a` has no strategy");
    child_is_wrong("a: { worker: T, run: T }", "supervisor `a` has no strategy");
    child_is_wrong("a: {}", "supervisor `a` has no strategy");
}

#[test]
fn words_before_a_child() {
    child_is_wrong("async a: Always", "leave it out: `a: …`");
    child_is_wrong("struct a: T", "leave it out: `a: …`");
    child_is_wrong("const LIMIT: u32 = 5", "put this before the tree");
    child_is_wrong("const a: T = b", "leave it out: `a: …`");
    child_is_wrong(
        "async fn a(ctx: Context) -> ChildResult { Ok(()) }",
        "the child that runs it is `a: Always`",
    );
    child_is_fine("r#async: Always, r#fn: T");
    child_is_fine("union: Always, auto: T, default: T");
}

#[test]
fn words_before_a_tree() {
    is_wrong("use m::{A, B}; S: one_for_one { a: T }", "put this `use` before");
    is_wrong("const N: u32 = 5; S: one_for_one { a: T }", "put this `const` before");
    is_wrong("#![allow(x)] S: one_for_one { a: T }", "has no `!` here");
    is_wrong("S: one_for_one { #![allow(x)] a: T }", "has no `!` here");
    is_wrong("pub struct S { a: T }", "a tree is no `struct`; write `S: one_for_one { … }`");
    is_wrong("mod S { a: T }", "a tree is no `mod`");
    is_wrong("S, strategy: one_for_one, children: [a]", "a tree is its name, a colon");
    is_fine("S: one_for_one { a: T = const { T } }");
}

#[test]
fn attributes_and_comments_belong_to_a_child() {
    is_wrong("S: one_for_one { a: T, /// b will follow\n }", "write `//`");
    is_wrong("S: one_for_one { a: T, #[cfg(b)] }", "an attribute stands before a child");
}

#[test]
fn names_of_children() {
    child_is_wrong("1: T", "a word that begins with a letter");
    is_wrong("S(&self): one_for_one { a: T }", "has no `self`");
    is_wrong("S(mut b: T): one_for_one { a: T = b }", "leave `mut` out");
    is_wrong("S(b): one_for_one { a: T }", "write `b: Type`");
}

#[test]
fn a_nested_supervisor_in_the_syntax_of_others() {
    child_is_wrong("a: Sub: one_for_all { b: T }", "write `a: one_for_all { … }`");
    child_is_wrong("a: supervision_tree! { one_for_all { b: T } }", "write `a: one_for_all { … }`");
    child_is_wrong("a: x::supervision_tree! { S: one_for_one {} }", "write `a: one_for_one { … }`");
    child_is_wrong("a: Supervisor<one_for_all> { b: T }", "write `a: one_for_all { … }`");
    child_is_wrong("a: m::Supervisor { b: T }", "write `one_for_one`");
    for sign in ["=", "=>", "->"] {
        let (child, root) = ("write `a: one_for_all { … }`", "write `S: one_for_all { … }`");
        child_is_wrong(&format!("a: one_for_all {sign} {{ b: T }}"), child);
        is_wrong(&format!("S: one_for_all(max_restarts = 1) {sign} {{ b: T }}"), root);
    }
}

#[test]
fn types_that_are_no_children() {
    child_is_wrong("a: Arc<T> = b", "write `a: T`");
    child_is_wrong("a: Transient<std::sync::Arc<m::T>>", "write `a: m::T`");
    child_is_wrong("a: tokio::sync::Mutex<T>", "write `a: T`");
    child_is_wrong("a: Option<T>", "a declared child is always there");
    child_is_wrong("a: ChildRef<M>", "an address is no child");
    child_is_fine("a: Mutex<T>, b: Cell<T>, c: m::Arc<T>, d: Arc, e: Arc<K, V>, f: Pool<T>");
}

#[test]
fn a_sibling_is_a_variable() {
    let of = |value: &str| format!("S: one_for_one {{ a: A, b: B = {value} }}");
    is_wrong(&of("B { a: S::a() }"), "write `a`");
    is_wrong(&of("B::new(Self::a(), 1)"), "write `a`");
    is_wrong(&of("B::new(crate::S::a())"), "write `a`");
    is_wrong(&of("B { a: s.a().clone() }"), "write `a`");
    is_fine(&of("{ let s = make(); B { a: s.a() } }"));
    is_fine("S(s: T): one_for_one { a: A, b: B = B { a: s.a() } }");
    is_fine(&of("B { a: other.a(), c: s.c(), d: s.a(1) }"));
    is_fine(&of("B::new(S::a(&other), S::c(), T::a(), m::a())"));
    is_wrong(&of("B { b: b.clone() }"), "its own address is `ctx.address()`");
    is_fine(&of("B::new(b)"));
    is_fine(&of("b()"));
    is_fine(&of("{ let b = B::new(); b.with(a) }"));
    is_fine("S(b: B): one_for_one { b: B = b.clone() }");
    is_fine("one_for_one { b: B = b.clone() }");
    is_fine("S: one_for_one { b: B, sub: one_for_one { b: B = B::new(b.clone()) } }");
}

#[test]
fn a_task_is_a_function() {
    child_is_wrong("a: Always = Ticker { every: 5 }", "`a: Always<Ticker> = Ticker { … }`");
    child_is_wrong("a: Transient = m::Ticker { x }", "`a: Transient<m::Ticker> = m::Ticker { … }`");
    child_is_fine("a: Always = Retry(f)");
    child_is_wrong("a: Always = tokio::spawn(f())", "the supervisor spawns each life of `a`");
    child_is_wrong("a: Always = |ctx| tokio::spawn(f(ctx))", "the supervisor spawns each life");
    child_is_wrong("a: Always = |_| { std::thread::spawn(|| f()) }", "is a `Blocking`");
    child_is_fine("a: Always = Ticker::new(5)");
    child_is_fine("a: Always = Retry::new().task, b: Always = Job { run: f }.run");
    child_is_fine("a: Always = MAKE(5), b: Always = spawn(f), c: Always = m::spawn(f)");
    child_is_fine("a: Always = |ctx| async move { tokio::spawn(f()); ctx.x().await }");
}

#[test]
fn what_a_task_lends_is_for_the_compiler() {
    is_fine("S: one_for_one { a: A, b: Always = move |c| f(c, &a) }");
    is_fine("S: one_for_one { a: A, b: Always = { let a = &*LEAKED; move |c| f(c, &a) } }");
}

#[test]
fn a_child_may_be_called_restart() {
    is_fine("S: one_for_one { a: T, restart: Transient, b: T }");
    is_fine("S: one_for_one { restart: Transient = restart, b: T }");
    is_fine("S: one_for_one { restart: Always(shutdown = 1s) }");
}

#[test]
fn a_parameter_that_two_children_take() {
    let of = |ty: &str, second: &str| {
        format!("S(n: {ty}): one_for_one {{ a: Always = move |c| f(c, n.clone()), {second} }}")
    };
    is_wrong(
        &of("Arc<T>", "b: Always = move |c| f(c, n.clone())"),
        "let n = n.clone(); move |ctx|",
    );
    is_wrong(&of("Arc<T>", "b: B = B { n }"), "which `b` uses, too");
    is_wrong(&of("Arc<T>", "s: one_for_one { b: B = B(n) }"), "which `s` uses, too");
    is_fine(&of("Handle", "b: B = B { n }"));
    is_fine(&of("u16", "b: B = B { n }"));
    is_fine(&of("Arc<T>", "b: B = B { m }"));
    is_fine(&of("Arc<T>", "#[cfg(c)] b: B = B { n }"));
    is_fine(&of("Arc<T>", "s: one_for_one { n: N, b: B = B(n) }"));
    let cloned = "a: Always = { let n = n.clone(); move |c| f(c, n.clone()) }";
    is_fine(&format!("S(n: Arc<T>): one_for_one {{ {cloned}, b: B = B(n) }}"));
    is_fine(
        "S(n: Arc<T>): one_for_one { a: A = A(n.clone()), b: Always = move |c| f(c, n.clone()) }",
    );
}

#[test]
fn a_derive_borrows_nothing() {
    let of = |text: &str| messages(super::derive(text));
    assert_eq!(of("struct A { b: &str }").len(), 1);
    assert!(of("struct A { b: &Config }")[0].contains("as in `Arc<Config>`"));
    assert_eq!(
        of("struct A { b: &'static str, c: fn(&str), d: Box<dyn Fn(&str) + Send> }").len(),
        0
    );
}

#[test]
fn a_boxed_message_is_sent() {
    let of = |message: &str| {
        messages(super::derive(&format!("#[child(message = {message})] struct A;")))
    };
    for (message, meant) in [
        ("Box<dyn FnOnce()>", "Box<dyn FnOnce() + Send>"),
        ("Box<dyn Fn(u8) -> u8 + 'static>", "u8 + 'static + Send>"),
        ("Box<dyn std::any::Any>", "Box<dyn std::any::Any + Send>"),
    ] {
        let found = of(message);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(meant), "{found:?}");
    }
    for message in [
        "Box<dyn FnOnce() + Send>",
        "Box<dyn Job>",
        "Box<dyn Any + Job>",
        "fn(Box<dyn FnOnce()>)",
        "Sendable<Box<dyn FnOnce()>>",
        "Box<u8>",
    ] {
        assert_eq!(of(message), Vec::<String>::new(), "{message}");
    }
}

#[test]
fn a_task_has_a_policy() {
    child_is_wrong("a: Task = a", "write `a: Always = a`");
    child_is_wrong("a: Task = b", "write `a: Always = b`");
    child_is_wrong("a: Function = |ctx| f(ctx)", "a task has a policy");
    child_is_wrong(
        "a: Always = (ctx) => async { Ok(()) }",
        "a closure is written `|ctx| async move",
    );
    child_is_fine("a: Task = a(), b: Task = Task::new(), c: Task = TASK, d: Task<T> = e");
    is_fine("S(b: Task): one_for_one { a: Task = b }");
    is_fine("one_for_one { a: Task = b }");
}

#[test]
fn a_value_keeps_nothing_borrowed() {
    let of = |value: &str| format!("S(c: &Config): one_for_one {{ a: A = {value} }}");
    is_wrong(&of("A { c }"), "let the child own it: `c: c.clone()`");
    is_wrong(&of("m::A { d: c, ..x() }"), "let the child own it: `d: c.clone()`");
    is_wrong("S(c: &str): one_for_one { a: Always<A> = A { c } }", "`c: c.to_owned()`");
    for value in ["A { c: c.x }", "A { c: *c }", "A::new(c)", "A { c: f(c) }", "B { c }.make()"] {
        is_fine(&of(value));
    }
    is_fine("S(c: &'static Config): one_for_one { a: A = A { c } }");
    is_fine("S(c: &Config): one_for_one { c: C = C::new(c), a: A = A { c } }");
}

#[test]
fn words_and_signs_behind_a_type() {
    child_is_wrong("a: T := T::new()", "a child's value stands after `=`");
    child_is_wrong("a: T restart Transient", "as in `name: Transient<Type>`");
    child_is_wrong("a: T shutdown 5s", "options stand in parentheses");
    child_is_wrong("a: T restart: Transient", "expected `,` after the child `a`");
    child_is_wrong("a: (shutdown = 5s) m::T", "write `a: m::T(shutdown = 5s)`");
    child_is_wrong("a: JoinHandle<()> = spawn(f())", "the supervisor spawns each life");
    child_is_wrong("a: Pin<Box<dyn Future<Output = ()>>>", "a child has one type");
    option_is_wrong("backoff = [100ms, 1s, 5s]", "write `backoff = 100ms..5s`");
    let of = |text: &str| messages(super::derive(text));
    let quoted = of("#[child(\"restart = Transient\")] struct A;");
    assert_eq!(quoted, ["options have no quotes; write `restart = Transient`"]);
}

#[test]
fn tokens_behind_a_tree() {
    is_wrong("S: one_for_one { a: T };", "leave `;` out");
    is_wrong("S: one_for_one { a: T } pub R: one_for_one { b: T }", "the macro holds one tree");
    is_wrong("S: one_for_one { a: T } R: one_for_one { b: T }", "the macro holds one tree");
    is_wrong("S: one_for_one { a: T } x", "unexpected tokens");
}
