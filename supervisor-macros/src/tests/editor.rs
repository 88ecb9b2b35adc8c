//! Tests of what rust-analyzer reads: it looks for the meaning of a word that is being typed at the
//! offset that a marker behind the word has in a second expansion.

use proc_macro2::TokenStream;

use super::{derive_in_editor, tree_in_editor};

const MARKER: &str = "intellijRulezz";

/// Expands a text with and without the marker at its `¦`, and returns what precedes the marker in
/// the expansion: the same text in both.
fn before_cursor(text: &str, expand: impl Fn(&str) -> TokenStream) -> String {
    let plain = expand(&text.replace('¦', "")).to_string();
    let marked = expand(&text.replace('¦', MARKER)).to_string();
    let Some(place) = marked.find(MARKER) else { panic!("the word is lost: {text}\n{marked}") };
    // The beginning of the word that is being typed is in the first expansion, too.
    let before = marked[..place].trim_end();
    assert!(plain.starts_with(before), "{text}:\n{plain}\ndoes not start with\n{before}");
    before.to_owned()
}

/// Asserts that the word at the `¦` has its place behind these tokens.
fn is_read(text: &str, behind: &str) {
    let expand = |text: &str| tree_in_editor(text);
    let before = before_cursor(text, expand);
    assert!(before.ends_with(behind), "{text}: the word stands behind\n{before}");
}

const WORDS: &str = "editor :: words :: * ; let _ :";

#[test]
fn a_word_is_known_while_its_child_is_being_typed() {
    for child in ["db: ¦", "db: ¦,", "db: ¦\n cache: Cache,", "db: ¦ = Db::new(),"] {
        is_read(&format!("Shop: one_for_one {{ a: Always, {child} }}"), WORDS);
        is_read(&format!("one_for_one {{ a: Always, {child} }}"), WORDS);
    }
    is_read("Shop: one_for_one { db: D¦ }", &format!("{WORDS} D"));
    is_read("Shop: one_for_one { db: o¦ }", &format!("{WORDS} o"));
    is_read("Shop: one_for_one { db: Transient<¦ }", &format!("{WORDS} Transient <"));
    is_read(
        "Shop: one_for_one { db: Transient<D¦>, a: Always }",
        &format!("{WORDS} Transient < D"),
    );
    is_read("Shop: one_for_one { db: store::¦\n a: Always }", &format!("{WORDS} store ::"));
    is_read("Shop: one_for_one { sub: one_for_one { db: ¦ } }", WORDS);
    is_read("Shop: one_for_one { sub: rest_¦ { db: Db } }", &format!("{WORDS} rest_"));
}

#[test]
fn a_strategy_is_known_before_there_are_braces() {
    let words = "editor :: strategies :: * ; let _ :";
    for text in ["Shop: ¦", "pub Shop: ¦ {}", "Shop(port: u16): ¦", "Shop: ¦ { db: Db }"] {
        is_read(text, words);
    }
    is_read("Shop: one¦", &format!("{words} one"));
    is_read("one_for_¦ { db: Db }", &format!("{words} one_for_"));
}

#[test]
fn options_are_known_by_their_place() {
    is_read("Shop: one_for_one(¦) {}", "editor :: root ::");
    is_read("Shop: one_for_one(max_restarts = 5, shut¦) {}", "editor :: root :: shut");
    is_read("Shop: simple_one_for_one(¦) { a: Always }", "editor :: pool_at_the_root ::");
    is_read("Shop: one_for_one { a: Always(¦) }", "editor :: task ::");
    is_read("Shop: one_for_one { a: Always(¦) = work }", "editor :: task ::");
    is_read("Shop: one_for_one { a: Db(mail¦), b: Always }", "editor :: typed :: mail");
    is_read("Shop: one_for_one { a: Transient<Db>(¦) = Db::new() }", "editor :: typed ::");
    is_read("Shop: one_for_one { a: one_for_all(¦) {} }", "editor :: supervisor ::");
    is_read("Shop: one_for_one { a: simple_one_for_one(¦) {} }", "editor :: pool ::");
}

#[test]
fn values_of_options_are_known_by_their_option() {
    let words = |option| format!("values :: {option} :: * ; let _ =");
    is_read("Shop: one_for_one { a: Db(shutdown = ¦) }", &words("shutdown"));
    is_read("Shop: one_for_one(max_restarts = un¦) {}", &format!("{} un", words("max_restarts")));
    is_read("Shop: one_for_one { a: Always(start = ¦\n) }", &words("start"));
    let runtime = format!("{} runtime (config .", words("max_children"));
    is_read("Shop(config: C): one_for_one(max_children = runtime(config.¦)) {}", &runtime);
    is_read("Shop: one_for_one(order = by_use) { a: Db, b: C(after = [¦]) }", "let _ = [");
}

#[test]
fn a_value_is_read_as_it_is() {
    let recipe = "let _ : < Front as :: supervisor :: Child > :: Recipe =";
    for end in ["", ",", ", cache: Cache", "\n cache: Cache"] {
        is_read(&format!("S: one_for_one {{ db: Db, f: Front = ¦{end} }}"), recipe);
        let dot = format!("{recipe} Front :: new (db .");
        is_read(&format!("S: one_for_one {{ db: Db, f: Front = Front::new(db.¦){end} }}"), &dot);
        let path = format!("{recipe} Front ::");
        is_read(&format!("S: one_for_one {{ f: Always<Front> = Front::¦{end} }}"), &path);
        let field = format!("{recipe} Front {{");
        is_read(&format!("S: one_for_one {{ f: Front = Front {{ ¦ }}{end} }}"), &field);
        let task = "editor :: task (| ctx | async move { ctx .";
        is_read(
            &format!("S: one_for_one {{ f: Always = |ctx| async move {{ ctx.¦ }}{end} }}"),
            task,
        );
        let task = "editor :: task (| ctx | ctx .";
        is_read(&format!("S: one_for_one {{ f: Always = |ctx| ctx.¦{end} }}"), task);
    }
    is_read("S: one_for_one { f: Always(every = 5s) = || db.¦ }", "editor :: job (|| db .");
    is_read("one_for_one { db: Db, f: Front = db.¦ }", &format!("{recipe} db ."));
    is_read("S: one_for_one { s: one_for_one { f: Front = db.¦ } }", &format!("{recipe} db ."));
}

#[test]
fn a_child_sees_the_siblings_above_it_with_their_types() {
    let text = "S: one_for_one { db: Db, p: simple_one_for_one { w: W }, f: Front = ¦ }";
    let before = before_cursor(text, tree_in_editor);
    for name in ["let db =", "let p =", "Db as :: supervisor :: Child > :: Handle", "Pool < W ,"] {
        assert!(before.contains(name), "no `{name}` in {before}");
    }
}

#[test]
fn options_of_a_derive_are_known() {
    let is_read = |options: &str, behind: &str| {
        let text = format!("#[child({options})] struct Db;");
        let before = before_cursor(&text, derive_in_editor);
        assert!(before.ends_with(behind), "{text}: the word stands behind\n{before}");
    };
    is_read("¦", "editor :: derive ::");
    is_read("restart = Transient, shut¦", "editor :: derive :: shut");
    is_read("restart = ¦", "values :: restart :: * ; let _ =");
    is_read("message = ¦, once", "{ let _ :");
}

#[test]
fn errors_stand_behind_all_words() {
    let text = tree_in_editor("S: one_for_one { a: Alway, b: 5, c: Db }").to_string();
    let (words, _) = text.split_at(text.find("compile_error").expect("an error"));
    assert!(words.contains("let _ : Db"), "{text}");
}

#[test]
fn what_is_not_written_yet_is_no_error_of_syntax() {
    for text in [
        "S: ",
        "S: one_for_one { a: , b: Db = , c: Db(), d: Always(shutdown = , ), e: Db(shutdown = 5s,) }",
        "one_for_one( ) { a: one_for_one { b: } }",
    ] {
        let expansion = tree_in_editor(text);
        assert!(super::properties::is_rust(expansion.clone()), "{text}: {expansion}");
    }
}
