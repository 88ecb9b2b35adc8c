//! Words of other languages, libraries and tools that people write in a tree, and what the tree
//! language has instead.
//!
//! Every list is a table: a word that a message should know is one more row here. Words are in
//! lower case without `_` and `-`, as [`plain`] makes them, unless a list says otherwise.

mod values;

pub(crate) use self::values::{no_value, value};
use super::{Policy, Strategy};
use crate::options::key::Key;

/// Takes case, `_` and `-` out of a word, so that `OnFailure`, `on_failure` and `on-failure` are
/// one word.
pub(crate) fn plain(word: &str) -> String {
    let word = word.strip_prefix("r#").unwrap_or(word);
    word.chars().filter(|sign| !matches!(sign, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Restart policies of systemd, Docker, Kubernetes, Akka and others.
const POLICIES: &[(&str, Policy)] = &[
    ("forever", Policy::Always),
    ("onsuccess", Policy::Always),
    ("restartalways", Policy::Always),
    ("unlessstopped", Policy::Always),
    ("onabnormal", Policy::Transient),
    ("onabort", Policy::Transient),
    ("oncrash", Policy::Transient),
    ("onerror", Policy::Transient),
    ("onfailed", Policy::Transient),
    ("iffailed", Policy::Transient),
    ("ifcrashed", Policy::Transient),
    ("onfailure", Policy::Transient),
    ("restartonfailure", Policy::Transient),
    ("onpanic", Policy::Transient),
    ("donotrestart", Policy::Temporary),
    ("never", Policy::Temporary),
    ("no", Policy::Temporary),
    ("norestart", Policy::Temporary),
];

/// Returns the policy that a word of another tool means.
pub(crate) fn policy(word: &str) -> Option<Policy> {
    find(POLICIES, &plain(word))
}

/// Types before the two colons of a policy: `RestartPolicy::Transient`.
const POLICY_TYPES: &[&str] = &["RestartPolicy", "Restart", "Policy"];

/// Returns whether a policy of this library, or of another one, stands behind the word and `::`.
pub(crate) fn is_type_of_policies(word: &str) -> bool {
    POLICY_TYPES.contains(&word)
}

/// Kinds of supervisors, each with the strategy that it is and how that is written.
const STRATEGIES: &[(&str, (Strategy, &str))] = &[
    ("allforone", (Strategy::OneForAll, "one_for_all")),
    ("dynamic", (Strategy::SimpleOneForOne, "simple_one_for_one")),
    ("dynamicsupervisor", (Strategy::SimpleOneForOne, "simple_one_for_one")),
    ("group", (Strategy::OneForOne, "one_for_one")),
    ("clustersingleton", (Strategy::OneForOne, "one_for_one(lease = …)")),
    ("leaderelection", (Strategy::OneForOne, "one_for_one(lease = …)")),
    ("singleton", (Strategy::OneForOne, "one_for_one(lease = …)")),
    ("oneforallsupervisor", (Strategy::OneForAll, "one_for_all")),
    ("oneforall", (Strategy::OneForAll, "one_for_all")),
    ("oneforone", (Strategy::OneForOne, "one_for_one")),
    ("restforone", (Strategy::RestForOne, "rest_for_one")),
    ("oneforonesupervisor", (Strategy::OneForOne, "one_for_one")),
    ("partitioned", (Strategy::SimpleOneForOne, "simple_one_for_one(partitions = 8)")),
    ("partitionsupervisor", (Strategy::SimpleOneForOne, "simple_one_for_one(partitions = 8)")),
    ("pool", (Strategy::SimpleOneForOne, "simple_one_for_one")),
    ("sharded", (Strategy::SimpleOneForOne, "simple_one_for_one(partitions = 8)")),
    ("supervisor", (Strategy::OneForOne, "one_for_one")),
    ("tasksupervisor", (Strategy::SimpleOneForOne, "simple_one_for_one")),
    ("workerpool", (Strategy::SimpleOneForOne, "simple_one_for_one")),
];

/// Returns the strategy that a word of another library means, and how it is written.
pub(crate) fn strategy(word: &str) -> Option<(Strategy, &'static str)> {
    let word = plain(word);
    // Akka's `OneForOneStrategy`.
    find(STRATEGIES, word.strip_suffix("strategy").unwrap_or(&word))
}

/// Returns whether a word means children that run in one replica only.
pub(crate) fn is_singleton(word: &str) -> bool {
    strategy(word).is_some_and(|(_, written)| written.contains("lease"))
}

/// Options of other libraries and tools. A word may have several rows: the first one whose option
/// may stand at the place counts.
const OPTIONS: &[(&str, Key)] = &[
    // Erlang, Elixir, Akka
    ("intensity", Key::MaxRestarts),
    ("maxintensity", Key::MaxRestarts),
    ("maxr", Key::MaxRestarts),
    ("maxnrofretries", Key::MaxRestarts),
    ("period", Key::Every),
    ("period", Key::RestartWindow),
    ("maxt", Key::RestartWindow),
    ("maxseconds", Key::RestartWindow),
    ("withintimerange", Key::RestartWindow),
    ("restarttype", Key::Restart),
    ("minbackoff", Key::Backoff),
    ("maxbackoff", Key::Backoff),
    // systemd, Docker, Kubernetes
    ("startlimitburst", Key::MaxRestarts),
    ("startlimitinterval", Key::RestartWindow),
    ("startlimitintervalsec", Key::RestartWindow),
    ("restartsec", Key::Backoff),
    ("timeoutstopsec", Key::Shutdown),
    ("stopgraceperiod", Key::Shutdown),
    ("stoptimeout", Key::Shutdown),
    ("graceperiod", Key::Shutdown),
    ("terminationgraceperiodseconds", Key::Shutdown),
    ("terminationgraceperiod", Key::Shutdown),
    ("timeoutstartsec", Key::StartTimeout),
    ("watchdog", Key::Heartbeat),
    ("watchdogsec", Key::Heartbeat),
    ("healthcheck", Key::Heartbeat),
    ("liveness", Key::Heartbeat),
    ("livenessprobe", Key::Heartbeat),
    ("readiness", Key::Start),
    ("readinessprobe", Key::Start),
    ("sdnotify", Key::Start),
    ("replicas", Key::Partitions),
    ("scale", Key::Partitions),
    ("instances", Key::Partitions),
    // Kubernetes' leases, etcd, Consul
    ("leasename", Key::Lease),
    ("numshards", Key::Shards),
    ("numberofshards", Key::Shards),
    ("shardcount", Key::Shards),
    ("lock", Key::Lease),
    ("lockname", Key::Lease),
    ("singleton", Key::Lease),
    ("leader", Key::Lease),
    ("leaseduration", Key::Ttl),
    ("leasedurationseconds", Key::Ttl),
    ("leasettl", Key::Ttl),
    ("locktimeout", Key::Ttl),
    ("timetolive", Key::Ttl),
    ("renewdeadline", Key::Renew),
    ("renewal", Key::Renew),
    ("renewevery", Key::Renew),
    ("renewinterval", Key::Renew),
    ("refresh", Key::Renew),
    ("keepalive", Key::Renew),
    ("retryperiod", Key::Renew),
    // Everyday words
    ("attempts", Key::MaxRestarts),
    ("burst", Key::MaxRestarts),
    ("maxattempts", Key::MaxRestarts),
    ("maxfailures", Key::MaxRestarts),
    ("maxretries", Key::MaxRestarts),
    ("restartlimit", Key::MaxRestarts),
    ("restarts", Key::MaxRestarts),
    ("retries", Key::MaxRestarts),
    ("interval", Key::Every),
    ("interval", Key::RestartWindow),
    ("window", Key::RestartWindow),
    ("within", Key::RestartWindow),
    ("timewindow", Key::RestartWindow),
    ("delay", Key::Backoff),
    ("restartdelay", Key::Backoff),
    ("retrydelay", Key::Backoff),
    ("exponentialbackoff", Key::Backoff),
    ("deadline", Key::Shutdown),
    ("deadline", Key::ShutdownWithin),
    ("shutdowntimeout", Key::Shutdown),
    ("shutdowntimeout", Key::ShutdownWithin),
    ("timeout", Key::Shutdown),
    ("timeout", Key::ShutdownWithin),
    ("budget", Key::ShutdownWithin),
    ("grace", Key::KillGrace),
    ("killafter", Key::KillGrace),
    ("inittimeout", Key::StartTimeout),
    ("readytimeout", Key::StartTimeout),
    ("startuptimeout", Key::StartTimeout),
    ("ready", Key::Start),
    ("notify", Key::Start),
    ("alive", Key::Heartbeat),
    ("ping", Key::Heartbeat),
    ("keepalive", Key::Heartbeat),
    ("rate", Key::Every),
    ("repeat", Key::Every),
    ("schedule", Key::Every),
    ("tick", Key::Every),
    ("limit", Key::MaxChildren),
    ("limit", Key::MaxRestarts),
    ("maxworkers", Key::MaxChildren),
    ("maxsize", Key::MaxChildren),
    ("maxconcurrency", Key::MaxChildren),
    ("count", Key::Partitions),
    ("concurrency", Key::Partitions),
    ("numworkers", Key::Partitions),
    ("poolsize", Key::Partitions),
    ("size", Key::Partitions),
    ("workers", Key::Partitions),
    ("buffer", Key::Mailbox),
    ("buffersize", Key::Mailbox),
    ("capacity", Key::Mailbox),
    ("mailboxsize", Key::Mailbox),
    ("queue", Key::Mailbox),
    ("queuesize", Key::Mailbox),
    ("msg", Key::Message),
    ("messages", Key::Message),
    ("messagetype", Key::Message),
    ("type", Key::Message),
    ("policy", Key::Restart),
    ("restartpolicy", Key::Restart),
    ("critical", Key::Significant),
    ("essential", Key::Significant),
    ("oneshot", Key::Once),
];

/// Returns the options that a word of another library or tool may mean, the likeliest first.
pub(crate) fn options(word: &str) -> impl Iterator<Item = Key> {
    let word = plain(word);
    OPTIONS.iter().filter(move |(foreign, _)| *foreign == word).map(|(_, key)| *key)
}

/// The words for the order of children in systemd and in Docker Compose.
const ORDER: &str = "children start in the order of declaration, and stop in reverse; under \
                     `order = by_use`, `after = [db]` names what a child needs; for a restart \
                     after a sibling's, use `rest_for_one`";

/// The options of an exponential backoff in other libraries.
const BACKOFF: &str = "a backoff is its first and its longest delay, as in `backoff = 1s..30s`; each \
                       is twice the one before, with jitter";

/// The options of Kubernetes' probes.
const PROBE: &str = "a child that hangs is found by its `heartbeat`, as in `heartbeat = 10s`";

/// The engine of a lease among the options.
const ENGINE: &str = "the engine of a lease is a value, which stands behind the options: \
                      `one_for_one(lease = \"billing\") with leases { … }`";

/// The options of timers that know the time of the day.
const TIMES_OF_DAY: &str =
    "a job runs once in each period, as in `every = 1h`, not at times of the day";

/// Options of others that the tree language expresses without an option.
const NO_OPTIONS: &[(&str, &str)] = &[
    ("backend", ENGINE),
    ("engine", ENGINE),
    ("leases", ENGINE),
    ("provider", ENGINE),
    ("store", ENGINE),
    ("with", ENGINE),
    ("factor", BACKOFF),
    ("multiplier", BACKOFF),
    ("jitter", BACKOFF),
    ("maxdelay", BACKOFF),
    ("basedelay", BACKOFF),
    ("initialdelay", BACKOFF),
    ("failurethreshold", PROBE),
    ("initialdelayseconds", PROBE),
    ("periodseconds", PROBE),
    ("description", "a text is a comment before the name, as in `/// The data base.`"),
    ("doc", "a text is a comment before the name, as in `/// The data base.`"),
    ("label", "a text is a comment before the name, as in `/// The data base.`"),
    ("title", "a text is a comment before the name, as in `/// The data base.`"),
    ("id", "a name stands before its colon, as in `db: Db`"),
    ("name", "a name stands before its colon, as in `db: Db`"),
    ("strategy", "the strategy stands after the colon, as in `Shop: one_for_one`"),
    ("type", "a supervisor is known by its strategy"),
    ("modules", "leave it out"),
    ("children", "the children stand in braces"),
    ("at", TIMES_OF_DAY),
    ("cron", TIMES_OF_DAY),
    ("crontab", TIMES_OF_DAY),
    ("oncalendar", TIMES_OF_DAY),
    ("before", ORDER),
    ("bindsto", ORDER),
    ("dependencies", ORDER),
    ("dependson", ORDER),
    ("needs", ORDER),
    ("partof", ORDER),
    ("requires", ORDER),
    ("wants", ORDER),
    ("args", "what a child is made from stands after `=`, as in `name: Type = Type::new(…)`"),
    ("arguments", "what a child is made from stands after `=`, as in `name: Type = Type::new(…)`"),
    ("value", "what a child is made from stands after `=`, as in `name: Type = Type::new(…)`"),
    ("command", "a program is a value, as in `redis: Program = Program::new(\"redis\")`"),
    ("execstart", "a program is a value, as in `redis: Program = Program::new(\"redis\")`"),
    ("run", "the function stands after `=`, as in `name: Always = function`"),
    ("task", "the function stands after `=`, as in `name: Always = function`"),
];

/// Returns how the tree language says what others say with an option.
pub(crate) fn instead_of_option(word: &str) -> Option<&'static str> {
    find(NO_OPTIONS, &plain(word))
}

/// Words before the name of a tree, as they are written.
const KINDS_OF_TREES: &[&str] =
    &["app", "application", "defmodule", "module", "root", "supervisor", "tree"];

/// Returns whether other languages write the word before the name of a supervisor.
pub(crate) fn is_kind_of_tree(word: &str) -> bool {
    KINDS_OF_TREES.contains(&word)
}

/// Words of Rust and of other languages before a declaration, as they are written.
const BEFORE_A_NAME: &[&str] = &["const", "let", "mut", "ref", "static", "val", "var"];

/// Returns whether other languages write the word before a name that is declared.
pub(crate) fn is_before_a_name(word: &str) -> bool {
    BEFORE_A_NAME.contains(&word)
}

/// Words in place of `with` before the engine of a lease, as they are written.
const BEFORE_AN_ENGINE: &[&str] = &["by", "from", "in", "on", "using", "via"];

/// Returns whether the word may have been meant as `with`.
pub(crate) fn is_before_an_engine(word: &str) -> bool {
    BEFORE_AN_ENGINE.contains(&word)
}

const NO_CONTROL_FLOW: &str = "a tree has no control flow: several workers of one kind are \
    `simple_one_for_one(partitions = 4) { … }`, a child for some builds only has `#[cfg(…)]`, and \
    what the configuration decides is added to the running tree";

const NO_ITEMS: &str = "a tree holds only children; put this before the tree";

/// Words that begin a statement or an item of Rust, as they are written.
const STATEMENTS: &[(&str, &str)] = &[
    ("for", NO_CONTROL_FLOW),
    ("if", NO_CONTROL_FLOW),
    ("loop", NO_CONTROL_FLOW),
    ("match", NO_CONTROL_FLOW),
    ("while", NO_CONTROL_FLOW),
    ("return", NO_CONTROL_FLOW),
    ("async", NO_ITEMS),
    ("enum", NO_ITEMS),
    ("fn", NO_ITEMS),
    ("impl", NO_ITEMS),
    ("mod", NO_ITEMS),
    ("struct", NO_ITEMS),
    ("trait", NO_ITEMS),
    ("type", NO_ITEMS),
    ("use", NO_ITEMS),
];

/// Returns whether the word begins an item.
pub(crate) fn is_item(word: &str) -> bool {
    statement(word) == Some(NO_ITEMS)
}

/// Returns why a tree cannot contain the statement or item that begins with this word.
pub(crate) fn statement(word: &str) -> Option<&'static str> {
    find(STATEMENTS, word)
}

fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(foreign, _)| *foreign == word).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::{NO_OPTIONS, OPTIONS, POLICIES, STRATEGIES, plain};
    use crate::options::key::Key;

    #[test]
    fn the_words_of_the_tables_are_plain_and_not_our_own() {
        let policies = POLICIES.iter().map(|(word, _)| *word);
        let strategies = STRATEGIES.iter().map(|(word, _)| *word);
        let options = OPTIONS.iter().map(|(word, _)| *word);
        let others = NO_OPTIONS.iter().map(|(word, _)| *word);
        for word in policies.chain(strategies) {
            assert_eq!(plain(word), word);
        }
        for word in options.chain(others) {
            assert_eq!(plain(word), word);
            assert!(Key::parse(word).is_none(), "`{word}` is an option of ours");
        }
    }

    #[test]
    fn case_and_signs_between_words_do_not_count() {
        for word in ["OnFailure", "on_failure", "on-failure", "ON_FAILURE"] {
            assert_eq!(plain(word), "onfailure");
        }
    }
}
