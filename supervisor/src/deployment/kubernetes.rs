//! The part of a Kubernetes manifest.

use std::fmt;

use super::Deployment;

/// The seconds between two calls of the start-up probe.
const PERIOD_OF_START: u64 = 1;

/// The part of a Kubernetes manifest that the times of a tree decide, from
/// [`Deployment::kubernetes`]: it displays as YAML, for `spec.template.spec` of a workload.
///
/// | field | what it is |
/// |---|---|
/// | `terminationGracePeriodSeconds` | the time of the whole stop, from SIGTERM to SIGKILL; a `preStop` hook would run within it, and take its time from the tree |
/// | `startupProbe` | `failureThreshold` times `periodSeconds` is the time of the start; until the probe has succeeded, the others do not run |
/// | `livenessProbe` | the tree is restarted when it is not live for half a minute |
/// | `readinessProbe` | a tree that is not ready has no traffic after 2 seconds |
///
/// The start-up probe asks whether the tree is live and not whether it is ready: a tree that waits for a
/// dependency is not ready, and a restart would not help.
#[derive(Clone, Copy, Debug)]
pub struct Kubernetes<'a> {
    deployment: &'a Deployment,
}

impl<'a> Kubernetes<'a> {
    pub(super) fn new(deployment: &'a Deployment) -> Self {
        Self { deployment }
    }
}

impl fmt::Display for Kubernetes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Deployment { name, port, .. } = self.deployment;
        let stop = self.deployment.stop_timeout().as_secs();
        let start = self.deployment.start_timeout().as_secs();
        writeln!(f, "# {}", self.deployment.stop_in_words())?;
        writeln!(f, "terminationGracePeriodSeconds: {stop}")?;
        writeln!(f, "containers:")?;
        writeln!(f, "  - name: {name}")?;
        writeln!(f, "    startupProbe:")?;
        writeln!(f, "      httpGet: {{ path: /livez, port: {port} }}")?;
        writeln!(f, "      periodSeconds: {PERIOD_OF_START}")?;
        writeln!(f, "      # {}", self.deployment.start_in_words())?;
        writeln!(f, "      failureThreshold: {}", start.div_ceil(PERIOD_OF_START))?;
        writeln!(f, "    livenessProbe:")?;
        writeln!(f, "      httpGet: {{ path: /livez, port: {port} }}")?;
        writeln!(f, "      periodSeconds: 10")?;
        writeln!(f, "      timeoutSeconds: 5")?;
        writeln!(f, "      failureThreshold: 3")?;
        writeln!(f, "    readinessProbe:")?;
        writeln!(f, "      httpGet: {{ path: /readyz, port: {port} }}")?;
        writeln!(f, "      periodSeconds: 2")?;
        writeln!(f, "      failureThreshold: 1")
    }
}
