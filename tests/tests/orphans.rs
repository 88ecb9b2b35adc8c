//! Programs whose orphans this process has to reap, as the first process of a container has to.
//!
//! A file of its own, since orphans come to the whole process.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::Duration;

use supervisor::Program;
use supervisor::prelude::*;
use supervisor_tests::{capture_log, logs, within};

/// Makes this process the one that orphans below it are given to.
fn become_subreaper() {
    capture_log();
    let this = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(this)).expect("it is allowed");
}

/// A shell that runs this.
fn sh(script: &str) -> Program {
    Program::new("sh").arg("-c").arg(script)
}

/// Waits until no process of this id exists, not even a zombie.
async fn is_reaped(pid: &str) {
    let reaped = async {
        while Path::new("/proc").join(pid).exists() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    within("the orphan to be reaped", reaped).await;
}

/// The number in the line of this child that begins with this word.
async fn pid_after(child: &str, word: &str) -> String {
    let line = within("its line", logs(&[&format!("child={child} "), &format!(": {word} ")])).await;
    let (_, rest) = line.split_once(&format!(": {word} ")).expect("the line was found by it");
    rest.split(' ').next().expect("a word").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orphans_are_reaped_while_the_program_runs() {
    become_subreaper();
    let root = Supervisor::new().build();
    // A shell that ends at once leaves its child behind.
    let orphan = |word: &str, time: &str| format!("sh -c 'sleep {time} & echo {word} $!'; ");
    let script = orphan("first", "0") + &orphan("second", "0.05") + "exec sleep 10000";
    let child = within("it", root.add_child(ChildSpec::new("a").with_program(sh(&script)))).await;
    for word in ["first", "second"] {
        is_reaped(&pid_after("a", word).await).await;
    }
    assert_eq!(child.unwrap().incarnation(), 1, "the program itself was not reaped");
    assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orphans_that_end_in_a_stop_are_reaped_and_no_reason_to_kill() {
    become_subreaper();
    let root = Supervisor::new().build();
    let script = "sh -c 'trap \"sleep 0.05; exit 0\" TERM; echo worker $$; \
                  while :; do sleep 0.01; done' & wait";
    let spec = ChildSpec::new("b").with_shutdown(Shutdown::Infinity).with_program(sh(script));
    within("it", root.add_child(spec)).await.unwrap();
    let worker = pid_after("b", "worker").await;
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert!(!Path::new("/proc").join(worker).exists(), "reaped before the life has ended");
}
