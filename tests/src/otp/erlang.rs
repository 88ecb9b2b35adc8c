//! The Erlang runner: one process that performs one scenario after the other.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::otp::{corpus, difference::sort_unordered, scenario::Scenario, trace::StepTrace};

/// The Erlang program, reading scenarios from a pipe.
#[derive(Debug)]
pub struct Erlang {
    process: Child,
    scenarios: Option<ChildStdin>,
    traces: BufReader<ChildStdout>,
}

impl Erlang {
    /// Starts the Erlang program.
    ///
    /// # Errors
    ///
    /// If there is no `escript`.
    pub fn start() -> io::Result<Self> {
        let mut process = Command::new("escript")
            .arg(corpus::directory().join("erlang/otp-trace"))
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let scenarios = process.stdin.take();
        let traces = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { process, scenarios, traces: BufReader::new(traces) })
    }

    /// Returns the trace of a scenario on OTP's `supervisor`.
    ///
    /// # Errors
    ///
    /// If the Erlang program could not perform the scenario, or ended.
    pub fn trace(&mut self, scenario: &Scenario) -> io::Result<Vec<StepTrace>> {
        let mut line = serde_json::to_string(scenario)?;
        line.push('\n');
        self.scenarios.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write_all(line.as_bytes())?;
        let (mut trace, mut failed) = (Vec::new(), None);
        loop {
            line.clear();
            if self.traces.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the Erlang program ended"));
            }
            if line.trim().is_empty() {
                sort_unordered(scenario, &mut trace);
                return failed.map_or(Ok(trace), |error| Err(io::Error::other(error)));
            }
            // A line that is no trace is the Erlang program's error message.
            match serde_json::from_str(&line) {
                Ok(step) => trace.push(step),
                Err(_) => failed = Some(line.clone()),
            }
        }
    }
}

impl Drop for Erlang {
    fn drop(&mut self) {
        // The Erlang program ends at the end of its input.
        self.scenarios = None;
        let _ = self.process.wait();
    }
}
