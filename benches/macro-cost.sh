#!/usr/bin/env bash
# Measures the cost of the macros: the processor time to check and to build a tree of N children and a
# derive for N types, and the number of lines in the expansions. Usage: benches/macro-cost.sh [N…], from
# any folder.
#
# The library itself is compiled before the clock starts. A tree has equal parts of tasks and of
# children with a type, in supervisors of ten.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="$work/target"
mkdir -p "$work/src"
cat >"$work/Cargo.toml" <<TOML
[package]
name = "macro-cost"
version = "0.0.0"
edition = "2024"
[workspace]
[dependencies]
supervision-tree = { path = "$root/supervisor" }
TOML

header='#![allow(dead_code)]
use supervisor::prelude::*;
async fn task(_ctx: Context) -> ChildResult { Ok(()) }
#[derive(Child, Clone)] struct One(u32);
impl Worker for One { async fn run(&self, _ctx: Context) -> ChildResult { assert!(self.0 < 1_000_000); Ok(()) } }'

tree() {
    printf '%s\nsupervision_tree! { pub Big: one_for_one {\n' "$header"
    i=0
    while [ "$i" -lt "$1" ]; do
        [ $((i % 10)) -eq 0 ] && printf 'group_%s: one_for_all(max_restarts = 5) {\n' "$i"
        if [ $((i % 2)) -eq 0 ]; then
            printf 'task_%s: Always(shutdown = 2s) = task,\n' "$i"
        else
            printf 'one_%s: Transient<One>(backoff = 10ms..1s) = One(%s),\n' "$i" "$i"
        fi
        i=$((i + 1))
        { [ $((i % 10)) -eq 0 ] || [ "$i" -eq "$1" ]; } && printf '},\n'
    done
    printf '} }\nfn main() { let _ = Big::tree(); println!("{:?}", Big::SHUTDOWN_BUDGET); }\n'
}

derives() {
    printf '%s\n' "$header"
    i=0
    while [ "$i" -lt "$1" ]; do
        printf '#[derive(Child)] #[child(restart = Transient, shutdown = 1s)] struct T%s;\n' "$i"
        printf 'impl Worker for T%s { async fn run(&self, _: Context) -> ChildResult { Ok(()) } }\n' "$i"
        i=$((i + 1))
    done
    printf 'fn main() {}\n'
}

seconds() {
    touch "$work/src/main.rs"
    # Processor time, which other work of the machine does not change.
    TIMEFORMAT='%U'
    time cargo "$@" --quiet --manifest-path "$work/Cargo.toml"
}

# Uses a target folder of its own, since cargo recompiles the dependencies when this variable changes.
expanded() {
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/expanded" cargo rustc --quiet --manifest-path "$work/Cargo.toml" --profile dev -- \
        -Zunpretty=expanded 2>/dev/null | wc -l
}

echo 'fn main() {}' >"$work/src/main.rs"
cargo check --quiet --manifest-path "$work/Cargo.toml"
cargo build --quiet --manifest-path "$work/Cargo.toml"
printf '%-10s %6s %10s %10s %10s\n' what N check build lines
for n in "${@:-10 100 1000}"; do
    for count in $n; do
        tree "$count" >"$work/src/main.rs"
        printf '%-10s %6s %9.2fs %9.2fs %10s\n' tree "$count" "$(seconds check 2>&1)" "$(seconds build 2>&1)" "$(expanded)"
        derives "$count" >"$work/src/main.rs"
        printf '%-10s %6s %9.2fs %9.2fs %10s\n' derive "$count" "$(seconds check 2>&1)" "$(seconds build 2>&1)" "$(expanded)"
    done
done
