//! The program, from its arguments to its exit code.

use std::ffi::OsString;

use byzantine::{Code, HELP, Order, Question, Request, Settings, parse, program};
use supervisor::SupervisionStrategy;

fn arguments(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// Runs the program, and returns its exit code, standard output and error output.
fn run(line: &str) -> (Code, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = program(arguments(line), &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn settings(line: &str) -> Settings {
    match parse(arguments(line)) {
        Ok(Request::Run(settings)) => settings,
        other => panic!("{other:?}"),
    }
}

/// The arguments of the command in the documentation.
const COMMAND: &str = "--generals 7 --traitors 2 --crash 1 --seed 42";

#[test]
fn it_prints_the_rounds_the_decisions_the_restarts_and_the_verdict() {
    let (code, out, err) = run(COMMAND);
    assert_eq!((code, err.as_str()), (Code::Agreed, ""));
    let titles = ["Round 1", "Round 2", "Round 3", "Decisions", "Restarts", "Verdict"];
    let places: Vec<_> = titles.iter().map(|title| out.find(&format!("\n{title}"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{out}");
    assert!(out.contains("1 crash, 1 restart: the same by events"), "{out}");
}

#[test]
fn the_documentation_shows_what_it_prints() {
    let source = include_str!("../../byzantine.rs");
    let block = source.split("//! ```text\n").nth(1).and_then(|rest| rest.split("//! ```").next());
    let line = |line: &str| line.trim_start_matches("//!").strip_prefix(' ').map(str::to_owned);
    let shown: Vec<_> =
        block.expect("a block").lines().map(|text| line(text).unwrap_or_default()).collect();
    let (_, printed, _) = run(COMMAND);
    assert_eq!(shown, printed.lines().collect::<Vec<_>>());
}

#[test]
fn the_same_seed_gives_the_same_output() {
    for line in [
        COMMAND,
        "--generals 6 --seed 3 --letters",
        "--generals 8 --traitors 1 --slow 1 --crash 5 --strategy one_for_all --seed 9",
        "--generals 7 --opinions mixed --crash 3 --strategy rest_for_one --max-restarts 9",
    ] {
        assert_eq!(run(line), run(line), "{line}");
    }
    assert_ne!(run("--seed 1").1, run("--seed 2").1);
}

#[test]
fn broken_agreement_has_a_code_and_an_explanation() {
    let six = COMMAND.replace("--generals 7", "--generals 6");
    for line in ["--generals 3 --traitors 1", &six] {
        let (code, out, _) = run(line);
        assert_eq!(code, Code::Broken, "{line}");
        for part in ["agreement: BROKEN", "\nWhy\n", "decides to attack", "decides to retreat"] {
            assert!(out.contains(part), "{part} in {out}");
        }
        // The letters of the traitors are printed.
        assert!(out.contains("         to 1: "), "{out}");
    }
}

#[test]
fn a_supervisor_that_gives_up_has_a_code_and_its_reason() {
    let (code, out, _) = run("--crash 4 --max-restarts 3");
    assert_eq!(code, Code::GaveUp);
    assert!(
        out.contains("called off: supervisor `/` has ended: gave up: `army`: gave up:"),
        "{out}"
    );
    assert!(out.contains("failed again after 3 restarts within 5s"), "{out}");
}

#[test]
fn what_is_drawn_is_said_first() {
    let (code, out, _) = run("--generals 10 --traitors 2 --slow 1 --lies silent");
    assert_eq!(code, Code::Agreed);
    let head = out.lines().take_while(|line| !line.is_empty());
    assert_eq!(
        head.collect::<Vec<_>>(),
        [
            "10 generals, OM(3): 4 rounds of letters, 1s each. Seed 42, one_for_one, max_restarts = 3.",
            "The commander (0) orders: attack.",
            "Traitors: lieutenant_2 (silent), lieutenant_4 (silent).",
            "Slow: lieutenant_1 in round 4.",
        ]
    );
    let (code, out, _) = run("--generals 3 --traitors 1 --order retreat --lies silent");
    assert_eq!(code, Code::Agreed);
    assert!(out.contains("Agreement is not certain, and none of 500 campaigns broke it."), "{out}");
    let (code, out, _) = run("--generals 3 --traitors 0 --opinions aar");
    assert_eq!(code, Code::Agreed);
    assert!(out.contains("certain:   yes, everybody is loyal and in time"), "{out}");
}

#[test]
fn help_tells_of_every_option_and_every_exit_code() {
    let (code, out, err) = run("--help");
    assert_eq!((code, out.as_str(), err.as_str()), (Code::Agreed, HELP, ""));
    assert_eq!(run("--generals 4 -h").1, HELP);
    for option in [
        "generals",
        "traitors",
        "slow",
        "crash",
        "order",
        "opinions",
        "lies",
        "strategy",
        "max-restarts",
        "seed",
        "letters",
    ] {
        assert!(HELP.contains(&format!("--{option}")), "{option}");
    }
    for code in [Code::Agreed, Code::Broken, Code::Usage, Code::GaveUp] {
        assert!(HELP.contains(&format!("\n  {}  ", code as u8)), "{code:?}");
    }
}

#[test]
fn wrong_arguments_get_a_clear_error() {
    for (line, wrong) in [
        ("--generals two", "--generals: `two` is not a whole number from 3 to 10"),
        ("--generals 11", "--generals: `11` is not a whole number from 3 to 10"),
        ("--crash -1", "--crash: `-1` is not a whole number from 0 to 20"),
        ("--seed", "missing argument for option '--seed'"),
        ("--general 7", "invalid option '--general'"),
        ("-g 7", "invalid option '-g'"),
        ("7", "unexpected argument \"7\""),
        ("--letters=yes", "unexpected argument for option '--letters': \"yes\""),
        ("--order charge", "--order: `charge` is no order; an order is `attack` or `retreat`"),
        ("--lies white", "--lies: `white` is none of random, split, opposite, silent"),
        (
            "--strategy simple_one_for_one",
            "--strategy: `simple_one_for_one` is none of one_for_one, one_for_all, rest_for_one",
        ),
        (
            "--generals 3 --traitors 0 --opinions axr",
            "--opinions: `axr` has a `x`; it takes `mixed`, or `a` (attack) and `r` (retreat) only",
        ),
        ("--opinions aar", "--opinions has 3 letters for 7 generals; it takes one for each"),
        (
            "--order attack --opinions mixed",
            "--order and --opinions exclude each other: one commands, or all vote",
        ),
        (
            "--generals 3 --traitors 2",
            "of 3 generals, 2 traitors and 0 slow ones leave 1; it takes 2 others to agree on something",
        ),
    ] {
        let (code, out, err) = run(line);
        assert_eq!((code, out.as_str()), (Code::Usage, ""), "{line}");
        assert_eq!(err, format!("byzantine: {wrong}\n`--help` lists the options\n"));
    }
    let (_, _, err) = run("--traitors 3 --slow 1");
    assert!(err.starts_with("byzantine: 3 traitors and 1 slow generals are 4; they are 3 at most"));
}

#[test]
fn what_is_asked_for_is_what_is_drawn() {
    let line = "--generals 8 --traitors=1 --slow 1 --crash 5 --seed 7 --strategy rest_for_one \
                --max-restarts 9 --opinions=aarraarr --lies split --letters";
    let settings = settings(line);
    assert!(settings.letters);
    let plan = settings.draw().plan;
    assert_eq!((plan.rules.generals, plan.rules.depth), (8, 2));
    assert_eq!((plan.traitors.len(), plan.slow.len(), plan.crashes.len()), (1, 1, 5));
    assert_eq!((plan.strategy, plan.max_restarts), (SupervisionStrategy::RestForOne, 9));
    let Question::Opinions(opinions) = &settings.question else { panic!("{settings:?}") };
    assert_eq!(plan.opinions, *opinions);
    assert_eq!(opinions[..3], [Order::Attack, Order::Attack, Order::Retreat]);
}
