//! The README's code is that of an example, which compiles and runs.

use std::fs;
use std::path::Path;

#[test]
fn the_readme_shows_the_code_of_the_shop_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let example = fs::read_to_string(root.join("examples/shop.rs")).expect("the example");
    let shown = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    let compiled = example.split("// ----- README -----\n").nth(1);
    assert_eq!(shown.expect("a block of Rust"), compiled.expect("the marked part"));
}
