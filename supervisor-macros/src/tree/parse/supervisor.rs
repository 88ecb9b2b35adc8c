//! Parses supervisors: strategy, options, and the brackets around the children.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::AnyDelimiter;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token, token};

use super::super::ast::{Enclosure, Supervisor};
use super::children;
use super::recovery::{kebab, starts_child};
use crate::errors::Errors;
use crate::options::key::Key;
use crate::options::{Options, begins_with_option};
use crate::words::{Strategy, Vocabulary, Word};

/// Parses `strategy ("(" options ")")? "{" children "}"`.
///
/// The caller is certain that a supervisor stands here; `name` is for messages, and `strategy` is given
/// if it has been parsed already.
pub(super) fn parse(
    input: ParseStream,
    name: Option<&Ident>,
    parsed: Option<Word<Strategy>>,
    errors: &mut Errors,
) -> syn::Result<Supervisor> {
    if input.is_empty() {
        let message = match name {
            Some(name) => format!("expected a supervisor: `{name}: one_for_one {{ … }}`"),
            None => "expected a supervisor: `one_for_one { … }`".to_owned(),
        };
        // At the end of the macro there is no token to point at but the name.
        let place = name.map_or_else(|| input.span(), Ident::span);
        return Err(syn::Error::new(place, message));
    }
    let strategy = if let Some(parsed) = parsed {
        parsed
    } else if input.peek(token::Brace) {
        let message = match name {
            Some(name) => {
                format!("supervisor `{name}` has no strategy; write `{name}: one_for_one {{ … }}`")
            }
            None => "this supervisor has no strategy; write `one_for_one { … }`".to_owned(),
        };
        errors.at(input.cursor().span(), message);
        known(Strategy::OneForOne, input.cursor().span())
    } else {
        strategy(input, errors)?
    };
    let mut options = Options::default();
    if input.peek(token::Paren) && !holds_children(input) {
        let content;
        syn::parenthesized!(content in input);
        options = Options::parse(&content, errors);
    } else if let Some(others) = options_in_brackets(input, &strategy, errors) {
        options = others;
    }
    sign_before_children(input, name, &strategy, errors);
    let mut enclosure = Enclosure::Missing(strategy.ident.span());
    if input.peek(Token![<]) {
        enclosure = Enclosure::Wrong(input.cursor().span());
        let _ = input.parse::<syn::AngleBracketedGenericArguments>();
    }
    let (mut children, mut lost) = (Vec::new(), None);
    if let Some(words) = do_end(input, &strategy, errors) {
        enclosure = Enclosure::Braces;
        let parser = |content: ParseStream| Ok(children::parse(content, errors));
        (children, lost) = Parser::parse2(parser, words)?;
    }
    if let Ok((delimiter, span, content)) = input.parse_any_delimiter() {
        if !matches!(enclosure, Enclosure::Wrong(_)) {
            enclosure = match delimiter {
                Delimiter::Brace => Enclosure::Braces,
                _ => Enclosure::Wrong(span.open()),
            };
        }
        (children, lost) = children::parse(&content, errors);
    }
    Ok(Supervisor { strategy, options, enclosure, children, lost, handle: None })
}

/// Returns a supervisor without children, which stands for one that is not written yet.
pub(super) fn unfinished() -> Supervisor {
    Supervisor {
        strategy: known(Strategy::OneForOne, Span::mixed_site()),
        options: Options::default(),
        enclosure: Enclosure::Braces,
        children: Vec::new(),
        lost: None,
        handle: None,
    }
}

fn known(strategy: Strategy, span: Span) -> Word<Strategy> {
    Word { ident: Ident::new(strategy.as_str(), span), known: Some(strategy) }
}

/// Parses a strategy, and one that is written as in other languages: `:one_for_one`,
/// `one-for-one`, `SupervisionStrategy::OneForOne`.
fn strategy(input: ParseStream, errors: &mut Errors) -> syn::Result<Word<Strategy>> {
    let start = input.span();
    if let Ok(colon) = input.parse::<Token![:]>() {
        if !input.peek(Ident::peek_any) {
            return Err(syn::Error::new(colon.span, format!("expected a strategy: {}", list())));
        }
        let word = strategy(input, errors)?;
        errors.at(colon.span, format!("a strategy has no `:` of its own; write `{}`", word.ident));
        return Ok(word);
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected a strategy: {}", list())));
    }
    if let Some((word, text)) = kebab(&input.fork())
        && let Some(meant) = Strategy::parse(&text)
    {
        kebab(input);
        errors.at(word.span(), format!("`-` is no part of a word here; write `{text}`"));
        return Ok(known(meant, word.span()));
    }
    let mut ident = input.call(Ident::parse_any)?;
    let mut is_path = false;
    while input.peek(Token![::]) && input.peek3(Ident::peek_any) {
        input.parse::<Token![::]>()?;
        ident = input.call(Ident::parse_any)?;
        is_path = true;
    }
    let text = ident.to_string();
    if is_path && let Some((meant, written)) = Strategy::meant_by(&text) {
        errors.at(start, format!("a strategy is one word; write `{written}`"));
        return Ok(known(meant, ident.span()));
    }
    let known = Strategy::parse(&text);
    Ok(Word { ident, known })
}

fn list() -> String {
    Strategy::list()
}

/// Returns whether the parentheses ahead hold children, where options belong: `(worker: Always)`.
fn holds_children(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.parse_any_delimiter().is_ok_and(|(_, _, content)| {
        // `max_restarts: 3` is an option in the syntax of other languages.
        let word = content.fork().call(Ident::parse_any).map(|word| word.to_string());
        starts_child(&content) && !word.is_ok_and(|word| Key::parse(&word).is_some())
    })
}

/// Reports and skips a sign between a strategy and its children: `sub: one_for_one = { … }`.
fn sign_before_children(
    input: ParseStream,
    name: Option<&Ident>,
    strategy: &Word<Strategy>,
    errors: &mut Errors,
) {
    let signs = if input.peek(Token![=>]) || input.peek(Token![->]) {
        2
    } else if input.peek(Token![=]) || (input.peek(Token![:]) && !input.peek(Token![::])) {
        1
    } else {
        return;
    };
    let (ahead, place) = (input.fork(), input.span());
    for _ in 0..signs {
        let _ = ahead.parse::<TokenTree>();
    }
    if !ahead.peek(token::Brace) && !ahead.peek(token::Bracket) {
        return;
    }
    for _ in 0..signs {
        let _ = input.parse::<TokenTree>();
    }
    let strategy = &strategy.ident;
    let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
    let message = format!("the children follow the strategy; write `{name}{strategy} {{ … }}`");
    errors.at(place, message);
}

/// Parses the words between `do` and `end`, and reports those.
fn do_end(
    input: ParseStream,
    strategy: &Word<Strategy>,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let word = input.fork().call(Ident::parse_any).ok().filter(|word| word == "do")?;
    input.call(Ident::parse_any).ok()?;
    let strategy = &strategy.ident;
    let message =
        format!("children stand in braces, not between `do` and `end`: `{strategy} {{ … }}`");
    errors.at(word.span(), message);
    let mut words = Vec::new();
    while let Ok(token) = input.parse::<TokenTree>() {
        if matches!(&token, TokenTree::Ident(word) if word == "end") {
            break;
        }
        words.push(token);
    }
    Some(words.into_iter().collect())
}

/// Parses options in the wrong brackets, `one_for_one[max_restarts = 5] { … }`, and reports those.
fn options_in_brackets(
    input: ParseStream,
    strategy: &Word<Strategy>,
    errors: &mut Errors,
) -> Option<Options> {
    let ahead = input.fork();
    let (delimiter, span, content) = ahead.parse_any_delimiter().ok()?;
    let are_options = begins_with_option(&content) || delimiter == Delimiter::Bracket;
    if delimiter == Delimiter::None || !are_options || !ahead.peek(token::Brace) {
        return None;
    }
    let example = match content.fork().parse::<TokenTree>() {
        Ok(word) if begins_with_option(&content) => format!("{word} = …"),
        _ => "max_restarts = 5".to_owned(),
    };
    let strategy = &strategy.ident;
    errors.at(
        span.open(),
        format!("options stand in parentheses, as in `{strategy}({example}) {{ … }}`"),
    );
    let (_, _, content) = input.parse_any_delimiter().ok()?;
    Some(Options::parse(&content, errors))
}
