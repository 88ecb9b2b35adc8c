//! Tests that the functions, types and folders that `ARCHITECTURE.md` names exist.
//!
//! A reference is a file and an item in backticks: `` `slot/core.rs::stop` ``, or
//! `` `engine.rs::Engine::on` ``. The file is sought in `supervisor/src`, or in the repository if
//! the reference starts with one of its other folders.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of the repository with which a reference can start.
const FOLDERS: [&str; 5] =
    ["supervisor-macros/", "supervisor/src/", "tests/", "examples/", "benches/"];

const SOURCES: &str = "supervisor/src/";

#[test]
fn each_reference_leads_to_an_item() {
    let faults = document::lost_references(&architecture(), |file| {
        fs::read_to_string(repository().join(file)).ok()
    });
    pass(&faults);
}

#[test]
fn the_glossary_defines_no_word_twice() {
    pass(&document::faults_of_glossary(&architecture()));
}

#[test]
fn the_code_map_mentions_each_folder_and_file() {
    pass(&document::missing_in_code_map(&architecture(), &first_level()));
}

fn pass(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn architecture() -> String {
    let path = repository().join("ARCHITECTURE.md");
    fs::read_to_string(path).unwrap_or_else(|error| {
        panic!("ARCHITECTURE.md, at the top of the repository, cannot be read: {error}")
    })
}

/// The modules at the first level of the library.
fn first_level() -> BTreeSet<String> {
    let entries = fs::read_dir(repository().join(SOURCES)).unwrap();
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() { Some(name) } else { Some(name.strip_suffix(".rs")?.to_owned()) }
    };
    entries.filter_map(|entry| name(entry.unwrap())).collect()
}

/// The document: its references, its glossary, its code map.
mod document {
    use std::collections::BTreeSet;

    use proc_macro2::TokenStream;

    use crate::{FOLDERS, SOURCES, items};

    /// Finds references to files and items that do not exist; the function reads a file of the
    /// repository.
    pub(crate) fn lost_references(
        document: &str,
        read: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let references = references(document);
        if references.is_empty() {
            return vec![
                "ARCHITECTURE.md: no reference such as `engine.rs::Engine::on`".to_owned(),
            ];
        }
        let mut faults = Vec::new();
        for Reference { line, file, item } in references {
            let path = path_in_repository(file);
            let fault = match read(&path).map(|text| text.parse::<TokenStream>()) {
                None => format!("there is no file {path}"),
                Some(Err(error)) => format!("{path} cannot be read: {error}"),
                Some(Ok(tokens)) if !items::contains(&tokens, item) => {
                    format!("{path} defines no `{item}`")
                }
                Some(Ok(_)) => continue,
            };
            faults.push(format!("ARCHITECTURE.md:{line} names `{file}::{item}`: {fault}"));
        }
        faults
    }

    pub(crate) struct Reference<'a> {
        pub(crate) line: usize,
        pub(crate) file: &'a str,
        /// A function, a type, or a type and its method.
        pub(crate) item: &'a str,
    }

    /// Returns the references, in their order.
    pub(crate) fn references(document: &str) -> Vec<Reference<'_>> {
        code(document).filter_map(|(line, code)| reference(line, code)).collect()
    }

    fn reference(line: usize, code: &str) -> Option<Reference<'_>> {
        let end = code.find(".rs::")? + ".rs".len();
        let item = code[end..].trim_start_matches(':').trim_end_matches("()");
        Some(Reference { line, file: &code[..end], item })
    }

    /// Returns each text in backticks outside of blocks of code, with its line.
    fn code(document: &str) -> impl Iterator<Item = (usize, &str)> {
        prose(document).flat_map(|(line, text)| {
            text.split('`').skip(1).step_by(2).map(move |code| (line, code))
        })
    }

    /// Returns the lines outside of blocks of code, with their numbers.
    fn prose(document: &str) -> impl Iterator<Item = (usize, &str)> {
        let mut is_in_block = false;
        document.lines().enumerate().filter_map(move |(at, text)| {
            let is_fence = text.trim_start().starts_with("```");
            is_in_block ^= is_fence;
            (!is_in_block && !is_fence).then_some((at + 1, text))
        })
    }

    fn path_in_repository(file: &str) -> String {
        if FOLDERS.iter().any(|folder| file.starts_with(folder)) {
            return file.to_owned();
        }
        format!("{SOURCES}{file}")
    }

    /// Returns the lines below the heading, up to the next one that is not below it.
    fn section<'a>(document: &'a str, title: &str) -> Option<Vec<(usize, &'a str)>> {
        let mut lines = prose(document).skip_while(|(_, text)| {
            let heading = text.trim_start_matches('#').trim();
            depth(text).is_none() || !heading.eq_ignore_ascii_case(title)
        });
        let own = depth(lines.next()?.1)?;
        Some(lines.take_while(|(_, text)| depth(text).is_none_or(|depth| depth > own)).collect())
    }

    /// Returns the depth of a heading.
    fn depth(text: &str) -> Option<usize> {
        let marks = text.len() - text.trim_start_matches('#').len();
        (marks > 0 && text[marks..].starts_with(' ')).then_some(marks)
    }

    /// Finds words that are defined twice; a document without a glossary is a fault, too.
    pub(crate) fn faults_of_glossary(document: &str) -> Vec<String> {
        let words = glossary(document);
        if words.is_empty() {
            return vec!["ARCHITECTURE.md: no word under a heading \"Glossary\"".to_owned()];
        }
        let mut seen = BTreeSet::new();
        let twice = words.into_iter().filter(|(_, word)| !seen.insert(word.clone()));
        twice.map(|(line, word)| format!("ARCHITECTURE.md:{line} defines `{word}` again")).collect()
    }

    /// Returns the words of the glossary, in lower case, with their lines.
    pub(crate) fn glossary(document: &str) -> Vec<(usize, String)> {
        let lines = section(document, "Glossary").unwrap_or_default();
        let mut words = Vec::new();
        for (at, (line, text)) in lines.iter().enumerate() {
            let is_rule = |at: usize| lines.get(at).is_some_and(|(_, text)| is_rule_of_table(text));
            // The row above the rule is the table's head.
            if !is_rule(at) && !is_rule(at + 1) {
                words.extend(defined(text).map(|word| (*line, word)));
            }
        }
        words
    }

    /// Tells whether the line is the rule below a table's head: `|---|---|`.
    fn is_rule_of_table(text: &str) -> bool {
        text.starts_with('|') && text.contains('-') && text.chars().all(|c| "|-: ".contains(c))
    }

    /// Returns the word that a line defines: `- **word**: …`, or the first column of a table.
    fn defined(text: &str) -> Option<String> {
        let word = match text.strip_prefix('|') {
            Some(row) => row.split('|').next()?,
            None => text.trim_start().strip_prefix("- **")?.split("**").next()?,
        };
        let word = word.replace(['*', '`'], "").trim().trim_end_matches(':').to_lowercase();
        (!word.is_empty()).then_some(word)
    }

    /// Finds modules that the code map does not mention, as a file or as a folder.
    pub(crate) fn missing_in_code_map(document: &str, modules: &BTreeSet<String>) -> Vec<String> {
        let Some(lines) = section(document, "Code map") else {
            return vec!["ARCHITECTURE.md: no heading \"Code map\"".to_owned()];
        };
        let lines: Vec<&str> = lines.into_iter().map(|(_, text)| text).collect();
        let section = lines.join("\n");
        let mentioned: BTreeSet<&str> =
            code(&section).map(|(_, code)| code.strip_prefix(SOURCES).unwrap_or(code)).collect();
        let is_missing = |module: &&String| {
            let names = [format!("{module}/"), format!("{module}.rs")];
            !names.iter().any(|name| mentioned.contains(name.as_str()))
        };
        let missing = modules.iter().filter(is_missing);
        missing
            .map(|name| {
                format!("ARCHITECTURE.md: the code map mentions neither `{name}/` nor `{name}.rs`")
            })
            .collect()
    }
}

/// The items that a source file defines.
mod items {
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

    /// Tells whether the file defines a function, a type, or a type's method or variant.
    pub(crate) fn contains(file: &TokenStream, item: &str) -> bool {
        match item.split_once("::") {
            None if starts_upper(item) => contains_item(file.clone(), &TYPES, item),
            None => contains_item(file.clone(), &["fn"], item),
            Some((owner, member)) => {
                bodies_of(file.clone(), owner).into_iter().any(|(kind, body)| {
                    if starts_upper(member) {
                        kind == "enum" && has_variant(body, member)
                    } else {
                        contains_item(body, &["fn"], member)
                    }
                })
            }
        }
    }

    /// The keywords that declare a type.
    const TYPES: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

    /// The keywords whose items have a body with members of a type.
    const OWNERS: [&str; 3] = ["impl", "trait", "enum"];

    fn starts_upper(name: &str) -> bool {
        name.starts_with(|first: char| first.is_uppercase())
    }

    /// Tells whether one of the keywords, and then the name, stand among the tokens, at any depth.
    fn contains_item(tokens: TokenStream, keywords: &[&str], name: &str) -> bool {
        let mut after_keyword = false;
        tokens.into_iter().any(|token| {
            let is_name = after_keyword && is(&token, name);
            after_keyword = keywords.iter().any(|keyword| is(&token, keyword));
            match token {
                TokenTree::Group(group) => contains_item(group.stream(), keywords, name),
                _ => is_name,
            }
        })
    }

    /// Returns the bodies of the implementations and of the declaration that name the owner.
    fn bodies_of(tokens: TokenStream, owner: &str) -> Vec<(String, TokenStream)> {
        let mut bodies = Vec::new();
        // The keyword of the item; `true` once its head names the owner.
        let mut head: Option<(String, bool)> = None;
        for token in tokens {
            match (&token, &mut head) {
                (TokenTree::Group(group), Some((kind, true))) if is_body(group) => {
                    bodies.push((kind.clone(), group.stream()));
                    head = None;
                }
                (TokenTree::Group(group), _) if is_body(group) => {
                    bodies.extend(bodies_of(group.stream(), owner));
                    head = None;
                }
                (TokenTree::Punct(mark), _) if mark.as_char() == ';' => head = None,
                (_, Some((_, names_owner))) => *names_owner |= is(&token, owner),
                (_, None) => {
                    let keyword = OWNERS.into_iter().find(|keyword| is(&token, keyword));
                    head = keyword.map(|keyword| (keyword.to_owned(), false));
                }
            }
        }
        bodies
    }

    fn is_body(group: &Group) -> bool {
        group.delimiter() == Delimiter::Brace
    }

    fn has_variant(body: TokenStream, name: &str) -> bool {
        body.into_iter().any(|token| is(&token, name))
    }

    fn is(token: &TokenTree, word: &str) -> bool {
        matches!(token, TokenTree::Ident(ident) if ident == word)
    }
}

/// Tests of the checks, on a made-up document and made-up sources.
mod made_up {
    use std::collections::BTreeSet;

    use crate::document::{self, Reference};
    use crate::items;

    const DOCUMENT: &str = "\
# Architecture

`slot/core.rs::stop` then `engine.rs::Engine::on()`, see `slot/`.

```text
`a/drawing.rs::is_skipped` # Glossary
```

## Glossary

- **Slot**: what outlives a life. Not a **life**.
- **life**: one run.

| word | |
|------|-|
| `inbox` | a line, `tests/tests/ui.rs::rustc_version` |
| **Slot** | again |

### More words

- **link**: a handle.
- **life**: again

## Code map

### Bottom

`spec/` and `supervisor/src/catch.rs`.

## Trips

- **slot**: no definition. `engine/`
";

    fn read(file: &str) -> Option<String> {
        let text = match file {
            "supervisor/src/slot/core.rs" => "pub(crate) fn stop() {}",
            "supervisor/src/engine.rs" => "impl<K> Engine<K> { fn on() {} }",
            "tests/tests/ui.rs" => "fn rustc_version() {}",
            _ => return None,
        };
        Some(text.to_owned())
    }

    #[test]
    fn references_are_found() {
        let found: Vec<(usize, &str, &str)> = document::references(DOCUMENT)
            .into_iter()
            .map(|Reference { line, file, item }| (line, file, item))
            .collect();
        assert_eq!(
            found,
            [
                (3, "slot/core.rs", "stop"),
                (3, "engine.rs", "Engine::on"),
                (16, "tests/tests/ui.rs", "rustc_version"),
            ]
        );
        assert!(document::lost_references(DOCUMENT, read).is_empty());
    }

    #[test]
    fn lost_references_are_seen() {
        let document = "`slot/core.rs::start`\n`engine.rs::Engine::off` `slot.rs::stop`
            `tests/src/ui.rs::f` `engine.rs::Engine`";
        assert_eq!(
            document::lost_references(document, read),
            [
                "ARCHITECTURE.md:1 names `slot/core.rs::start`: supervisor/src/slot/core.rs defines no \
             `start`",
                "ARCHITECTURE.md:2 names `engine.rs::Engine::off`: supervisor/src/engine.rs defines no \
             `Engine::off`",
                "ARCHITECTURE.md:2 names `slot.rs::stop`: there is no file supervisor/src/slot.rs",
                "ARCHITECTURE.md:3 names `tests/src/ui.rs::f`: there is no file tests/src/ui.rs",
                "ARCHITECTURE.md:3 names `engine.rs::Engine`: supervisor/src/engine.rs defines no \
             `Engine`",
            ]
        );
        assert_eq!(document::lost_references("", read).len(), 1);
    }

    #[test]
    fn items_are_functions_types_methods_and_variants() {
        let text = "
            //! fn in_a_comment
            mod inner { pub(crate) async fn run() {} }
            struct Point<T>(T);
            type Alias = Vec<u8>;
            impl<T> fmt::Display for Point<T> where T: Into<[u8; 3]> { fn fmt(&self) {} }
            impl Point<u8> { const fn of() -> Self { Self(1) } }
            impl Other { fn other(&self) -> impl Iterator<Item = Point<u8>> { calls() } }
            trait Owner: Send { fn path(&self) -> Path; }
            enum Effect { Start(Key), Show { state: State } }
            const WORD: u8 = 1;
        ";
        let tokens = text.parse().unwrap();
        let contains = |item: &str| items::contains(&tokens, item);
        for item in [
            "run",
            "of",
            "Point",
            "Alias",
            "Owner",
            "Effect",
            "Point::fmt",
            "Display::fmt",
            "Point::of",
            "Other::other",
            "Owner::path",
            "Effect::Show",
            "Effect::Start",
        ] {
            assert!(contains(item), "{item}");
        }
        for item in [
            "in_a_comment",
            "calls",
            "Vec",
            "Display",
            "Point::other",
            "Point::run",
            "Other::of",
            "Effect::Stop",
            "Effect::State",
            "Owner::run",
            "WORD",
            "inner",
            "",
        ] {
            assert!(!contains(item), "{item}");
        }
    }

    #[test]
    fn words_of_the_glossary_are_found() {
        let words: Vec<String> =
            document::glossary(DOCUMENT).into_iter().map(|(_, word)| word).collect();
        assert_eq!(words, ["slot", "life", "inbox", "slot", "link", "life"]);
    }

    #[test]
    fn words_defined_twice_are_seen() {
        assert_eq!(
            document::faults_of_glossary(DOCUMENT),
            ["ARCHITECTURE.md:17 defines `slot` again", "ARCHITECTURE.md:22 defines `life` again",]
        );
        assert!(document::faults_of_glossary("## Glossary\n- **a**: b\n- **c**: d").is_empty());
        assert_eq!(document::faults_of_glossary("- **a**: b").len(), 1);
    }

    #[test]
    fn a_hole_in_the_code_map_is_seen() {
        let modules = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let complete: BTreeSet<String> = modules(&["catch", "spec"]);
        assert!(document::missing_in_code_map(DOCUMENT, &complete).is_empty());
        // The document mentions `engine/`, but outside of its code map.
        assert_eq!(
            document::missing_in_code_map(DOCUMENT, &modules(&["engine", "spec"])),
            ["ARCHITECTURE.md: the code map mentions neither `engine/` nor `engine.rs`"]
        );
        assert_eq!(document::missing_in_code_map("", &complete).len(), 1);
    }
}
