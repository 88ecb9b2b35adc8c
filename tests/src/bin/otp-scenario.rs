//! Runs scenarios of the conformance suite; `tests/otp/README.md` is the guide.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use supervisor_tests::otp::{
    corpus::{self, Kind},
    difference::compare,
    erlang::Erlang,
    generate, rules, run,
    scenario::{self, Scenario},
    shrink::shrink,
    trace::StepTrace,
};

const USAGE: &str = "usage:
  otp-scenario FILE...            print this library's traces of the scenarios
  otp-scenario --compare FILE...  compare this library with Erlang
  otp-scenario --fuzz N [SEED]    compare this library with Erlang in N random scenarios
  otp-scenario --generate N SEED  print N random scenarios
  otp-scenario --record           write the traces that are kept in tests/otp/traces
  otp-scenario --verify           check that they are what Erlang says
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["--compare", files @ ..] if !files.is_empty() => compare_files(files),
        ["--fuzz", count] => fuzz(count, None),
        ["--fuzz", count, seed] => fuzz(count, Some(seed)),
        ["--generate", count, seed] => print_generated(count, seed),
        ["--record"] => record(),
        ["--verify"] => verify(),
        files if !files.is_empty() && !files.iter().any(|file| file.starts_with('-')) => {
            print_traces(files)
        }
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn print(text: &str) -> Result {
    // A closed pipe is no error: the reader of the output, such as `head`, has ended.
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn read(files: &[&str]) -> Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for file in files {
        scenarios.extend(scenario::read(Path::new(file))?);
    }
    Ok(scenarios)
}

fn print_traces(files: &[&str]) -> Result {
    for scenario in read(files)? {
        print(&corpus::to_lines(&library(&scenario)?)?)?;
    }
    Ok(())
}

fn library(scenario: &Scenario) -> Result<Vec<StepTrace>> {
    run::run(scenario).map_err(|error| format!("{}: {error}", scenario.name).into())
}

fn compare_files(files: &[&str]) -> Result {
    let mut erlang = Erlang::start()?;
    let mut different = 0;
    let (own, scenarios): (Vec<_>, Vec<_>) =
        read(files)?.into_iter().partition(Scenario::has_own_trace);
    for scenario in &scenarios {
        if let Err(difference) = differs(scenario, &mut erlang) {
            different += 1;
            print(&format!("{difference}\n\n"))?;
        }
    }
    let all = scenarios.len();
    let own = own.len();
    print(&format!("{all} scenarios, {different} different; {own} differ on purpose\n"))?;
    if different == 0 { Ok(()) } else { Err("there are differences".into()) }
}

/// Compares Erlang's trace with this library's; an error of either runner is a difference too.
/// Returns `true` if the comparison ends before the scenario does.
fn differs(scenario: &Scenario, erlang: &mut Erlang) -> std::result::Result<bool, String> {
    let expected = erlang.trace(scenario).map_err(|error| format!("Erlang: {error}"))?;
    let actual = run::run(scenario).map_err(|error| {
        let scenario = serde_json::to_string(scenario).unwrap_or_default();
        format!("scenario: {scenario}\nlibrary:  {error}")
    })?;
    compare(scenario, &expected, &actual).map_err(|difference| difference.to_string())?;
    Ok(expected.iter().any(|step| step.cut.is_some()))
}

fn fuzz(count: &str, seed: Option<&&str>) -> Result {
    let count: u64 = count.parse()?;
    let first = seed.map_or_else(|| Ok(fastrand::u64(..1 << 53)), |seed| seed.parse())?;
    print(&format!("seeds {first} to {}\n", first + count - 1))?;
    let mut erlang = Erlang::start()?;
    let mut cut = 0;
    for seed in first..first + count {
        let scenario = generate::scenario(seed);
        let compared = differs(&scenario, &mut erlang);
        cut += u64::from(compared == Ok(true));
        if let Err(first) = compared {
            let allowed =
                |scenario: &Scenario| scenario.check().is_ok() && rules::check(scenario).is_ok();
            // `shrink` keeps the last scenario that differs, so the last difference belongs to it.
            let mut difference = first;
            shrink(scenario, |candidate| {
                let smaller = allowed(candidate).then(|| differs(candidate, &mut erlang));
                let Some(Err(smaller)) = smaller else { return false };
                difference = smaller;
                true
            });
            return Err(difference.into());
        }
    }
    print(&format!("{count} scenarios, none different; the comparison of {cut} was cut\n"))
}

fn print_generated(count: &str, seed: &str) -> Result {
    let (count, first): (u64, u64) = (count.parse()?, seed.parse()?);
    let lines: std::result::Result<Vec<String>, _> = (first..first + count)
        .map(|seed| serde_json::to_string(&generate::scenario(seed)))
        .collect();
    print(&format!("[\n{}\n]\n", lines?.join(",\n")))
}

/// Returns the traces of a file of the suite, by the path of the file that keeps them.
fn traces_of(file: &Path, erlang: &mut Erlang) -> Result<BTreeMap<PathBuf, String>> {
    let mut traces: BTreeMap<PathBuf, String> = BTreeMap::new();
    for scenario in scenario::read(file)? {
        for kind in corpus::kinds(file, &scenario) {
            let trace = match kind {
                Kind::Erlang => erlang.trace(&scenario)?,
                Kind::Otp => {
                    let deviations = Vec::new();
                    erlang.trace(&Scenario { deviations, ..scenario.clone() })?
                }
                Kind::Library => library(&scenario)?,
            };
            *traces.entry(corpus::trace_file(file, *kind)).or_default() +=
                &corpus::to_lines(&trace)?;
        }
    }
    Ok(traces)
}

fn record() -> Result {
    let mut erlang = Erlang::start()?;
    for file in corpus::files()? {
        for (kept, trace) in traces_of(&file, &mut erlang)? {
            fs::create_dir_all(kept.parent().unwrap_or(&kept))?;
            fs::write(kept, trace)?;
        }
    }
    Ok(())
}

fn verify() -> Result {
    let mut erlang = Erlang::start()?;
    let mut checked = 0;
    for file in corpus::files()? {
        for (kept, trace) in traces_of(&file, &mut erlang)? {
            if fs::read_to_string(&kept)? != trace {
                return Err(format!("{} is not what is seen now", kept.display()).into());
            }
            checked += 1;
        }
    }
    print(&format!("{checked} files of traces are what is seen now\n"))
}
