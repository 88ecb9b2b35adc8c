//! Finds the names that an expression mentions, and how: the one place that knows where a value of
//! a child can name a sibling, a parameter or a function.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Arm, Block, Expr, ExprAsync, ExprCall, ExprClosure, ExprField, ExprForLoop, ExprIf, ExprLet,
    ExprMethodCall, ExprPath, ExprWhile, Ident, Item, Local, Macro, PatIdent, Token,
};

/// The names in an expression: paths of one word, and the names in format strings.
#[derive(Default)]
pub(super) struct Mentions {
    pub(super) all: Vec<Mention>,
    /// The names that the expression binds anywhere.
    pub(super) bound: HashSet<String>,
    /// The names that are bound at the place, by each block, closure or arm around it.
    scopes: Vec<HashSet<String>>,
    closures: usize,
    async_blocks: usize,
}

/// A name in an expression.
pub(super) struct Mention {
    pub(super) ident: Ident,
    pub(super) role: Role,
    /// `true` if the expression has bound the name itself, so that it means nothing outside.
    pub(super) is_bound: bool,
    pub(super) in_closure: bool,
    /// `true` if the name is in a closure or an async block, which may run later.
    pub(super) is_deferred: bool,
}

/// The use that an expression makes of a name.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Role {
    Value,
    /// A field of it is used, and not the whole.
    Base,
    /// A method of this name is called on it.
    Receiver(Ident),
    /// It is called: a function, never a child.
    Called,
    /// It stands in a format string, or in a macro whose arguments are no expressions.
    InMacro,
}

impl Mention {
    /// Returns the name without `r#`.
    pub(super) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

impl Mentions {
    pub(super) fn of(value: &Expr) -> Self {
        let mut mentions = Self::default();
        mentions.visit_expr(value);
        mentions
    }

    pub(super) fn of_closure(closure: &ExprClosure) -> Self {
        let mut mentions = Self::default();
        mentions.visit_expr_closure(closure);
        mentions
    }

    pub(super) fn of_block(block: &Block) -> Self {
        let mut mentions = Self::default();
        mentions.visit_block(block);
        mentions
    }

    /// Returns the names that mean something outside of the expression and are values there.
    pub(super) fn values(&self) -> impl Iterator<Item = &Mention> {
        let is_value = |role: &Role| matches!(role, Role::Value | Role::Base | Role::Receiver(_));
        self.all.iter().filter(move |mention| !mention.is_bound && is_value(&mention.role))
    }

    /// Returns the names of functions outside of the expression that it calls.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Mention> {
        self.all.iter().filter(|mention| !mention.is_bound && mention.role == Role::Called)
    }

    fn note(&mut self, ident: &Ident, role: Role) {
        let name = ident.unraw().to_string();
        self.all.push(Mention {
            ident: ident.clone(),
            role,
            is_bound: self.scopes.iter().any(|scope| scope.contains(&name)),
            in_closure: self.closures > 0,
            is_deferred: self.closures + self.async_blocks > 0,
        });
    }

    fn note_path(&mut self, path: &ExprPath, role: Role) {
        if let Some(ident) = path.path.get_ident() {
            self.note(ident, role);
        }
    }

    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(HashSet::new());
        visit(self);
        self.scopes.pop();
    }

    /// Notes the names in the tokens of a macro: those in format strings such as `"{db:?}"`, and all
    /// others unless the tokens are expressions.
    fn scan(&mut self, tokens: TokenStream, are_expressions: bool) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if !are_expressions => self.note(&ident, Role::InMacro),
                TokenTree::Group(group) => self.scan(group.stream(), are_expressions),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let ends = |letter: char| !letter.is_alphanumeric() && letter != '_';
                    let names = text.split('{').skip(1).filter_map(|part| part.split(ends).next());
                    for name in names.filter_map(|name| syn::parse_str::<Ident>(name).ok()) {
                        self.note(&Ident::new(&name.to_string(), literal.span()), Role::InMacro);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.note_path(path, Role::Value);
    }

    fn visit_expr_field(&mut self, field: &'ast ExprField) {
        let before = self.all.len();
        visit::visit_expr_field(self, field);
        if let (Expr::Path(_), Some(base)) = (&*field.base, self.all.get_mut(before)) {
            base.role = Role::Base;
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        match &*call.func {
            Expr::Path(path) => self.note_path(path, Role::Called),
            function => self.visit_expr(function),
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        match &*call.receiver {
            Expr::Path(path) => self.note_path(path, Role::Receiver(call.method.clone())),
            receiver => self.visit_expr(receiver),
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
        self.closures += 1;
        self.inside(|mentions| visit::visit_expr_closure(mentions, closure));
        self.closures -= 1;
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.async_blocks += 1;
        visit::visit_expr_async(self, block);
        self.async_blocks -= 1;
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
    fn visit_expr_let(&mut self, condition: &'ast ExprLet) {
        self.visit_expr(&condition.expr);
        self.visit_pat(&condition.pat);
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        let name = pat.ident.unraw().to_string();
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.clone());
        }
        self.bound.insert(name);
        visit::visit_pat_ident(self, pat);
    }

    /// Visits no item, which sees no variables.
    fn visit_item(&mut self, _item: &'ast Item) {}

    /// Visits the arguments of a macro such as `vec![db.clone()]`, where they are expressions.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let arguments = call.parse_body_with(parser);
        self.scan(call.tokens.clone(), arguments.is_ok());
        // The arguments live in this function only.
        let mut inner = Mentions {
            scopes: self.scopes.clone(),
            closures: self.closures,
            async_blocks: self.async_blocks,
            ..Mentions::default()
        };
        arguments.iter().flatten().for_each(|argument| inner.visit_expr(argument));
        self.all.append(&mut inner.all);
        self.bound.extend(inner.bound);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Mentions, Role};

    fn mentioned(value: &str) -> String {
        let mentions = Mentions::of(&syn::parse_str(value).unwrap());
        let outside = mentions.all.iter().filter(|mention| !mention.is_bound);
        let names = outside.filter(|mention| mention.role != Role::Called);
        let names: BTreeSet<String> = names.map(super::Mention::name).collect();
        names.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_value_mentions_what_it_takes_from_around_it() {
        assert_eq!(mentioned("Mailer::new(db.clone(), cache)"), "cache db");
        assert_eq!(mentioned("Front { db, cache: cache.clone() }"), "cache db");
        assert_eq!(mentioned("{ let db = db.clone(); move |ctx| run(ctx, db.clone()) }"), "db");
        assert_eq!(mentioned("vec![db.clone(), cache]"), "cache db");
        assert_eq!(mentioned("format!(\"{db:?} {} {0}\", cache)"), "cache db");
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

    #[test]
    fn a_mention_tells_where_it_stands_and_what_is_done() {
        let mentions = Mentions::of(&syn::parse_str("f(a, b.c(), |x| async { d; x })").unwrap());
        let found = |name: &str| mentions.all.iter().find(|mention| mention.name() == name);
        let is = |name: &str, in_closure: bool, is_deferred: bool| {
            found(name).is_some_and(|mention| {
                mention.in_closure == in_closure && mention.is_deferred == is_deferred
            })
        };
        assert!(is("a", false, false) && is("b", false, false) && is("d", true, true));
        assert!(found("f").is_some_and(|mention| mention.role == Role::Called));
        assert!(found("b").is_some_and(|mention| matches!(&mention.role, Role::Receiver(_))));
        assert!(found("x").is_some_and(|mention| mention.is_bound));
    }
}
