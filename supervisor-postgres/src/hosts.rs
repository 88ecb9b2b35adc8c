//! The hosts of the database, tried one after the other, none of them for too long.

use std::hash::{BuildHasher, RandomState};

use tokio::time::{Instant, timeout};
use tokio_postgres::config::{Host, LoadBalanceHosts};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};

/// Connects to the first host that lets this replica in, before this moment.
///
/// `tokio-postgres` has a time limit for a socket to be connected, and none for what follows. So a host that
/// is silent gets its share of the time here, and the last host the rest.
pub(crate) async fn connect<T>(
    config: &Config,
    tls: T,
    until: Instant,
) -> Result<(Client, Connection<Socket, T::Stream>), Error>
where
    T: MakeTlsConnect<Socket> + Clone,
{
    let (last, others) = in_order(config);
    let mut left = u32::try_from(others.len()).unwrap_or(u32::MAX);
    for host in others {
        // One share is for this host, one for each that follows, and one for the request.
        let share = until.saturating_duration_since(Instant::now()) / left.saturating_add(2);
        left = left.saturating_sub(1);
        if let Ok(Ok(opened)) = timeout(share, host.connect(tls.clone())).await {
            return Ok(opened);
        }
    }
    let mut last = last;
    if last.get_connect_timeout().is_none() {
        // Its name may stand for several addresses, of which the first is silent.
        last.connect_timeout(until.saturating_duration_since(Instant::now()) / 2);
    }
    last.connect(tls).await
}

/// Returns a configuration for each host, in the order in which they are tried: the last, and those before.
fn in_order(config: &Config) -> (Config, Vec<Config>) {
    let (names, addresses, ports) =
        (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(addresses.len());
    let fits = |length| length == 0 || length == count;
    if !fits(names.len()) || !fits(addresses.len()) || !(ports.len() == 1 || fits(ports.len())) {
        // The client says what is wrong.
        return (config.clone(), Vec::new());
    }
    let mut order: Vec<usize> = (0..count).collect();
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        let random = RandomState::new();
        order.sort_by_cached_key(|index| random.hash_one(index));
    }
    let Some(last) = order.pop().filter(|_| count > 1) else {
        return (config.clone(), Vec::new());
    };
    (only(config, last), order.into_iter().map(|index| only(config, index)).collect())
}

/// Returns these settings for one of their hosts.
fn only(config: &Config, index: usize) -> Config {
    let mut host = Config::new();
    match config.get_hosts().get(index) {
        Some(Host::Tcp(name)) => _ = host.host(name),
        #[cfg(unix)]
        Some(Host::Unix(path)) => _ = host.host_path(path),
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(index) {
        host.hostaddr(*address);
    }
    let ports = config.get_ports();
    if let Some(port) = ports.get(index).or(ports.first()) {
        host.port(*port);
    }
    if let Some(user) = config.get_user() {
        host.user(user);
    }
    if let Some(password) = config.get_password() {
        host.password(password);
    }
    if let Some(name) = config.get_dbname() {
        host.dbname(name);
    }
    if let Some(options) = config.get_options() {
        host.options(options);
    }
    if let Some(name) = config.get_application_name() {
        host.application_name(name);
    }
    if let Some(limit) = config.get_connect_timeout() {
        host.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        host.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        host.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        host.keepalives_retries(retries);
    }
    host.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    host
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each setting has another value than its default.
    const SETTINGS: &str = "user=shop password=secret dbname=orders options=-cx=y \
        application_name=billing sslmode=require sslnegotiation=direct connect_timeout=7 \
        tcp_user_timeout=8 keepalives=0 keepalives_idle=9 keepalives_interval=10 \
        keepalives_retries=11 target_session_attrs=read-write channel_binding=require";

    fn config(text: &str) -> Config {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn each_host_has_its_own_port_and_the_settings_of_all() {
        let all = config(&format!(
            "host=a,/run/b,c hostaddr=10.0.0.1,10.0.0.2,10.0.0.3 port=1,2,3 {SETTINGS}"
        ));
        let (last, others) = in_order(&all);
        let one = |host: &str| config(&format!("{host} {SETTINGS}"));
        assert_eq!(
            others,
            [one("host=a hostaddr=10.0.0.1 port=1"), one("host=/run/b hostaddr=10.0.0.2 port=2")]
        );
        assert_eq!(last, one("host=c hostaddr=10.0.0.3 port=3"));
        // What `Config` gains in a later version is missing here: then `only` has to copy it.
        let defaults = format!("{:?}", Config::new());
        let fields = defaults.matches(": ").count();
        assert_eq!(fields, 18, "the settings of `Config` are others: {defaults}");
    }

    #[test]
    fn one_port_is_that_of_all_hosts() {
        let (last, others) = in_order(&config("host=a,b port=5"));
        assert_eq!((last, others), (config("host=b port=5"), vec![config("host=a port=5")]));
    }

    #[test]
    fn one_host_and_a_wrong_number_are_left_as_they_are() {
        for text in ["host=a", "user=shop", "host=a,b hostaddr=10.0.0.1", "host=a,b,c port=1,2"] {
            assert_eq!(in_order(&config(text)), (config(text), Vec::new()), "{text}");
        }
    }

    #[test]
    fn load_balancing_tries_each_host_first_at_times() {
        let all = config("host=a,b,c load_balance_hosts=random");
        let mut firsts: Vec<_> =
            (0..200).flat_map(|_| in_order(&all).1.into_iter().take(1)).collect();
        firsts.dedup();
        for host in ["a", "b", "c"] {
            assert!(firsts.iter().any(|first| first.get_hosts() == [Host::Tcp(host.into())]));
        }
        assert!(in_order(&all).1.len() == 2);
    }
}
