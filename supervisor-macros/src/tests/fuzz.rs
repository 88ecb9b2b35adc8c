//! Fuzzes both macros with inputs that nobody would write.
//!
//! A plain run takes a second or two; `FUZZ_SECONDS=600` makes each test run for ten minutes. A
//! failure prints the smallest input that fails, as text.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{TestError, TestRunner};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::visit::{self, Visit};

use super::properties;
use crate::errors::Errors;
use crate::options::key::Key;
use crate::options::{Options, Value};
use crate::tree::{parse, print};

/// Stands before parentheses that become a group without delimiters, as `macro_rules!` passes the
/// arguments of a macro.
const INVISIBLE: &str = "INVISIBLE";

/// The stack that rustc gives to the thread that expands macros.
const STACK: usize = 8 << 20;

/// An input of one of the macros, as text, so that a failure can be read and repeated.
#[derive(Clone)]
enum Input {
    Tree(String),
    Derive(String),
}

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree(text) => write!(formatter, "supervision_tree! {{ {text} }}"),
            Self::Derive(text) => write!(formatter, "#[derive(Child)] {text}"),
        }
    }
}

/// The numbers of inputs that were tried, by their outcome.
#[derive(Default, Debug)]
struct Counts {
    accepted: u64,
    rejected: u64,
    /// Inputs that are not Rust tokens.
    not_tokens: u64,
}

/// Runs the macros on inputs: on a few, or for the time that `FUZZ_SECONDS` demands.
fn fuzz<S: Strategy<Value = Input> + 'static>(name: &'static str, inputs: fn() -> S, few: u32) {
    let seconds = std::env::var("FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let run = move || {
        let mut counts = Counts::default();
        let inputs = inputs();
        loop {
            let config = ProptestConfig {
                cases: few,
                failure_persistence: None,
                max_shrink_iters: 20_000,
                ..ProptestConfig::default()
            };
            let tried = std::cell::RefCell::new(&mut counts);
            let result = TestRunner::new(config).run(&inputs, |input| {
                let counts = &mut **tried.borrow_mut();
                check(&input, counts).map_err(TestCaseError::fail)
            });
            match result {
                Ok(()) => {}
                Err(TestError::Fail(reason, input)) => panic!("{reason}\n{input:?}"),
                Err(error) => panic!("{error}"),
            }
            if Instant::now() >= end {
                break;
            }
        }
        eprintln!("{name}: {counts:?}");
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Expands an input and checks the result.
fn check(input: &Input, counts: &mut Counts) -> Result<(), String> {
    let (Input::Tree(text) | Input::Derive(text)) = input;
    let Ok(tokens) = text.parse::<TokenStream>() else {
        counts.not_tokens += 1;
        return Ok(());
    };
    let tokens = with_invisible_groups(tokens);
    let (tokens, expansion) = match input {
        Input::Tree(_) => {
            let tokens = quote!([::supervisor] #tokens);
            (tokens.clone(), crate::tree::expand(tokens))
        }
        Input::Derive(_) => (tokens.clone(), crate::child::expand(tokens)),
    };
    let words = leaves(expansion.clone());
    let count = |word: &str| words.iter().filter(|found| *found == word).count();
    let errors = count("compile_error");
    let stand_ins =
        ["broken", "broken_task", "broken_job", "Unknown"].map(count).iter().sum::<usize>();
    if !properties::is_rust(expansion) {
        return Err("the expansion is not Rust".to_owned());
    }
    if errors > 0 {
        counts.rejected += 1;
        return Ok(());
    }
    counts.accepted += 1;
    if stand_ins > 0 {
        return Err("a part is replaced, and no error says why".to_owned());
    }
    match input {
        Input::Tree(_) => kept_by_tree(tokens),
        Input::Derive(_) => kept_by_derive(tokens),
    }
}

/// Returns an error if the parser reports a mistake or loses a token.
fn kept_by_tree(tokens: TokenStream) -> Result<(), String> {
    let mut errors = Errors::default();
    let written: TokenStream = tokens.clone().into_iter().skip(1).collect();
    let Ok(tree) = parse::parse(tokens, &mut errors) else {
        return Err("the parser fails, and no error is in the expansion".to_owned());
    };
    if !errors.is_empty() {
        return Err("the parser reports errors that are not in the expansion".to_owned());
    }
    is_kept(written, print::print(&tree).parse().unwrap())
}

/// Returns an error if the options of an accepted type are not all that was written.
fn kept_by_derive(tokens: TokenStream) -> Result<(), String> {
    let Ok(input) = syn::parse2::<syn::DeriveInput>(tokens) else {
        return Err("the item cannot be parsed, and no error is in the expansion".to_owned());
    };
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("child")) {
        let Ok(list) = attr.meta.require_list() else {
            return Err("an attribute is ignored".to_owned());
        };
        let mut errors = Errors::default();
        let parser = |input: syn::parse::ParseStream| Ok(Options::parse(input, &mut errors));
        let Ok(options) = parser.parse2(list.tokens.clone()) else {
            return Err("an attribute cannot be parsed, and no error says why".to_owned());
        };
        let mut read = TokenStream::new();
        for item in &options.items {
            let (name, value) = (&item.ident, item.value_tokens());
            match item.value {
                Value::Nothing => read.extend(quote!(#name)),
                Value::Missing(_) | Value::Tokens(_) | Value::Syntax(_) => {
                    read.extend(quote!(#name = #value));
                }
            }
        }
        if !errors.is_empty() {
            return Err("an option is wrong, and no error is in the expansion".to_owned());
        }
        is_kept(list.tokens.clone(), read)?;
    }
    Ok(())
}

/// Returns an error unless the same words were written and read.
///
/// Commas and brackets may differ, and syn puts lifetimes before types.
fn is_kept(written: TokenStream, read: TokenStream) -> Result<(), String> {
    let sorted = |tokens| {
        let mut words = leaves(tokens);
        words.retain(|word| word != ",");
        words.sort();
        words
    };
    let (written, read) = (sorted(written), sorted(read));
    if written == read {
        Ok(())
    } else {
        Err(format!("not all of the input was read: {written:?} became {read:?}"))
    }
}

/// Returns the words and signs in tokens, at all depths.
fn leaves(tokens: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    for token in flat(tokens) {
        if let Flat::Leaf(token) = token {
            words.push(token.to_string());
        }
    }
    words
}

fn with_invisible_groups(tokens: TokenStream) -> TokenStream {
    let mut result = Vec::new();
    let mut marked = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == INVISIBLE => marked = true,
            TokenTree::Group(group) => {
                let is_invisible = marked && group.delimiter() == Delimiter::Parenthesis;
                let delimiter = if is_invisible { Delimiter::None } else { group.delimiter() };
                result.push(Group::new(delimiter, with_invisible_groups(group.stream())).into());
                marked = false;
            }
            token => {
                result.push(token);
                marked = false;
            }
        }
    }
    result.into_iter().collect()
}

/// A token or a bracket, in the order in which they are written.
#[derive(Clone)]
enum Flat {
    Leaf(TokenTree),
    Open(Delimiter),
    Close,
}

fn flat(tokens: TokenStream) -> Vec<Flat> {
    let mut result = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                result.push(Flat::Open(group.delimiter()));
                result.extend(flat(group.stream()));
                result.push(Flat::Close);
            }
            token => result.push(Flat::Leaf(token)),
        }
    }
    result
}

/// Prints tokens of which the brackets need not match: what is open at the end is closed there.
fn print_flat(tokens: &[Flat]) -> String {
    let mut text = String::new();
    let mut open = Vec::new();
    for token in tokens {
        match token {
            Flat::Leaf(token) => {
                text += &token.to_string();
                if !matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint) {
                    text.push(' ');
                }
            }
            Flat::Open(delimiter) => {
                let (start, end) = match delimiter {
                    Delimiter::Parenthesis | Delimiter::None => ("( ", ") "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::Bracket => ("[ ", "] "),
                };
                text += start;
                open.push(end);
            }
            Flat::Close => text += open.pop().unwrap_or_default(),
        }
    }
    while let Some(end) = open.pop() {
        text += end;
    }
    text
}

/// Inputs from which others are made: those of the examples and of all tests.
struct Seeds {
    trees: Vec<String>,
    derives: Vec<String>,
}

impl Seeds {
    /// Reads the seeds; a package that is unpacked alone has its generated trees only.
    fn read() -> Self {
        let mut seeds = Self {
            trees: vec!["Shop: one_for_one { a: Always }".to_owned()],
            derives: vec!["#[child(restart = Transient)] struct Database(u8);".to_owned()],
        };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for folder in ["examples", "tests/ui", "tests/tests"] {
            seeds.read_folder(&repository.join(folder));
        }
        seeds
    }

    fn read_folder(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.read_folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                self.add_trees(text.parse().unwrap());
                if let Ok(file) = syn::parse_file(&text) {
                    self.visit_file(&file);
                }
            }
        }
    }

    fn add_trees(&mut self, tokens: TokenStream) {
        let mut is_tree = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => is_tree = ident == "supervision_tree",
                TokenTree::Group(group) if is_tree => {
                    self.trees.push(print_flat(&flat(group.stream())));
                    is_tree = false;
                }
                TokenTree::Group(group) => self.add_trees(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn add_derive(&mut self, item: &impl ToTokens) {
        let Ok(mut item) = syn::parse2::<syn::DeriveInput>(item.to_token_stream()) else { return };
        let is_derive = |attr: &syn::Attribute| attr.path().is_ident("derive");
        let text = |attr: &syn::Attribute| attr.to_token_stream().to_string();
        if item.attrs.iter().any(|attr| is_derive(attr) && text(attr).contains("Child")) {
            item.attrs.retain(|attr| !is_derive(attr));
            self.derives.push(print_flat(&flat(item.to_token_stream())));
        }
    }
}

impl Visit<'_> for Seeds {
    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        self.add_derive(item);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.add_derive(item);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_union(&mut self, item: &syn::ItemUnion) {
        self.add_derive(item);
        visit::visit_item_union(self, item);
    }
}

/// Words that the parsers do not expect, beside those of `properties`.
const STRANGE: &[&str] = &[
    "_",
    "__",
    "'a",
    "'static",
    "'_",
    "r#struct",
    "r#Self_",
    "ß",
    "Ǆ",
    "été",
    "数",
    "dyn",
    "impl",
    "fn",
    "let",
    "mut",
    "async",
    "move",
    "unsafe",
    "const",
    "static",
    "for",
    "in",
    "if",
    "else",
    "match",
    "loop",
    "return",
    "break",
    "await",
    "yield",
    "try",
    "gen",
    "union",
    "auto",
    "true",
    "false",
    "super",
    "$crate",
    "$x",
    "@",
    "?",
    "~",
    "\\",
    "^",
    "%",
    "->",
    "<-",
    "==",
    "!=",
    "<=",
    ">>",
    "<<",
    "&&",
    "||",
    "+=",
    "...",
    "-",
    "*",
    "/",
    "+",
    "$",
    "'x'",
    "b'x'",
    "b\"x\"",
    "c\"x\"",
    "r#\"x\"#",
    "r\"\"",
    "\"5s\"",
    "0",
    "00s",
    "1_s",
    "1__0_ms",
    "1.",
    "1.0",
    "1.0s",
    "1e9",
    "1e9s",
    "1e+9",
    "1E-9h",
    "0x",
    "0xFFs",
    "0b1",
    "0o7m",
    "1f32",
    "1u8",
    "1i8",
    "5µs",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073709551615h",
    "340282366920938463463374607431768211456s",
    "0.000000000000000000000000000000001s",
    "4294967296",
    "-1",
    "-5s",
    "- - 1",
    "1s..",
    "..1s",
    "1s..=2s",
    "2s..1s",
    "1s . . 2s",
    "1s...2s",
    "#[cfg(a)]",
    "#[cfg(a = \"b\")]",
    "#[doc = \"x\"]",
    "#[doc]",
    "#[]",
    "#![inner]",
    "#[child]",
    "#[child()]",
    "#[child(once)]",
    "#[path::to(x)]",
    "/** doc */",
    "/*! doc */",
    "<T>",
    "<T, U = V>",
    "<'a, T: 'a + ?Sized>",
    "<const N: usize>",
    "::<T>",
    "<{ 5 }>",
    "<-1>",
    "<T as U>::V",
    "<>",
    "< <",
    "where T: U,",
    "|x| x",
    "|_, (a, b)| {}",
    "move || async {}",
    "async move {}",
    "|| -> u8 { 5 }",
    "vec![a, b]",
    "vec![;]",
    "x!{}",
    "x!()",
    "()",
    "{}",
    "[]",
    "(,)",
    "(())",
    "{ ; }",
    "[u8; 4]",
    "&'a mut T",
    "*const T",
    "fn(u8) -> u8",
    "impl Fn(u8) -> u8 + 'a",
    "dyn A + B",
    "for<'a> fn(&'a u8)",
    "!",
    "..",
    "INVISIBLE()",
    "INVISIBLE(a)",
    "INVISIBLE(5s)",
    "INVISIBLE(Always)",
    "INVISIBLE(one_for_one {})",
    "INVISIBLE(a::B)",
    "INVISIBLE(,)",
    "INVISIBLE(a: Always)",
    "INVISIBLE(INVISIBLE(1))",
];

/// Returns any word: one that the languages know, an option, or a strange one.
fn word() -> impl Strategy<Value = String> {
    let options = Key::ALL.iter().map(|key| key.as_str()).collect::<Vec<_>>();
    prop_oneof![
        4 => select(properties::WORDS).prop_map(str::to_owned),
        2 => select(options).prop_map(str::to_owned),
        2 => select(STRANGE).prop_map(str::to_owned),
        1 => literal(),
    ]
}

/// Generates the text of random words in random brackets.
fn soup() -> impl Strategy<Value = String> {
    let piece = word().prop_filter("brackets come in pairs", |word| {
        !matches!(word.as_str(), "(" | ")" | "[" | "]" | "{" | "}")
    });
    let words = prop::collection::vec(piece, 0..8).prop_map(|words| words.join(" "));
    words.prop_recursive(6, 60, 6, |inner| {
        (prop::collection::vec((word_alone(), brackets(), inner), 1..6)).prop_map(|parts| {
            let parts = parts.into_iter().map(|(word, (open, close), inner)| {
                [word.as_str(), open, inner.as_str(), close].join(" ")
            });
            parts.collect::<Vec<_>>().join(" ")
        })
    })
}

/// Returns what often stands before brackets.
fn word_alone() -> impl Strategy<Value = String> {
    let starts = [
        "",
        "a :",
        ", b :",
        "Shop :",
        "pub Shop",
        ": one_for_one",
        ": simple_one_for_one",
        "a : Always",
        "b : Transient",
        "c : T",
        "= T",
        "= |x|",
        "every =",
        "shutdown =",
        "INVISIBLE",
        "pub",
        ",",
    ];
    select(starts.to_vec()).prop_map(str::to_owned)
}

fn brackets() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![("(", ")"), ("{", "}"), ("[", "]"), ("<", ">"), ("|", "|"), ("", "")])
}

fn soups() -> impl Strategy<Value = Input> {
    let heads = vec!["", "S :", "pub ( crate ) S ( a : & B ) :", "one_for_one {", "a : "];
    prop_oneof![
        (select(heads), soup()).prop_map(|(head, soup)| {
            let end = if head.ends_with('{') { "}" } else { "" };
            Input::Tree(format!("{head} {soup} {end}"))
        }),
        soup().prop_map(|soup| Input::Tree(format!("S: one_for_one {{ {soup} }}"))),
        soup().prop_map(|soup| Input::Tree(format!(
            "S: one_for_one({soup}) {{ a: Always({soup}) }}"
        ))),
        soup().prop_map(|soup| Input::Tree(format!("one_for_one {{ a: Always = {soup}, b: T }}"))),
        (soup(), soup()).prop_map(|(options, item)| {
            Input::Derive(format!("#[child({options})] struct Database {item}"))
        }),
        soup().prop_map(|options| Input::Derive(format!("#[child({options})] struct Database;"))),
        soup().prop_map(Input::Derive),
    ]
}

/// A change of a list of tokens at a place.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Leaves out all tokens from here on.
    Cut,
    Delete,
    Double,
    /// Swaps the token with the next one.
    Swap,
    Replace,
    Insert,
    /// Goes on with the tokens of another input, from a place of its own.
    Splice,
    /// Puts the tokens of another input here.
    Embed,
}

fn damage() -> impl Strategy<Value = Damage> {
    use Damage::{Cut, Delete, Double, Embed, Insert, Replace, Splice, Swap};
    select(vec![Delete, Double, Swap, Replace, Insert, Cut, Splice, Embed])
}

/// Generates damaged inputs.
///
/// `inputs` holds good ones; the changes are applied one after the other.
fn damaged(inputs: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let change = (damage(), any::<Index>(), any::<Index>(), word());
    (inputs.clone(), inputs, prop::collection::vec(change, 0..4)).prop_map(
        |(text, other, changes)| {
            let read = |text: &str| flat(text.parse().unwrap());
            let (mut tokens, other) = (read(&text), read(&other));
            for (damage, place, from, word) in changes {
                if tokens.is_empty() {
                    break;
                }
                let place = place.index(tokens.len());
                let rest = &other[from.index(other.len() + 1)..];
                let word = || word.parse().map(flat).unwrap_or_default();
                match damage {
                    Damage::Cut => tokens.truncate(place),
                    Damage::Delete => drop(tokens.remove(place)),
                    Damage::Double => tokens.insert(place, tokens[place].clone()),
                    Damage::Swap if place + 1 < tokens.len() => tokens.swap(place, place + 1),
                    Damage::Swap => {}
                    Damage::Replace => drop(tokens.splice(place..=place, word())),
                    Damage::Insert => drop(tokens.splice(place..place, word())),
                    Damage::Splice => drop(tokens.splice(place.., rest.to_vec())),
                    Damage::Embed => drop(tokens.splice(place..place, rest.to_vec())),
                }
            }
            print_flat(&tokens)
        },
    )
}

fn damaged_inputs() -> impl Strategy<Value = Input> {
    let Seeds { trees, derives } = Seeds::read();
    let trees = prop_oneof![2 => select(trees), 1 => properties::tree()].boxed();
    prop_oneof![
        2 => damaged(trees).prop_map(Input::Tree),
        1 => damaged(select(derives).boxed()).prop_map(Input::Derive),
    ]
}

/// Generates literals: numbers of any length, with suffixes, and others.
fn literal() -> impl Strategy<Value = String> {
    let sign = select(vec!["", "", "", "-", "- -", "+", "!"]);
    let suffix = select(vec![
        "", "s", "ms", "m", "h", "min", "us", "ns", "usize", "u8", "i128", "f64", "e5", "e5s", "e",
        "_s", "_", "sms", "S", "µs", "k", "ſ",
    ]);
    let number = prop_oneof![
        "[0-9]{1,4}",
        "[0-9_]{0,60}",
        "[0-9]{1,25}[.][0-9_]{0,40}",
        "0[xob][0-9a-f_]{1,30}",
        "[1-9][0-9]{18,40}",
    ];
    (sign, number, suffix).prop_map(|(sign, number, suffix)| {
        // Rust's tokens must not begin with `_`.
        format!(
            "{sign} {}{suffix}",
            if number.starts_with('_') { format!("0{number}") } else { number }
        )
    })
}

/// Generates a value for any place: a literal, a strange word, or one in many brackets.
fn value() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        4 => literal(),
        3 => select(STRANGE).prop_map(str::to_owned),
        1 => word(),
        1 => (literal(), select(vec!["..", "..=", "...", ",", ""]), literal())
            .prop_map(|(low, sign, high)| format!("{low}{sign}{high}")),
    ];
    let around = select(vec![
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("INVISIBLE (", ")"),
        ("vec! [", "]"),
        ("A <", ">"),
        ("&", ""),
        ("!", ""),
        ("| a |", ""),
        ("f (", ")"),
        ("x . y (", ")"),
        ("S { s :", "}"),
        ("if a {", "} else { }"),
        ("match a { _ =>", "}"),
        ("async {", "}"),
        ("< T as", ">"),
    ]);
    let depth = prop_oneof![6 => Just(0), 2 => 1..4_usize, 1 => 1..200_usize];
    (plain, prop::collection::vec(around, 1..3), depth).prop_map(|(plain, around, depth)| {
        let mut text = plain;
        for (open, close) in around.iter().cycle().take(depth) {
            text = [open, text.as_str(), close].join(" ");
        }
        text
    })
}

/// Generates trees and types with strange parts; `$v` stands for a value, `$k` for an option.
fn strange() -> impl Strategy<Value = Input> {
    const TREES: &[&str] = &[
        "one_for_one($k = $v) {}",
        "one_for_one { a: Always($k = $v) }",
        "one_for_one { a: T($k = $v, $k = $v) }",
        "one_for_one { a: one_for_all($k = $v) { b: Always } }",
        "S: simple_one_for_one($k = $v, $k = $v) { a: T }",
        "S: one_for_one { a: Always = $v, b: T = $v }",
        "S: one_for_one { $v a: Always, b: $v }",
        "S: one_for_one { $v: Always, b: Transient<$v> = $v }",
        "S: one_for_one { a: simple_one_for_one { $v: T<$v> } }",
        "S: one_for_one { $v: one_for_one { $v: one_for_one {} } }",
        "S(a: $v, $v: $v): one_for_one { a: Always = |ctx| $v }",
        "$v S: one_for_one { a: T, b: T = f(a, $v) }",
        "pub($v) S: one_for_one {}",
        "$v: one_for_one { __: one_for_one {}, $v: one_for_one {} }",
        "S<$v>: one_for_one<$v> { a: T }",
        "$v { a: T }",
        "$v: one_for_one { #[cfg(a)] __: one_for_one {} }",
        "one_for_one { a: b::$v::C, d: Always<$v::E> }",
        "INVISIBLE(S): INVISIBLE(one_for_one) { INVISIBLE(a): INVISIBLE($v)($k = INVISIBLE($v)) = INVISIBLE($v) }",
    ];
    const DERIVES: &[&str] = &[
        "#[child($k = $v)] struct A;",
        "#[child($k = $v, $k = $v)] #[child($k)] struct A<T>(T);",
        "#[child(message = $v)] struct A<$v>($v) where $v: $v;",
        "#[child(crate = $v, message = $v)] pub($v) struct A { $v: $v }",
        "#[child $v] struct A;",
        "#[child = $v] struct A;",
        "$v struct A;",
        "struct $v;",
        "struct A<T = $v, const N: usize = $v>([T; N]);",
        "enum A { B = $v }",
        "union A { b: $v }",
    ];
    fn filled(templates: &'static [&'static str]) -> impl Strategy<Value = String> {
        let options = Key::ALL.iter().map(|key| key.as_str()).collect::<Vec<_>>();
        let (values, options) =
            (prop::collection::vec(value(), 4), prop::collection::vec(select(options), 2));
        (select(templates), values, options).prop_map(|(template, values, options)| {
            let mut text = template.to_owned();
            for value in values {
                text = text.replacen("$v", &value, 1);
            }
            for option in options {
                text = text.replacen("$k", option, 1);
            }
            text.replace("$v", "x").replace("$k", "every")
        })
    }
    prop_oneof![
        3 => filled(TREES).prop_map(Input::Tree),
        2 => filled(DERIVES).prop_map(Input::Derive),
        1 => deep_supervisors().prop_map(Input::Tree),
    ]
}

/// Generates supervisors in supervisors.
fn deep_supervisors() -> impl Strategy<Value = String> {
    let options = select(vec!["", "(shutdown = 5s)", "(auto_shutdown = any_significant)"]);
    let head = select(vec!["", "S:"]);
    (head, 0..40_usize, options, value()).prop_map(|(head, depth, options, value)| {
        let mut text = format!("one_for_one {{ c: Always = {value}, d: T }}");
        for _ in 0..depth {
            text = format!("one_for_one{options} {{ a: {text}, b: T }}");
        }
        format!("{head} {text}")
    })
}

#[test]
fn random_words_give_an_expansion_or_errors() {
    fuzz("random words", soups, 200);
}

#[test]
fn damaged_trees_and_types_give_an_expansion_or_errors() {
    fuzz("damaged trees and types", damaged_inputs, 100);
}

#[test]
fn strange_literals_and_deep_groups_give_an_expansion_or_errors() {
    fuzz("strange literals and deep groups", strange, 50);
}
