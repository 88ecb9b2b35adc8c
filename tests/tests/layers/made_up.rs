//! Tests the checks on made-up files, each of which breaks a rule: no check passes because it sees
//! nothing.

use crate::rules::MayName::{Lower, Only};
use crate::rules::{self, Layer};
use crate::source::{self, File};
use crate::{LAYERS, may_name_testing};

fn files(sources: &[(&str, &str)]) -> Vec<File> {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    source::read(&sources.iter().map(owned).collect::<Vec<_>>())
}

/// Returns the paths that a file names, as text.
fn names(path: &str, text: &str) -> Vec<String> {
    let files = files(&[(path, text)]);
    files[0].names.iter().map(|name| name.segments.join("::")).collect()
}

fn forbidden(path: &str, text: &str) -> Vec<String> {
    rules::forbidden(LAYERS, &files(&[(path, text)]))
}

#[test]
fn a_layer_above_is_forbidden() {
    let faults = forbidden("slot/core.rs", "\nuse crate::runtime::node::Node;");
    assert_eq!(
        faults,
        ["supervisor/src/slot/core.rs:2 names crate::runtime::node::Node: `slot` may only \
          name catch, sync, packed_instant, spec, engine, mailbox, inbox"]
    );
    let faults = forbidden("catch.rs", "fn f(_: &crate::spec::Name) {}");
    assert_eq!(
        faults,
        ["supervisor/src/catch.rs:1 names crate::spec::Name: `catch` may name no other layer"]
    );
    assert!(forbidden("slot/core.rs", "use crate::spec::Name; use crate::slot::X;").is_empty());
}

#[test]
fn a_thread_local_of_another_origin_is_seen() {
    let declared = "std::thread_local! { static A: u8 = const { 1 } }";
    let faults = |path| rules::thread_locals(LAYERS, &files(&[(path, declared)]));
    assert_eq!(
        faults("life/current.rs"),
        ["supervisor/src/life/current.rs:1: declare it by `crate::sync::per_thread`"]
    );
    assert!(faults("sync/real.rs").is_empty());
}

#[test]
fn the_root_is_forbidden_and_may_name_all() {
    let faults = forbidden("runtime/node.rs", "use crate::Supervisor;");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("names crate::Supervisor, in the root of the crate: `runtime`"));
    assert_eq!(forbidden("kinds/program.rs", "$crate::__private::f()").len(), 1);
    assert!(forbidden("__private.rs", "pub use crate::testing::A; use crate::B;").is_empty());
}

#[test]
fn kinds_and_testing_may_not_name_each_other() {
    assert_eq!(forbidden("kinds/periodic.rs", "use crate::testing::crash;").len(), 1);
    assert_eq!(forbidden("testing.rs", "use crate::kinds::Periodic;").len(), 1);
    let faults = forbidden(
        "supervisor.rs",
        "#[cfg(feature = \"test-util\")] fn f() { crate::testing::crash() }",
    );
    assert_eq!(faults.len(), 1);
    assert_eq!(may_name_testing(LAYERS), ["root"]);
}

#[test]
fn a_table_that_lets_a_layer_name_testing_is_seen() {
    let table = [
        Layer { name: "testing", places: &["testing/"], may_name: Only(&[]) },
        Layer { name: "runtime", places: &["runtime/"], may_name: Only(&["testing"]) },
        Layer { name: "root", places: &["lib.rs"], may_name: Lower },
    ];
    assert_eq!(may_name_testing(&table), ["runtime", "root"]);
}

#[test]
fn each_branch_of_an_import_is_a_path() {
    let text = "use crate::{a::B, c::{self, D, e::*}, f as g};";
    assert_eq!(names("x.rs", text), ["a::B", "c", "c::D", "c::e", "f"]);
    assert_eq!(names("x.rs", "use {crate::a::B, std::fmt};"), ["a::B"]);
}

#[test]
fn paths_in_signatures_bodies_and_macros_count() {
    let text = "fn f() -> crate::a::B { <crate::c::D as crate::e::F>::g::<crate::h::I>(); }";
    assert_eq!(names("x.rs", text), ["a::B", "c::D", "e::F", "h::I"]);
    let text = "macro_rules! m { ($x:ty) => { $crate::a::f($x) }; } n! { [crate::b::g] }";
    assert_eq!(names("x.rs", text), ["a::f", "b::g"]);
}

#[test]
fn super_is_resolved() {
    assert_eq!(names("slot/core.rs", "use super::super::runtime::Node;"), ["runtime::Node"]);
    assert_eq!(
        names("slot/core.rs", "use super::{state::State, *};"),
        ["slot::state::State", "slot"]
    );
    let text = "mod inner { use super::super::A; fn f() { super::g() } } use self::inner::B;";
    assert_eq!(names("slot.rs", text), ["A", "slot::g", "slot::inner::B"]);
    assert_eq!(forbidden("slot/core.rs", "use super::super::runtime::Node;").len(), 1);
    assert!(forbidden("slot/core.rs", "use super::state::State;").is_empty());
}

#[test]
fn a_path_may_start_with_a_module_of_the_file() {
    let text = "mod state; use state::State; fn f(x: X) { x.state::<u8>(); Y::state::<u8>() }";
    assert_eq!(names("slot.rs", text), ["slot::state::State"]);
}

#[test]
fn visibilities_and_links_are_no_imports() {
    let text = "
        //! [`crate::runtime`]
        /// [crate::runtime::Node]
        pub(crate) struct A(pub(in crate::runtime) u8);
        /** `crate::runtime` */ pub(super) const B: &str = \"crate::runtime\"; // crate::runtime
    ";
    assert!(names("slot.rs", text).is_empty());
}

#[test]
fn test_only_code_is_left_out() {
    let item = |item: &str| {
        let text = format!("#[cfg(test)] #[allow(x)] {item} use crate::live::X;");
        assert_eq!(names("slot.rs", &text), ["live::X"], "{item}");
    };
    item("use crate::a::{B, C};");
    item("pub(crate) const A: crate::a::B = crate::a::B { c: 1 };");
    item("pub const fn f(x: crate::a::B, y: u8) -> crate::a::C { crate::a::d() }");
    item("impl<A, B> crate::a::C for D<A, B> { fn f() { crate::a::e() } }");
    item("mod tests { use crate::a::B; }");
    item("struct A<B, C>(crate::a::D<B>, C);");
    item("a! { crate::a::B }");
    let text = "struct A { #[cfg(test)] b: crate::b::B, c: crate::c::C }";
    assert_eq!(names("slot.rs", text), ["c::C"]);
    let text = "match a { #[cfg(test)] B => { crate::b::f() } C => crate::c::g(), }";
    assert_eq!(names("slot.rs", text), ["c::g"]);
    let text = "#[cfg(all(unix, test))] use crate::a::B; #[cfg(any(unix, test))] use crate::c::D;
        #[cfg(not(test))] use crate::e::F;";
    assert_eq!(names("slot.rs", text), ["c::D", "e::F"]);
    assert!(names("slot.rs", "#![cfg(test)] use crate::a::B;").is_empty());
}

#[test]
fn test_only_files_are_left_out() {
    let files = files(&[
        ("lib.rs", "#[cfg(test)] mod count_waker; mod slot;"),
        ("count_waker.rs", "use crate::runtime::A;"),
        ("count_waker/inner.rs", ""),
        ("size_tests.rs", ""),
        ("slot.rs", "#[cfg(test)] mod tests; #[cfg(test)] mod model;"),
        ("slot/model.rs", ""),
        ("slot/tests.rs", ""),
        ("slot/tests/deep/er.rs", ""),
    ]);
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["lib.rs", "slot.rs"]);
}

#[test]
fn each_file_has_one_layer_and_each_layer_has_files() {
    let table = [
        Layer { name: "slot", places: &["slot.rs", "slot/"], may_name: Only(&[]) },
        Layer { name: "word", places: &["slot/word.rs"], may_name: Only(&[]) },
        Layer { name: "stale", places: &["stale/"], may_name: Only(&[]) },
    ];
    let files = files(&[("slot.rs", ""), ("slot/word.rs", ""), ("slots.rs", "")]);
    assert_eq!(
        rules::misplaced(&table, &files),
        [
            "supervisor/src/slot/word.rs is in several layers: slot, word",
            "supervisor/src/slots.rs is in no layer of the table",
            "the table: there is no `stale/`, a place of `stale`",
        ]
    );
    assert!(rules::misplaced(&table[..1], &files[..2]).is_empty());
}

#[test]
fn a_table_with_a_circle_is_seen() {
    let table = [
        Layer { name: "a", places: &[], may_name: Only(&["b"]) },
        Layer { name: "b", places: &[], may_name: Only(&["a"]) },
        Layer { name: "b", places: &[], may_name: Lower },
    ];
    assert_eq!(
        rules::faults_of_table(&table),
        [
            "the table: `a` speaks of `b`, no layer below it",
            "the table: two layers have the same name",
        ]
    );
}

#[test]
fn a_circle_across_folders_is_seen() {
    let faults = rules::circles(&files(&[
        ("runtime/driver.rs", "mod effects; use effects::F;"),
        ("runtime/driver/effects.rs", "use crate::runtime::node::lives::A;"),
        ("runtime/node.rs", "use crate::runtime::driver::Driver;"),
        ("runtime/node/lives.rs", "use super::Node;"),
    ]));
    assert_eq!(
        faults,
        [
            "supervisor/src/runtime/: driver -> node -> driver: a folder may not be named by what it names"
        ]
    );
    let faults = rules::circles(&files(&[
        ("testing/error.rs", "use super::chaos::Failure;"),
        ("testing/chaos.rs", "mod report; use super::error::Error;"),
        ("testing/chaos/report.rs", ""),
    ]));
    assert_eq!(faults.len(), 1, "a folder and a file beside it: {faults:?}");
}

#[test]
fn a_circle_within_a_folder_is_none_across_folders() {
    let faults = rules::circles(&files(&[
        ("lib.rs", "mod runtime; pub use runtime::Runtime;"),
        ("runtime.rs", "mod driver; pub(crate) use driver::Driver;"),
        ("runtime/driver.rs", "use crate::runtime::driver::effects::F; use super::Node;"),
        ("runtime/driver/effects.rs", "use super::{Driver, seat::Seat};"),
        ("runtime/driver/seat.rs", "use crate::runtime::driver::effects::G;"),
    ]));
    assert!(faults.is_empty(), "{faults:?}");
}

fn engine(text: &str) -> Vec<String> {
    rules::io_of_engine(LAYERS, &files(&[("engine/exits.rs", text)]))
}

#[test]
fn io_in_the_engine_is_seen() {
    for text in [
        "use tokio::time::Instant;",
        "fn f() { tracing::info!(\"x\") }",
        "fn f() { g(async { 1 }) }",
        "fn f() { g().await }",
        "struct A { b: Mutex<u8> }",
        "struct A { b: RwLock<u8> }",
        "struct A { b: AtomicU64 }",
        "use std::thread as t;",
        "m! { s.spawn(f) }",
        "fn f() { g(Instant::now()) }",
        "fn f() { g.get_or_init(Instant::now) }",
        "fn f() { since.elapsed() > limit }",
    ] {
        assert_eq!(engine(text).len(), 1, "{text}");
    }
    let faults = engine("\n\nfn f() { g().await }");
    assert!(faults[0].starts_with("supervisor/src/engine/exits.rs:3 contains `await`: "));
    let faults = engine("fn f() { Instant::now() }");
    assert_eq!(faults, ["supervisor/src/engine/exits.rs:1: the engine asks nobody for the time"]);
    assert!(engine("use std::time::Instant; fn on(now: Instant) { self.now = now }").is_empty());
}

#[test]
fn only_the_engine_is_held_to_its_rule_and_it_must_exist() {
    let found =
        |path| rules::io_of_engine(LAYERS, &files(&[(path, "use tokio::x;"), ("engine.rs", "")]));
    assert_eq!(found("engine/exits.rs").len(), 1);
    assert!(found("engine/tests/world.rs").is_empty());
    assert!(found("engines.rs").is_empty());
    assert_eq!(rules::io_of_engine(LAYERS, &[]), ["there is no file of `engine` to check"]);
    assert_eq!(rules::impurities_of_spec(LAYERS, &[]), ["there is no file of `spec` to check"]);
}

fn spec(text: &str) -> Vec<String> {
    rules::impurities_of_spec(LAYERS, &files(&[("spec/exit.rs", text)]))
}

#[test]
fn impurities_of_spec_are_seen() {
    for text in [
        "use tokio::task::JoinError;",
        "use {std::fmt, tokio::time::{sleep, timeout}};",
        "use tokio;",
        "use tokio as runtime;",
        "use ::tracing::Level;",
        "fn f() -> ::tokio::A { b }",
        "fn f() { tokio::spawn(g) }",
        "fn f() { return ::tokio::spawn(g) }",
        "m! { tokio::spawn(g) }",
        "type A = Box<tokio::B>;",
        "fn f() { g(async { 1 }) }",
        "use std::sync::Mutex;",
        "struct A { b: RwLock<u8> }",
        "use std::time::{Duration, Instant};",
    ] {
        assert_eq!(spec(text).len(), 1, "{text}: {:?}", spec(text));
    }
    let faults = spec("\nuse tokio::task::JoinError;");
    assert_eq!(
        faults,
        ["supervisor/src/spec/exit.rs:2 names the crate `tokio`: `spec` may only use std, \
          core, alloc, supervisor_rules"]
    );
}

#[test]
fn plain_data_is_no_impurity() {
    let faults = spec(
        "mod state; pub use state::State; use std::{fmt, mem::{self, swap}, any as other};
        use crate::spec::path; use super::Name; use Kind::{Worker, Supervisor};
        fn f(x: ::std::num::NonZeroU8) -> Vec<u8>
        where fmt::Error: Into<u8> {
            mem::take(path::x()); u64::MAX; Self::g::<u8>(); h.parse::<u8>(); parse::<u8>();
            Vec::<u8>::new(); other::type_name(); ::core::mem::swap(); <A as B>::c::D
        }
        macro_rules! m { ($x:ident) => { $crate::spec::$x; $x::new() } }
        mod inner { use super::*; } fn g() { inner::h() }",
    );
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn the_drawing_counts_paths_between_layers() {
    let table = [
        Layer { name: "spec", places: &["spec/"], may_name: Only(&[]) },
        Layer { name: "slot", places: &["slot.rs", "slot/"], may_name: Lower },
        Layer { name: "root", places: &["lib.rs"], may_name: Lower },
    ];
    let files = files(&[
        ("lib.rs", "mod slot; pub use slot::A;"),
        ("spec/path.rs", "use crate::spec::A;"),
        ("slot.rs", "use crate::spec::{A, B}; use crate::slot::C; use crate::D;"),
        ("slot/core.rs", "use crate::spec::A;"),
    ]);
    let drawing = rules::drawing(&table, &files);
    assert_eq!(drawing, "spec  -\nslot  spec (3), root (1)\nroot  slot (1)");
}
