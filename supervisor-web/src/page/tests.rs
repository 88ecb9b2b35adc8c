//! Checks the page as a text. What it does in a browser is tested in `tests/browser.rs`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use supervisor::info::ChildState;

use super::*;

/// Compares the hash that is written down with that of the text; writes it anew if asked to.
fn check(text: &str, written: &str, file: &str) {
    let hash = BASE64_STANDARD.encode(Sha256::digest(text));
    if std::env::var_os("UPDATE_PAGE").is_some() {
        let path = format!("{}/src/page/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &hash).expect("the file of the hash can be written");
    } else {
        assert_eq!(written, hash, "run the tests once with UPDATE_PAGE=1");
    }
}

#[test]
fn the_policy_allows_the_script_and_the_style_by_their_hashes() {
    check(SCRIPT, include_str!("script.sha256"), "script.sha256");
    check(include_str!("style.css"), include_str!("style.sha256"), "style.sha256");
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_has_no_handler_in_its_markup() {
    for text in ["http://", "https://", "//cdn", "@import", "url("] {
        let mut places = PAGE.match_indices(text);
        assert!(places.all(|(at, _)| PAGE[at..].starts_with("http://www.w3.org/")), "{text}");
    }
    for handler in
        [" onclick", " onload", " onerror", " style=", "javascript:", "innerHTML", "eval("]
    {
        assert!(!PAGE.contains(handler), "{handler}");
    }
}

#[test]
fn no_text_of_the_page_ends_its_script_or_its_style() {
    assert_eq!(SCRIPT.matches("</").count(), 0);
    assert!(!include_str!("style.css").contains("</"));
}

#[test]
fn the_page_knows_all_states_and_those_that_are_down() {
    let table = SCRIPT.split_once("const STATES = {").and_then(|(_, rest)| rest.split_once("};"));
    let (table, _) = table.expect("the script has a table of the states");
    let mut rows: Vec<_> = table.lines().filter_map(|line| line.trim().split_once(": ")).collect();
    for state in ChildState::ALL {
        let word = format!("'{state}'");
        let at = rows.iter().position(|(other, _)| *other == word);
        let (_, row) = rows.remove(at.unwrap_or_else(|| panic!("the script has no state {word}")));
        assert_eq!(row.contains("down: true"), state.is_down(), "{state}");
        let class = format!(".s-{}", state.as_str().replace(' ', "-"));
        let style = include_str!("style.css");
        assert!(style.contains(&class) || *state == ChildState::Running, "no style for {class}");
    }
    assert_eq!(rows, [], "a state that the library has not");
}
