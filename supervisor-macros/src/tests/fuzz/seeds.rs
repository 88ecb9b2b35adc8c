//! The good inputs from which others are made.

use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};

use super::flat::{flat, print_flat};

/// Inputs from which others are made: those of the examples and of all tests.
pub(super) struct Seeds {
    pub(super) trees: Vec<String>,
    pub(super) derives: Vec<String>,
}

impl Seeds {
    /// Reads the seeds; a package that is unpacked alone has its generated trees only.
    pub(super) fn read() -> Self {
        let mut seeds = Self {
            trees: vec!["Shop: one_for_one { a: Always }".to_owned()],
            derives: vec!["#[child(restart = Transient)] struct Database(u8);".to_owned()],
        };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for folder in ["examples", "tests/ui", "tests/tests"] {
            seeds.read_folder(&repository.join(folder));
        }
        seeds
    }

    fn read_folder(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.read_folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                self.add_trees(text.parse().unwrap());
                if let Ok(file) = syn::parse_file(&text) {
                    self.visit_file(&file);
                }
            }
        }
    }

    fn add_trees(&mut self, tokens: TokenStream) {
        let mut is_tree = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => is_tree = ident == "supervision_tree",
                TokenTree::Group(group) if is_tree => {
                    self.trees.push(print_flat(&flat(group.stream())));
                    is_tree = false;
                }
                TokenTree::Group(group) => self.add_trees(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn add_derive(&mut self, item: &impl ToTokens) {
        let Ok(mut item) = syn::parse2::<syn::DeriveInput>(item.to_token_stream()) else { return };
        let is_derive = |attr: &syn::Attribute| attr.path().is_ident("derive");
        let text = |attr: &syn::Attribute| attr.to_token_stream().to_string();
        if item.attrs.iter().any(|attr| is_derive(attr) && text(attr).contains("Child")) {
            item.attrs.retain(|attr| !is_derive(attr));
            self.derives.push(print_flat(&flat(item.to_token_stream())));
        }
    }
}

impl Visit<'_> for Seeds {
    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        self.add_derive(item);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.add_derive(item);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_union(&mut self, item: &syn::ItemUnion) {
        self.add_derive(item);
        visit::visit_item_union(self, item);
    }
}
