//! The limit on how deep tokens may be nested. `syn` parses by recursion, so that a type in 200 others
//! would overflow the compiler's stack, which ends the compiler without a word about the cause.

use proc_macro2::{Spacing, TokenStream, TokenTree};

/// The deepest nesting that is parsed; rustc's own limit for types is 128.
const LIMIT: usize = 100;

/// Returns the error for tokens that are nested too deeply.
pub(crate) fn nested_too_deep(tokens: &TokenStream) -> syn::Result<()> {
    check_at(tokens.clone(), 0)
}

/// Checks the tokens of a group that is inside this many others.
fn check_at(tokens: TokenStream, outside: usize) -> syn::Result<()> {
    let mut open = OpenTokens::default();
    for token in tokens {
        open.pass(&token);
        let depth = outside + open.angles + open.prefixes;
        if depth > LIMIT {
            let message = format!(
                "this is nested more than {LIMIT} levels deep, and the compiler cannot follow; give \
                 an inner part a name of its own, such as `type Inner = …;`"
            );
            return Err(syn::Error::new(token.span(), message));
        }
        if let TokenTree::Group(group) = token {
            check_at(group.stream(), depth + 1)?;
        }
    }
    Ok(())
}

/// What has begun before a token, and ends behind it.
#[derive(Default)]
struct OpenTokens {
    /// Angle brackets. A comparison counts as one until its statement ends, which is harmless.
    angles: usize,
    /// Operators in front of an operand, such as `&` or `||`: the length of the row of punctuation.
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
                    (_, '<') => *self = Self { angles: self.angles + 1, ..Self::default() },
                    // `->` and `=>` close nothing.
                    (Some('-' | '='), '>') => self.prefixes = 0,
                    (_, '>') => {
                        *self = Self { angles: self.angles.saturating_sub(1), ..Self::default() };
                    }
                    (_, ';') => *self = Self::default(),
                    _ => self.prefixes += 1,
                }
                self.joint = (punct.spacing() == Spacing::Joint).then(|| punct.as_char());
            }
            // `&'a mut T`
            TokenTree::Ident(ident) if before == Some('\'') || ident == "mut" => {}
            _ => self.prefixes = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_deep(text: &str) -> bool {
        nested_too_deep(&text.parse().unwrap()).is_err()
    }

    fn nested(open: &str, close: &str, depth: usize) -> String {
        format!("a = {}x{};", open.repeat(depth), close.repeat(depth))
    }

    #[test]
    fn whatever_is_nested_has_the_same_limit() {
        for (open, close) in [
            ("(", ")"),
            ("f(", ")"),
            ("{", "}"),
            ("[", "; 1]"),
            ("Option<", ">"),
            ("Fn(u8) -> Box<", ">"),
        ] {
            assert!(!is_too_deep(&nested(open, close, LIMIT)), "{open}");
            assert!(is_too_deep(&nested(open, close, LIMIT + 1)), "{open}");
        }
        assert!(is_too_deep(&nested("Option<(", ")>", LIMIT / 2 + 1)));
    }

    #[test]
    fn rows_of_operators_in_front_have_a_limit() {
        for open in ["&", "&'static ", "&mut ", "- ", "!", "||"] {
            assert!(!is_too_deep(&nested(open, "", 40)), "{open}");
            assert!(is_too_deep(&nested(open, "", LIMIT + 1)), "{open}");
        }
    }

    #[test]
    fn what_is_long_is_not_deep() {
        assert!(!is_too_deep(&"a: Option<Vec<u8>>, ".repeat(1000)));
        assert!(!is_too_deep(&"x.is() && a < b; ".repeat(1000)));
        assert!(!is_too_deep(&"f(|| x) -> y => z, ".repeat(1000)));
    }
}
