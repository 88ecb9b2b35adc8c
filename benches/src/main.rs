//! Measures the cost of supervision: of this library, tokio by hand, other libraries, and Erlang's
//! supervisor.
//!
//! `README.md` in this package describes each job. [`rounds`] runs every job of every contender in
//! a process of its own, which is this program again. There [`jobs`] measures the [`contenders`].
//! [`instructions`] counts instructions in the same way. [`plan`] lists the runs, [`verdict`] compares the results with the targets, and the other
//! modules print and draw them.

mod arguments;
mod clock;
mod contender;
mod contenders;
mod figure;
mod instructions;
mod job;
mod jobs;
mod markdown;
mod plan;
mod plot;
mod process;
mod results;
mod rounds;
mod stage;
mod table;
mod verdict;

use std::process::ExitCode;

use arguments::{Arguments, Command, Options};
use results::Results;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    match Arguments::parse(lexopt::Parser::from_env())? {
        Arguments::Help => print!("{}", arguments::help()),
        Arguments::Single(task) => {
            let figure = jobs::run(task.job, task.contender, task.n)?;
            println!("{}", serde_json::to_string(&figure)?);
        }
        Arguments::Counted(task) => {
            let is_done = jobs::run_counted(task.job, task.contender, task.n)?;
            println!("{}", serde_json::to_string(&is_done)?);
        }
        Arguments::All(options) => return compare(&options),
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(options: &Options) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut results = match &options.command {
        Command::Measure if options.instructions => Results::default(),
        Command::Measure => rounds::run(options)?,
        Command::Read(file) => Results::read(file)?,
    };
    if options.instructions {
        results.instructions = instructions::count(options)?;
    }
    if let Some(file) = &options.json {
        results.write(file)?;
    }
    if let Some(folder) = &options.plots {
        plot::write(&results, folder)?;
    }
    let text = if options.markdown { markdown::text(&results) } else { table::text(&results) };
    print!("{text}");
    let missed = verdict::all(&results).into_iter().any(|verdict| !verdict.is_met());
    Ok(ExitCode::from(u8::from(options.check && missed)))
}
