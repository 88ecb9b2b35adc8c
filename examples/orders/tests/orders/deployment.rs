//! The files in `deploy` give the tree the time that it needs.

use std::time::Duration;

use orders::Orders;

#[test]
fn the_files_in_deploy_give_the_tree_its_time() {
    let deployment = Orders::deployment().expect("every time has a bound");
    // Kubernetes' own default is enough.
    assert!(
        deployment.stop_timeout() <= Duration::from_secs(30),
        "{:?}",
        deployment.stop_timeout()
    );
    let checked = deployment.check_kubernetes(include_str!("../../deploy/kubernetes.yaml"));
    checked.unwrap_or_else(|error| panic!("kubernetes.yaml: {error}"));
    let checked = deployment.check_systemd(include_str!("../../deploy/orders.service"));
    checked.unwrap_or_else(|error| panic!("orders.service: {error}"));
}

#[test]
fn the_unit_allows_as_many_files_as_there_are_connections() {
    let unit = include_str!("../../deploy/orders.service");
    let limit = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE="));
    let limit: usize = limit.expect("a limit").parse().expect("a number");
    // Some are for the listener, the database, the probes and the page.
    assert!(limit >= orders::MAX_CONNECTIONS + 1_000, "{limit} files are too few");
}
