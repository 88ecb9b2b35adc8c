//! Tests properties of every input.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::prelude::*;

use super::messages;
use crate::errors::Errors;
use crate::reader::Reader;
use crate::tree::{parse, print};

/// Words that the parsers know, so that random tokens reach all of their branches.
pub(super) const WORDS: &[&str] = &[
    "one_for_one",
    "one_for_all",
    "simple_one_for_one",
    "one_for_al",
    "Always",
    "Transient",
    "Temporary",
    "Alway",
    "permanent",
    "pub",
    "Shop",
    "db",
    "Database",
    "max_restarts",
    "restart_window",
    "shutdown",
    "backoff",
    "significant",
    "every",
    "partitions",
    "order",
    "by_use",
    "after",
    "auto_shutdown",
    "any_significant",
    "start",
    "notify",
    "message",
    "once",
    "restart",
    "crate",
    "name",
    "self",
    "Self",
    "type",
    "supervisor",
    "r#type",
    "struct",
    "enum",
    "where",
    "'a",
    "child",
    "cfg",
    "5",
    "5s",
    "0s",
    "100ms",
    "1.5s",
    "0x5s",
    "-5",
    "1.s",
    "\"x\"",
    ":",
    "::",
    ",",
    "=",
    "<",
    ">",
    "..",
    "..=",
    "|",
    ".",
    "&",
    "!",
    ";",
    "#",
    "=>",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
];

/// Generates random tokens; brackets that do not match are left out.
fn tokens() -> impl Strategy<Value = TokenStream> {
    prop::collection::vec(prop::sample::select(WORDS), 0..40).prop_map(|words| {
        let mut open: Vec<(Delimiter, Vec<TokenTree>)> = vec![(Delimiter::None, Vec::new())];
        for word in words {
            let delimiter = match word {
                "(" | ")" => Some(Delimiter::Parenthesis),
                "{" | "}" => Some(Delimiter::Brace),
                "[" | "]" => Some(Delimiter::Bracket),
                _ => None,
            };
            match delimiter {
                Some(delimiter) if matches!(word, "(" | "{" | "[") => {
                    open.push((delimiter, Vec::new()));
                }
                Some(_) if open.len() > 1 => close(&mut open),
                Some(_) => {}
                None => {
                    let tokens: TokenStream = word.parse().unwrap();
                    open.last_mut().unwrap().1.extend(tokens);
                }
            }
        }
        while open.len() > 1 {
            close(&mut open);
        }
        open.pop().unwrap().1.into_iter().collect()
    })
}

fn close(open: &mut Vec<(Delimiter, Vec<TokenTree>)>) {
    let (delimiter, tokens) = open.pop().unwrap();
    let group = Group::new(delimiter, tokens.into_iter().collect());
    open.last_mut().unwrap().1.push(group.into());
}

/// Generates a valid tree with one token removed, inserted or doubled.
fn damaged() -> impl Strategy<Value = TokenStream> {
    (tree(), any::<prop::sample::Index>(), prop::sample::select(WORDS), 0..3).prop_map(
        |(text, place, word, how)| {
            let mut words: Vec<&str> = text.split_inclusive(' ').collect();
            let place = place.index(words.len());
            match how {
                0 => drop(words.remove(place)),
                1 => words.insert(place, word),
                _ => words.insert(place, words[place]),
            }
            words.concat().parse().unwrap_or_default()
        },
    )
}

/// Generates the text of a valid tree: words with one space between them.
pub(super) fn tree() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec![
        "",
        "Shop : ",
        "pub Shop : ",
        "pub ( crate ) Shop ( config : & Config , count : u8 ) : ",
    ]);
    (head, supervisor()).prop_map(|(head, supervisor)| format!("{head}{supervisor}"))
}

fn supervisor() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![task(), typed()].boxed();
    let nested = leaf.prop_recursive(4, 24, 5, |child| plain_supervisor(child).boxed());
    prop_oneof![plain_supervisor(nested.boxed()), pool()]
}

/// Generates a supervisor whose children are numbered, so that siblings have different names.
fn plain_supervisor(child: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let strategy = prop::sample::select(vec!["one_for_one", "one_for_all", "rest_for_one"]);
    let options = prop::sample::select(vec![
        "",
        " ( max_restarts = 5 )",
        " ( max_restarts = unlimited , kill_grace = 250ms )",
        " ( max_restarts = limits :: MAX , restart_window = runtime ( config . window ) )",
    ]);
    (strategy, options, prop::collection::vec(child, 0..5)).prop_map(
        |(strategy, options, children)| {
            let children: Vec<String> = children
                .iter()
                .enumerate()
                .map(|(index, child)| format!("c{index} : {child}"))
                .collect();
            match children.join(" , ") {
                none if none.is_empty() => format!("{strategy}{options} {{ }}"),
                children => format!("{strategy}{options} {{ {children} }}"),
            }
        },
    )
}

fn pool() -> impl Strategy<Value = String> {
    let template = prop_oneof![task(), typed()];
    template.prop_flat_map(|child| {
        let options = ["max_children = 5", "partitions = 5"];
        prop::sample::select(options.to_vec()).prop_map(move |option| {
            format!("simple_one_for_one ( {option} ) {{ worker : {child} }}")
        })
    })
}

fn task() -> impl Strategy<Value = String> {
    let policy = prop::sample::select(vec!["Always", "Transient", "Temporary"]);
    (policy, prop_oneof![options(), Just(" ( every = 30s )")], function())
        .prop_map(|(policy, options, value)| format!("{policy}{options}{value}"))
}

fn typed() -> impl Strategy<Value = String> {
    let ty = prop::sample::select(vec![
        "Database",
        "Always < Database >",
        "Transient < store :: Cache < u64 , Vec < u8 > > >",
        ":: db :: Pool",
        "self :: Always",
    ]);
    (ty, options(), value()).prop_map(|(ty, options, value)| format!("{ty}{options}{value}"))
}

fn options() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        " ( shutdown = 5s )",
        " ( shutdown = brutal_kill , heartbeat = 10s )",
        " ( start = notify , start_timeout = 1.5s )",
        " ( shutdown = STOP , start = notify , start_timeout = runtime ( config . start ) )",
    ])
}

fn value() -> impl Strategy<Value = &'static str> {
    prop_oneof![function(), Just(" = Thing { field : 5 , other }")]
}

fn function() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        " = value ( )",
        " = | ctx | async move { Ok ( ( ) ) }",
        " = a . b :: < C , D > ( & e )",
    ])
}

/// Returns whether an expansion parses as items or as an expression.
pub(super) fn is_rust(expansion: TokenStream) -> bool {
    syn::parse2::<syn::File>(expansion.clone()).is_ok()
        || syn::parse2::<syn::Expr>(expansion).is_ok()
}

fn expand(tokens: TokenStream) -> TokenStream {
    let krate: TokenStream = "[::supervisor]".parse().unwrap();
    crate::tree::expand(krate.into_iter().chain(tokens).collect(), Reader::Compiler)
}

fn parse_and_print(text: &str) -> (String, Vec<String>) {
    let mut errors = Errors::default();
    let tokens = format!("[::supervisor] {text}").parse().unwrap();
    let tree = parse::parse(tokens, Reader::Compiler, &mut errors);
    (tree.map(|tree| print::print(&tree)).unwrap_or_default(), messages(errors.to_items()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tokens_give_an_error_or_an_expansion(tokens in tokens()) {
        prop_assert!(is_rust(expand(tokens)));
    }

    #[test]
    fn any_damaged_tree_gives_an_error_or_an_expansion(tokens in damaged()) {
        prop_assert!(is_rust(expand(tokens)));
    }

    #[test]
    fn any_tokens_in_a_derive_give_an_error_or_an_expansion(options in tokens(), item in tokens()) {
        let item: TokenStream = quote::quote!(#[child(#options)] struct Database { #item });
        prop_assert!(is_rust(crate::child::expand(item, Reader::Compiler)));
        let whole: TokenStream = quote::quote!(#[child #options] pub struct Database;);
        prop_assert!(is_rust(crate::child::expand(whole, Reader::Compiler)));
    }

    #[test]
    fn a_valid_tree_has_no_errors(text in tree()) {
        prop_assert_eq!(messages(expand(text.parse().unwrap())), Vec::<String>::new());
    }

    #[test]
    fn a_tree_printed_and_parsed_again_is_the_same_tree(text in tree()) {
        let (first, errors) = parse_and_print(&text);
        prop_assert_eq!(errors, Vec::<String>::new());
        // The tree keeps everything that was written.
        let tokens = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(tokens(&first), tokens(&text));
        let (second, _) = parse_and_print(&first);
        prop_assert_eq!(second, first);
    }
}
