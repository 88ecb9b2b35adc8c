//! Tests the compile errors of wrong trees: one file for each rule, named after it.
//!
//! The list of files is the list of rules. It is compared, both ways, with the functions that
//! check the rules and with the table in the documentation.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Mistakes that only the compiler can find, by traits and types. The library words the errors
/// where the compiler allows it.
const BY_THE_COMPILER: [&str; 45] = [
    "ask_without_reply",
    "blocking_function",
    "builder_not_built",
    "child_by_hand",
    "child_not_derived",
    "child_of_another_supervisor",
    "default_missing",
    "engine_missing",
    "function_elsewhere",
    "future_not_awaited",
    "job_with_context",
    "job_without_result",
    "message_not_send",
    "message_private",
    "no_specification",
    "partitions_of_tree",
    "pool_indexed",
    "pool_value",
    "program_arguments",
    "reply_made",
    "run_without_result",
    "spec_with_nothing_to_run",
    "task_borrows",
    "task_missing",
    "task_no_function",
    "task_not_async",
    "task_not_send",
    "task_without_context",
    "task_without_result",
    "template_by_hand",
    "template_value_once",
    "tree_as_value",
    "tree_not_runnable",
    "type_taken",
    "type_unknown",
    "value_of_wrong_type",
    "variable_shared",
    "worker_missing",
    "worker_missing_generic",
    "worker_not_derived",
    "worker_not_send",
    "worker_once_as_worker",
    "worker_once_missing",
    "worker_wrong_context",
    "workers_without_values",
];

/// Mistakes in the shape of a tree, which the parser finds, and trees with several mistakes.
const BY_THE_PARSER: [&str; 7] = [
    "children_broken",
    "expression_broken",
    "matrix_malformed",
    "mistakes_of_a_tree",
    "nested_too_deep",
    "tree_head_broken",
    "tree_nameless_item",
];

/// Rules that a declared tree breaks only in the macro, which checks the tokens: the library's
/// check is for trees that are built by hand.
const AT_RUN_TIME: [&str; 1] = ["supervisor_value_zero"];

/// The compiler whose messages the files contain; those of other versions differ.
const VERSION: &str = "rustc 1.95.";

#[test]
fn compile_errors() {
    let is_that_version = rustc_version().starts_with(VERSION);
    let cases = trybuild::TestCases::new();
    for name in names_of_files() {
        let errors = ui().join(&name).with_extension("stderr");
        let errors = fs::read_to_string(errors).unwrap_or_default();
        // An error with a code, or with a file of the library, is worded by the compiler.
        let is_ours = !errors.contains("error[E") && !errors.contains("$WORKSPACE");
        if is_that_version || is_ours {
            cases.compile_fail(format!("ui/{name}.rs"));
        }
    }
}

fn rustc_version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_rule_has_a_compile_fail_test_and_a_line_in_the_documentation() {
    let files = names_of_files();
    let in_the_macros = functions("supervisor-macros/src", "errors: &mut Errors", "fn check");
    let in_the_library = in_the_library();
    let mut rules: BTreeSet<String> = in_the_macros.union(&in_the_library).cloned().collect();
    for rule in AT_RUN_TIME {
        assert!(rules.remove(rule), "`{rule}` is no rule");
    }
    rules.extend(BY_THE_COMPILER.map(str::to_owned));
    let documented = documented();
    let tested: BTreeSet<String> =
        files.into_iter().filter(|name| !BY_THE_PARSER.contains(&name.as_str())).collect();
    assert_eq!(rules, tested, "each rule has a file in `ui`, and each file a rule");
    assert_eq!(rules, documented, "each rule has a line in `rules.md`");
}

/// A rule that the tokens of a tree can break has the same words when a type breaks it.
#[test]
fn the_macro_and_the_library_say_the_same() {
    let in_the_macros = functions("supervisor-macros/src/tree", "errors: &mut Errors", "fn check");
    let in_the_library = in_the_library();
    for rule in in_the_macros.intersection(&in_the_library) {
        let text = fs::read_to_string(ui().join(rule).with_extension("stderr")).unwrap();
        let of = |prefix: &str| -> BTreeSet<String> {
            // Only the sentence up to the semicolon is the same: the advice after it differs.
            let message = |line: &str| Some(line.strip_prefix(prefix)?.split(';').next()?.into());
            text.lines().filter_map(message).collect()
        };
        let (macros, library) = (of("error: "), of("error[E0080]: evaluation panicked: "));
        assert_eq!(macros, library, "{rule}");
        assert!(!macros.is_empty(), "{rule}");
    }
}

/// The sentence of a rule that both check is in the crate on which both depend.
#[test]
fn the_macro_and_the_library_share_the_words() {
    let in_the_macros = functions("supervisor-macros/src", "errors: &mut Errors", "fn check");
    let in_the_library = in_the_library();
    let worded = functions("supervisor-macros/rules/src/wording.rs", "-> Text", "fn check");
    let shared: Vec<&String> = in_the_macros.intersection(&in_the_library).collect();
    assert!(shared.len() > 5, "{shared:?}");
    for rule in shared {
        assert!(worded.contains(rule), "`{rule}` has its words twice");
    }
}

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")
}

fn names_of_files() -> BTreeSet<String> {
    let files = fs::read_dir(ui()).unwrap().map(|entry| entry.unwrap().path());
    let cases = files.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    cases.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Returns the rules that the library checks.
fn in_the_library() -> BTreeSet<String> {
    let files = ["rules.rs", "rules/escalation.rs", "rules/lease.rs"];
    let files = files.map(|file| format!("supervisor/src/spec/{file}"));
    let rules = files.map(|file| functions(&file, "-> Option<Text>", "fn broken"));
    rules.into_iter().flatten().filter(|name| name != "doubtful").collect()
}

/// Returns the functions in the given file, or in the `check` modules below the given folder, whose
/// signature contains `part`.
fn functions(place: &str, part: &str, except: &str) -> BTreeSet<String> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(place);
    let mut names = BTreeSet::new();
    for file in files_below(&place) {
        let text = fs::read_to_string(&file).unwrap();
        // A signature ends with the brace of its body.
        for item in text.split("\n}") {
            let Some(start) = item.find("fn ") else { continue };
            let signature = item[start..].split(" {\n").next().unwrap();
            let is_rule = signature.contains(part) && !signature.starts_with(except);
            if is_rule && !item[..start].contains("impl ") {
                let name = signature.trim_start_matches("fn ").split('(').next().unwrap();
                names.insert(name.to_owned());
            }
        }
    }
    names
}

fn files_below(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if is_check_module(&path) {
            files.push(path);
        }
    }
    files
}

/// Tells whether the file is `check.rs`, `check_….rs` or in the folder `check`. Only the end of the
/// path counts, since the repository may lie in a folder of any name.
fn is_check_module(path: &Path) -> bool {
    let starts_so = |name: Option<&OsStr>| {
        name.and_then(OsStr::to_str).is_some_and(|name| name.starts_with("check"))
    };
    starts_so(path.file_stem()) || starts_so(path.parent().and_then(Path::file_name))
}

/// Returns the first column of the table of rules.
fn documented() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supervisor/src/rules.md");
    let text = fs::read_to_string(path).unwrap();
    let rules = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rules.map(str::to_owned).collect()
}
