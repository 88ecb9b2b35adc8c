//! The rules: each function returns a line for each fault that it finds.

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
    /// All layers before it in the table.
    Lower,
    /// All layers before it in the table, except these.
    LowerBut(&'static [&'static str]),
}

/// Locks of the standard library.
const LOCKS: [&str; 3] = ["Mutex", "RwLock", "Condvar"];

/// The crates that `spec` may use: std, and the words and defaults that the macros share.
const STANDARD: [&str; 4] = ["std", "core", "alloc", "supervisor_rules"];

/// The other words that a path can start with: the library's own paths, and the lints of a tool.
const PATH_WORDS: [&str; 4] = ["crate", "super", "self", "clippy"];

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize", "f32", "f64",
];

/// Keywords that can stand before a path, and are no part of it.
const KEYWORDS: [&str; 17] = [
    "use", "return", "in", "as", "dyn", "impl", "for", "where", "mut", "const", "else", "match",
    "if", "break", "while", "move", "ref",
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

/// Finds layers of the table that may name a layer that does not stand before them. A table without
/// such layers has no circle.
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
            _ => faults
                .push(format!("supervisor/src/{path} is in several layers: {}", layers.join(", "))),
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
        parts.all(|(part, segment)| part == segment) && module.split('/').count() <= segments.len()
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

/// Finds circles of folders, at each depth: files beside each other may name each other, but a file
/// that a folder names may not name the folder.
pub(crate) fn circles(files: &[File]) -> Vec<String> {
    let graph = graph(files);
    let mut faults = Vec::new();
    for parent in parents(&graph) {
        let items = items(&graph, parent);
        let mut reported: BTreeSet<&str> = BTreeSet::new();
        for (&from, targets) in &items {
            for &to in targets {
                let is_known = reported.contains(from) || !is_folder(&graph, parent, from);
                let Some(back) = way(&items, to, from).filter(|_| !is_known) else { continue };
                reported.extend(&back);
                faults.push(format!(
                    "supervisor/src/{parent}: {from} -> {}: a folder may not be named by what it \
                     names",
                    back.join(" -> "),
                ));
            }
        }
    }
    faults
}

/// Returns the folders that have files, the top one among them.
fn parents<'a>(graph: &Graph<'a>) -> BTreeSet<&'a str> {
    let folders = graph.keys().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..=at]));
    folders.chain([""]).collect()
}

/// Returns the files and folders in a folder, with those beside them that each names.
fn items<'a>(graph: &Graph<'a>, parent: &str) -> Graph<'a> {
    let item = |path: &'a str| {
        let rest = path.strip_prefix(parent)?;
        Some(rest.split('/').next().unwrap_or(rest).trim_end_matches(".rs"))
    };
    let mut items: Graph<'_> = BTreeMap::new();
    for (&path, targets) in graph {
        let Some(from) = item(path) else { continue };
        let named = targets.iter().filter_map(|&target| item(target));
        items.entry(from).or_default().extend(named.filter(|named| *named != from));
    }
    items
}

fn is_folder(graph: &Graph<'_>, parent: &str, item: &str) -> bool {
    let folder = format!("{parent}{item}/");
    graph.keys().any(|path| path.starts_with(&folder))
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
        // A file above only re-exports the items of files beside this one.
        let is_above = |target: &str| {
            let folder = target.trim_end_matches("lib.rs").trim_end_matches(".rs");
            file.path
                .strip_prefix(folder)
                .is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
        };
        let others = targets.into_iter().filter(|target| *target != file.path && !is_above(target));
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

/// Returns the files on a shortest way through the graph, both ends included.
fn way<'a>(graph: &Graph<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let end = *way.last()?;
        if end == to {
            return Some(way);
        }
        for &next in graph.get(end).into_iter().flatten() {
            if seen.insert(next) {
                ways.push_back([&way[..], &[next]].concat());
            }
        }
    }
    None
}

/// Finds uses of the driver's means in the engine: tasks, threads, locks, the log, the clock.
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

/// Finds thread locals that are not declared by `sync`, so that the models do not see them: clippy,
/// which finds locks and tasks of other origins, cannot tell them from those of `sync`.
pub(crate) fn thread_locals(table: &[Layer], files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    let others = files
        .iter()
        .filter(|file| layer_of_file(table, &file.path).is_none_or(|layer| layer.name != "sync"));
    for file in others {
        source::at_each(&file.tokens, &mut |tokens, at| {
            if is(&tokens[at], "thread_local") {
                let line = at_line(file, line_of(&tokens[at]));
                faults.push(format!("{line}: declare it by `crate::sync::per_thread`"));
            }
        });
    }
    faults
}

/// Tells whether the tokens at the position are `…::now` or `….elapsed()`.
fn asks_for_the_time(tokens: &[TokenTree], at: usize) -> bool {
    let follows_separator = at >= 2 && is_separator(&tokens[at - 2..]);
    let follows_dot = at >= 1 && is(&tokens[at - 1], ".");
    let is_call = matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
    is(&tokens[at], "now") && follows_separator
        || is(&tokens[at], "elapsed") && follows_dot && is_call
}

/// Finds uses in `spec` that plain data has no need of: other crates, `async`, locks, the clock.
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

/// Collects the faults that the check finds in the files of a layer; a layer without files is a
/// fault, too.
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
    let of_layer = files
        .iter()
        .filter(|file| layer_of_file(table, &file.path).is_some_and(|found| found.name == layer));
    let names: Vec<&str> = of_layer
        .flat_map(|file| &file.names)
        .map(|name| layer_of_name(table, &name.segments).map_or("root", |found| found.name))
        .collect();
    let count = |name: &str| names.iter().filter(|found| **found == name).count();
    let others = table.iter().map(|other| other.name).filter(|other| *other != layer);
    others.map(|other| (other, count(other))).filter(|(_, count)| *count > 0).collect()
}
