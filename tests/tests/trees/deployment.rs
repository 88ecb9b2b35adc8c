//! The numbers with which a tree is deployed, the files that are printed, and those that are checked.

use std::process::Command;
use std::time::Duration;

use supervisor::deployment::CheckError;
use supervisor::prelude::*;

async fn worker(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

supervision_tree! {
    Shop: one_for_one {
        database: Always(shutdown = 10s, start = notify, start_timeout = 1s) = worker,
        sales: one_for_one(kill_grace = 3s) {
            orders: Always(shutdown = 25s) = worker,
            mails: Always(shutdown = 2s) = worker,
        },
        limited: one_for_one(shutdown = 4s) {
            any: Always(shutdown = infinity) = worker,
        },
        sessions: simple_one_for_one {
            session: Temporary(shutdown = 6s) = worker,
        },
    }
}

#[test]
fn the_times_are_those_of_the_children_and_of_one_that_cannot_be_stopped() {
    let deployment = Shop::deployment().unwrap();
    assert_eq!(deployment.stop(), Shop::SHUTDOWN_BUDGET.unwrap() + Duration::from_secs(3));
    assert_eq!(deployment.start(), Shop::START_BUDGET.unwrap());
    // A tenth of 50 s; at least a second.
    assert_eq!(deployment.stop_timeout(), Duration::from_secs(55));
    assert_eq!(deployment.start_timeout(), Duration::from_secs(2));
    let exact = deployment.with_margin(Duration::from_millis(100));
    assert_eq!(exact.stop_timeout(), Duration::from_secs(51), "whole seconds");
}

#[test]
fn a_tree_that_is_an_expression_has_them_too() {
    let tree = supervision_tree! { one_for_one { only: Always(shutdown = 20s) = worker } };
    assert_eq!(tree.handle().deployment().unwrap().stop(), Duration::from_secs(21));
}

#[test]
fn by_use_the_longest_path_counts() {
    supervision_tree! {
        Net: one_for_one(order = by_use) {
            base: Always(shutdown = 5s) = worker,
            long: Always(shutdown = 20s, after = [base]) = worker,
            short: Always(shutdown = 10s, after = [base]) = worker,
        }
    }
    let deployment = Net::deployment().unwrap();
    assert_eq!(deployment.stop(), Duration::from_secs(26));
    let text = deployment.kubernetes().to_string();
    assert!(text.contains("# long 20s + base 5s + kill_grace 1s + margin 2.6s"), "{text}");
}

#[test]
fn a_time_without_a_bound_is_an_error_that_names_the_child() {
    supervision_tree! {
        Endless: one_for_one { sub: one_for_one { work: Always(shutdown = infinity) = worker } }
    }
    let error = Endless::deployment().unwrap_err();
    assert_eq!(error.to_string(), "`sub/work` has no limit: give it a `shutdown`");

    supervision_tree! {
        Configured(time: Duration): one_for_one {
            work: Always(shutdown = runtime(time)) = worker,
        }
    }
    let error = Configured::deployment().unwrap_err();
    let said = "`work` has a `shutdown` that only the running program knows";
    assert_eq!((error.path(), error.to_string().as_str()), ("work", said));

    supervision_tree! {
        Grace(time: Duration): one_for_one {
            sub: one_for_one(kill_grace = runtime(time)) { work: Always = worker },
        }
    }
    let error = Grace::deployment().unwrap_err();
    let said = "`sub` has a `kill_grace` that only the running program knows";
    assert_eq!(error.to_string(), said);

    supervision_tree! {
        ByHand: one_for_one { sub: Supervisor = Supervisor::new().build() }
    }
    let error = ByHand::deployment().unwrap_err();
    assert!(error.to_string().starts_with("`sub` is a supervisor built by hand"), "{error}");
}

#[test]
fn the_fragment_for_kubernetes_passes_its_own_check() {
    let deployment = Shop::deployment().unwrap().with_probe_port(8080);
    let fragment = deployment.kubernetes().to_string();
    assert_eq!(
        fragment,
        "\
# sales/orders 25s + database 10s + sessions/session 6s + limited 4s + sales/mails 2s + kill_grace 3s + margin 5s
terminationGracePeriodSeconds: 55
containers:
  - name: shop
    startupProbe:
      httpGet: { path: /livez, port: 8080 }
      periodSeconds: 1
      # database 1s + margin 1s
      failureThreshold: 3
    livenessProbe:
      httpGet: { path: /livez, port: 8080 }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 3
    readinessProbe:
      httpGet: { path: /readyz, port: 8080 }
      periodSeconds: 2
      failureThreshold: 1
"
    );
    let indented = fragment.replace('\n', "\n  ");
    deployment.check_kubernetes(&format!("kind: Pod\nspec:\n  {indented}")).unwrap();
}

fn shortages(result: Result<(), CheckError>) -> Vec<(String, &'static str, u64, u64)> {
    match result {
        Ok(()) => Vec::new(),
        Err(CheckError::TooShort(shortages)) => shortages
            .into_iter()
            .map(|one| (one.place, one.setting, one.is.as_secs(), one.needed.as_secs()))
            .collect(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn manifests_that_are_too_short_are_found() {
    let deployment = Shop::deployment().unwrap().with_margin(Duration::from_secs(5));
    let check = |manifest: &str| shortages(deployment.check_kubernetes(manifest));
    // The default is 30 s; another document is no workload.
    let defaults = "kind: Service\n---\nkind: Deployment\nmetadata: { name: shop }\nspec: { template: { spec: { containers: [] } } }";
    let grace = "terminationGracePeriodSeconds";
    assert_eq!(check(defaults), [("Deployment shop".to_owned(), grace, 30, 55)]);
    let sleeps = "
kind: StatefulSet
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: app
          lifecycle: { preStop: { sleep: { seconds: 10 } } }
          startupProbe: { periodSeconds: 1 }
        - name: other
          livenessProbe: { initialDelaySeconds: 2, periodSeconds: 1, failureThreshold: 5 }
        - name: no-probe
";
    assert_eq!(
        check(sleeps),
        [
            ("StatefulSet, less the 10s of `preStop`".to_owned(), grace, 50, 55),
            ("StatefulSet, container app".to_owned(), "startupProbe", 2, 6),
        ]
    );
    // A hook that runs `sleep` has done so before there was an action for it.
    for command in ["[sleep, 10]", "[/bin/sleep, \"10s\"]", "[sh, -c, 'sleep 10; kill 1']"] {
        let hook = format!("exec: {{ command: {command} }}");
        let execs = sleeps.replace("sleep: { seconds: 10 }", &hook);
        assert_eq!(check(&execs)[0].2, 50, "{execs}");
    }
    let job = "
kind: CronJob
spec: { jobTemplate: { spec: { template: { spec: { terminationGracePeriodSeconds: 54 } } } } }
";
    assert_eq!(check(job), [("CronJob".to_owned(), grace, 54, 55)]);
    assert!(check(&job.replace("54", "55")).is_empty());

    for (unreadable, why) in [
        ("a: [", "the file cannot be checked"),
        ("kind: Service", "there is no Pod in it"),
        ("", "there is no Pod in it"),
        ("kind: Pod\nspec: { terminationGracePeriodSeconds: soon }", "is no number of seconds"),
    ] {
        let error = deployment.check_kubernetes(unreadable).unwrap_err().to_string();
        assert!(error.contains(why), "{unreadable}: {error}");
    }
}

#[test]
fn units_that_are_too_short_are_found() {
    let deployment = Shop::deployment().unwrap().with_margin(Duration::from_secs(50));
    let check = |unit: &str| shortages(deployment.check_systemd(unit));
    let stop = |is| ("[Service]".to_owned(), "TimeoutStopSec", is, 100);
    let start = |is| ("[Service]".to_owned(), "TimeoutStartSec", is, 51);
    assert_eq!(check("[Service]\nType=notify\n"), [stop(90)], "the default is 90 s");
    assert_eq!(check("[Service]\nTimeoutSec=50\n"), [stop(50), start(50)]);
    assert_eq!(
        check("[Service]\nTimeoutStopSec=1min 39s\nTimeoutStartSec=50s\n"),
        [stop(99), start(50)]
    );
    assert!(check("[Service]\nTimeoutStopSec=1min 40s\n").is_empty());
    assert!(check("[Service]\nTimeoutSec=infinity\n").is_empty());
    assert!(check("[Service]\nTimeoutSec=0\n").is_empty(), "0 is no limit");
    assert!(check("# a comment\n[Service]\nTimeoutStopSec=1\nTimeoutStopSec=200\n").is_empty());
    for (unreadable, why) in [
        ("[Unit]\n", "there is no [Service] in it"),
        ("[Service]\nTimeoutStopSec=soon\n", "`TimeoutStopSec=soon` is no time span"),
    ] {
        let error = deployment.check_systemd(unreadable).unwrap_err().to_string();
        assert!(error.contains(why), "{unreadable}: {error}");
    }
}

#[test]
fn the_unit_passes_its_own_check_and_that_of_systemd() {
    let deployment = Shop::deployment().unwrap();
    let unit = deployment.systemd("/bin/true --serve").to_string();
    deployment.check_systemd(&unit).unwrap();
    for line in [
        "TimeoutStopSec=55",
        "TimeoutStartSec=2",
        "WatchdogSec=30s",
        "KillMode=mixed",
        "RestartSec=3",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line} in\n{unit}");
    }
    let folder = tempfile(&unit);
    let verified =
        Command::new("systemd-analyze").arg("verify").arg(folder.join("shop.service")).output();
    std::fs::remove_dir_all(&folder).unwrap();
    match verified {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !said.contains("shop.service"), "{said}");
        }
        Err(missing) => println!("not verified by systemd: {missing}"),
    }
}

/// Writes the unit into a folder of its own.
fn tempfile(unit: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("supervisor-unit-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("shop.service"), unit).unwrap();
    folder
}

#[test]
fn the_drain_is_a_part_of_the_stop() {
    supervision_tree! {
        Drained: one_for_one(drain = 5s) { work: Always(shutdown = 24s) = worker }
    }
    let deployment = Drained::deployment().unwrap();
    assert_eq!(deployment.stop(), Duration::from_secs(5 + 24 + 1));
    assert_eq!(deployment.stop_timeout(), Duration::from_secs(33));
    let text = deployment.kubernetes().to_string();
    assert!(text.starts_with("# work 24s + drain 5s + kill_grace 1s + margin 3s\n"), "{text}");

    supervision_tree! {
        Configured(time: Duration): one_for_one(drain = runtime(time)) { work: Always = worker }
    }
    let error = Configured::deployment().unwrap_err();
    assert_eq!(error.to_string(), "`/` has a `drain` that only the running program knows");
}
