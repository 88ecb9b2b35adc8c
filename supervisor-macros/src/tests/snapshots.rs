//! Compares expansions, formatted, with the files in `snapshots/`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p supervision-tree-macros` rewrites the files; read the diff.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::{derive, matrix, tree, tree_in_editor};

fn check(name: &str, items: TokenStream) {
    let file = syn::parse2(items).unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name);
    let path = path.with_extension("rs");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == text, "{} differs; it would be:\n{text}", path.display());
}

/// Wraps the block that a tree without a name expands to in a function, which is an item.
fn body(expansion: TokenStream) -> TokenStream {
    let Some(TokenTree::Group(block)) = expansion.into_iter().last() else {
        panic!("an expression ends with a block")
    };
    quote!(fn expression() #block)
}

#[test]
fn a_tree_with_a_name() {
    check(
        "named",
        tree(
            "/// The shop's services.
            pub Shop(config: &Config): one_for_all(
                max_restarts = 5,
                restart_window = 60s,
                shutdown_within = 30s,
            ) {
                db: Database = Database::new(&config.url),
                sub: one_for_one {
                    worker: Always,
                    mailer: Transient<Mailer>(backoff = 100ms..30s) = Mailer::new(db),
                },
                sessions: simple_one_for_one(max_children = 10_000) {
                    session: Temporary<Session>,
                },
            }",
        ),
    );
}

#[test]
fn a_tree_without_a_name() {
    let shortest = tree("one_for_all { sub: one_for_one { worker: Always } }");
    check("expression", body(shortest));
}

#[test]
fn a_tree_that_is_a_pool() {
    check("pool", tree("Sessions: simple_one_for_one { session: Session = Session::new() }"));
}

#[test]
fn a_job_and_partitions() {
    let expression = tree(
        "one_for_one {
            sweep: Always(every = 30s),
            parts: simple_one_for_one(partitions = 8) {
                counter: Always<Counter>(shutdown = 1s) = Counter::new(),
            },
        }",
    );
    check("job_and_partitions", body(expression));
}

#[test]
fn a_lease() {
    check(
        "lease",
        tree(
            "Shop(leases: &PgLeases): one_for_one {
                db: Database,
                billing: one_for_all(
                    lease = \"billing\",
                    ttl = TTL,
                    renew = 5s,
                    shutdown = 10s,
                    backoff = 1s,
                ) with leases {
                    ledger: Ledger = Ledger { db, fence },
                    cron: Always = move |ctx| cron(ctx, fence.clone(), ledger.clone()),
                },
                mails: one_for_one(lease = runtime(config.name), ttl = runtime(ttl)) with db.leases() {
                    cron: Always,
                },
            }",
        ),
    );
}

#[test]
fn shards() {
    check(
        "shards",
        tree(
            "Shop(leases: &PgLeases): one_for_one {
                jobs: one_for_one(lease = \"jobs\", shards = SHARDS, backoff = 1s) with leases {
                    store: Store = Store { shard },
                    work: Always = move |ctx| work(ctx, shard, fence.clone(), store.clone()),
                    tidy: Always,
                },
            }",
        ),
    );
}

#[test]
fn children_under_conditions() {
    let conditional = tree(
        "one_for_one {
            #[cfg(feature = \"metrics\")]
            metrics: Always,
            r#type: Cache<u64> = Cache::new(),
        }",
    );
    check("conditional", body(conditional));
}

#[test]
fn a_tree_with_mistakes() {
    check("mistakes", tree("Shop: one_for_al { db: , worker: Always(shutdown = 5) }"));
}

#[test]
fn a_tree_in_an_editor() {
    check(
        "editor",
        tree_in_editor(
            "pub Shop(config: &Config): one_for_all(max_restarts = 5) {
                db: Database(shutdown = runtime(config.stop)) = Database::new(&config.url),
                sub: one_for_one {
                    worker: Always = |ctx| run(ctx, db.clone()),
                    mailer: Transient<Mailer>(start = notify) = Mailer::new(db),
                },
                sessions: simple_one_for_one { session: Temporary<Session> },
                billing: one_for_one(lease = \"billing\", ttl = 30s) with config.leases() {
                    cron: Always = |ctx| cron(ctx, fence.clone()),
                },
            }",
        ),
    );
}

#[test]
fn a_derive() {
    check(
        "derive",
        derive(
            "#[child(restart = Transient, shutdown = 10s, message = Query, mailbox = 256)]
            struct Database { url: String }",
        ),
    );
}

#[test]
fn a_derive_with_parameters() {
    check(
        "derive_generic",
        derive(
            "#[child(restart = Temporary, once, message = Vec<T>, crate = my::supervisor)]
            struct Upload<T: Clone, const N: usize>([T; N]) where T: Sync;",
        ),
    );
}

#[test]
fn a_matrix() {
    let shop = "fn shop() -> Tree<Shop> { Shop::tree() }";
    check("matrix", matrix("\"r#type/#1\"", shop));
    check("matrix_of_another_path", matrix("crate = my::supervisor, \"db\"", shop));
}
