//! Checks of files that are written by hand (feature `deployment-checks`).

use std::error::Error;
use std::fmt;
use std::time::Duration;

use ini::{Ini, ParseOption};
use saphyr::{LoadableYamlNode, Yaml};

use super::Deployment;
use crate::spec::written;

/// Kubernetes' default of `terminationGracePeriodSeconds`.
const DEFAULT_GRACE: u64 = 30;

/// Kubernetes' defaults of a probe's `periodSeconds` and `failureThreshold`.
const DEFAULT_PERIOD: u64 = 10;
const DEFAULT_THRESHOLD: u64 = 3;

/// systemd's default of `TimeoutStartSec` and `TimeoutStopSec`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(90);

impl Deployment {
    /// Checks the Pods in a manifest of Kubernetes: of each workload in it, and of each Pod.
    ///
    /// - `terminationGracePeriodSeconds`, 30 if it is missing, is the time of the stop with its margin, or
    ///   more; a `preStop` hook that sleeps, as an action or by the command `sleep`, takes its time from it.
    /// - A container with probes has the time of the start with its margin, or more, before a probe ends it:
    ///   `initialDelaySeconds`, and a `periodSeconds` less than its `failureThreshold` says, since the first
    ///   probe may come at once; of its `startupProbe`, or of its `livenessProbe` if it has none. (Of several
    ///   containers with probes, each is checked.)
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// # use supervisor::prelude::*;
    /// # async fn worker(ctx: Context) -> ChildResult { ctx.shutdown_requested().await; Ok(()) }
    /// supervision_tree! { Shop: one_for_one { orders: Always(shutdown = 60s) = worker } }
    ///
    /// let manifest = "
    /// kind: Deployment
    /// spec:
    ///   template:
    ///     spec:
    ///       terminationGracePeriodSeconds: 45
    /// ";
    /// let error = Shop::deployment().unwrap().check_kubernetes(manifest).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Deployment: `terminationGracePeriodSeconds` is 45s, and 68s are needed: \
    ///      orders 1m + kill_grace 1s + margin 6.1s"
    /// );
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// All numbers that are too small, each with the children that need more; or that the text is no YAML,
    /// or has no Pod in it.
    pub fn check_kubernetes(&self, manifest: &str) -> Result<(), CheckError> {
        let documents = Yaml::load_from_str(manifest)
            .map_err(|error| CheckError::Unreadable(error.to_string()))?;
        let pods: Vec<_> = documents.iter().filter_map(pod_of).collect();
        if pods.is_empty() {
            return Err(CheckError::Unreadable("there is no Pod in it".to_owned()));
        }
        let mut shortages = Vec::new();
        for (place, pod) in pods {
            self.check_pod(&place, pod, &mut shortages)?;
        }
        CheckError::of(shortages)
    }

    fn check_pod(
        &self,
        place: &str,
        pod: &Yaml<'_>,
        shortages: &mut Vec<Shortage>,
    ) -> Result<(), CheckError> {
        let key = "terminationGracePeriodSeconds";
        let grace = seconds(pod, key, DEFAULT_GRACE)?;
        let containers = pod.as_mapping_get("containers").and_then(Yaml::as_sequence);
        let containers = containers.map_or(&[][..], Vec::as_slice);
        let mut slept = 0;
        for container in containers {
            let hook = ["lifecycle", "preStop"].iter().try_fold(container, at);
            if let Some(hook) = hook {
                slept = slept.max(slept_by(hook)?);
            }
        }
        let left = Duration::from_secs(grace.saturating_sub(slept));
        if left < self.stop_timeout() {
            let place = match slept {
                0 => place.to_owned(),
                slept => format!("{place}, less the {slept}s of `preStop`"),
            };
            shortages.push(self.short_stop(&place, key, left));
        }
        for container in containers {
            let name = at(container, &"name").and_then(Yaml::as_str).unwrap_or("?");
            let probes = ["startupProbe", "livenessProbe"];
            let probe = probes.into_iter().find_map(|probe| Some((probe, at(container, &probe)?)));
            let Some((probe, value)) = probe else { continue };
            let period = seconds(value, "periodSeconds", DEFAULT_PERIOD)?;
            let threshold = seconds(value, "failureThreshold", DEFAULT_THRESHOLD)?;
            let delay = seconds(value, "initialDelaySeconds", 0)?;
            let periods = threshold.saturating_sub(1);
            let time = Duration::from_secs(delay.saturating_add(period.saturating_mul(periods)));
            if time < self.start_timeout() {
                let place = format!("{place}, container {name}");
                shortages.push(self.short_start(&place, probe, time));
            }
        }
        Ok(())
    }

    /// Checks the unit of a service of systemd's: `TimeoutStopSec` and `TimeoutStartSec`, 90 seconds if they
    /// are missing, are the times of the stop and of the start with their margins, or more.
    ///
    /// `TimeoutSec` stands for both; `infinity` is enough. (A program with the feature `systemd` extends the
    /// time of its stop while that goes on. The unit should not depend on it.)
    ///
    /// # Errors
    ///
    /// All numbers that are too small, each with the children that need more; or that the text is no unit, or
    /// has no `[Service]` in it.
    pub fn check_systemd(&self, unit: &str) -> Result<(), CheckError> {
        // As systemd reads a unit: no quotes, no escapes, no comments behind a value.
        let options =
            ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
        let unit = Ini::load_from_str_opt(unit, options)
            .map_err(|error| CheckError::Unreadable(error.to_string()))?;
        let Some(service) = unit.section(Some("Service")) else {
            return Err(CheckError::Unreadable("there is no [Service] in it".to_owned()));
        };
        // The last assignment counts, and `TimeoutSec` is two of them.
        let (mut stop, mut start) = (None, None);
        for (key, value) in service {
            let time = || time_span(key, value).map(Some);
            match key {
                "TimeoutSec" => (stop, start) = (time()?, time()?),
                "TimeoutStopSec" => stop = time()?,
                "TimeoutStartSec" => start = time()?,
                _ => {}
            }
        }
        let (stop, start) = (stop.unwrap_or(DEFAULT_TIMEOUT), start.unwrap_or(DEFAULT_TIMEOUT));
        let mut shortages = Vec::new();
        if stop < self.stop_timeout() {
            shortages.push(self.short_stop("[Service]", "TimeoutStopSec", stop));
        }
        if start < self.start_timeout() {
            shortages.push(self.short_start("[Service]", "TimeoutStartSec", start));
        }
        CheckError::of(shortages)
    }

    fn short_stop(&self, place: &str, setting: &'static str, is: Duration) -> Shortage {
        let (needed, because) = (self.stop_timeout(), self.stop_in_words());
        Shortage { place: place.to_owned(), setting, is, needed, because }
    }

    fn short_start(&self, place: &str, setting: &'static str, is: Duration) -> Shortage {
        let (needed, because) = (self.start_timeout(), self.start_in_words());
        Shortage { place: place.to_owned(), setting, is, needed, because }
    }
}

/// Returns the specification of the Pods of a document, and the words for its place.
fn pod_of<'a, 'y>(document: &'a Yaml<'y>) -> Option<(String, &'a Yaml<'y>)> {
    let spec = at(document, &"spec")?;
    let paths: [&[&str]; 3] =
        [&["jobTemplate", "spec", "template", "spec"], &["template", "spec"], &[]];
    let kind = at(document, &"kind").and_then(Yaml::as_str).unwrap_or("?");
    let path = match kind {
        "CronJob" => paths[0],
        "Pod" => paths[2],
        _ => paths[1],
    };
    let pod = path.iter().try_fold(spec, at)?;
    let name = at(document, &"metadata").and_then(|data| at(data, &"name")).and_then(Yaml::as_str);
    Some((name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}")), pod))
}

fn at<'a, 'y>(yaml: &'a Yaml<'y>, key: &&str) -> Option<&'a Yaml<'y>> {
    yaml.as_mapping_get(key)
}

/// Returns the seconds for which a `preStop` hook sleeps, as far as that can be seen.
fn slept_by(hook: &Yaml<'_>) -> Result<u64, CheckError> {
    if let Some(sleep) = at(hook, &"sleep") {
        return seconds(sleep, "seconds", 0);
    }
    let command = ["exec", "command"].iter().try_fold(hook, at).and_then(Yaml::as_sequence);
    let parts = command.into_iter().flatten().map(|part| match part.as_integer() {
        Some(number) => number.to_string(),
        None => part.as_str().unwrap_or_default().to_owned(),
    });
    // As a command of its own, or in a line for a shell.
    let line = parts.collect::<Vec<_>>().join(" ");
    let mut words = line.split(|char: char| char.is_whitespace() || char == ';');
    let sleep = words.find(|word| *word == "sleep" || word.ends_with("/sleep"));
    let time = sleep.and_then(|_| words.next()).map(|word| word.trim_end_matches('s'));
    Ok(time.and_then(|time| time.parse().ok()).unwrap_or(0))
}

/// Returns a number of seconds, or how many attempts a probe makes.
fn seconds(yaml: &Yaml<'_>, key: &str, default: u64) -> Result<u64, CheckError> {
    let Some(value) = at(yaml, &key) else { return Ok(default) };
    let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| CheckError::Unreadable(format!("`{key}` is no number of seconds")))
}

/// Parses a time span of systemd's.
fn time_span(key: &str, value: &str) -> Result<Duration, CheckError> {
    // A value of 0 turns the limit off, as `infinity` does.
    match fundu_systemd::parse(value, None, None).map(Duration::try_from) {
        Ok(Ok(Duration::ZERO)) => Ok(Duration::MAX),
        Ok(Ok(time)) => Ok(time),
        _ => Err(CheckError::Unreadable(format!("`{key}={value}` is no time span"))),
    }
}

/// A number in a file that is too small for the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shortage {
    /// The place in the file: the workload and the container, or the section.
    pub place: String,
    /// The setting.
    pub setting: &'static str,
    /// The time that it allows.
    pub is: Duration,
    /// The time that is needed, with the margin.
    pub needed: Duration,
    /// The children that need it, with their times.
    pub because: String,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, setting, is, needed, because } = self;
        let (is, needed) = (written(*is), written(*needed));
        write!(f, "{place}: `{setting}` is {is}, and {needed} are needed: {because}")
    }
}

/// The error of a file that does not suit the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// These numbers are too small.
    TooShort(Vec<Shortage>),
    /// The file cannot be read as what it should be.
    Unreadable(String),
}

impl CheckError {
    fn of(shortages: Vec<Shortage>) -> Result<(), Self> {
        if shortages.is_empty() { Ok(()) } else { Err(Self::TooShort(shortages)) }
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(shortages) => {
                for (index, shortage) in shortages.iter().enumerate() {
                    let line = if index == 0 { "" } else { "\n" };
                    write!(f, "{line}{shortage}")?;
                }
                Ok(())
            }
            Self::Unreadable(why) => write!(f, "the file cannot be checked: {why}"),
        }
    }
}

impl Error for CheckError {}
