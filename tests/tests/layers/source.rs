//! Source files: their tokens without test-only code, and the paths of the crate that they name.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// File names that mean test-only code, as the folder `tests` does.
const TEST_FILES: [&str; 2] = ["tests.rs", "size_tests.rs"];

pub(crate) struct File {
    /// Relative to `supervisor/src`.
    pub(crate) path: String,
    pub(crate) tokens: Vec<TokenTree>,
    pub(crate) names: Vec<Name>,
}

/// A path of the crate that a file names.
pub(crate) struct Name {
    /// From the root of the crate.
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    /// `true` if the path only re-exports an item of a module declared in the same file.
    pub(crate) is_facade: bool,
}

/// Reads files, each given as its path and its text, and leaves out test-only ones.
pub(crate) fn read(sources: &[(String, String)]) -> Vec<File> {
    let mut files = Vec::new();
    let mut test_modules = Vec::new();
    for (path, text) in sources {
        let module = module_of(path);
        let parsed: Result<TokenStream, _> = text.parse();
        let stream = parsed.unwrap_or_else(|error| panic!("supervisor/src/{path}: {error}"));
        let mut of_file = Vec::new();
        let tokens: Vec<TokenTree> = without_tests(stream, &mut of_file).into_iter().collect();
        test_modules.extend(of_file.into_iter().map(|name| [&module[..], &[name]].concat()));
        let mut names = Vec::new();
        collect(&tokens, &Scope::new(module, &tokens), false, &mut names);
        files.push(File { path: path.clone(), tokens, names });
    }
    files.retain(|file| {
        let module = module_of(&file.path);
        !is_test_file(&file.path) && !test_modules.iter().any(|test| module.starts_with(test))
    });
    files
}

fn is_test_file(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    parts.next().is_some_and(|file| TEST_FILES.contains(&file))
        || parts.any(|folder| folder == "tests")
}

/// Returns the segments of the module that the file holds: none for the root of the crate.
fn module_of(path: &str) -> Vec<String> {
    match path.trim_end_matches(".rs") {
        "lib" => Vec::new(),
        module => module.split('/').map(str::to_owned).collect(),
    }
}

/// Removes the items under `#[cfg(test)]`; collects those that are modules with a file of their
/// own.
fn without_tests(stream: TokenStream, test_modules: &mut Vec<String>) -> TokenStream {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut kept = TokenStream::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at..];
        if is_test_attribute(rest, &["#", "!"]) {
            return TokenStream::new();
        }
        if is_test_attribute(rest, &["#"]) {
            let item = &rest[..item_len(rest)];
            test_modules.extend(module_with_file(item));
            at += item.len();
            continue;
        }
        kept.extend([match token {
            TokenTree::Group(group) => {
                let inside = without_tests(group.stream(), test_modules);
                let mut kept = Group::new(group.delimiter(), inside);
                kept.set_span(group.span());
                kept.into()
            }
            other => other.clone(),
        }]);
        at += 1;
    }
    kept
}

fn module_with_file(item: &[TokenTree]) -> Option<String> {
    let [.., keyword, name, end] = item else { return None };
    (is(keyword, "mod") && is(end, ";")).then(|| name.to_string())
}

/// Tells whether the tokens start with an attribute that only a test build satisfies; `head` are
/// the tokens before its brackets.
fn is_test_attribute(tokens: &[TokenTree], head: &[&str]) -> bool {
    let Some(TokenTree::Group(attribute)) = tokens.get(head.len()) else { return false };
    let is_attribute = head.iter().zip(tokens).all(|(head, token)| is(token, head))
        && attribute.delimiter() == Delimiter::Bracket;
    let content: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let [cfg, TokenTree::Group(condition)] = &content[..] else { return false };
    is_attribute && is(cfg, "cfg") && needs_test(condition)
}

/// Tells whether a condition, or one of those in an `all(…)`, is `test`.
fn needs_test(condition: &Group) -> bool {
    let tokens: Vec<TokenTree> = condition.stream().into_iter().collect();
    tokens.split(|token| is(token, ",")).any(|part| match part {
        [word] => is(word, "test"),
        [word, TokenTree::Group(parts)] => is(word, "all") && needs_test(parts),
        _ => false,
    })
}

/// Counts the tokens of the item, field, arm or statement that the tokens start with, its
/// attributes included.
fn item_len(tokens: &[TokenTree]) -> usize {
    let mut start = 0;
    while tokens.get(start).is_some_and(|token| is(token, "#")) {
        start += 2;
    }
    let item = &tokens[start..];
    let ending = Ending::of(item);
    let end = (0..item.len()).find(|&at| ending.is_at(item, at));
    end.map_or(tokens.len(), |end| start + end + 1)
}

/// The token with which an item ends.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// Its body, or a semicolon: a function.
    Body,
    /// A semicolon: an import.
    Semicolon,
    /// A comma, a semicolon or a block: a field, an arm, a statement.
    Comma,
}

impl Ending {
    fn of(item: &[TokenTree]) -> Self {
        let words: Vec<String> = item
            .iter()
            .filter(|token| matches!(token, TokenTree::Ident(_)))
            .map(TokenTree::to_string)
            .filter(|word| word != "pub")
            .take(2)
            .collect();
        let mut words = words.iter().map(String::as_str);
        match words.next().unwrap_or_default() {
            "const" if matches!(words.next(), Some("fn" | "unsafe" | "async" | "extern")) => {
                Self::Body
            }
            "use" | "let" | "static" | "type" | "const" => Self::Semicolon,
            "fn" | "mod" | "struct" | "enum" | "impl" | "trait" | "macro_rules" | "async"
            | "unsafe" | "extern" => Self::Body,
            _ => Self::Comma,
        }
    }

    fn is_at(self, item: &[TokenTree], at: usize) -> bool {
        let is_braced = is_braced(&item[at]);
        let follows = |mark| at > 0 && is(&item[at - 1], mark);
        is(&item[at], ";")
            || match self {
                Self::Body => is_braced,
                Self::Semicolon => false,
                // A block of its own, an arm's, or a macro's.
                Self::Comma => {
                    is(&item[at], ",") || is_braced && (at == 0 || follows(">") || follows("!"))
                }
            }
    }
}

/// The module in which a path stands.
struct Scope {
    module: Vec<String>,
    /// The modules declared in it: a path may start with one of them.
    children: Vec<String>,
}

impl Scope {
    fn new(module: Vec<String>, tokens: &[TokenTree]) -> Self {
        Self { module, children: modules(tokens) }
    }

    /// Tells whether a path of the crate starts at the position.
    fn is_start(&self, tokens: &[TokenTree], at: usize) -> bool {
        if !is_separator(&tokens[at + 1..]) {
            return false;
        }
        let before = at.checked_sub(1).map(|at| &tokens[at]);
        let is_continued = |mark| before.is_some_and(|before| is(before, mark));
        match tokens[at].to_string().as_str() {
            "crate" | "super" | "self" => true,
            word => {
                let continues = [":", ".", "$"].into_iter().any(is_continued);
                !continues && self.children.iter().any(|child| child == word)
            }
        }
    }
}

/// Returns the names of the modules that are declared among the tokens, with a file or a body.
pub(crate) fn modules(tokens: &[TokenTree]) -> Vec<String> {
    let declared = tokens
        .windows(3)
        .filter(|three| is(&three[0], "mod") && (is(&three[2], ";") || is_braced(&three[2])));
    declared.map(|three| three[1].to_string()).collect()
}

/// Collects the paths of the crate; `exports` in a `use` that is visible outside its module.
fn collect(tokens: &[TokenTree], scope: &Scope, mut exports: bool, names: &mut Vec<Name>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at..];
        if is_visibility_with_path(rest) {
            at += 2;
        } else if let Some((name, body)) = inline_module(rest) {
            let module = [&scope.module[..], &[name]].concat();
            collect(&body, &Scope::new(module, &body), false, names);
            at += 3;
        } else if scope.is_start(tokens, at) {
            let is_child = scope.children.iter().any(|child| is(token, child));
            let is_facade = exports && is_child;
            at += follow(rest, scope.module.clone(), is_facade, names);
        } else {
            if let TokenTree::Group(group) = token {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                collect(&inside, scope, exports, names);
            }
            exports = !is(token, ";") && (exports || is(token, "use") && is_visible(tokens, at));
            at += 1;
        }
    }
}

/// Tells whether the keyword at the position follows `pub` or `pub(…)`.
fn is_visible(tokens: &[TokenTree], at: usize) -> bool {
    match &tokens[..at] {
        [.., keyword, TokenTree::Group(_)] | [.., keyword] => is(keyword, "pub"),
        [] => false,
    }
}

/// Tells whether the tokens start with `pub(in …)`, whose path is no import.
fn is_visibility_with_path(tokens: &[TokenTree]) -> bool {
    let [keyword, TokenTree::Group(group), ..] = tokens else { return false };
    let first = group.stream().into_iter().next();
    is(keyword, "pub") && first.is_some_and(|first| is(&first, "in"))
}

fn inline_module(tokens: &[TokenTree]) -> Option<(String, Vec<TokenTree>)> {
    let [keyword, name, TokenTree::Group(body), ..] = tokens else { return None };
    let is_module = is(keyword, "mod") && body.delimiter() == Delimiter::Brace;
    is_module.then(|| (name.to_string(), body.stream().into_iter().collect()))
}

/// Follows the path that the tokens start with, and each branch of it; counts its tokens.
fn follow(
    tokens: &[TokenTree],
    mut segments: Vec<String>,
    is_facade: bool,
    names: &mut Vec<Name>,
) -> usize {
    let Some(first) = tokens.first() else { return 0 };
    let line = first.span().start().line;
    let mut at = 0;
    while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
        match segment.to_string().as_str() {
            "crate" => segments.clear(),
            "super" => drop(segments.pop()),
            "self" => {}
            name => segments.push(name.to_owned()),
        }
        at += 1;
        if !is_separator(&tokens[at..]) {
            break;
        }
        at += 2;
    }
    match tokens.get(at) {
        Some(TokenTree::Group(group)) if is_separator_before(tokens, at) => {
            let branches: Vec<TokenTree> = group.stream().into_iter().collect();
            for branch in branches.split(|token| is(token, ",")) {
                follow(branch, segments.clone(), is_facade, names);
            }
            at + 1
        }
        _ => {
            names.push(Name { segments, line, is_facade });
            at.max(1)
        }
    }
}

fn is_separator_before(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_separator(&tokens[at - 2..])
}

/// Tells whether the tokens start with `::`.
pub(crate) fn is_separator(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(first), TokenTree::Punct(second), ..] = tokens else { return false };
    first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':'
}

/// Tells whether the token is this word or this mark.
pub(crate) fn is(token: &TokenTree, text: &str) -> bool {
    match token {
        TokenTree::Ident(ident) => ident == text,
        TokenTree::Punct(punct) => text.strip_prefix(punct.as_char()) == Some(""),
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

pub(crate) fn is_braced(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Calls the function at each position, in each group, with the group's tokens and the position.
pub(crate) fn at_each(tokens: &[TokenTree], call: &mut impl FnMut(&[TokenTree], usize)) {
    for (at, token) in tokens.iter().enumerate() {
        call(tokens, at);
        if let TokenTree::Group(group) = token {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            at_each(&inside, call);
        }
    }
}
