//! Limits how deep tokens may be nested.
//!
//! `syn` parses by recursion: a type inside 200 others overflows the stack of the compiler, which then
//! crashes without naming the cause. Groups, angle brackets and rows of prefix operators are counted.
//! Other recursion is not, such as `|a| |b| …` or `fn() -> fn() -> …`: nobody nests these by accident.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The deepest nesting that is parsed; rustc's own limit for types is 128.
const LIMIT: usize = 100;

/// Returns an error if the tokens are nested more than [`LIMIT`] levels deep.
pub(crate) fn check_depth(tokens: &TokenStream) -> syn::Result<()> {
    check_inside(tokens.clone(), 0)
}

/// Checks the tokens that are inside this many others.
fn check_inside(tokens: TokenStream, outside: usize) -> syn::Result<()> {
    let mut open = OpenTokens::default();
    for token in tokens {
        let is_group = matches!(token, TokenTree::Group(_));
        if !is_group {
            open.pass(&token);
        }
        let depth = outside + open.angles + open.prefixes + usize::from(is_group);
        if depth > LIMIT {
            let message = format!(
                "this is nested more than {LIMIT} levels deep, which is the limit of this macro; move \
                 an inner part out: a type into `type Inner = …;`, a value into a function, \
                 supervisors into a tree of their own"
            );
            return Err(syn::Error::new(token.span(), message));
        }
        if let TokenTree::Group(group) = token {
            check_inside(group.stream(), depth)?;
            open.pass_group(group.delimiter());
        }
    }
    Ok(())
}

/// The angle brackets and prefix operators that are open at a token.
#[derive(Default)]
struct OpenTokens {
    /// Angle brackets. The `<` of a comparison counts as one until the next `;`, `=>` or block: more
    /// than [`LIMIT`] comparisons in one group without any of these are refused.
    angles: usize,
    /// The number of punctuation characters directly before the operand, such as `&` or `||` (which
    /// counts twice).
    prefixes: usize,
    /// The punctuation right before, if the next token may belong to it.
    joint: Option<char>,
}

impl OpenTokens {
    fn pass(&mut self, token: &TokenTree) {
        let before = self.joint.take();
        match token {
            TokenTree::Punct(punct) => {
                match (before, punct.as_char()) {
                    // `<<` and `<=` are operators: the `<` before has opened nothing.
                    (Some('<'), '<' | '=') => self.close_angle(),
                    (_, '<') => *self = Self { angles: self.angles + 1, ..Self::default() },
                    // `->` closes nothing.
                    (Some('-'), '>') => self.prefixes = 0,
                    // `=>` ends a pattern and its guard, as `;` ends a statement.
                    (Some('='), '>') | (_, ';') => *self = Self::default(),
                    (_, '>') => self.close_angle(),
                    _ => self.prefixes += 1,
                }
                self.joint = (punct.spacing() == Spacing::Joint).then(|| punct.as_char());
            }
            // `&'a mut T`, `*const T`
            TokenTree::Ident(ident)
                if before == Some('\'') || ident == "mut" || ident == "const" => {}
            _ => self.prefixes = 0,
        }
    }

    fn pass_group(&mut self, delimiter: Delimiter) {
        // `if a < b { … }`: a block ends the comparison before it.
        let angles = if delimiter == Delimiter::Brace { 0 } else { self.angles };
        *self = Self { angles, ..Self::default() };
    }

    fn close_angle(&mut self) {
        *self = Self { angles: self.angles.saturating_sub(1), ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_deep(text: &str) -> bool {
        check_depth(&text.parse().unwrap()).is_err()
    }

    fn nested(open: &str, close: &str, depth: usize) -> String {
        format!("a = {}x{};", open.repeat(depth), close.repeat(depth))
    }

    #[test]
    fn whatever_is_nested_has_the_same_limit() {
        let brackets = [
            ("(", ")"),
            ("f(", ")"),
            ("{", "}"),
            ("[", "; 1]"),
            ("Option<", ">"),
            ("Fn(u8) -> Box<", ">"),
        ];
        for (open, close) in brackets {
            // The `=` in front counts for what follows it directly.
            assert!(!is_too_deep(&nested(open, close, LIMIT - 1)), "{open}");
            assert!(is_too_deep(&nested(open, close, LIMIT + 1)), "{open}");
        }
        assert!(is_too_deep(&nested("Option<(", ")>", LIMIT / 2 + 1)));
    }

    #[test]
    fn rows_of_operators_in_front_have_a_limit() {
        for open in ["&", "&'static ", "&mut ", "*const ", "- ", "!", "||"] {
            assert!(!is_too_deep(&nested(open, "", 40)), "{open}");
            assert!(is_too_deep(&nested(open, "", LIMIT + 1)), "{open}");
        }
        assert!(is_too_deep(&nested("&&&(", ")", LIMIT / 4 + 1)));
    }

    #[test]
    fn what_is_long_is_not_deep() {
        for part in [
            "a: Option<Vec<u8>>, ",
            "x.is() && a < b; ",
            "f(|| x) -> y => z, ",
            "x if x < 3 => a, ",
            "if a < b { c } ",
            "1 << 2, ",
            "a <= b, ",
        ] {
            assert!(!is_too_deep(&part.repeat(1000)), "{part}");
        }
    }
}
