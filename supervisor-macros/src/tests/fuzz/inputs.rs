//! Generators of inputs: random words, damaged trees and types, strange literals, deep groups.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::Input;
use super::flat::{flat, print_flat};
use super::seeds::Seeds;
use crate::options::key::Key;
use crate::tests::properties;

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

pub(super) fn soups() -> impl Strategy<Value = Input> {
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

pub(super) fn damaged_inputs() -> impl Strategy<Value = Input> {
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
    let depth = prop_oneof![6 => Just(0), 2 => 1..4_usize, 1 => 1..400_usize];
    (plain, prop::collection::vec(around, 1..3), depth).prop_map(|(plain, around, depth)| {
        let mut text = plain;
        for (open, close) in around.iter().cycle().take(depth) {
            text = [open, text.as_str(), close].join(" ");
        }
        text
    })
}

/// Generates trees and types with strange parts; `$v` stands for a value, `$k` for an option.
pub(super) fn strange() -> impl Strategy<Value = Input> {
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
    (head, prop_oneof![9 => 0..40_usize, 1 => 40..400_usize], options, value()).prop_map(
        |(head, depth, options, value)| {
            let mut text = format!("one_for_one {{ c: Always = {value}, d: T }}");
            for _ in 0..depth {
                text = format!("one_for_one{options} {{ a: {text}, b: T }}");
            }
            format!("{head} {text}")
        },
    )
}
