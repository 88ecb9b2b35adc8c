//! Tests that each row of the table of options is carried out everywhere: in the library's types,
//! its builders, what it prints, and its documentation.

use std::fs;
use std::path::Path;

use crate::options::key::{Key, Place, Receiver};

fn library(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supervisor/src").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Asserts that each option of which `concerned` is true stands in the file, in this form.
fn each_is_in(file: &str, concerned: impl Fn(Key) -> bool, form: impl Fn(Key) -> String) {
    let text = library(file);
    let missing: Vec<_> = Key::ALL
        .iter()
        .copied()
        .filter(|key| concerned(*key))
        .map(form)
        .filter(|form| !text.contains(form))
        .collect();
    assert!(missing.is_empty(), "supervisor/src/{file} lacks {missing:?}");
}

/// The places where an option of a supervisor, and one of a child, may stand.
const SUPERVISOR: Place = Place::Nested { pool: true };
const CHILD: Place = Place::Typed;

fn is_of_child(key: Key) -> bool {
    key.is_passed_to(Receiver::Child, CHILD)
}

fn method(key: Key) -> String {
    format!("fn {}(", key.method())
}

#[test]
fn each_option_of_a_child_has_its_methods() {
    each_is_in("spec/options.rs", is_of_child, method);
    each_is_in("tree/child_spec.rs", is_of_child, method);
}

#[test]
fn each_option_of_a_supervisor_has_its_methods() {
    let passed_to = |receiver| move |key: Key| key.is_passed_to(receiver, SUPERVISOR);
    each_is_in("spec/supervisor_options.rs", passed_to(Receiver::Constant), method);
    each_is_in("tree/builder.rs", passed_to(Receiver::Builder), method);
}

#[test]
fn each_option_of_a_child_that_differs_from_its_default_is_printed() {
    // The policy is the first word of a printed child, and the mailbox is no rule of supervision.
    let is_printed = |key: Key| is_of_child(key) && !matches!(key, Key::Restart | Key::Mailbox);
    let text = library("spec/options.rs");
    let (_, printer) = text.split_once("fn in_tree_language").expect("what prints the options");
    let missing: Vec<_> = Key::ALL
        .iter()
        .filter(|key| is_printed(**key) && !printer.contains(&format!("\"{}\"", key.as_str())))
        .collect();
    assert!(missing.is_empty(), "`in_tree_language` lacks {missing:?}");
}

#[test]
fn each_option_of_a_child_can_be_asked_for() {
    // The mailbox is no rule of supervision.
    let asked = |key: Key| is_of_child(key) && key != Key::Mailbox;
    each_is_in("observe/info.rs", asked, |key| format!("pub {}: ", key.as_str()));
}

#[test]
fn each_option_is_documented() {
    let documented = |key: Key| key != Key::Crate;
    each_is_in("guide/options.md", documented, |key| format!("`{}", key.as_str()));
    // The crate page has the options of trees.
    let in_trees = |key: Key| {
        [Place::Root { pool: true }, Place::Nested { pool: true }, Place::Task, Place::Typed]
            .into_iter()
            .any(|place| key.is_allowed(place))
    };
    each_is_in("lib.rs", in_trees, |key| format!("`{}", key.as_str()));
}
