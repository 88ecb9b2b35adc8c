//! Tests of the mistakes that are reported, and of trees without a mistake.

use super::{derive, matrix, messages, tree};

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

#[test]
fn the_grammar_in_all_its_forms() {
    is_fine("one_for_one {}");
    is_fine("Shop: one_for_one {}");
    is_fine("pub(crate) Shop(): rest_for_one { a: Always }");
    is_fine("pub Shop(a: &str, b: impl Into<String>,): one_for_all() { a: Always(), }");
    is_fine("one_for_one { a: Always = run, b: Always = |ctx| async move { Ok(()) } }");
    is_fine("one_for_one { a: Always = || { x; y }, b: Transient<crate::T<u8, V>> = x, c: T }");
    is_fine("one_for_one { a: ::db::Database(shutdown = 5s) = Database { url: b, c } }");
    is_fine("one_for_one { a: T::<u8>::U<V>, b: self::Always, c: Self }");
    is_fine("one_for_one { #[cfg(a)] a: Always, #[cfg(not(a))] a: Transient, /** x */ b: T }");
    is_fine("simple_one_for_one(max_children = 5) { a: Temporary }");
    is_fine("one_for_one { r#type: Always, r#fn: T }");
    is_fine("one_for_one(auto_shutdown = all_significant) { a: T, b: Transient(significant) }");
    is_fine("one_for_one(auto_shutdown = any_significant) { a: T(significant = false), b: T }");
    is_fine("one_for_one(max_restarts = unlimited) { a: Always(backoff = 1h) }");
    is_fine("one_for_one { a: Always(start = notify, start_timeout = 1.5s, heartbeat = 1m) }");
    is_fine(
        "one_for_one { a: Always(every = 30s, heartbeat = 1m), b: Temporary(every = 1h) = || f() }",
    );
    is_fine("simple_one_for_one(partitions = 8, kill_grace = 1s) { a: Always(every = 5s) }");
    is_fine("Shop: simple_one_for_one(partitions = 8, shutdown_within = 5m) { a: A = A::new() }");
    is_fine(
        "one_for_one { a: one_for_one(restart = Transient, shutdown = 8s, kill_grace = 0s) {} }",
    );
}

#[test]
fn names_that_resemble_words_are_names() {
    is_fine("one_for_one { a: Transit, b: Arrays, c: Temporal<u8>, d: Overseer }");
    is_wrong("one_for_one { a: Alway }", "did you mean `Always`?");
    is_wrong("one_for_one { a: temporary }", "is written `Temporary`");
}

#[test]
fn a_keyword_is_no_part_of_a_path() {
    for path in ["::dyn::Pool", "db::fn::Pool", "db::type<u8>", "db::_", "::move"] {
        let message = "a type's path cannot contain the word";
        is_wrong(&format!("one_for_one {{ a: {path} }}"), message);
        is_wrong(&format!("one_for_one {{ a: Always<{path}> }}"), message);
    }
    is_fine(
        "one_for_one { a: crate::db::Pool, b: super::super::T, c: self::r#dyn::T<u8>, d: Self }",
    );
}

#[test]
fn an_identifier_is_a_word_or_has_to_be_computed() {
    is_wrong("one_for_one(max_restarts = LIMIT) {}", "use the builder's `with_max_restarts`");
    is_wrong("one_for_one(max_restarts = unlimitd) {}", "did you mean `unlimited`?");
    is_wrong("one_for_one(max_restarts = 3s) {}", "whole number");
    is_wrong("simple_one_for_one(max_children = 2k) { a: Temporary }", "whole number");
    is_fine("simple_one_for_one(max_children = 2_000usize) { a: Temporary }");
    is_wrong("one_for_one(max_restarts = infinity) {}", "is written `max_restarts = unlimited`");
    is_wrong("one_for_one(restart_window = infinity) {}", "`infinity` is not a duration");
    is_wrong("one_for_one(restart_window = WINDOW) {}", "use the builder's `with_restart_window`");
    is_wrong("one_for_one { a: Always(shutdown = brutal) }", "use the builder's `with_shutdown`");
    is_wrong("one_for_one { a: Always(shutdown = brutal_kil) }", "did you mean `brutal_kill`?");
    is_wrong("one_for_one { a: Always(every = period) }", "write `= Periodic::every(…)`");
    is_wrong("simple_one_for_one(partitions = n) { a: T }", "write `name: Partitioned<…>");
}

#[test]
fn a_periodic_job_and_partitions_are_alone() {
    is_wrong("one_for_one { a: Always(every = 5s, start = notify) }", "`a` is periodic");
    is_wrong("one_for_one { a: Always(every = 5s, start_timeout = 5s) }", "`a` is periodic");
    is_wrong("simple_one_for_one(partitions = 2, max_children = 2) { a: T }", "as many workers");
    is_wrong("one_for_one(partitions = 2) { a: T }", "on a `simple_one_for_one` supervisor");
    is_wrong("one_for_one { a: Always(interval = 5s) }", "did you mean `every`?");
    is_wrong("one_for_one { a: Always(period = 5s) }", "did you mean `every`?");
}

#[test]
fn a_later_sibling_is_not_in_scope() {
    is_wrong("one_for_one { a: A = A(b), b: T }", "`b` is declared later");
    is_wrong("one_for_one { a: A = vec![b.clone()], b: T }", "`b` is declared later");
    is_wrong("one_for_one { s: one_for_one { a: A = A(z) }, z: T }", "`z` is declared later");
    is_wrong("one_for_one { s: one_for_one { a: A = A(s) } }", "`s` is not there yet");
    is_wrong("one_for_one { a: A = A { b }, b: T }", "`b` is declared later");
    // Calls, parameters, bindings, fields, methods, paths and earlier ones are something else.
    is_fine("one_for_one { a: A = b(1), b: T }");
    is_fine("one_for_one { a: Blocking<u8> = Blocking::new(a) }");
    is_fine("Shop(b: u8): one_for_one { a: A = A(b), b: T }");
    is_fine("one_for_one { a: A = { let b = 5; A(b) }, b: T }");
    is_fine("one_for_one { a: A = A(|b| b + 1), b: T }");
    is_fine("one_for_one { a: A = match x { Some(b) => b, None => 0 }, b: T }");
    is_fine("one_for_one { a: A = x.b, c: A = x.b(), d: A = A { b: 1 }, e: A = self::b, b: T }");
    is_fine("one_for_one { b: T, a: A = A(b), c: one_for_one { a: A = A(b), b: T } }");
}

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
fn a_task_owns_what_its_closure_uses() {
    let is_borrowed = |tree| is_wrong(tree, "is borrowed while the tree is built");
    is_borrowed("S(c: &C): one_for_one { a: Always = move |ctx| run(ctx, c.clone()) }");
    is_borrowed(
        "S(c: &C): one_for_one { s: one_for_one { a: Always = || async { run(c).await } } }",
    );
    is_borrowed(
        "S(c: &'a C): one_for_one { a: Always = { let d = 5; move |ctx| run(ctx, c, d) } }",
    );
    is_fine("S(c: &'static C): one_for_one { a: Always = move |ctx| run(ctx, c) }");
    is_fine(
        "S(c: &C): one_for_one { a: Always = { let c = c.clone(); move |ctx| run(ctx, c.clone()) } }",
    );
    is_fine("S(c: Arc<C>): one_for_one { a: Always = move |ctx| run(ctx, c.clone()) }");
    is_fine("S(c: &C): one_for_one { a: Always = make(c), b: T = T::new(|| c.len()) }");
}

#[test]
fn an_earlier_sibling_is_no_function() {
    is_wrong("one_for_one { a: Always, b: Always = a }", "`a` is a child's address here");
    is_wrong("one_for_one { a: Always, b: Always = |c| a(c) }", "`a` is a child's address here");
    is_wrong("one_for_one { a: Always, b: T = vec![a()] }", "`a` is a child's address here");
    is_fine(
        "one_for_one { a: Always, b: Always = self::a, c: T = |a| a(), d: T = x.a(), e: T = a }",
    );
    is_fine("one_for_one { b: Always = a, a: Always }");
}

#[test]
fn a_broken_child_costs_itself_only() {
    let found = in_tree("one_for_one { a: , b: Always, c = 5, d: Always(shutdown = 5), e: |x| x }");
    assert_eq!(found.len(), 4, "{found:#?}");
    let found = in_tree("one_for_one { a: Cache<K, V = , b: Alway }");
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn what_is_no_tree_at_all_is_one_error() {
    for text in ["", "5", "Shop", "Shop:", "pub", "{", "#[x]", "fn"] {
        let Ok(tokens) = format!("[::supervisor] {text}").parse() else { continue };
        assert_eq!(messages(crate::tree::expand(tokens)).len(), 1, "{text}");
    }
}

#[test]
fn the_derive_shares_the_options() {
    let in_derive = |text| messages(derive(text));
    let fine = "#[child(restart = Transient, start = notify, start_timeout = 5s, heartbeat = 1s)]
        #[child(message = HashMap<K, V>, mailbox = 5, crate = ::other::path)]
        struct A<K, V>(K, V);";
    assert_eq!(in_derive(fine), Vec::<String>::new());
    assert_eq!(in_derive("#[child] struct A;").len(), 1);
    assert_eq!(in_derive("#[child(max_restarts = 5, once = 1, shutdown: 5s)] struct A;").len(), 3);
}

#[test]
fn a_child_named_by_underscores_clashes_with_the_supervisor_around_it() {
    for head in ["Shop", "r#struct"] {
        for child in ["__: one_for_one {}", "#[cfg(a)] __: one_for_one { a: T }"] {
            let message = "handle types of the same name";
            is_wrong(&format!("{head}: one_for_one {{ {child} }}"), message);
            is_wrong(&format!("{head}: one_for_one {{ sub: one_for_one {{ {child} }} }}"), message);
        }
    }
    is_fine("S: one_for_one { #[cfg(a)] b: one_for_one {}, #[cfg(not(a))] b: one_for_one {} }");
}

#[test]
fn a_limit_of_billions_is_computed_at_once() {
    is_fine(
        "one_for_one(max_restarts = 4294967295, restart_window = 99999h) { a: Always(backoff = 1ms) }",
    );
}

#[test]
fn a_matrix_is_of_named_children_and_a_function_without_arguments() {
    let found = |attribute, item| messages(matrix(attribute, item));
    let shop = "fn shop() -> Tree<Shop> { Shop::tree() }";
    assert_eq!(found("\"db\", \"sub/cache\",", shop), Vec::<String>::new());
    let one = |attribute, item, message: &str| {
        let found = found(attribute, item);
        assert!(found.len() == 1 && found[0].contains(message), "{found:#?}");
    };
    one("", shop, "name all children");
    one("db", shop, "in quotes");
    one("\"db\" \"cache\"", shop, "in quotes");
    one("\"db\", \"/db\"", shop, "`/db` is not a path");
    one("\"db\", \"db\"", shop, "named twice");
    one("\"a/b\", \"a_b\"", shop, "the tests of `a_b` would have the names of those of `a/b`");
    one("\"db\"", "fn shop(a: u8) -> Tree<Shop> {}", "no arguments");
    one("\"db\"", "fn shop<T>() -> Tree<T> {}", "does not know these parameters");
    one("\"db\"", "async fn shop() -> Tree<Shop> {}", "leave `async` out");
    one("\"db\"", "fn shop() {}", "`-> Tree<Shop>`");
    one("\"db\"", "struct Shop;", "belongs on a function");
    one("\"db\"", "", "belongs on a function");
}
