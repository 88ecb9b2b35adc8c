//! Finds the siblings that the children of a supervisor with `order = by_use` use: those that their
//! values mention, and those that the option `after` names.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Arm, Block, Expr, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprPath, ExprWhile, Item, Local,
    Macro, PatIdent, Token,
};

use super::ast::{Body, ByUse, Child, Supervisor, Tree, Use, Validity};

type Names = BTreeSet<String>;

/// Sets the uses of all children.
pub(super) fn find(tree: &mut Tree) {
    if has_order(&tree.root) {
        in_supervisor(&mut tree.root);
    }
}

/// Returns whether a supervisor in the tree has `order = by_use`.
fn has_order(supervisor: &Supervisor) -> bool {
    let nested = |child: &Child| match &child.body {
        Body::Supervisor(nested) => has_order(nested),
        _ => false,
    };
    supervisor.is_by_use() || supervisor.children.iter().any(nested)
}

/// Sets the uses of the children, and returns the names around the supervisor that they mention.
fn in_supervisor(supervisor: &mut Supervisor) -> Names {
    let is_by_use = supervisor.is_by_use();
    let mut outer = Names::new();
    // The indices of the children so far: two of one name, if they are under conditions.
    let mut declared: HashMap<String, Vec<usize>> = HashMap::new();
    for index in 0..supervisor.children.len() {
        let (before, rest) = supervisor.children.split_at_mut(index);
        let [child, ..] = rest else { continue };
        let mut mentioned = in_child(child);
        outer.extend(mentioned.iter().filter(|name| !declared.contains_key(*name)).cloned());
        if is_by_use {
            mentioned.extend(child.after().iter().map(|name| name.unraw().to_string()));
            let found = mentioned.iter().filter_map(|name| declared.get(name)).flatten();
            let mut numbers: Vec<usize> = found.copied().collect();
            numbers.sort_unstable();
            let uses = numbers.into_iter().map(|number| Use {
                number,
                name: before[number].unraw_name(),
                cfgs: before[number].cfgs().map(ToTokens::to_token_stream).collect(),
            });
            child.place = Some(ByUse { number: index, uses: uses.collect() });
        }
        if child.validity < Validity::WithoutName {
            declared.entry(child.unraw_name()).or_default().push(index);
        }
    }
    outer
}

/// Returns the names around a child that its values mention.
fn in_child(child: &mut Child) -> Names {
    if let Body::Supervisor(nested) = &mut child.body {
        return in_supervisor(nested);
    }
    match (&child.body, child.value()) {
        // The value of a task is a function, never a child.
        (Body::Task(_), Some(Expr::Path(_))) | (_, None) => Names::new(),
        (_, Some(value)) => {
            let mut mentions = Mentions::default();
            mentions.visit_expr(value);
            mentions.names
        }
    }
}

/// The names that an expression mentions as values of the code around it.
#[derive(Default)]
struct Mentions {
    names: Names,
    /// The names that the expression has bound, in each block, closure or arm around the place.
    bound: Vec<Names>,
}

impl Mentions {
    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.bound.push(Names::new());
        visit(self);
        self.bound.pop();
    }

    fn mention(&mut self, name: String) {
        if !self.bound.iter().any(|names| names.contains(&name)) {
            self.names.insert(name);
        }
    }

    /// Notes the names in the tokens of a macro: those in format strings such as `"{db:?}"`, and all
    /// others unless the tokens are expressions.
    fn scan(&mut self, tokens: TokenStream, are_expressions: bool) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if !are_expressions => {
                    self.mention(ident.unraw().to_string());
                }
                TokenTree::Group(group) => self.scan(group.stream(), are_expressions),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let ends = |letter: char| !letter.is_alphanumeric() && letter != '_';
                    let names = text.split('{').skip(1).filter_map(|part| part.split(ends).next());
                    let names = names.filter(|name| !name.is_empty());
                    names.for_each(|name| self.mention(name.to_owned()));
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if let Some(ident) = path.path.get_ident() {
            self.mention(ident.unraw().to_string());
        }
    }

    /// Visits a call: the name of a function is no sibling.
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if !matches!(&*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.inside(|mentions| visit::visit_block(mentions, block));
    }

    /// Visits a `let`, whose name is not bound yet in its value: `let db = db.clone();`.
    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            init.diverge.iter().for_each(|(_, diverge)| self.visit_expr(diverge));
        }
        self.visit_pat(&local.pat);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.inside(|mentions| visit::visit_expr_closure(mentions, closure));
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.inside(|mentions| visit::visit_arm(mentions, arm));
    }

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        self.inside(|mentions| {
            mentions.visit_expr(&branch.cond);
            mentions.visit_block(&branch.then_branch);
        });
        branch.else_branch.iter().for_each(|(_, other)| self.visit_expr(other));
    }

    fn visit_expr_while(&mut self, while_loop: &'ast ExprWhile) {
        self.inside(|mentions| visit::visit_expr_while(mentions, while_loop));
    }

    fn visit_expr_for_loop(&mut self, for_loop: &'ast ExprForLoop) {
        self.visit_expr(&for_loop.expr);
        self.inside(|mentions| {
            mentions.visit_pat(&for_loop.pat);
            mentions.visit_block(&for_loop.body);
        });
    }

    /// Visits `let pattern = value` in a condition.
    fn visit_expr_let(&mut self, condition: &'ast syn::ExprLet) {
        self.visit_expr(&condition.expr);
        self.visit_pat(&condition.pat);
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        if let Some(bound) = self.bound.last_mut() {
            bound.insert(pat.ident.unraw().to_string());
        }
        visit::visit_pat_ident(self, pat);
    }

    /// Visits no item, which sees no variables.
    fn visit_item(&mut self, _item: &'ast Item) {}

    /// Visits the arguments of a macro such as `vec![db.clone()]`, where they are expressions.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let arguments = call.parse_body_with(parser);
        self.scan(call.tokens.clone(), arguments.is_ok());
        arguments.iter().flatten().for_each(|argument| {
            let mut inner = Mentions { bound: self.bound.clone(), ..Mentions::default() };
            inner.visit_expr(argument);
            self.names.extend(inner.names);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Mentions, Visit};

    fn mentioned(value: &str) -> String {
        let value: syn::Expr = syn::parse_str(value).unwrap();
        let mut mentions = Mentions::default();
        mentions.visit_expr(&value);
        mentions.names.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_value_mentions_what_it_takes_from_around_it() {
        assert_eq!(mentioned("Mailer::new(db.clone(), cache)"), "cache db");
        assert_eq!(mentioned("Front { db, cache: cache.clone() }"), "cache db");
        assert_eq!(mentioned("{ let db = db.clone(); move |ctx| run(ctx, db.clone()) }"), "db");
        assert_eq!(mentioned("vec![db.clone(), cache]"), "cache db");
        assert_eq!(mentioned("format!(\"{db:?} {}\", cache)"), "cache db");
        assert_eq!(mentioned("tokio::select! { x = db.get() => x }"), "db get x");
    }

    #[test]
    fn a_value_does_not_mention_its_own_names_and_functions() {
        assert_eq!(mentioned("db()"), "");
        assert_eq!(mentioned("self::db"), "");
        assert_eq!(mentioned("|db| db.len()"), "");
        assert_eq!(mentioned("match x { Some(db) => db, None => y }"), "x y");
        assert_eq!(mentioned("if let Some(db) = x { db } else { y }"), "x y");
        assert_eq!(mentioned("{ for db in all { db; } db }"), "all db");
        assert_eq!(mentioned("{ fn f() { db; } 1 }"), "");
        assert_eq!(mentioned("a.db.len()"), "a");
    }
}
