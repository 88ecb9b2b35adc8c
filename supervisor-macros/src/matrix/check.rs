//! Checks the rules of `#[fault_matrix(…)]`: one function each.

use std::collections::HashMap;

use syn::ReturnType;

use super::Matrix;
use super::expand::module_of;
use crate::errors::Errors;

type Rule = fn(&Matrix, &mut Errors);

const RULES: [Rule; 7] = [
    matrix_without_children,
    matrix_path_malformed,
    matrix_child_duplicate,
    matrix_crate_duplicate,
    matrix_with_arguments,
    matrix_async,
    matrix_without_tree,
];

/// Applies every rule.
pub(super) fn check(matrix: &Matrix, errors: &mut Errors) {
    for rule in RULES {
        rule(matrix, errors);
    }
}

/// Checks that children are named: a macro cannot look into a tree.
fn matrix_without_children(matrix: &Matrix, errors: &mut Errors) {
    if matrix.children.is_empty() {
        errors.on(
            &matrix.function.sig.ident,
            "name all children of the tree by their paths: `#[fault_matrix(\"db\", \"sub/cache\")]`",
        );
    }
}

/// Checks that the path of a child is one or more names.
fn matrix_path_malformed(matrix: &Matrix, errors: &mut Errors) {
    for child in &matrix.children {
        let path = child.value();
        if path.split('/').any(str::is_empty) {
            let message = format!(
                "`{path}` is not a path: names with `/` between them, from the root down, without \
                 the root's own"
            );
            errors.on(child, message);
        }
    }
}

/// Checks that each child is named once, and that the tests of two children have different names.
fn matrix_child_duplicate(matrix: &Matrix, errors: &mut Errors) {
    let mut known: HashMap<String, String> = HashMap::new();
    for child in &matrix.children {
        let path = child.value();
        match known.insert(module_of(&path), path.clone()) {
            None => {}
            Some(other) if other == path => {
                errors.on(child, format!("child `{path}` is named twice"));
            }
            Some(other) => {
                let message = format!(
                    "the tests of `{path}` would have the names of those of `{other}`; call \
                     `testing::fault_matrix` in a test of its own for one of them"
                );
                errors.on(child, message);
            }
        }
    }
}

/// Checks that the path of the library is given once.
fn matrix_crate_duplicate(matrix: &Matrix, errors: &mut Errors) {
    for second in matrix.libraries.iter().skip(1) {
        errors.on(second, "`crate` is given twice; leave one of them out");
    }
}

/// Checks that each test can call the function.
fn matrix_with_arguments(matrix: &Matrix, errors: &mut Errors) {
    let signature = &matrix.function.sig;
    if !signature.inputs.is_empty() {
        errors.on(&signature.inputs, "a test has no arguments to give; make them in the function");
    } else if !signature.generics.params.is_empty() {
        errors.on(&signature.generics, "a test does not know these parameters; leave them out");
    }
}

/// Checks that the function is not async: it makes a tree, and does not start it.
fn matrix_async(matrix: &Matrix, errors: &mut Errors) {
    if let Some(asyncness) = &matrix.function.sig.asyncness {
        errors.on(asyncness, "the function makes a tree and does not start it; leave `async` out");
    }
}

/// Checks that the function returns something.
fn matrix_without_tree(matrix: &Matrix, errors: &mut Errors) {
    let signature = &matrix.function.sig;
    if matches!(signature.output, ReturnType::Default) {
        errors.on(
            &signature.ident,
            "the function returns a tree, which is not started yet: `-> Tree<Shop>`",
        );
    }
}
