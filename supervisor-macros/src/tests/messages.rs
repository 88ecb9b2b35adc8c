//! Tests of the mistakes that are reported, and of trees without a mistake.

use super::{derive, matrix, messages, tree};
use crate::reader::Reader;

fn in_tree(text: &str) -> Vec<String> {
    messages(tree(text))
}

pub(super) fn is_fine(text: &str) {
    assert_eq!(in_tree(text), Vec::<String>::new(), "{text}");
}

pub(super) fn is_wrong(text: &str, message: &str) {
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
fn a_mistake_is_answered_with_what_to_write() {
    let root = |options: &str| format!("one_for_one({options}) {{ a: Always }}");
    let task = |options: &str| format!("one_for_one {{ a: Always({options}) }}");
    is_wrong("Shop { a: Always, b: Db }", "supervisor `Shop` has no strategy");
    for backoff in ["(100ms, 5s)", "exponential(100ms, 5s)", "Backoff::new(100ms, 5s)"] {
        is_wrong(&task(&format!("backoff = {backoff}")), "write `backoff = 100ms..5s`");
    }
    for limit in ["3 per 5s", "3 / 5s", "(3, 5s)", "3 in 5s"] {
        let message = "write `max_restarts = 3, restart_window = 5s`";
        is_wrong(&root(&format!("max_restarts = {limit}")), message);
    }
    is_wrong("one_for_one { a: Every(30s) }", "write `a: Always(every = 30s)`");
    is_wrong(&root("5"), "an option is written `name = value`");
    is_wrong(
        "one_for_one(auto_shutdown = any) { a: Transient(significant) }",
        "`auto_shutdown = any` is written `auto_shutdown = any_significant`",
    );
    is_wrong(&task("after = b"), "only under a supervisor with `order = by_use`");
}

#[test]
fn a_window_is_long_enough_for_restarts_to_add_up() {
    is_wrong("one_for_one(restart_window = 99ms) { a: Always }", "write `100ms` or more");
    is_fine("one_for_one(restart_window = 100ms) { a: Always }");
    is_fine("one_for_one(restart_window = 5ms, max_restarts = 0) { a: Always }");
    is_fine("one_for_one(restart_window = WINDOW) { a: Always }");
}

#[test]
fn a_child_below_a_sibling_is_reached_through_it() {
    let tree = |head: &str, value: &str| {
        format!("{head}one_for_one {{ s: one_for_all {{ db: Db, t: Always }}, f: F = {value} }}")
    };
    is_wrong(&tree("Shop: ", "F { db }"), "write `s.db()`");
    is_wrong(&tree("Shop: ", "F::new(db.clone())"), "write `s.db()`");
    // A parameter, a function, an item, and a variable around an expression.
    is_fine(&tree("Shop(db: Db): ", "F { db }"));
    is_fine(&tree("Shop: ", "F::new(t)"));
    is_fine(&tree("Shop: ", "F::new(self::db)"));
    is_fine(&tree("Shop: ", "{ let db = s.db().clone(); F { db } }"));
    is_fine(&tree("", "F { db }"));
}

#[test]
fn a_keyword_is_no_part_of_a_path() {
    for path in ["::dyn::Pool", "db::fn::Pool", "db::type<u8>", "db::_", "::move"] {
        let message = "a type's path cannot contain the word";
        is_wrong(&format!("one_for_one {{ a: {path} }}"), message);
        is_wrong(&format!("one_for_one {{ a: Always<{path}> }}"), message);
    }
    for path in ["crate<Database>", "super::<u8>", "super::self<u8>::T"] {
        is_wrong(&format!("one_for_one {{ a: {path} }}"), "is a module; write a type");
        is_wrong(&format!("one_for_one {{ a: Always<{path}> }}"), "is a module; write a type");
    }
    is_fine(
        "one_for_one { a: crate::db::Pool, b: super::super::T, c: self::r#dyn::T<u8>, d: Self }",
    );
}

#[test]
fn an_identifier_is_a_word_or_has_to_be_computed() {
    is_wrong("one_for_one(max_restarts = limit) {}", "is `max_restarts = runtime(limit)`");
    is_wrong("one_for_one(max_restarts = unlimitd) {}", "did you mean `unlimited`?");
    is_wrong("one_for_one(max_restarts = 3s) {}", "whole number");
    is_wrong("simple_one_for_one(max_children = 2k) { a: Temporary }", "whole number");
    is_fine("simple_one_for_one(max_children = 2_000usize) { a: Temporary }");
    is_wrong("one_for_one(max_restarts = infinity) {}", "is written `max_restarts = unlimited`");
    is_wrong("one_for_one(restart_window = infinity) {}", "a window is a duration");
    is_wrong("one_for_one(restart_window = 2 * MIN) {}", "a literal, as in `restart_window = 60s`");
    is_wrong("one_for_one { a: Always(shutdown = brutal) }", "is written `shutdown = brutal_kill`");
    is_wrong("one_for_one { a: Always(shutdown = brutal_kil) }", "did you mean `brutal_kill`?");
    is_wrong("one_for_one { a: Always(every = period) }", "is `every = runtime(period)`");
    is_wrong("simple_one_for_one(partitions = n) { a: T }", "is `partitions = runtime(n)`");
    is_wrong(
        "S: one_for_one(shutdown_within = limit) {}",
        "is a literal, as in `shutdown_within = 30s`",
    );
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
        assert_eq!(messages(crate::tree::expand(tokens, Reader::Compiler)).len(), 1, "{text}");
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
    assert_eq!(
        in_derive("#[child(restart_window = 5s, once = 1, shutdown: 5s)] struct A;").len(),
        3
    );
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
fn a_value_is_a_literal_a_constant_or_known_at_run_time() {
    is_fine("one_for_one(max_restarts = LIMIT, restart_window = limits::WINDOW) { a: Always }");
    is_fine("one_for_one(max_restarts = u32::MAX, kill_grace = GRACE) { a: Always(every = P) }");
    is_fine("simple_one_for_one(partitions = crate::SHARDS) { a: T(backoff = MIN..MAX) }");
    is_fine("S(c: &C): simple_one_for_one(max_children = runtime(c.max)) { a: T }");
    is_fine("S(c: &C): one_for_one { a: Always(backoff = MIN..runtime(c.max()), shutdown = S) }");
    is_fine("S: one_for_one(shutdown_within = LIMIT) {}");
    is_wrong(
        "S: one_for_one(shutdown_within = runtime(x)) {}",
        "checked when the tree is compiled",
    );
    is_wrong("one_for_one(max_restarts = runtime()) {}", "`runtime` takes one expression");
    is_wrong("one_for_one(max_restarts = runtime x) {}", "is `max_restarts = runtime(x)`");
    is_wrong("one_for_one { a: Always(shutdown = Duration::from_secs(5)) }", "`shutdown = 5s`");
    is_wrong("one_for_one { a: Always(shutdown = Shutdown::Timeout(5s)) }", "`shutdown = 5s`");
    is_wrong(
        "one_for_one { a: Always(shutdown = Shutdown::BrutalKill) }",
        "`shutdown = brutal_kill`",
    );
    let in_derive = |text| messages(derive(text));
    assert_eq!(in_derive("#[child(shutdown = STOP, mailbox = SIZE)] struct A;"), [""; 0]);
    assert_eq!(in_derive("#[child(shutdown = runtime(x))] struct A;").len(), 1);
}

#[test]
fn an_argument_of_macro_rules_is_a_literal() {
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
    let value = Group::new(Delimiter::None, "5".parse().unwrap());
    let mut options: TokenStream = "max_restarts =".parse().unwrap();
    options.extend([TokenTree::from(value)]);
    let mut tokens: TokenStream = "[::supervisor] one_for_one".parse().unwrap();
    tokens.extend([TokenTree::from(Group::new(Delimiter::Parenthesis, options))]);
    tokens.extend("{ a: Always }".parse::<TokenStream>().unwrap());
    assert_eq!(messages(crate::tree::expand(tokens, Reader::Compiler)), [""; 0]);
}

#[test]
fn what_a_life_borrows_or_takes_is_one_error() {
    is_wrong("S(n: String): one_for_one { b: Always = move |c| f(c, n) }", "write `n.clone()`");
    is_fine("S(n: u16): one_for_one { b: Always = move |c| f(c, n) }");
    is_wrong("S(n: &str): one_for_one { b: Always = move |c| f(c, n) }", "n.to_owned();");
    is_wrong("S(n: &[u8]): one_for_one { b: Always = move |c| f(c, n) }", "n.to_vec();");
    is_wrong("S(n: &Config): one_for_one { b: Always = move |c| f(c, n) }", "n.clone();");
}

#[test]
fn what_is_half_typed_keeps_the_child_that_follows() {
    is_wrong("S: one_for_one { a: T = b: T }", "expected a value after `=`");
    is_wrong("S: one_for_one { a: T = T:: b: T }", "the value is not finished");
    is_wrong("S: one_for_one { a: Always< b: T }", "expected one type's path");
    for text in ["a: T = b: T", "a: T = T:: b: T", "a: Always< b: T"] {
        let expansion = tree(&format!("S: one_for_one {{ {text} }}")).to_string();
        assert!(expansion.contains("fn b "), "{text}: {expansion}");
    }
}

#[test]
fn a_type_of_messages_that_cannot_be_read_is_no_second_error() {
    let wrong = |text: &str, message: &str| {
        let expansion = derive(&format!("#[child({text})] struct A;"));
        let is_unknown = expansion.to_string().contains("Unknown");
        let found = messages(expansion);
        assert!(found.len() == 1 && found[0].contains(message), "{text}: {found:?}");
        assert!(is_unknown, "{text}");
    };
    wrong("message", "`message` needs a value");
    wrong("message =", "`message` needs a value");
    wrong("message = \"Query\"", "a type has no quotes; write `message = Query`");
    wrong("message = crate::", "this is no type");
    wrong("message = Option<Query, mailbox = 5", "the type lacks a `>`");
    wrong("mesage = Query", "did you mean `message`?");
    wrong("Query", "is written `message = Query`");
    wrong("message = &str", "as in `message = String`");
    wrong("message = dyn Job", "write `message = Box<dyn Job + Send>`");
    for text in ["message: Query", "message(Query)", "message Query", "message => Query"] {
        let found = messages(derive(&format!("#[child({text})] struct A;")));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains("message = Query"), "{text}: {found:?}");
    }
    let two =
        messages(derive("#[child(message = Vec<, shutdown = 5, restart = transient)] struct A;"));
    assert_eq!(two.len(), 3, "an error hides no other: {two:?}");
}

#[test]
fn a_name_that_is_lost_is_one_error() {
    for child in ["5: T", "{T, []}", "for x in y {}", "T", "Cache: T", "fn: T", "start: T"] {
        let expansion = tree(&format!("S: one_for_one {{ {child}, b: T }}"));
        let says_nothing = expansion.to_string().contains("__private :: broken");
        assert!(says_nothing, "{child}");
        assert_eq!(messages(expansion).len(), 1, "{child}");
    }
    let fine = tree("S: one_for_one { a: T }").to_string();
    assert!(!fine.contains("__private :: broken"));
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
    assert_eq!(found("crate = my::supervisor, \"db\"", shop), Vec::<String>::new());
    assert_eq!(found("\"db\", crate = ::other,", shop), Vec::<String>::new());
    one("crate, \"db\"", shop, "`crate = my::supervisor`");
    one("\"db\", crate = 5", shop, "`crate = my::supervisor`");
    one("\"db\", crate = a, crate = b", shop, "`crate` is given twice");
    one("\"a/b\", \"a_b\"", shop, "the tests of `a_b` would have the names of those of `a/b`");
    one("\"db\"", "fn shop(a: u8) -> Tree<Shop> {}", "no arguments");
    one("\"db\"", "fn shop<T>() -> Tree<T> {}", "does not know these parameters");
    one("\"db\"", "async fn shop() -> Tree<Shop> {}", "leave `async` out");
    one("\"db\"", "fn shop() {}", "`-> Tree<Shop>`");
    one("\"db\"", "struct Shop;", "belongs on a function");
    one("\"db\"", "", "belongs on a function");
}
