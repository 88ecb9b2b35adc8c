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
/// | `terminationGracePeriodSeconds` | the time of the whole stop, from SIGTERM to SIGKILL; a `preStop` hook runs within it, before SIGTERM, and takes its time from the tree |
/// | `startupProbe` | the time of the start: a container is ended at the last of `failureThreshold` consecutive failures, the first of which may come at once; until the probe has succeeded, the others do not run |
/// | `livenessProbe` | a tree that is not live is ended after 20 to 30 seconds, and started again |
/// | `readinessProbe` | a tree that is not ready is taken out of its services within 2 seconds, or 3 if it does not answer; each proxy learns that a moment later |
///
/// The start-up probe asks whether the tree is live and not whether it is ready: a tree that waits for a
/// dependency is not ready, and a restart would not help. While the tree stops, Kubernetes asks neither
/// of the first two any more, so a long stop is not taken for a failure.
///
/// The fields that are left out have Kubernetes' defaults: an `initialDelaySeconds` of 0 and a
/// `timeoutSeconds` of 1. See its pages about the [end of Pods] and about [probes]. Their
/// `failureThreshold` times `periodSeconds` counts one period too many: the [kubelet] does not wait
/// for a period before the first probe.
///
/// [end of Pods]: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
/// [probes]: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
/// [kubelet]: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/prober/worker.go
#[derive(Clone, Copy, Debug)]
pub struct Kubernetes<'a> {
    deployment: &'a Deployment,
}

impl<'a> Kubernetes<'a> {
    #[inline]
    pub(super) fn new(deployment: &'a Deployment) -> Self {
        Self { deployment }
    }
}

impl fmt::Display for Kubernetes<'_> {
    #[inline]
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
        // The first probe may come at once.
        writeln!(f, "      failureThreshold: {}", start.div_ceil(PERIOD_OF_START) + 1)?;
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
