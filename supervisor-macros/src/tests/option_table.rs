//! Tests that each row of the table of options is carried out everywhere: in the library's types,
//! its builders, what it prints, and its documentation.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::options::key::{Key, Place, Receiver};
use crate::options::setting::{HealthPart, StartMode};
use crate::words::{AutoShutdown, Order, Policy, Strategy, Vocabulary};

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
    // The policy is the first word of a printed child, and what concerns the mailbox is no rule of
    // supervision.
    let is_printed = |key: Key| {
        is_of_child(key) && !matches!(key, Key::Restart | Key::Mailbox | Key::Histograms)
    };
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
    // What concerns the mailbox is no rule of supervision.
    let asked = |key: Key| is_of_child(key) && !matches!(key, Key::Mailbox | Key::Histograms);
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

#[test]
fn each_option_is_known_to_an_editor_at_its_places() {
    let places = [
        ("root", Place::Root { pool: false }),
        ("pool_at_the_root", Place::Root { pool: true }),
        ("supervisor", Place::Nested { pool: false }),
        ("pool", Place::Nested { pool: true }),
        ("task", Place::Task),
        ("typed", Place::Typed),
        ("derive", Place::Derive),
    ];
    let (places_file, options) =
        (library("__private/editor.rs"), library("__private/editor/options.rs"));
    for (name, place) in places {
        let (_, list) = places_file.split_once(&format!("\n    {name}:")).expect(name);
        let (list, _) = list.split_once(';').expect("the end of the list");
        let listed: BTreeSet<&str> = list.split_whitespace().collect();
        // An option for crates that re-export the library is not offered.
        let allowed = Key::ALL.iter().filter(|key| key.is_allowed(place) && **key != Key::Crate);
        let allowed: BTreeSet<&str> = allowed.map(|key| key.as_str()).collect();
        assert_eq!(listed, allowed, "{name}");
        for option in listed {
            assert!(options.contains(&format!("pub const {option}: ")), "no item for `{option}`");
        }
    }
}

#[test]
fn each_word_is_known_to_an_editor() {
    fn words<T: Vocabulary>(option: Key) -> Vec<(Key, &'static str)> {
        T::ALL.iter().map(|word| (option, word.as_str())).collect()
    }
    let values = library("__private/editor/values.rs");
    let mut all = words::<AutoShutdown>(Key::AutoShutdown);
    all.extend(words::<Order>(Key::Order));
    all.extend(words::<StartMode>(Key::Start));
    all.extend(words::<HealthPart>(Key::Health));
    all.extend([(Key::Shutdown, "brutal_kill"), (Key::Shutdown, "infinity")]);
    all.push((Key::MaxRestarts, "unlimited"));
    for (option, word) in all {
        let (_, list) = values.split_once(&format!("\n    {}: ", option.as_str())).expect(word);
        let (list, _) = list.split_once("\n    }").expect("the end of the list");
        assert!(list.contains(&format!(" {word} = ")), "no item for `{word}`");
    }
    // The expansion imports a module of each option that may stand in a tree.
    for key in Key::ALL.iter().filter(|key| !matches!(key, Key::Crate | Key::Message)) {
        let name = key.as_str();
        let is_there = values.contains(&format!("\n    {name}: "))
            || values.contains(&format!("\npub mod {name} {{"));
        assert!(is_there, "no module for the values of `{name}`");
    }
    let items = library("__private/editor.rs");
    let policies = Policy::ALL.iter().map(|word| word.as_str());
    for word in policies.chain(Strategy::ALL.iter().map(|word| word.as_str())) {
        assert!(items.contains(&format!("pub type {word}")), "no item for `{word}`");
    }
}
