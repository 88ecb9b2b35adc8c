//! Tests the hygiene of expansions: trees in modules where names mean something else, in functions,
//! in other macros, and under strict lints.

#![deny(warnings, clippy::pedantic)]

use supervisor_tests::within;

/// A module whose names hide those of the standard library and of this one.
mod shadowed {
    #![allow(dead_code, unused_imports, reason = "they only stand in the way")]

    use supervisor::{Child as _, Context, Worker, supervision_tree};

    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Vec;
    pub(crate) struct String;
    pub(crate) struct Box;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Supervisor;
    pub(crate) struct ChildSpec;
    pub(crate) struct ChildRef;
    pub(crate) struct Tree;
    pub(crate) struct Duration;
    pub(crate) trait Clone {}
    pub(crate) trait Default {}
    pub(crate) trait Debug {}
    pub(crate) trait Send {}
    #[expect(non_camel_case_types, reason = "the names of primitive types")]
    mod primitives {
        pub(super) struct str;
        pub(super) struct usize;
        pub(super) struct bool;
    }
    use primitives::{bool, str, usize};

    #[derive(::core::fmt::Debug, supervisor::Child)]
    #[child(restart = Transient, shutdown = 2s)]
    pub(crate) struct Database(pub(crate) u8);

    impl Worker for Database {
        async fn run(&self, ctx: Context) -> supervisor::ChildResult {
            ctx.shutdown_requested().await;
            core::result::Result::Ok(())
        }
    }

    supervision_tree! {
        pub(crate) Shop(size: u8): one_for_all(max_restarts = 5, shutdown_within = 10s) {
            db: Database = Database(size),
            sub: one_for_one(restart = Transient) {
                worker: Always(backoff = 10ms..20ms),
            },
            pool: simple_one_for_one { session: Temporary<Database> },
        }
    }

    async fn worker(ctx: Context) -> supervisor::ChildResult {
        ctx.shutdown_requested().await;
        core::result::Result::Ok(())
    }

    pub(crate) async fn expression() -> core::option::Option<core::primitive::usize> {
        let tree = supervision_tree! {
            one_for_one { db: Database = Database(1), sub: one_for_one { worker: Always } }
        };
        let handle = tree.start().await.ok()?;
        core::option::Option::Some(handle.children())
    }
}

#[tokio::test]
async fn names_of_the_user_change_nothing() {
    let shop = within("the start", shadowed::Shop::start(5)).await.unwrap();
    assert_eq!(shop.db().path(), "db");
    assert_eq!(shop.sub().worker().path(), "sub/worker");
    shop.pool().add_worker_with(shadowed::Database(1)).await.unwrap();
    assert_eq!(shadowed::expression().await, Some(3));
}

/// A module without a prelude, that sees only its own names.
#[no_implicit_prelude]
mod bare {
    use ::core::result::Result::Ok;
    use ::supervisor::{Child, ChildResult, Context, Worker, supervision_tree};

    #[derive(Child)]
    #[child(restart = Transient, backoff = 1s)]
    pub(super) struct Database;

    impl Worker for Database {
        async fn run(&self, ctx: Context) -> ChildResult {
            ctx.shutdown_requested().await;
            Ok(())
        }
    }

    #[derive(Child, ::core::default::Default)]
    pub(super) struct Holder<T>(T);

    impl<T: ::core::marker::Send + ::core::marker::Sync + 'static> Worker for Holder<T> {
        async fn run(&self, ctx: Context) -> ChildResult {
            ctx.shutdown_requested().await;
            Ok(())
        }
    }

    supervision_tree! {
        pub(super) Shop: one_for_one(max_restarts = 5, shutdown_within = 90s) {
            db: Database = Database,
            holder: Transient<Holder<u8>>(backoff = 10ms..20ms),
            worker: Always(shutdown = 5s),
            sweep: Always(every = 30s),
            pool: simple_one_for_one { db: Database },
            parts: simple_one_for_one(partitions = 2) { db: Database = Database },
            sub: one_for_one(auto_shutdown = any_significant, restart = Transient) {
                worker: Transient(significant),
            },
        }
    }

    async fn worker(ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }

    async fn sweep() -> ChildResult {
        Ok(())
    }

    pub(super) fn expression() -> ::core::primitive::usize {
        let tree = supervision_tree! {
            one_for_one(shutdown_within = 90s) {
                db: Database = Database,
                holder: Holder<u8>,
                worker: Always,
                pool: simple_one_for_one { db: Database },
            }
        };
        tree.handle().children()
    }
}

#[tokio::test]
async fn a_module_without_a_prelude() {
    let shop = within("the start", bare::Shop::start()).await.unwrap();
    assert_eq!(shop.parts().workers()[1].path(), "parts/1");
    assert_eq!((bare::Shop::CHILDREN, bare::expression()), (10, 4));
}

async fn idle(ctx: supervisor::Context) -> supervisor::ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// A macro of the user around the tree, with fragments that the parser has to look into.
macro_rules! with_fragments {
    ($name:ident, $child:ident, $ty:ty, $value:expr, $path:path, $strategy:ident) => {
        supervisor::supervision_tree! {
            pub(crate) $name: $strategy {
                $child: $ty = $value,
                other: Transient<$path>(shutdown = 5s) = $value,
                again: Temporary = |ctx| idle(ctx),
            }
        }
    };
}

with_fragments!(
    Fragments,
    first,
    shadowed::Database,
    shadowed::Database(2 + 3),
    shadowed::Database,
    rest_for_one
);

#[tokio::test]
async fn a_tree_inside_a_macro_of_the_user() {
    let tree = within("the start", Fragments::start()).await.unwrap();
    assert_eq!((tree.first().path().as_str(), tree.other().path().as_str()), ("first", "other"));
}

#[tokio::test]
async fn a_tree_inside_a_function() {
    use supervisor::prelude::*;

    async fn local(ctx: Context) -> ChildResult {
        idle(ctx).await
    }

    supervision_tree! {
        Inner: one_for_one { local: Always }
    }

    let inner = within("the start", Inner::start()).await.unwrap();
    assert_eq!(inner.local().path(), "local");
    // Names of the expansion do not collide with those of the user.
    let (__builder, __spec, builder) = (1, 2, 3);
    let sum = |db: &ChildRef| db.path().as_str().len() + __builder + __spec + builder;
    let tree = supervision_tree! {
        one_for_one {
            local: Always,
            holder: Holder = Holder(sum(&local)),
        }
    };
    let handle = within("the start", tree.start()).await.unwrap();
    assert_eq!(handle.holder().path(), "holder");
}

#[derive(supervisor::Child)]
struct Holder(usize);

impl supervisor::Worker for Holder {
    async fn run(&self, ctx: supervisor::Context) -> supervisor::ChildResult {
        assert_eq!(self.0, 11);
        idle(ctx).await
    }
}

/// In a generic function the types of a tree may name its parameters.
async fn generic<T: Clone + Send + Sync + 'static>(value: T) -> usize {
    let tree = supervisor::supervision_tree! {
        one_for_one(auto_shutdown = any_significant) {
            first: supervisor_elsewhere::Holder<T> = make(value.clone()),
            second: Transient<supervisor_elsewhere::Holder<T>>(significant = false) = make(value),
        }
    };
    let handle = within("the start", tree.start()).await.unwrap();
    let _address: &supervisor::ChildRef = handle.first();
    handle.children()
}

fn make<T>(value: T) -> supervisor_elsewhere::Holder<T> {
    supervisor_elsewhere::Holder::new(value)
}

/// A parameter whose name is not one letter is declared.
async fn declared<Handler: Clone + Send + Sync + 'static>(handler: Handler) -> usize {
    let tree = supervisor::supervision_tree! {
        for<Handler> one_for_one(auto_shutdown = any_significant) {
            first: supervisor_elsewhere::Holder<Handler> = make(handler.clone()),
        }
    };
    within("the start", tree.start()).await.unwrap().children()
}

#[tokio::test]
async fn a_tree_inside_a_generic_function() {
    assert_eq!(generic(String::from("any")).await, 2);
    assert_eq!(declared(String::from("any")).await, 1);
}

mod documented {
    #![deny(missing_docs, unreachable_pub)]

    supervisor::supervision_tree! {
        /// The user documents only the tree itself.
        pub(crate) Documented: one_for_one {
            idle: Always = super::idle,
            sub: one_for_one { idle: Always = super::idle },
        }
    }
}

#[test]
fn generated_items_need_no_documentation_of_the_user() {
    assert_eq!(documented::Documented::CHILDREN, 3);
    assert_eq!(supervisor_elsewhere::hidden_children(), 2);
}

mod named_tree {
    supervisor::supervision_tree! {
        /// A tree may be called as the library's own type, which has a function of that name.
        pub(crate) Tree: one_for_one { idle: Always = super::idle }
    }
}

#[test]
fn a_tree_may_be_called_tree() {
    assert_eq!(named_tree::Tree::CHILDREN, 1);
    let _tree = named_tree::Tree::tree();
}
