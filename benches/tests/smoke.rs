//! Runs all jobs with few children, so that they are known to work when they are needed.

use std::fs;
use std::process::Command;

use serde_json::Value;

/// Returns the results of the jobs of these contenders.
fn measured(only: &str) -> Vec<Value> {
    let file = std::env::temp_dir().join(format!("smoke-{}-{only}.json", std::process::id()));
    let run = Command::new(env!("CARGO_BIN_EXE_supervisor-benches"))
        .args(["--rounds", "1", "--scale", "0.001", "--only", only, "--json"])
        .arg(&file)
        .output()
        .expect("the program is there");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let results: Value = serde_json::from_slice(&fs::read(&file).expect("it wrote the results"))
        .expect("they are JSON");
    fs::remove_file(&file).expect("only this test knows the file");
    results["entries"].as_array().expect("it measured something").clone()
}

/// Returns the jobs for which a contender has a figure, and asserts that none failed.
fn figures_of<'a>(entries: &'a [Value], who: &str) -> Vec<&'a str> {
    let own: Vec<_> = entries.iter().filter(|entry| entry["who"] == who).collect();
    for entry in &own {
        assert_eq!(entry["failure"], Value::Null, "{who} failed: {entry}");
        let figure = entry["figures"][0]["value"].as_f64();
        assert!(figure.is_some_and(|figure| figure >= 0.0), "no figure of {who}: {entry}");
    }
    own.iter().filter_map(|entry| entry["job"].as_str()).collect()
}

#[test]
fn the_floor_and_ours_do_all_their_jobs() {
    let entries = measured("floor,hand,ours");
    let everybody = ["start", "memory", "restart", "restart-panic", "restart-among", "stop"];
    for who in ["floor", "hand", "ours", "ours-typed", "ours-pool", "ours-macro", "ours-by-use"] {
        let jobs = figures_of(&entries, who);
        for job in everybody {
            assert!(jobs.contains(&job), "{who} did not do {job}: {jobs:?}");
        }
    }
    let pool = figures_of(&entries, "ours-pool");
    let own = ["start-one-by-one", "restart-window", "start-million", "limit-memory", "look"];
    let churn = ["storm", "churn", "churn-million", "churn-memory"];
    let page = cfg!(feature = "page").then_some("watched");
    for job in own.into_iter().chain(churn).chain(page) {
        assert!(pool.contains(&job), "the pool did not do {job}: {pool:?}");
    }
    let declared = figures_of(&entries, "ours-macro");
    for job in ["memory-pairs", "message", "message-from-8", "ask"] {
        assert!(declared.contains(&job), "the macro's trees did not do {job}: {declared:?}");
    }
    assert_eq!(figures_of(&entries, "ours-last"), ["restart", "restart-panic", "restart-among"]);
}

/// Counts the instructions of the floor and of this library, if Valgrind is installed.
#[test]
fn instructions_are_counted() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: there is no valgrind");
        return;
    }
    let file = std::env::temp_dir().join(format!("counted-{}.json", std::process::id()));
    let run = Command::new(env!("CARGO_BIN_EXE_supervisor-benches"))
        .args(["--instructions", "--scale", "0.002", "--only", "floor,ours-typed", "--json"])
        .arg(&file)
        .output()
        .expect("the program is there");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let results: Value = serde_json::from_slice(&fs::read(&file).expect("it wrote the results"))
        .expect("they are JSON");
    fs::remove_file(&file).expect("only this test knows the file");
    let entries = results["instructions"].as_array().expect("it counted something");
    for who in ["floor", "ours-typed"] {
        let jobs = figures_of(entries, who);
        for job in ["start", "stop", "restart", "restart-panic", "message", "ask"] {
            assert!(jobs.contains(&job), "{who} did not do {job}: {jobs:?}");
        }
    }
}

#[cfg(feature = "peers")]
#[test]
fn the_peers_do_their_jobs() {
    let entries = measured("kameo,ractor,task-supervisor");
    for who in ["kameo", "ractor", "task-supervisor"] {
        let jobs = figures_of(&entries, who);
        for job in ["start", "memory", "restart", "restart-panic", "restart-among", "stop"] {
            assert!(jobs.contains(&job), "{who} did not do {job}: {jobs:?}");
        }
    }
    for who in ["kameo", "ractor"] {
        let jobs = figures_of(&entries, who);
        assert!(jobs.contains(&"message") && jobs.contains(&"ask"), "{who}: {jobs:?}");
    }
}
