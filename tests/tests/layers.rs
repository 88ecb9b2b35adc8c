//! Tests the layers of `supervisor/src`: each file belongs to one layer, and names only those that
//! the layer may name.
//!
//! The sources are read as tokens. A doc comment is an attribute with a string in it, so a link in
//! the documentation is no import; the tokens of a macro's call or body are read like all others.
//! Test-only code is left out.
//!
//! `cargo test -p supervisor-tests --test layers -- --nocapture drawing` prints the layers that
//! each layer names, and how often.

#[path = "layers/made_up.rs"]
mod made_up;
#[path = "layers/rules.rs"]
mod rules;
#[path = "layers/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use rules::Layer;
use rules::MayName::{Lower, LowerBut, Only};
use source::File;

/// The layers, from the bottom up. A place is a file, or a folder if it ends with a slash. A path
/// of the crate that leads to no place of another layer leads to the root.
const LAYERS: &[Layer] = &[
    Layer { name: "no_condition", places: &["no_condition.rs"], may_name: Only(&[]) },
    Layer { name: "catch", places: &["catch.rs"], may_name: Only(&[]) },
    Layer { name: "sync", places: &["sync.rs", "sync/"], may_name: Only(&["catch"]) },
    Layer { name: "packed_instant", places: &["packed_instant.rs"], may_name: Only(&["sync"]) },
    Layer { name: "spec", places: &["spec.rs", "spec/"], may_name: Only(&[]) },
    Layer {
        name: "deployment",
        places: &["deployment.rs", "deployment/"],
        may_name: Only(&["spec"]),
    },
    Layer { name: "systemd", places: &["systemd.rs"], may_name: Only(&[]) },
    Layer {
        name: "engine",
        places: &["engine.rs", "engine/"],
        may_name: Only(&["spec", "packed_instant"]),
    },
    Layer {
        name: "mailbox",
        places: &["mailbox.rs", "mailbox/"],
        may_name: Only(&["catch", "sync", "spec"]),
    },
    Layer {
        name: "observe",
        places: &["observe.rs", "observe/"],
        may_name: Only(&["catch", "sync", "spec"]),
    },
    Layer { name: "error", places: &["error.rs"], may_name: Only(&["spec", "engine", "mailbox"]) },
    Layer {
        name: "inbox",
        places: &["inbox.rs", "inbox/"],
        may_name: Only(&["catch", "sync", "packed_instant", "spec", "engine", "error"]),
    },
    Layer {
        name: "slot",
        places: &["slot.rs", "slot/"],
        may_name: Only(&["catch", "sync", "packed_instant", "spec", "engine", "mailbox", "inbox"]),
    },
    Layer {
        name: "life",
        places: &["life.rs", "life/"],
        may_name: Only(&["catch", "sync", "spec", "engine", "observe", "inbox", "slot"]),
    },
    Layer {
        name: "child",
        places: &["child.rs", "child/"],
        may_name: Only(&[
            "catch", "sync", "spec", "engine", "mailbox", "error", "inbox", "slot", "life",
        ]),
    },
    Layer { name: "runtime", places: &["runtime.rs", "runtime/"], may_name: Lower },
    Layer { name: "supervisor", places: &["supervisor.rs", "supervisor/"], may_name: Lower },
    Layer { name: "tree", places: &["tree.rs", "tree/"], may_name: Lower },
    Layer { name: "kinds", places: &["kinds.rs", "kinds/"], may_name: Lower },
    Layer { name: "lease", places: &["lease.rs", "lease/"], may_name: Lower },
    Layer { name: "testing", places: &["testing.rs", "testing/"], may_name: LowerBut(&["kinds"]) },
    Layer {
        name: "root",
        places: &["lib.rs", "__private.rs", "__private/", "guide.rs"],
        may_name: Lower,
    },
];

#[test]
fn the_table_runs_from_the_bottom_up() {
    let faults = rules::faults_of_table(LAYERS);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Tests all rules for the sources, which are read once, and prints the layers that each layer names. (See
/// the head of this file.)
#[test]
fn the_sources_keep_to_the_layers_of_the_drawing() {
    let library = library();
    println!("{}", rules::drawing(LAYERS, &library));
    let rules = [
        ("each file belongs to one layer", rules::misplaced(LAYERS, &library)),
        ("no layer names one that it may not", rules::forbidden(LAYERS, &library)),
        ("no circle of files leaves its folder", rules::circles(&library)),
        ("the engine decides without I/O", rules::io_of_engine(LAYERS, &library)),
        ("`spec` is plain data", rules::impurities_of_spec(LAYERS, &library)),
        ("thread locals come from `sync`", rules::thread_locals(LAYERS, &library)),
    ];
    let broken = rules.iter().filter(|(_, faults)| !faults.is_empty());
    let broken: Vec<String> = broken
        .map(|(rule, faults)| format!("{rule}: {} faults\n{}", faults.len(), faults.join("\n")))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Checks the table itself; `the_sources_keep_to_the_layers_of_the_drawing` holds the sources to the table.
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

/// Reads the files of the library.
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
