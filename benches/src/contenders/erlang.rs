//! Erlang's supervisor, where `escript` is installed: the same jobs in a program of its own.

use std::io;
use std::process::Command;

use crate::figure::Figure;
use crate::job::Job;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/erlang/supervisor_bench.escript");

/// Does one job; `None` if the Erlang program does not know it, or there is no Erlang.
pub(crate) fn run(job: Job, n: usize) -> Result<Option<Figure>, Box<dyn std::error::Error>> {
    let output = Command::new("escript").args([PROGRAM, job.as_str(), &n.to_string()]).output();
    let output = match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        output => output?,
    };
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stdout).into_owned().into());
    }
    figure(&String::from_utf8(output.stdout)?)
}

/// Parses the output of the program: a figure, with processor time if it is a time; or nothing.
fn figure(printed: &str) -> Result<Option<Figure>, Box<dyn std::error::Error>> {
    let mut words = printed.split_whitespace();
    let Some(value) = words.next() else { return Ok(None) };
    let cpu = words.next().map(str::parse).transpose()?;
    Ok(Some(Figure { value: value.parse()?, cpu, note: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_prints_is_understood() {
        let time = figure("1200.500 900.000\n").unwrap();
        assert_eq!(time, Some(Figure { value: 1200.5, cpu: Some(900.0), note: None }));
        assert_eq!(figure("4400.000\n").unwrap(), Some(Figure::of(4400.0)));
        assert_eq!(figure("\n").unwrap(), None);
        assert!(figure("escript: exception error").is_err());
    }
}
