//! The results of a run.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::contenders::Who;
use crate::figure::Figure;
use crate::job::Job;

/// The results of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine that it was measured on.
    pub(crate) machine: String,
    /// The number of times that each job was done.
    pub(crate) rounds: usize,
    pub(crate) entries: Vec<Entry>,
    /// The results with other numbers of children, for the plots.
    pub(crate) sweep: Vec<Entry>,
    /// The numbers of instructions, if they were counted.
    #[serde(default)]
    pub(crate) instructions: Vec<Entry>,
}

/// The results of one job of one contender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) job: Job,
    pub(crate) who: Who,
    pub(crate) n: usize,
    /// The figure of each round in which the job succeeded.
    pub(crate) figures: Vec<Figure>,
    /// The failure, if there are no figures, or fewer than rounds.
    pub(crate) failure: Option<String>,
}

impl Entry {
    /// Returns the median of the figures.
    pub(crate) fn value(&self) -> Option<f64> {
        median(self.figures.iter().map(|figure| figure.value))
    }

    /// Returns the median of the processor times.
    pub(crate) fn cpu(&self) -> Option<f64> {
        median(self.figures.iter().filter_map(|figure| figure.cpu))
    }

    /// Returns the remark for the reader of the table: the failure, or else the last note.
    pub(crate) fn note(&self) -> Option<&str> {
        let noted = || self.figures.iter().rev().find_map(|figure| figure.note.as_deref());
        self.failure.as_deref().or_else(noted)
    }
}

impl Results {
    /// Returns the results of one job of one contender, if it was measured.
    pub(crate) fn entry(&self, job: Job, who: Who) -> Option<&Entry> {
        find(&self.entries, job, who)
    }

    /// Returns the number of instructions of one job of one contender, if they were counted.
    pub(crate) fn instructions(&self, job: Job, who: Who) -> Option<f64> {
        find(&self.instructions, job, who).and_then(Entry::value)
    }

    pub(crate) fn read(file: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(serde_json::from_reader(BufReader::new(opened))?)
    }

    pub(crate) fn write(&self, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let made = File::create(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut out = BufWriter::new(made);
        serde_json::to_writer_pretty(&mut out, self)?;
        writeln!(out)?;
        Ok(out.flush()?)
    }
}

fn find(entries: &[Entry], job: Job, who: Who) -> Option<&Entry> {
    entries.iter().find(|entry| entry.job == job && entry.who == who)
}

/// Returns the middle value, or the mean of the two middle values of an even number.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 100.0].into_iter()), Some(3.0));
        assert_eq!(median([4.0, 1.0, 2.0, 100.0].into_iter()), Some(3.0));
        assert_eq!(median(std::iter::empty()), None);
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let entry = Entry {
            job: Job::MessageFrom8,
            who: Who::OursPool,
            n: 7,
            figures: vec![Figure::of(1.5).with_note("early")],
            failure: None,
        };
        let results = Results {
            machine: "this one".into(),
            rounds: 1,
            entries: vec![entry],
            ..Results::default()
        };
        let written = serde_json::to_string(&results).unwrap();
        assert!(written.contains("message-from-8") && written.contains("ours-pool"), "{written}");
        assert_eq!(serde_json::from_str::<Results>(&written).unwrap(), results);
    }
}
