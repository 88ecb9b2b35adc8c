//! Tests that the README's code is that of examples, which compile and run.

use std::fs;
use std::path::Path;

/// The README's blocks of Rust, and the examples that they are a part of.
const BLOCKS: [&str; 3] =
    ["examples/shop.rs", "examples/hello.rs", "supervisor-web/examples/seen.rs"];

#[test]
fn the_readme_shows_the_code_of_its_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let shown: Vec<_> = readme
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("the end of the block"))
        .collect();
    assert_eq!(shown.len(), BLOCKS.len(), "each block of the README is a part of an example");
    for (shown, example) in shown.into_iter().zip(BLOCKS) {
        let code = fs::read_to_string(root.join(example)).expect("the example");
        let compiled = code.split("// ----- README -----\n").nth(1).expect("the marked part");
        assert_eq!(shown, compiled, "{example}");
    }
}
