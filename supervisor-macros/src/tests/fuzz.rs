//! Fuzzes both macros with inputs that nobody would write.
//!
//! A plain run takes a second or two; `FUZZ_SECONDS=600` makes each test run for ten minutes. A
//! failure prints the smallest input that fails, as text.

mod flat;
mod inputs;
mod seeds;

use std::fmt;
use std::time::{Duration, Instant};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use quote::quote;
use syn::parse::Parser;

use self::flat::{Flat, flat};
use self::inputs::{damaged_inputs, soups, strange};
use super::properties;
use crate::errors::Errors;
use crate::options::{Options, Value};
use crate::reader::Reader;
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
    let (tokens, expand): (TokenStream, fn(TokenStream, Reader) -> TokenStream) = match input {
        Input::Tree(_) => (quote!([::supervisor] #tokens), crate::tree::expand),
        Input::Derive(_) => (tokens, crate::child::expand),
    };
    // What an editor reads need not be Rust; the macro must not panic.
    expand(tokens.clone(), Reader::Editor);
    let expansion = expand(tokens.clone(), Reader::Compiler);
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
    let Ok(tree) = parse::parse(tokens, Reader::Compiler, &mut errors) else {
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
                Value::Nothing | Value::Unreadable(_) => read.extend(quote!(#name)),
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
