//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

use crate::contenders::Who;
use crate::job::Job;

const OPTIONS: &str = "\
Measures what supervision costs, and prints a table of medians.

Usage: supervisor-benches [options]

  --rounds N        how often each job is done (5)
  --only A,B        only these contenders; `ours` is all of ours
  --jobs A,B        only these jobs; build, tracing and expansion are done only if named
  --scale F         numbers of children and messages, times this (1)
  --instructions    counts instructions instead, by Valgrind; with --read, adds them to the results
  --profiles DIR    keeps Callgrind's profile of each count, for `callgrind_annotate`
  --json FILE       writes the results
  --plots DIR       draws the results, and measures more for it
  --read FILE       measures nothing, and reads the results of an earlier run
  --markdown        prints tables for a README
  --check           fails if a target is missed
";

/// Returns the text for `--help`.
pub(crate) fn help() -> String {
    let contenders = Who::ALL.map(|who| format!("  {who:<16}  {}\n", who.title()));
    let jobs = Job::ALL.map(|job| format!("  {job:<16}  {}\n", job.title()));
    format!("{OPTIONS}\nContenders:\n{}\nJobs:\n{}", contenders.concat(), jobs.concat())
}

/// The task of the program.
#[derive(Debug)]
pub(crate) enum Arguments {
    Help,
    /// Do one job of one contender in this process.
    Single(Single),
    /// Do one job of one contender in this process, whose instructions are counted.
    Counted(Single),
    /// Compare contenders, or read the results of an earlier comparison.
    All(Options),
}

/// One job of one contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Single {
    pub(crate) job: Job,
    pub(crate) contender: Who,
    pub(crate) n: usize,
}

/// The source of the figures.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Measure,
    Read(PathBuf),
}

/// The selection of jobs and contenders, and the use of the results.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) command: Command,
    pub(crate) rounds: usize,
    pub(crate) only: Vec<Who>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) scale: f64,
    pub(crate) instructions: bool,
    pub(crate) profiles: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) plots: Option<PathBuf>,
    pub(crate) markdown: bool,
    pub(crate) check: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            command: Command::Measure,
            rounds: 5,
            only: Who::ALL.to_vec(),
            jobs: Job::ALL.into_iter().filter(|job| !job.is_opt_in()).collect(),
            scale: 1.0,
            instructions: false,
            profiles: None,
            json: None,
            plots: None,
            markdown: false,
            check: false,
        }
    }
}

impl Single {
    /// Returns the arguments that [`Arguments::parse`] reads as this job.
    pub(crate) fn to_arguments(self) -> [String; 4] {
        self.to_arguments_after("--single")
    }

    /// Returns the arguments that [`Arguments::parse`] reads as this job with a count.
    pub(crate) fn to_counted_arguments(self) -> [String; 4] {
        self.to_arguments_after("--counted")
    }

    fn to_arguments_after(self, option: &str) -> [String; 4] {
        let Self { job, contender, n } = self;
        [option.into(), job.to_string(), contender.to_string(), n.to_string()]
    }

    fn parse(parser: &mut lexopt::Parser) -> Result<Self, lexopt::Error> {
        let job = parser.value()?.parse_with(job)?;
        let contender = parser.value()?.parse_with(contenders)?[0];
        let n = parser.value()?.parse()?;
        Ok(Self { job, contender, n })
    }
}

impl Arguments {
    pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut options = Options::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Long("single") => return Single::parse(&mut parser).map(Self::Single),
                Long("counted") => return Single::parse(&mut parser).map(Self::Counted),
                Long("rounds") => options.rounds = parser.value()?.parse_with(at_least_one)?,
                Long("only") => options.only = list(&parser.value()?, contenders)?.concat(),
                Long("jobs") => options.jobs = list(&parser.value()?, job)?,
                Long("scale") => options.scale = parser.value()?.parse_with(positive)?,
                Long("instructions") => options.instructions = true,
                Long("profiles") => options.profiles = Some(parser.value()?.into()),
                Long("json") => options.json = Some(parser.value()?.into()),
                Long("plots") => options.plots = Some(parser.value()?.into()),
                Long("read") => options.command = Command::Read(parser.value()?.into()),
                Long("markdown") => options.markdown = true,
                Long("check") => options.check = true,
                other => return Err(other.unexpected()),
            }
        }
        options.only.sort();
        options.only.dedup();
        options.jobs.sort();
        options.jobs.dedup();
        Ok(Self::All(options))
    }
}

fn list<T>(
    value: &std::ffi::OsString,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, lexopt::Error> {
    value.parse_with(|names| names.split(',').map(&parse).collect())
}

fn job(name: &str) -> Result<Job, String> {
    Job::named(name).ok_or_else(|| format!("no such job; there are {}", names(&Job::ALL)))
}

fn contenders(name: &str) -> Result<Vec<Who>, String> {
    Who::named(name).ok_or_else(|| format!("no such contender; there are {}", names(&Who::ALL)))
}

fn names<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&rounds| rounds > 0).ok_or("at least one, please".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    let scale = text.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale > 0.0);
    scale.ok_or("a positive number, please".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, String> {
        let parser = lexopt::Parser::from_args(arguments);
        Arguments::parse(parser).map_err(|error| error.to_string())
    }

    fn options(arguments: &[&str]) -> Options {
        match parse(arguments) {
            Ok(Arguments::All(options)) => options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_arguments_everything_is_measured() {
        assert_eq!(options(&[]), Options::default());
    }

    #[test]
    fn ours_is_all_of_ours() {
        let only = options(&["--only", "ours,floor"]).only;
        assert_eq!(only[0], Who::Floor);
        assert!(only.len() > 4 && only[1..].iter().all(|who| who.is_ours()), "{only:?}");
    }

    #[test]
    fn what_is_named_twice_is_measured_once() {
        let options = options(&["--only=ours,ours-pool", "--jobs=stop,start,stop"]);
        assert_eq!(options.jobs, [Job::Start, Job::Stop]);
        assert_eq!(options.only.iter().filter(|&&who| who == Who::OursPool).count(), 1);
    }

    #[test]
    fn a_single_job_is_understood_as_it_is_written() {
        let single = Single { job: Job::MessageFrom8, contender: Who::OursMacro, n: 17 };
        let written = single.to_arguments();
        let written: Vec<&str> = written.iter().map(String::as_str).collect();
        match parse(&written) {
            Ok(Arguments::Single(read)) => assert_eq!(read, single),
            other => panic!("{other:?}"),
        }
        let counted = single.to_counted_arguments();
        let counted: Vec<&str> = counted.iter().map(String::as_str).collect();
        assert!(matches!(parse(&counted), Ok(Arguments::Counted(read)) if read == single));
    }

    #[test]
    fn a_wrong_name_is_told_the_right_ones() {
        let error = parse(&["--jobs", "strat"]).unwrap_err();
        assert!(error.contains("strat") && error.contains("start, start-one-by-one"), "{error}");
        let error = parse(&["--only", "flor"]).unwrap_err();
        assert!(error.contains("flor") && error.contains("floor, in-order, hand"), "{error}");
    }

    #[test]
    fn no_round_and_no_size_are_refused() {
        assert!(parse(&["--rounds", "0"]).is_err());
        assert!(parse(&["--scale", "0"]).is_err());
        assert!(parse(&["--scale", "inf"]).is_err());
    }
}
