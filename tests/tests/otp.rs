//! Tests this library against Erlang's traces, scenario by scenario. Erlang is not needed here;
//! `tests/otp/README.md` explains how the traces are made.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use supervisor_tests::otp::{
    corpus::{self, Kept},
    difference::{compare, sort_unordered},
    run::run,
};

/// The time limit of a test. A scenario takes milliseconds: its time-outs pass on a paused clock.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs a test on a thread of its own, and fails with the current step if it takes too long. A
/// supervisor in an endless loop would not let a timer of its own runtime fire.
fn within_the_limit(test: impl FnOnce(&dyn Fn(&str)) + Send + 'static) {
    let doing = Arc::new(Mutex::new(String::from("the start")));
    let now_doing = Arc::clone(&doing);
    let (done, is_done) = mpsc::channel();
    let thread = thread::spawn(move || {
        test(&|what| what.clone_into(&mut now_doing.lock().unwrap()));
        let _ = done.send(());
    });
    match is_done.recv_timeout(LIMIT) {
        Err(mpsc::RecvTimeoutError::Timeout) => {
            panic!("waited in vain for the end of {}", doing.lock().unwrap())
        }
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

fn files(group: &str) -> Vec<PathBuf> {
    let files = corpus::files().unwrap();
    let in_group = |file: &PathBuf| file.parent().is_some_and(|parent| parent.ends_with(group));
    files.into_iter().filter(in_group).collect()
}

/// Replays the scenarios of a group, and shows the first few that differ.
fn replay(group: &'static str) {
    within_the_limit(move |doing| {
        let mut scenarios = 0;
        let mut differences = Vec::new();
        for Kept { scenario, traces } in files(group).iter().flat_map(|f| corpus::kept(f).unwrap())
        {
            scenarios += 1;
            doing(&scenario.name);
            let seen = run(&scenario).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
            if let Err(difference) = compare(&scenario, &traces[0], &seen) {
                differences.push(difference.to_string());
            }
        }
        assert!(scenarios > 0, "no scenarios in {group}");
        let shown = differences[..differences.len().min(5)].join("\n\n");
        let count = differences.len();
        assert!(differences.is_empty(), "{count} of {scenarios} scenarios differ:\n\n{shown}");
    });
}

#[test]
fn cases_of_supervisor_suite() {
    replay("suite");
}

#[test]
fn gotchas() {
    replay("gotchas");
}

#[test]
fn random_scenarios() {
    replay("generated");
}

/// Checks that a trace does not depend on the machine that has recorded it: in whatever order the
/// emulator kills what is below a supervisor, the trace shows it in the order of the paths.
#[test]
fn kills_below_a_supervisor_are_shown_in_the_order_of_the_paths() {
    let kept = files("generated").iter().flat_map(|f| corpus::kept(f).unwrap()).find(|kept| {
        // The timeline kills the supervisor `s1`, with workers and a supervisor below it.
        kept.scenario.name == "seed-6" && !kept.scenario.timeline.is_empty()
    });
    let Kept { scenario, traces } = kept.unwrap();
    let mut elsewhere = traces[0].clone();
    let is_kill = |line: &String| line.starts_with("12 stop ") && line.ends_with(" killed");
    let kills = elsewhere[0].timeline.chunk_by_mut(|a, b| is_kill(a) && is_kill(b));
    let kills = kills.max_by_key(|lines| lines.len()).unwrap();
    assert_eq!(kills.len(), 7, "{kills:?}");
    kills.reverse();
    assert_ne!(traces[0], elsewhere);
    sort_unordered(&scenario, &mut elsewhere);
    assert_eq!(traces[0], elsewhere);
}

#[test]
fn deviations() {
    replay("deviations");
}

/// Checks that OTP's own trace of each deviation differs from this library's.
#[test]
fn deviations_deviate() {
    for Kept { scenario, traces } in
        files("deviations").iter().flat_map(|f| corpus::kept(f).unwrap())
    {
        let [ours, otps] = traces.as_slice() else { panic!("two traces of {}", scenario.name) };
        assert_ne!(ours, otps, "{}", scenario.name);
        assert!(!scenario.deviations.is_empty(), "{}", scenario.name);
    }
}

#[test]
fn the_guide_names_every_scenario_file() {
    let guide = fs::read_to_string(corpus::directory().join("README.md")).unwrap();
    for file in corpus::files().unwrap() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let case = name.trim_end_matches(".json");
        assert!(guide.contains(&format!("`{case}`")), "the guide does not say what {name} is");
    }
}
