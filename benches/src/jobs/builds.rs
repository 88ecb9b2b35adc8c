//! The time that the compiler takes: these jobs build other programs, and supervise nothing.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Outcome;
use crate::arguments::Single;
use crate::clock::{Moment, Passed};
use crate::contenders::Who;
use crate::figure::Figure;
use crate::job::Job;
use crate::process;

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// The number of times that each of two compared programs is measured.
const SAMPLES: usize = 15;

/// Measures a clean release build of an empty crate that depends on this contender and tokio. All
/// downloads are done before the clock starts.
pub(super) fn empty_crate(who: Who) -> Outcome {
    let Some(dependencies) = dependencies(who) else { return Ok(None) };
    let folder = env::temp_dir().join(format!("supervisor-bench-{}", std::process::id()));
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/main.rs"), "fn main() {}\n")?;
    let manifest = format!(
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\ntokio = {{ version = \"1.54\", features = [\"rt-multi-thread\", \"macros\", \
         \"time\", \"sync\"] }}\n{dependencies}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let built = fetched_and_built(&folder);
    fs::remove_dir_all(&folder)?;
    Ok(Some(Figure::time_of_each(built?, 1)))
}

fn fetched_and_built(folder: &Path) -> Result<Passed, Box<dyn Error>> {
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
        cargo
    };
    succeed(cargo().args(["fetch", "--quiet"]))?;
    let (since, before) = (Moment::now(), process::cpu_of_children());
    succeed(cargo().args(["build", "--quiet", "--release", "--offline"]))?;
    let cpu = process::cpu_of_children().saturating_sub(before);
    Ok(Passed { wall: since.passed().wall, cpu })
}

fn dependencies(who: Who) -> Option<String> {
    Some(match who {
        Who::Floor => String::new(),
        Who::Ours => format!("supervision-tree = {{ path = \"{PACKAGE}/../supervisor\" }}"),
        Who::Kameo => "kameo = \"0.22.2\"".to_owned(),
        Who::Ractor => "ractor = \"0.16.5\"\nractor-supervisor = \"0.2.0\"".to_owned(),
        Who::TaskSupervisor => "task-supervisor = \"0.5.2\"".to_owned(),
        Who::AshFlare => "ash-flare = \"3.0.0\"".to_owned(),
        _ => return None,
    })
}

/// Measures a restart with `tracing` compiled in and no subscriber, in percent of a restart in a
/// program that it was compiled out of: the fastest of [`SAMPLES`] each.
pub(super) fn with_tracing(n: usize) -> Outcome {
    let with = this_program("tracing-on", &[])?;
    let without = this_program("tracing-off", &["--features", "tracing-off"])?;
    let (mut slow, mut fast) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..SAMPLES {
        slow = slow.min(restart(&with, n)?);
        fast = fast.min(restart(&without, n)?);
    }
    let figure = Figure::of(100.0 * slow / fast);
    Ok(Some(figure.with_note(format!("{slow:.0} ns against {fast:.0} ns"))))
}

/// Builds this package with these features, in a folder beside this program.
fn this_program(folder: &str, features: &[&str]) -> Result<PathBuf, Box<dyn Error>> {
    let target = env::current_exe()?.with_file_name(folder);
    let mut cargo = Command::new("cargo");
    cargo.current_dir(PACKAGE).env("CARGO_TARGET_DIR", &target);
    cargo.args(["build", "--quiet", "--release", "--no-default-features"]).args(features);
    succeed(&mut cargo)?;
    Ok(target.join("release").join(env!("CARGO_PKG_NAME")))
}

fn restart(program: &Path, n: usize) -> Result<f64, Box<dyn Error>> {
    let single = Single { job: Job::Restart, contender: Who::Ours, n };
    let output = Command::new(program).args(single.to_arguments()).output()?;
    let figure: Option<Figure> = serde_json::from_slice(&output.stdout)?;
    Ok(figure.ok_or("no figure")?.value)
}

/// Measures the processor time to check a tree of `n` children in the macro, by `macro-cost.sh`.
pub(super) fn expansion(n: usize) -> Outcome {
    let script = Path::new(PACKAGE).join("macro-cost.sh");
    let output = Command::new("bash").arg(script).arg(n.to_string()).output()?;
    expansion_of(&String::from_utf8(output.stdout)?, n).map(Some)
}

/// Parses the line about a tree of `n` children: `tree 1000 1.23s 2.34s 56789`.
fn expansion_of(printed: &str, n: usize) -> Result<Figure, Box<dyn Error>> {
    let rows = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row =
        rows.into_iter().find(|row| row.len() == 5 && row[0] == "tree" && row[1] == n.to_string());
    let row = row.ok_or_else(|| format!("no line about a tree of {n} children: {printed}"))?;
    let seconds: f64 = row[2].trim_end_matches('s').parse()?;
    let note = format!("processor time; {} to build, {} lines", row[3], row[4]);
    Ok(Figure::of(seconds * 1e9).with_note(note))
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(stderr.lines().next().unwrap_or("cargo failed").to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_tree_is_found() {
        let printed = "\
what            N      check      build      lines
tree         1000      1.25s      2.31s      56789
derive       1000      0.90s      1.10s      34567
";
        let figure = expansion_of(printed, 1000).unwrap();
        assert!((figure.value - 1.25e9).abs() < 1.0, "{figure:?}");
        assert!(figure.note.unwrap().contains("2.31s to build, 56789 lines"));
        assert!(expansion_of(printed, 100).is_err());
    }
}
