//! The layers of `supervisor/src`: each file belongs to one, and names only those below it.
//!
//! The sources are read as tokens. A doc comment is an attribute with a string in it, so a link in
//! the documentation is no import; the tokens of a macro's call or body are read like all others.
//! Test-only code is left out.
//!
//! `cargo test -p supervisor-tests --test layers -- --nocapture drawing` prints which layer names
//! which, and how often.

use std::fs;
use std::path::{Path, PathBuf};

use rules::Layer;
use rules::MayName::{Lower, LowerBut, Only};
use source::File;

/// The layers, from the bottom up. A place is a file, or a folder if it ends with a slash; a path
/// that leads to no place of another layer is one of the root.
const LAYERS: &[Layer] = &[
    Layer { name: "catch", places: &["catch.rs"], may_name: Only(&[]) },
    Layer { name: "packed_instant", places: &["packed_instant.rs"], may_name: Only(&[]) },
    Layer { name: "spec", places: &["spec.rs", "spec/"], may_name: Only(&[]) },
    Layer {
        name: "engine",
        places: &["engine.rs", "engine/"],
        may_name: Only(&["spec", "packed_instant"]),
    },
    Layer { name: "mailbox", places: &["mailbox.rs", "mailbox/"], may_name: Only(&["spec"]) },
    Layer {
        name: "observe",
        places: &["observe.rs", "observe/"],
        may_name: Only(&["spec", "catch"]),
    },
    Layer { name: "error", places: &["error.rs"], may_name: Only(&["spec", "engine"]) },
    Layer {
        name: "inbox",
        places: &["inbox.rs", "inbox/"],
        may_name: Only(&["spec", "engine", "error"]),
    },
    Layer {
        name: "slot",
        places: &["slot.rs", "slot/"],
        may_name: Only(&["spec", "engine", "mailbox", "inbox", "packed_instant", "error"]),
    },
    Layer {
        name: "life",
        places: &["life.rs", "life/"],
        may_name: Only(&["spec", "engine", "inbox", "slot", "catch", "mailbox", "observe"]),
    },
    Layer {
        name: "child",
        places: &["child.rs", "child/"],
        may_name: Only(&["spec", "engine", "mailbox", "inbox", "slot", "life", "error"]),
    },
    Layer { name: "runtime", places: &["runtime.rs", "runtime/"], may_name: Lower },
    Layer { name: "supervisor", places: &["supervisor.rs", "supervisor/"], may_name: Lower },
    Layer { name: "tree", places: &["tree.rs", "tree/"], may_name: Lower },
    Layer { name: "testing", places: &["testing.rs", "testing/"], may_name: Lower },
    Layer { name: "kinds", places: &["kinds.rs", "kinds/"], may_name: LowerBut(&["testing"]) },
    Layer {
        name: "root",
        places: &["lib.rs", "__private.rs", "__private/", "guide.rs"],
        may_name: Lower,
    },
];

#[test]
fn each_file_belongs_to_one_layer() {
    pass(&rules::misplaced(LAYERS, &library()));
}

#[test]
fn the_table_runs_from_the_bottom_up() {
    pass(&rules::faults_of_table(LAYERS));
}

#[test]
fn no_layer_names_one_that_it_may_not() {
    pass(&rules::forbidden(LAYERS, &library()));
}

#[test]
fn no_circle_of_files_leaves_its_folder() {
    pass(&rules::circles(&library()));
}

#[test]
fn the_engine_decides_without_io() {
    pass(&rules::io_of_engine(LAYERS, &library()));
}

#[test]
fn spec_is_plain_data() {
    pass(&rules::impurities_of_spec(LAYERS, &library()));
}

/// The table has to go on saying so; the sources are held to the table by another test.
#[test]
fn observe_changes_no_state_and_no_layer_names_testing() {
    let named_by_observe = rules::may_name(LAYERS, "observe");
    for layer in ["slot", "inbox", "runtime"] {
        assert!(!named_by_observe.contains(&layer), "`observe` may not name `{layer}`");
    }
    let naming = may_name_testing(LAYERS);
    assert_eq!(naming, ["root"], "only the root of the crate may name `testing`");
}

fn may_name_testing(table: &[Layer]) -> Vec<&str> {
    let names = table.iter().map(|layer| layer.name);
    names.filter(|name| rules::may_name(table, name).contains(&"testing")).collect()
}

/// Prints which layer names which. (See the head of this file.)
#[test]
fn drawing() {
    println!("{}", rules::drawing(LAYERS, &library()));
}

fn pass(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// The files of the library.
fn library() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supervisor/src");
    let mut sources: Vec<(String, String)> = files_below(&root)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|end| end == "rs"))
        .map(|file| {
            let parts = file.strip_prefix(&root).unwrap().iter();
            let parts: Vec<&str> = parts.map(|part| part.to_str().unwrap()).collect();
            (parts.join("/"), fs::read_to_string(&file).unwrap())
        })
        .collect();
    sources.sort();
    source::read(&sources)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Source files: their tokens without test-only code, and the paths of the crate that they name.
mod source {
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
        /// Whether it only re-exports an item of a module declared in the same file.
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

    /// Tells whether the tokens start with an attribute that only a test build satisfies; `head` is
    /// what stands before its brackets.
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

    /// Where an item ends.
    #[derive(Clone, Copy, PartialEq)]
    enum Ending {
        /// With its body, or a semicolon: a function.
        Body,
        /// With a semicolon: an import.
        Semicolon,
        /// With a comma, a semicolon or a block: a field, an arm, a statement.
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
                exports =
                    !is(token, ";") && (exports || is(token, "use") && is_visible(tokens, at));
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
}

/// The rules: each function returns a line for each fault that it finds.
mod rules {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};

    use proc_macro2::TokenTree;

    use crate::source::{self, File, Name, is, is_braced, is_separator};

    pub(crate) struct Layer {
        pub(crate) name: &'static str,
        /// Files, and folders with a slash at their ends.
        pub(crate) places: &'static [&'static str],
        pub(crate) may_name: MayName,
    }

    /// The layers that a layer may name beside itself.
    pub(crate) enum MayName {
        Only(&'static [&'static str]),
        /// All that stand before it in the table.
        Lower,
        /// All that stand before it in the table, but these.
        LowerBut(&'static [&'static str]),
    }

    /// Locks of the standard library.
    const LOCKS: [&str; 3] = ["Mutex", "RwLock", "Condvar"];

    /// The crates that `spec` may use.
    const STANDARD: [&str; 3] = ["std", "core", "alloc"];

    /// The other words that a path within the library can start with.
    const PATH_WORDS: [&str; 3] = ["crate", "super", "self"];

    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64",
    ];

    /// Keywords that can stand before a path, and are no part of it.
    const KEYWORDS: [&str; 17] = [
        "use", "return", "in", "as", "dyn", "impl", "for", "where", "mut", "const", "else",
        "match", "if", "break", "while", "move", "ref",
    ];

    /// Returns the layers that the layer may name beside itself.
    pub(crate) fn may_name(table: &[Layer], name: &str) -> Vec<&'static str> {
        let position = table.iter().position(|layer| layer.name == name);
        let position = position.unwrap_or_else(|| panic!("`{name}` is no layer"));
        let lower = table[..position].iter().map(|layer| layer.name);
        match table[position].may_name {
            MayName::Only(names) => names.to_vec(),
            MayName::Lower => lower.collect(),
            MayName::LowerBut(except) => lower.filter(|name| !except.contains(name)).collect(),
        }
    }

    /// A table in which each layer speaks only of those before it has no circle.
    pub(crate) fn faults_of_table(table: &[Layer]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut lower = BTreeSet::new();
        for Layer { name, may_name, .. } in table {
            let (MayName::Only(names) | MayName::LowerBut(names)) = may_name else {
                lower.insert(*name);
                continue;
            };
            for other in names.iter().filter(|other| !lower.contains(**other)) {
                faults.push(format!("the table: `{name}` speaks of `{other}`, no layer below it"));
            }
            lower.insert(*name);
        }
        if lower.len() < table.len() {
            faults.push("the table: two layers have the same name".to_owned());
        }
        faults
    }

    /// Finds files of no layer or of several, and places of the table that do not exist.
    pub(crate) fn misplaced(table: &[Layer], files: &[File]) -> Vec<String> {
        let mut faults = Vec::new();
        for File { path, .. } in files {
            let layers: Vec<&str> = layers_of_file(table, path).map(|layer| layer.name).collect();
            match layers[..] {
                [_] => {}
                [] => {
                    faults.push(format!("supervisor/src/{path} is in no layer of the table"));
                }
                _ => faults.push(format!(
                    "supervisor/src/{path} is in several layers: {}",
                    layers.join(", "),
                )),
            }
        }
        for Layer { name, places, .. } in table {
            let is_empty = |place: &&&str| !files.iter().any(|file| is_in(place, &file.path));
            for place in places.iter().filter(is_empty) {
                faults.push(format!("the table: there is no `{place}`, a place of `{name}`"));
            }
        }
        faults
    }

    fn is_in(place: &str, path: &str) -> bool {
        if place.ends_with('/') { path.starts_with(place) } else { path == place }
    }

    fn layers_of_file<'a>(table: &'a [Layer], path: &str) -> impl Iterator<Item = &'a Layer> {
        table.iter().filter(|layer| layer.places.iter().any(|place| is_in(place, path)))
    }

    fn layer_of_file<'a>(table: &'a [Layer], path: &str) -> Option<&'a Layer> {
        layers_of_file(table, path).next()
    }

    /// Returns the layer that a path of the crate leads to, or nothing if it ends in the root.
    fn layer_of_name<'a>(table: &'a [Layer], segments: &[String]) -> Option<&'a Layer> {
        let leads_to = |place: &str| {
            let module = place.trim_end_matches('/').trim_end_matches(".rs");
            let mut parts = module.split('/').zip(segments);
            parts.all(|(part, segment)| part == segment)
                && module.split('/').count() <= segments.len()
        };
        table.iter().find(|layer| layer.places.iter().any(|place| leads_to(place)))
    }

    /// Finds paths that lead to a layer that their own layer may not name.
    pub(crate) fn forbidden(table: &[Layer], files: &[File]) -> Vec<String> {
        let mut faults = Vec::new();
        for file in files {
            // A file without a layer is a fault of its own.
            let Some(layer) = layer_of_file(table, &file.path) else { continue };
            let allowed = may_name(table, layer.name);
            for name in &file.names {
                let named = layer_of_name(table, &name.segments).map_or("root", |named| named.name);
                if named != layer.name && !allowed.contains(&named) {
                    let line = at_line(file, name.line);
                    let path = path_of(name);
                    let root = if named == "root" { ", in the root of the crate" } else { "" };
                    faults.push(format!("{line} names {path}{root}: {}", rule(layer)));
                }
            }
        }
        faults
    }

    fn rule(layer: &Layer) -> String {
        let name = layer.name;
        match layer.may_name {
            MayName::Only([]) => format!("`{name}` may name no other layer"),
            MayName::Only(names) => format!("`{name}` may only name {}", names.join(", ")),
            MayName::Lower => format!("`{name}` may only name the layers below it"),
            MayName::LowerBut(except) => {
                let except = except.join(", ");
                format!("`{name}` may only name the layers below it, without {except}")
            }
        }
    }

    fn path_of(name: &Name) -> String {
        format!("crate::{}", name.segments.join("::"))
    }

    fn at_line(file: &File, line: usize) -> String {
        format!("supervisor/src/{}:{line}", file.path)
    }

    /// Files, by name, with the files that each names.
    type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

    /// Finds circles of files that do not lie in one folder, one for each knot of circles.
    pub(crate) fn circles(files: &[File]) -> Vec<String> {
        let graph = graph(files);
        let mut faults = Vec::new();
        let mut reported: BTreeSet<&str> = BTreeSet::new();
        for (&from, targets) in &graph {
            for &to in targets {
                if reported.contains(from) || folder(&graph, from) == folder(&graph, to) {
                    continue;
                }
                let Some(back) = way(&graph, to, from) else { continue };
                let is_in_knot = |file: &&str| {
                    way(&graph, from, file).is_some() && way(&graph, file, from).is_some()
                };
                let knot: Vec<&str> = graph.keys().copied().filter(is_in_knot).collect();
                faults.push(format!(
                    "supervisor/src: {from} -> {} (of {} files that name each other): files of \
                     different folders may not name each other in a circle",
                    back.join(" -> "),
                    knot.len(),
                ));
                reported.extend(knot);
            }
        }
        faults
    }

    fn graph(files: &[File]) -> Graph<'_> {
        let mut graph: Graph<'_> =
            files.iter().map(|file| (file.path.as_str(), BTreeSet::new())).collect();
        for file in files {
            // A module does not use the items of its children that it re-exports. A path leads to the
            // file of its last module, even if that only re-exports the item.
            let used = file.names.iter().filter(|name| !name.is_facade);
            let targets: BTreeSet<&str> =
                used.filter_map(|name| file_of(&graph, &name.segments)).collect();
            let others = targets.into_iter().filter(|target| *target != file.path);
            graph.insert(&file.path, others.collect());
        }
        graph
    }

    /// Returns the file that a path of the crate leads to, as deep as there are files.
    fn file_of<'a>(graph: &Graph<'a>, segments: &[String]) -> Option<&'a str> {
        let depths = (1..=segments.len()).rev();
        let files = depths.map(|depth| format!("{}.rs", segments[..depth].join("/")));
        let mut files = files.chain(["lib.rs".to_owned()]);
        files.find_map(|file| graph.get_key_value(file.as_str()).map(|(&file, _)| file))
    }

    /// Returns the folder of a file: that of its submodules, if it has any, or the one that it lies
    /// in. At the top, each file is a folder of its own.
    fn folder<'a>(graph: &Graph<'_>, path: &'a str) -> &'a str {
        let module = path.trim_end_matches(".rs");
        let has_submodules = graph
            .keys()
            .any(|other| other.strip_prefix(module).is_some_and(|rest| rest.starts_with('/')));
        match module.rsplit_once('/') {
            Some((parent, _)) if !has_submodules => parent,
            _ => module,
        }
    }

    /// Returns the files on a shortest way through the graph, both ends included.
    fn way<'a>(graph: &Graph<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
        let mut ways = VecDeque::from([vec![from]]);
        let mut seen = BTreeSet::from([from]);
        while let Some(way) = ways.pop_front() {
            let end = *way.last()?;
            if end == to {
                return Some(way);
            }
            for &next in &graph[end] {
                if seen.insert(next) {
                    ways.push_back([&way[..], &[next]].concat());
                }
            }
        }
        None
    }

    /// Finds what the engine leaves to the driver: tasks, threads, locks, the log, the clock.
    pub(crate) fn io_of_engine(table: &[Layer], files: &[File]) -> Vec<String> {
        let is_forbidden = |word: &str| {
            let words = ["tokio", "tracing", "async", "await", "thread", "spawn"];
            words.contains(&word) || LOCKS.contains(&word) || word.starts_with("Atomic")
        };
        faults_in_layer(table, files, "engine", |file, faults| {
            source::at_each(&file.tokens, &mut |tokens, at| {
                let line = at_line(file, line_of(&tokens[at]));
                if let Some(word) = word(&tokens[at]).filter(|word| is_forbidden(word)) {
                    faults.push(format!(
                        "{line} contains `{word}`: the engine decides, without tasks, threads, \
                         locks, atomics or a log",
                    ));
                }
                if asks_for_the_time(tokens, at) {
                    faults.push(format!("{line}: the engine asks nobody for the time"));
                }
            });
        })
    }

    /// `…::now` or `….elapsed()`.
    fn asks_for_the_time(tokens: &[TokenTree], at: usize) -> bool {
        let follows_separator = at >= 2 && is_separator(&tokens[at - 2..]);
        let follows_dot = at >= 1 && is(&tokens[at - 1], ".");
        let is_call = matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
        is(&tokens[at], "now") && follows_separator
            || is(&tokens[at], "elapsed") && follows_dot && is_call
    }

    /// Finds what makes `spec` more than plain data: other crates, `async`, locks, the clock.
    pub(crate) fn impurities_of_spec(table: &[Layer], files: &[File]) -> Vec<String> {
        let is_forbidden =
            |word: &str| ["async", "await", "Instant"].contains(&word) || LOCKS.contains(&word);
        faults_in_layer(table, files, "spec", |file, faults| {
            let known = names_in_scope(file);
            source::at_each(&file.tokens, &mut |tokens, at| {
                let Some(word) = word(&tokens[at]) else { return };
                let line = at_line(file, line_of(&tokens[at]));
                if is_forbidden(&word) {
                    faults.push(format!(
                        "{line} contains `{word}`: `spec` is plain data, without async, locks or \
                         a clock",
                    ));
                }
            });
            for (head, line) in heads(&file.tokens) {
                if !is_known_head(&head, &known) {
                    faults.push(format!(
                        "{} names the crate `{head}`: `spec` may only use {}",
                        at_line(file, line),
                        STANDARD.join(", "),
                    ));
                }
            }
        })
    }

    /// Returns the first word of each path, with its line.
    fn heads(tokens: &[TokenTree]) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if let Some(word) = word(token).filter(|_| is_head(tokens, at)) {
                found.push((word, line_of(token)));
            }
            if let TokenTree::Group(group) = token
                // The branches of an import continue its path.
                && !(at >= 2 && is_separator(&tokens[at - 2..]) && is_braced(token))
            {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                found.extend(heads(&inside));
            }
        }
        found
    }

    /// Tells whether a path starts at the position, and leads on to another name.
    fn is_head(tokens: &[TokenTree], at: usize) -> bool {
        let rest = &tokens[at + 1..];
        let leads_to_name = is_separator(rest)
            && rest.get(2).is_some_and(|next| {
                is_braced(next) || is(next, "*") || matches!(next, TokenTree::Ident(_))
            });
        let imported_whole = at >= 1 && is(&tokens[at - 1], "use");
        let is_keyword = KEYWORDS.iter().any(|keyword| is(&tokens[at], keyword));
        (leads_to_name || imported_whole) && !is_keyword && !is_continued(&tokens[..at])
    }

    /// Tells whether a name after these tokens goes on with their path: they end with a `::` that is
    /// not the start of an absolute path, with a dot or with the `$` of a macro's variable.
    fn is_continued(before: &[TokenTree]) -> bool {
        match before {
            [.., last] if is(last, ".") || is(last, "$") => true,
            [before @ .., first, second] if is_separator(&[first.clone(), second.clone()]) => {
                match before {
                    [.., TokenTree::Ident(word)] => !KEYWORDS.iter().any(|keyword| word == keyword),
                    [.., first, second] if is(second, ">") => !is(first, "-") && !is(first, "="),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn is_known_head(head: &str, known: &BTreeSet<String>) -> bool {
        STANDARD.contains(&head)
            || PATH_WORDS.contains(&head)
            || PRIMITIVES.contains(&head)
            || known.contains(head)
            // A type of this file, or an imported one.
            || head.starts_with(|first: char| first.is_uppercase())
    }

    /// Returns the modules that the file declares, and the names that it imports: the words of its
    /// imports but the first of each.
    fn names_in_scope(file: &File) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        source::at_each(&file.tokens, &mut |tokens, at| {
            if at == 0 {
                known.extend(source::modules(tokens));
            }
            if is(&tokens[at], "use") {
                let import = tokens[at..].split(|token| is(token, ";")).next().unwrap_or(&[]);
                let mut words = BTreeSet::new();
                source::at_each(import, &mut |tokens, at| words.extend(word(&tokens[at])));
                let heads = heads(import);
                words.retain(|word| heads.iter().all(|(head, _)| head != word));
                known.extend(words);
            }
        });
        known
    }

    /// Collects what the check finds in the files of a layer; a layer without files is a fault, too.
    fn faults_in_layer(
        table: &[Layer],
        files: &[File],
        name: &str,
        check: impl Fn(&File, &mut Vec<String>),
    ) -> Vec<String> {
        let is_of_layer =
            |file: &&File| layer_of_file(table, &file.path).is_some_and(|layer| layer.name == name);
        let mut faults = Vec::new();
        let of_layer: Vec<&File> = files.iter().filter(is_of_layer).collect();
        if of_layer.is_empty() {
            faults.push(format!("there is no file of `{name}` to check"));
        }
        of_layer.into_iter().for_each(|file| check(file, &mut faults));
        faults
    }

    fn word(token: &TokenTree) -> Option<String> {
        matches!(token, TokenTree::Ident(_)).then(|| token.to_string())
    }

    fn line_of(token: &TokenTree) -> usize {
        token.span().start().line
    }

    /// Writes a line for each layer, from the bottom up: the layers that it names, and how often.
    pub(crate) fn drawing(table: &[Layer], files: &[File]) -> String {
        let width = table.iter().map(|layer| layer.name.len()).max().unwrap_or_default();
        let line = |layer: &Layer| {
            let named = named_by(table, files, layer.name);
            let named: Vec<String> =
                named.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            let named = if named.is_empty() { "-".to_owned() } else { named.join(", ") };
            format!("{:width$}  {named}", layer.name)
        };
        table.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Counts the paths from one layer to each other one, in the order of the table.
    fn named_by<'a>(table: &'a [Layer], files: &[File], layer: &str) -> Vec<(&'a str, usize)> {
        let of_layer = files.iter().filter(|file| {
            layer_of_file(table, &file.path).is_some_and(|found| found.name == layer)
        });
        let names: Vec<&str> = of_layer
            .flat_map(|file| &file.names)
            .map(|name| layer_of_name(table, &name.segments).map_or("root", |found| found.name))
            .collect();
        let count = |name: &str| names.iter().filter(|found| **found == name).count();
        let others = table.iter().map(|other| other.name).filter(|other| *other != layer);
        others.map(|other| (other, count(other))).filter(|(_, count)| *count > 0).collect()
    }
}

/// Made-up files: each rule is broken once, so that no check passes for want of seeing anything.
mod made_up {
    use crate::rules::MayName::{Lower, Only};
    use crate::rules::{self, Layer};
    use crate::source::{self, File};
    use crate::{LAYERS, may_name_testing};

    fn files(sources: &[(&str, &str)]) -> Vec<File> {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        source::read(&sources.iter().map(owned).collect::<Vec<_>>())
    }

    /// The paths that a file names, as text.
    fn names(path: &str, text: &str) -> Vec<String> {
        let files = files(&[(path, text)]);
        files[0].names.iter().map(|name| name.segments.join("::")).collect()
    }

    fn forbidden(path: &str, text: &str) -> Vec<String> {
        rules::forbidden(LAYERS, &files(&[(path, text)]))
    }

    #[test]
    fn a_layer_above_is_forbidden() {
        let faults = forbidden("slot/core.rs", "\nuse crate::runtime::node::Node;");
        assert_eq!(
            faults,
            ["supervisor/src/slot/core.rs:2 names crate::runtime::node::Node: `slot` may only \
              name spec, engine, mailbox, inbox, packed_instant, error"]
        );
        let faults = forbidden("catch.rs", "fn f(_: &crate::spec::Name) {}");
        assert_eq!(
            faults,
            ["supervisor/src/catch.rs:1 names crate::spec::Name: `catch` may name no other layer"]
        );
        assert!(forbidden("slot/core.rs", "use crate::spec::Name; use crate::slot::X;").is_empty());
    }

    #[test]
    fn the_root_is_forbidden_and_may_name_all() {
        let faults = forbidden("runtime/node.rs", "use crate::Supervisor;");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("names crate::Supervisor, in the root of the crate: `runtime`"));
        assert_eq!(forbidden("kinds/program.rs", "$crate::__private::f()").len(), 1);
        assert!(forbidden("__private.rs", "pub use crate::testing::A; use crate::B;").is_empty());
    }

    #[test]
    fn kinds_and_testing_may_not_name_each_other() {
        assert_eq!(forbidden("kinds/periodic.rs", "use crate::testing::crash;").len(), 1);
        assert_eq!(forbidden("testing.rs", "use crate::kinds::Periodic;").len(), 1);
        let faults = forbidden(
            "supervisor.rs",
            "#[cfg(feature = \"test-util\")] fn f() { crate::testing::crash() }",
        );
        assert_eq!(faults.len(), 1);
        assert_eq!(may_name_testing(LAYERS), ["root"]);
    }

    #[test]
    fn a_table_that_lets_a_layer_name_testing_is_seen() {
        let table = [
            Layer { name: "testing", places: &["testing/"], may_name: Only(&[]) },
            Layer { name: "runtime", places: &["runtime/"], may_name: Only(&["testing"]) },
            Layer { name: "root", places: &["lib.rs"], may_name: Lower },
        ];
        assert_eq!(may_name_testing(&table), ["runtime", "root"]);
    }

    #[test]
    fn each_branch_of_an_import_is_a_path() {
        let text = "use crate::{a::B, c::{self, D, e::*}, f as g};";
        assert_eq!(names("x.rs", text), ["a::B", "c", "c::D", "c::e", "f"]);
        assert_eq!(names("x.rs", "use {crate::a::B, std::fmt};"), ["a::B"]);
    }

    #[test]
    fn paths_in_signatures_bodies_and_macros_count() {
        let text = "fn f() -> crate::a::B { <crate::c::D as crate::e::F>::g::<crate::h::I>(); }";
        assert_eq!(names("x.rs", text), ["a::B", "c::D", "e::F", "h::I"]);
        let text = "macro_rules! m { ($x:ty) => { $crate::a::f($x) }; } n! { [crate::b::g] }";
        assert_eq!(names("x.rs", text), ["a::f", "b::g"]);
    }

    #[test]
    fn super_is_resolved() {
        assert_eq!(names("slot/core.rs", "use super::super::runtime::Node;"), ["runtime::Node"]);
        assert_eq!(
            names("slot/core.rs", "use super::{state::State, *};"),
            ["slot::state::State", "slot"]
        );
        let text = "mod inner { use super::super::A; fn f() { super::g() } } use self::inner::B;";
        assert_eq!(names("slot.rs", text), ["A", "slot::g", "slot::inner::B"]);
        assert_eq!(forbidden("slot/core.rs", "use super::super::runtime::Node;").len(), 1);
        assert!(forbidden("slot/core.rs", "use super::state::State;").is_empty());
    }

    #[test]
    fn a_path_may_start_with_a_module_of_the_file() {
        let text = "mod state; use state::State; fn f(x: X) { x.state::<u8>(); Y::state::<u8>() }";
        assert_eq!(names("slot.rs", text), ["slot::state::State"]);
    }

    #[test]
    fn visibilities_and_links_are_no_imports() {
        let text = "
            //! [`crate::runtime`]
            /// [crate::runtime::Node]
            pub(crate) struct A(pub(in crate::runtime) u8);
            /** `crate::runtime` */ pub(super) const B: &str = \"crate::runtime\"; // crate::runtime
        ";
        assert!(names("slot.rs", text).is_empty());
    }

    #[test]
    fn test_only_code_is_left_out() {
        let item = |item: &str| {
            let text = format!("#[cfg(test)] #[allow(x)] {item} use crate::live::X;");
            assert_eq!(names("slot.rs", &text), ["live::X"], "{item}");
        };
        item("use crate::a::{B, C};");
        item("pub(crate) const A: crate::a::B = crate::a::B { c: 1 };");
        item("pub const fn f(x: crate::a::B, y: u8) -> crate::a::C { crate::a::d() }");
        item("impl<A, B> crate::a::C for D<A, B> { fn f() { crate::a::e() } }");
        item("mod tests { use crate::a::B; }");
        item("struct A<B, C>(crate::a::D<B>, C);");
        item("a! { crate::a::B }");
        let text = "struct A { #[cfg(test)] b: crate::b::B, c: crate::c::C }";
        assert_eq!(names("slot.rs", text), ["c::C"]);
        let text = "match a { #[cfg(test)] B => { crate::b::f() } C => crate::c::g(), }";
        assert_eq!(names("slot.rs", text), ["c::g"]);
        let text =
            "#[cfg(all(unix, test))] use crate::a::B; #[cfg(any(unix, test))] use crate::c::D;
            #[cfg(not(test))] use crate::e::F;";
        assert_eq!(names("slot.rs", text), ["c::D", "e::F"]);
        assert!(names("slot.rs", "#![cfg(test)] use crate::a::B;").is_empty());
    }

    #[test]
    fn test_only_files_are_left_out() {
        let files = files(&[
            ("lib.rs", "#[cfg(test)] mod count_waker; mod slot;"),
            ("count_waker.rs", "use crate::runtime::A;"),
            ("count_waker/inner.rs", ""),
            ("size_tests.rs", ""),
            ("slot.rs", "#[cfg(test)] mod tests; #[cfg(test)] mod model;"),
            ("slot/model.rs", ""),
            ("slot/tests.rs", ""),
            ("slot/tests/deep/er.rs", ""),
        ]);
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["lib.rs", "slot.rs"]);
    }

    #[test]
    fn each_file_has_one_layer_and_each_layer_has_files() {
        let table = [
            Layer { name: "slot", places: &["slot.rs", "slot/"], may_name: Only(&[]) },
            Layer { name: "word", places: &["slot/word.rs"], may_name: Only(&[]) },
            Layer { name: "stale", places: &["stale/"], may_name: Only(&[]) },
        ];
        let files = files(&[("slot.rs", ""), ("slot/word.rs", ""), ("slots.rs", "")]);
        assert_eq!(
            rules::misplaced(&table, &files),
            [
                "supervisor/src/slot/word.rs is in several layers: slot, word",
                "supervisor/src/slots.rs is in no layer of the table",
                "the table: there is no `stale/`, a place of `stale`",
            ]
        );
        assert!(rules::misplaced(&table[..1], &files[..2]).is_empty());
    }

    #[test]
    fn a_table_with_a_circle_is_seen() {
        let table = [
            Layer { name: "a", places: &[], may_name: Only(&["b"]) },
            Layer { name: "b", places: &[], may_name: Only(&["a"]) },
            Layer { name: "b", places: &[], may_name: Lower },
        ];
        assert_eq!(
            rules::faults_of_table(&table),
            [
                "the table: `a` speaks of `b`, no layer below it",
                "the table: two layers have the same name",
            ]
        );
    }

    #[test]
    fn a_circle_across_folders_is_seen() {
        let faults = rules::circles(&files(&[
            ("runtime/driver.rs", "mod effects; use effects::F;"),
            ("runtime/driver/effects.rs", "use crate::runtime::node::lives::A;"),
            ("runtime/node.rs", "use crate::runtime::driver::Driver;"),
            ("runtime/node/lives.rs", "use super::Node;"),
        ]));
        assert_eq!(
            faults,
            ["supervisor/src: runtime/driver/effects.rs -> runtime/node/lives.rs -> \
              runtime/node.rs -> runtime/driver.rs -> runtime/driver/effects.rs (of 4 files that name each other): files of \
              different folders may not name each other in a circle"]
        );
        let faults = rules::circles(&files(&[
            ("catch.rs", "use crate::error::Error;"),
            ("error.rs", "use crate::catch::catch_panic;"),
        ]));
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn a_circle_within_a_folder_is_none_across_folders() {
        let faults = rules::circles(&files(&[
            ("lib.rs", "mod runtime; pub use runtime::Runtime;"),
            ("runtime.rs", "mod driver; pub(crate) use driver::Driver;"),
            ("runtime/driver.rs", "use crate::runtime::driver::effects::F; use super::Node;"),
            ("runtime/driver/effects.rs", "use super::{Driver, seat::Seat};"),
            ("runtime/driver/seat.rs", "use crate::runtime::driver::effects::G;"),
        ]));
        assert!(faults.is_empty(), "{faults:?}");
    }

    fn engine(text: &str) -> Vec<String> {
        rules::io_of_engine(LAYERS, &files(&[("engine/exits.rs", text)]))
    }

    #[test]
    fn io_in_the_engine_is_seen() {
        for text in [
            "use tokio::time::Instant;",
            "fn f() { tracing::info!(\"x\") }",
            "fn f() { g(async { 1 }) }",
            "fn f() { g().await }",
            "struct A { b: Mutex<u8> }",
            "struct A { b: RwLock<u8> }",
            "struct A { b: AtomicU64 }",
            "use std::thread as t;",
            "m! { s.spawn(f) }",
            "fn f() { g(Instant::now()) }",
            "fn f() { g.get_or_init(Instant::now) }",
            "fn f() { since.elapsed() > limit }",
        ] {
            assert_eq!(engine(text).len(), 1, "{text}");
        }
        let faults = engine("\n\nfn f() { g().await }");
        assert!(faults[0].starts_with("supervisor/src/engine/exits.rs:3 contains `await`: "));
        let faults = engine("fn f() { Instant::now() }");
        assert_eq!(
            faults,
            ["supervisor/src/engine/exits.rs:1: the engine asks nobody for the time"]
        );
        assert!(
            engine("use std::time::Instant; fn on(now: Instant) { self.now = now }").is_empty()
        );
    }

    #[test]
    fn only_the_engine_is_held_to_its_rule_and_it_must_exist() {
        let found = |path| {
            rules::io_of_engine(LAYERS, &files(&[(path, "use tokio::x;"), ("engine.rs", "")]))
        };
        assert_eq!(found("engine/exits.rs").len(), 1);
        assert!(found("engine/tests/world.rs").is_empty());
        assert!(found("engines.rs").is_empty());
        assert_eq!(rules::io_of_engine(LAYERS, &[]), ["there is no file of `engine` to check"]);
        assert_eq!(rules::impurities_of_spec(LAYERS, &[]), ["there is no file of `spec` to check"]);
    }

    fn spec(text: &str) -> Vec<String> {
        rules::impurities_of_spec(LAYERS, &files(&[("spec/exit.rs", text)]))
    }

    #[test]
    fn impurities_of_spec_are_seen() {
        for text in [
            "use tokio::task::JoinError;",
            "use {std::fmt, tokio::time::{sleep, timeout}};",
            "use tokio;",
            "use tokio as runtime;",
            "use ::tracing::Level;",
            "fn f() -> ::tokio::A { b }",
            "fn f() { tokio::spawn(g) }",
            "fn f() { return ::tokio::spawn(g) }",
            "m! { tokio::spawn(g) }",
            "type A = Box<tokio::B>;",
            "fn f() { g(async { 1 }) }",
            "use std::sync::Mutex;",
            "struct A { b: RwLock<u8> }",
            "use std::time::{Duration, Instant};",
        ] {
            assert_eq!(spec(text).len(), 1, "{text}: {:?}", spec(text));
        }
        let faults = spec("\nuse tokio::task::JoinError;");
        assert_eq!(
            faults,
            ["supervisor/src/spec/exit.rs:2 names the crate `tokio`: `spec` may only use std, \
              core, alloc"]
        );
    }

    #[test]
    fn plain_data_is_no_impurity() {
        let faults = spec(
            "mod state; pub use state::State; use std::{fmt, mem::{self, swap}, any as other};
            use crate::spec::path; use super::Name; use Kind::{Worker, Supervisor};
            fn f(x: ::std::num::NonZeroU8) -> Vec<u8>
            where fmt::Error: Into<u8> {
                mem::take(path::x()); u64::MAX; Self::g::<u8>(); h.parse::<u8>(); parse::<u8>();
                Vec::<u8>::new(); other::type_name(); ::core::mem::swap(); <A as B>::c::D
            }
            macro_rules! m { ($x:ident) => { $crate::spec::$x; $x::new() } }
            mod inner { use super::*; } fn g() { inner::h() }",
        );
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn the_drawing_counts_paths_between_layers() {
        let table = [
            Layer { name: "spec", places: &["spec/"], may_name: Only(&[]) },
            Layer { name: "slot", places: &["slot.rs", "slot/"], may_name: Lower },
            Layer { name: "root", places: &["lib.rs"], may_name: Lower },
        ];
        let files = files(&[
            ("lib.rs", "mod slot; pub use slot::A;"),
            ("spec/path.rs", "use crate::spec::A;"),
            ("slot.rs", "use crate::spec::{A, B}; use crate::slot::C; use crate::D;"),
            ("slot/core.rs", "use crate::spec::A;"),
        ]);
        let drawing = rules::drawing(&table, &files);
        assert_eq!(drawing, "spec  -\nslot  spec (3), root (1)\nroot  slot (1)");
    }
}
