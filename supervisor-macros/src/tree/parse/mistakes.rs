//! Messages for the syntax of other languages, by what stands in a place of the tree.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, token};

use super::super::ast::TypePath;
use super::super::text::compact;
use super::child::is_lower;
use crate::options::begins_with_option;
use crate::options::key::Key;
use crate::words::{Policy, Strategy, Vocabulary, elsewhere};

/// Says how several workers of one kind are written.
pub(super) fn several(name: &str, of: &str, count: &str) -> String {
    format!(
        "several workers of one kind are `{name}: simple_one_for_one(partitions = {count}) {{ worker: {of} }}`"
    )
}

/// Returns the message for tokens that follow a complete child, if they are known.
pub(super) fn after_child(input: ParseStream, has_value: bool) -> Option<String> {
    let ahead = input.fork();
    if has_value && (ahead.peek(Token![=>]) || ahead.peek(Token![->])) {
        // `(ctx) => async { … }`
        return Some("a closure is written `|ctx| async move { … }`".to_owned());
    }
    if ahead.peek(token::Paren) {
        let holds_options = || -> syn::Result<bool> {
            let content;
            syn::parenthesized!(content in ahead);
            Ok(begins_with_option(&content))
        };
        return holds_options().is_ok_and(|holds| holds).then(|| {
            "options stand before the braces, and before the `=` of a value: \
             `name: one_for_one(max_restarts = 5) { … }`"
                .to_owned()
        });
    }
    if let Some(message) = word_behind_child(input) {
        return Some(message);
    }
    if ahead.parse::<Token![*]>().is_ok() {
        let count = ahead.parse::<syn::LitInt>().map_or("4".to_owned(), |count| count.to_string());
        return Some(several("workers", "Type", &count));
    }
    if ahead.peek(Token![=>]) {
        return Some("a child's value stands after `=`".to_owned());
    }
    if ahead.parse::<Token![as]>().is_ok() {
        let word = ahead.call(Ident::parse_any).map(|word| word.to_string()).unwrap_or_default();
        let policy = Policy::parse(&word).or_else(|| Policy::meant_by(&word).map(|(it, _)| it));
        let policy = policy.unwrap_or(Policy::Transient).as_str();
        return Some(format!("a policy stands around the type, as in `name: {policy}<Type>`"));
    }
    if ahead.peek(Token![->]) || ahead.peek(Token![<-]) {
        return Some(
            "a child uses a sibling above it by naming it in its value, as in \
             `front: Front = Front::new(db)`; a value stands after `=`"
                .to_owned(),
        );
    }
    None
}

/// Returns the message for an option without parentheses behind a child: `db: Db restart Transient`.
fn word_behind_child(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    let word = ahead.call(Ident::parse_any).ok()?;
    // `db: Db` and then `restart: Always`, without a comma between them, are two children.
    if ahead.peek(Token![:]) {
        return None;
    }
    let text = word.to_string();
    let key = Key::parse(&text).or_else(|| elsewhere::options(&text).next())?;
    let _ = ahead.parse::<Token![=]>();
    let value = ahead.call(Ident::parse_any).map(|value| value.to_string()).unwrap_or_default();
    let policy = Policy::parse(&value).or_else(|| Policy::meant_by(&value).map(|(meant, _)| meant));
    Some(match policy.filter(|_| key == Key::Restart) {
        Some(policy) => {
            format!("a policy stands around the type, as in `name: {}<Type>`", policy.as_str())
        }
        None => format!(
            "options stand in parentheses, as in `name: Type({} = {})`",
            key.as_str(),
            key.example()
        ),
    })
}

/// Returns the message for tokens where a child is expected and no name stands.
pub(super) fn no_child(input: ParseStream) -> &'static str {
    if input.peek(token::Brace) || input.peek(token::Paren) || input.peek(token::Bracket) {
        return "a child has no brackets around it; it is written `name: Type = value`";
    }
    if input.peek(Token![..]) {
        return "a tree takes no children from elsewhere: one is `name: OtherTree`, and others are added to the running tree";
    }
    if input.peek(syn::Lit) {
        return "a child's name is a word that begins with a letter, as in `worker_1: …`";
    }
    "expected a child, as in `name: Always` or `name: Type = value`"
}

/// Returns the message for a child that is a list of fields, as in YAML and in Elixir:
/// `{ type: Db, restart: Transient }`; `None` for other tokens.
pub(super) fn fields(input: ParseStream, name: &Ident) -> Option<String> {
    const TYPES: [&str; 9] =
        ["type", "start", "module", "kind", "class", "child", "worker", "image", "run"];
    let parse = || -> syn::Result<Vec<(String, TokenStream)>> {
        let ahead = input.fork();
        let content;
        syn::braced!(content in ahead);
        let mut fields = Vec::new();
        while !content.is_empty() {
            let word = content.call(Ident::parse_any)?;
            if content.parse::<Token![:]>().is_err() {
                content.parse::<Token![=]>()?;
            }
            let mut value = TokenStream::new();
            while !content.is_empty() && !content.peek(Token![,]) {
                value.extend([content.parse::<TokenTree>()?]);
            }
            let _ = content.parse::<Token![,]>();
            fields.push((word.to_string(), value));
        }
        Ok(fields)
    };
    let fields = parse().ok()?;
    let is_option = |word: &str| {
        Key::parse(word).is_some()
            || elsewhere::options(word).next().is_some()
            || elsewhere::instead_of_option(word).is_some()
    };
    let is_type = |word: &str| TYPES.contains(&word);
    // `{ worker: Always }` and `{ run: one_for_one { … } }` are children.
    let is_field = |(word, value): &(String, TokenStream)| {
        is_option(word) || (is_type(word) && syn::parse2::<syn::Path>(value.clone()).is_ok())
    };
    let has_policy = |(word, value): &(String, TokenStream)| {
        is_type(word) && Policy::parse(&compact(value)).is_some()
    };
    let tells = |(word, _): &(String, TokenStream)| {
        (is_option(word) && !is_type(word)) || ["type", "start", "module"].contains(&&**word)
    };
    if !fields.iter().all(is_field) || !fields.iter().any(tells) || fields.iter().any(has_policy) {
        return None;
    }
    let of = fields.iter().find(|(word, _)| TYPES.contains(&&**word));
    let of = of.and_then(|(_, value)| syn::parse2::<syn::Path>(value.clone()).ok());
    let of = of.map_or_else(|| "Type".to_owned(), |of| compact(&of.to_token_stream()));
    let policy = fields.iter().filter(|(word, _)| {
        elsewhere::options(word).chain(Key::parse(word)).any(|key| key == Key::Restart)
    });
    let mut policy = policy.filter_map(|(_, value)| {
        let last = value.clone().into_iter().last()?.to_string();
        let last = last.trim_matches('"');
        Policy::parse(last).or_else(|| Policy::meant_by(last).map(|(meant, _)| meant))
    });
    let written = match policy.next_back() {
        Some(policy) => format!("{}<{of}>", policy.as_str()),
        None => of,
    };
    Some(format!(
        "a child has its type behind its colon, and options behind that in parentheses; write `{name}: {written}(…)`"
    ))
}

/// Returns a child as it is declared, from its value; `None` if the value does not tell.
pub(super) fn declaration_of(name: &Ident, value: &Expr) -> Option<String> {
    let (path, arguments) = match value {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => (&path.path, "(…)"),
            _ => return None,
        },
        Expr::Struct(value) => (&value.path, " { … }"),
        Expr::Path(path) => (&path.path, ""),
        Expr::Closure(_) => return Some(format!("{name}: Always = |ctx| …")),
        _ => return None,
    };
    let written = compact(&path.to_token_stream());
    let last = path.segments.last()?.ident.to_string();
    if !is_lower(&last) {
        let value =
            if arguments.is_empty() { String::new() } else { format!(" = {written}{arguments}") };
        return Some(format!("{name}: {written}{value}"));
    }
    match written.rsplit_once("::") {
        Some((of, _)) if !is_lower(of.rsplit("::").next()?) => {
            Some(format!("{name}: {of} = {written}{arguments}"))
        }
        _ if arguments.is_empty() => Some(format!("{name}: Always = {written}")),
        _ => None,
    }
}

/// Returns the message for a type or a value where only one type can stand: `[Cache; 4]`,
/// `Box<dyn Worker>`, `"Db"`; `None` for other tokens.
pub(super) fn no_type(input: ParseStream, name: &Ident) -> Option<String> {
    let ahead = input.fork();
    if let Ok(string) = ahead.parse::<syn::LitStr>() {
        return Some(format!("a type has no quotes; write `{name}: {}`", string.value()));
    }
    if input.peek(Token![&]) {
        return Some(format!(
            "a child owns its value; write `{name}: Type` without `&`, and share data in an `Arc`"
        ));
    }
    if input.peek(Token![dyn]) || input.peek(Token![impl]) {
        return Some(one_type(name));
    }
    if let Some(message) = options_first(input, name) {
        return Some(message);
    }
    if let Some(count) = factor(input) {
        return Some(several(&name.to_string(), "Type", &count));
    }
    let ahead = input.fork();
    let word = ahead.call(Ident::parse_any).ok()?;
    if word == "match" || word == "if" || word == "loop" || word == "unsafe" {
        return Some(format!("a child's value stands after `=`; write `{name}: Type = {word} …`"));
    }
    if (word == "DynamicSupervisor" || word == "PartitionSupervisor") && !ahead.peek(Token![=]) {
        let (_, strategy) = elsewhere::strategy(&word.to_string())?;
        return Some(format!(
            "a supervisor is written by its strategy, as in `{name}: {strategy} {{ worker: Type }}`"
        ));
    }
    if let Some((of, count)) = pool_of(&word, &ahead) {
        return Some(several(&name.to_string(), &of, &count));
    }
    if let Some(strategy) = tree_in_tree(input) {
        return Some(format!(
            "a nested supervisor stands in the tree as it is; write `{name}: {strategy} {{ … }}`"
        ));
    }
    if ahead.parse::<Token![!]>().is_ok() || (word == "Vec" && ahead.peek(Token![<])) {
        let of = inner_type(&ahead).unwrap_or_else(|| "Type".to_owned());
        return Some(several(&name.to_string(), &of, "4"));
    }
    None
}

/// Returns the strategy of `supervision_tree! { one_for_one { … } }`.
fn tree_in_tree(input: ParseStream) -> Option<&'static str> {
    let call: syn::Macro = input.fork().parse().ok()?;
    if call.path.segments.last()?.ident != "supervision_tree" {
        return None;
    }
    let words = call.tokens.into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Strategy::parse(&word.to_string()),
        _ => None,
    });
    Some(words.into_iter().next().unwrap_or(Strategy::OneForOne).as_str())
}

/// Returns the type and the number in `Pool<Type, 4>`.
fn pool_of(word: &Ident, ahead: ParseStream) -> Option<(String, String)> {
    let is_pool = word == "Pool" || word == "Partitioned" || word == "WorkerPool";
    let arguments: syn::AngleBracketedGenericArguments = ahead.fork().parse().ok()?;
    let mut arguments = arguments.args.iter().filter(|_| is_pool);
    let (of, count) = (arguments.next()?, arguments.next()?);
    let syn::GenericArgument::Const(Expr::Lit(count)) = count else { return None };
    Some((compact(&of.to_token_stream()), compact(&count.to_token_stream())))
}

/// Returns the message for options in front of a type: `(shutdown = 5s) Type`.
fn options_first(input: ParseStream, name: &Ident) -> Option<String> {
    let parse = || -> syn::Result<Option<(String, String)>> {
        let ahead = input.fork();
        let content;
        syn::parenthesized!(content in ahead);
        if !begins_with_option(&content) {
            return Ok(None);
        }
        let options: TokenStream = content.parse()?;
        let of: syn::Path = ahead.parse()?;
        Ok(Some((compact(&options), compact(&of.to_token_stream()))))
    };
    let (options, of) = parse().ok()??;
    Some(format!("options stand behind the type; write `{name}: {of}({options})`"))
}

/// Returns the number in `4 * Type`.
fn factor(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    let count = ahead.parse::<syn::LitInt>().ok()?;
    ahead.parse::<Token![*]>().ok()?;
    Some(count.to_string())
}

/// Returns the message for a type of std, or of this library, that is never a child: `Arc<Db>`,
/// `Option<Db>`, `ChildRef<Query>`; `None` for other types.
///
/// No program can make them children, since neither the type nor the trait is its own. A program may
/// have a type of its own with a name such as `Mutex`, which counts only with its path.
pub(super) fn no_child_type(ty: &TypePath, name: &Ident) -> Option<String> {
    const OF_STD: [&str; 5] = ["std::", "::std::", "core::", "alloc::", "tokio::"];
    const WORDS: [&str; 5] = ["Arc", "Rc", "Option", "ChildRef", "JoinHandle"];
    const WRAPPERS: [&str; 7] = ["Arc", "Rc", "Mutex", "RwLock", "RefCell", "Cell", "OnceCell"];
    let text = compact(&ty.tokens);
    let (path, of) = text.split_once('<')?;
    let of = of.strip_suffix('>')?;
    let last = ty.last.to_string();
    let is_word = path.trim_end_matches(':') == last && WORDS.contains(&&*last);
    let is_of_std = OF_STD.iter().any(|root| path.starts_with(root));
    if !(is_word || is_of_std) || of.contains(',') {
        return None;
    }
    match &*last {
        "Option" => Some(format!(
            "a declared child is always there; write `{name}: {of}`, or add it to the running tree with `add_child`"
        )),
        "JoinHandle" => Some(format!(
            "the supervisor spawns each life; a task has a policy: `{name}: Always = function`"
        )),
        "ChildRef" => Some(format!(
            "an address is no child; write the type of the child, as in `{name}: Type`"
        )),
        last if WRAPPERS.contains(&last) => Some(format!(
            "a child has its type alone, since others share its address; write `{name}: {of}`"
        )),
        _ => None,
    }
}

/// Says that a child has one type that is known.
pub(super) fn one_type(name: &Ident) -> String {
    format!(
        "a child has one type, which is known; write `{name}: Type`, with the `dyn` in a field of the type"
    )
}

/// Returns the message for an array of workers, `[Cache; 4]`.
pub(super) fn array(input: ParseStream, name: &Ident) -> Option<String> {
    let parse = || -> syn::Result<Option<(String, String)>> {
        let ahead = input.fork();
        let content;
        syn::bracketed!(content in ahead);
        let of: syn::Type = content.parse()?;
        if content.parse::<Token![;]>().is_err() {
            return Ok(None);
        }
        let count: TokenStream = content.parse()?;
        Ok(Some((compact(&of.to_token_stream()), compact(&count))))
    };
    let (of, count) = parse().ok()??;
    Some(several(&name.to_string(), &of, &count))
}

/// Returns the type in `<Type>` or `[Type; 4]`.
fn inner_type(ahead: ParseStream) -> Option<String> {
    if let Ok(arguments) = ahead.fork().parse::<syn::AngleBracketedGenericArguments>() {
        return arguments.args.first().map(|of| compact(&of.to_token_stream()));
    }
    let parse = || -> syn::Result<String> {
        let content;
        syn::bracketed!(content in ahead);
        let of: syn::Path = content.parse()?;
        Ok(compact(&of.to_token_stream()))
    };
    parse().ok()
}
