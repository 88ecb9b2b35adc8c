//! Asks a real rust-analyzer what it shows inside trees, also while they are being typed.
//!
//! It is the one of the environment variable `RUST_ANALYZER`, or `rust-analyzer` of the path. With
//! `EDITOR=required`, it is a failure that there is none. `cargo install ra_ap_rust-analyzer` builds
//! one; rustup has it as a component.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use supervisor_editor_tests::client::{Client, StepResult, uri};

mod cases;

use cases::{Case, Look};

/// The time in which the server has to read the workspace and to build its macros.
const START: Duration = Duration::from_secs(600);

/// The programs that the test needs, for the message that one is missing.
const MISSING: &str = "rust-analyzer, or the source of the standard library,";

fn main() -> StepResult {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).ok_or("the package is in no workspace")?;
    let Some(mut client) = Client::start(root, env!("CARGO_PKG_NAME"))? else {
        if env::var_os("EDITOR").is_some_and(|value| value == "required") {
            return Err(format!("{MISSING} is not installed").into());
        }
        println!(
            "skipped: {MISSING} is not installed (`rustup component add rust-analyzer rust-src`)"
        );
        return Ok(());
    };
    let file = package.join("src/shop.rs");
    let text = std::fs::read_to_string(&file)?;
    client.open(&file, &text)?;
    client.wait_until_ready(START)?;
    let mut editor = Editor { client, file, text };
    let only = env::args().nth(1).filter(|word| !word.starts_with('-')).unwrap_or_default();
    let mut failed = 0;
    for case in cases::all().into_iter().filter(|case| case.name.contains(&only)) {
        let seen = editor.look(&case)?;
        let faults = case.look.faults(&seen);
        println!("{} {}", if faults.is_empty() { "ok    " } else { "FAILED" }, case.name);
        if !faults.is_empty() {
            failed += 1;
            println!(
                "       {}\n       saw: {}",
                faults.join("\n       "),
                seen.join("\n            ")
            );
        }
    }
    if failed > 0 { Err(format!("{failed} failed").into()) } else { Ok(()) }
}

/// A program in an editor.
struct Editor {
    client: Client,
    file: PathBuf,
    text: String,
}

impl Editor {
    /// Types the text of a case, and returns what rust-analyzer shows at its `¦`.
    fn look(&mut self, case: &Case) -> StepResult<Vec<String>> {
        let marked = case.in_program(&self.text)?;
        let (before, after) = marked.split_once('¦').unwrap_or((&marked, ""));
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        self.client.change(&self.file, &format!("{before}{after}"))?;
        let document = json!({ "uri": uri(&self.file) });
        let at = json!({
            "textDocument": document,
            "position": { "line": line, "character": character },
        });
        match case.look {
            Look::Completes { .. } => {
                let found = self.client.request("textDocument/completion", &at)?;
                let items = found.get("items").unwrap_or(&found);
                Ok(names(items, |item| {
                    let text = item["textEdit"]["newText"].as_str().or(item["label"].as_str());
                    text.map(|text| {
                        text.split(['(', ' ', '<', '{']).next().unwrap_or(text).to_owned()
                    })
                }))
            }
            Look::Documents { word, .. } => {
                let found = self.client.request("textDocument/completion", &at)?;
                let items = found.get("items").unwrap_or(&found).as_array().cloned();
                let label =
                    |item: &&Value| item["label"].as_str().is_some_and(|label| label == word);
                let items = items.unwrap_or_default();
                let Some(item) = items.iter().find(label) else { return Ok(Vec::new()) };
                let item = self.client.request("completionItem/resolve", item)?;
                Ok(vec![item["documentation"]["value"].as_str().unwrap_or_default().to_owned()])
            }
            Look::Hovers { .. } => {
                let found = self.client.request("textDocument/hover", &at)?;
                let text = found["contents"]["value"].as_str().unwrap_or_default();
                Ok(entries(text))
            }
            Look::Leads { .. } => {
                let found = self.client.request("textDocument/definition", &at)?;
                Ok(names(&found, |place| {
                    let path = place["uri"].as_str().or(place["targetUri"].as_str())?;
                    let range = place.get("targetSelectionRange").unwrap_or(&place["range"]);
                    let line = usize::try_from(range["start"]["line"].as_u64()?).ok()?;
                    let file = path.rsplit('/').next()?;
                    let here =
                        (path == uri(&self.file)).then(|| marked.lines().nth(line)).flatten();
                    Some(format!("{file}: {}", here.unwrap_or_default().trim()))
                }))
            }
            Look::Signs { .. } => {
                let found = self.client.request("textDocument/signatureHelp", &at)?;
                Ok(names(&found["signatures"], |item| item["label"].as_str().map(str::to_owned)))
            }
            Look::Renames { .. } => {
                let mut at = at;
                at["newName"] = json!("renamed");
                let found = self.client.request("textDocument/rename", &at)?;
                let changes = found["documentChanges"][0]["edits"].as_array().cloned();
                let changes =
                    changes.or_else(|| found["changes"][uri(&self.file)].as_array().cloned());
                Ok(changes
                    .unwrap_or_default()
                    .iter()
                    .map(|edit| edit["range"].to_string())
                    .collect())
            }
            Look::IsQuiet => {
                let found = self
                    .client
                    .request("textDocument/diagnostic", &json!({ "textDocument": document }))?;
                Ok(names(&found["items"], |item| item["message"].as_str().map(str::to_owned)))
            }
        }
    }
}

/// Returns the sorted names of the items.
fn names(items: &Value, name: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    let names: BTreeSet<String> = items.iter().filter_map(name).collect();
    names.into_iter().collect()
}

/// Returns the entries of a hover, each for one thing: its signature and its documentation.
fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for block in text.split("```rust\n").skip(1) {
        let (code, docs) = block.split_once("\n```").unwrap_or((block, ""));
        let docs: String = docs.trim_matches(['\n', '-', '_', ' ']).replace('\n', " ");
        // The path of the item stands in a block of its own, before the signature.
        let is_path = !code.contains([' ', '(']);
        if !is_path {
            entries.push(format!("{} {docs}", code.replace('\n', " ")));
        }
    }
    entries
}
