//! Values of other languages and tools, by option.

use super::plain;
use crate::options::key::Key;

/// Values of other languages and of this library's types, by option: the words of the tree language
/// for them.
const VALUES: &[(Key, &str, &str)] = &[
    (Key::MaxRestarts, "infinity", "unlimited"),
    (Key::MaxRestarts, "infinite", "unlimited"),
    (Key::MaxRestarts, "never", "unlimited"),
    (Key::MaxRestarts, "forever", "unlimited"),
    (Key::MaxRestarts, "none", "unlimited"),
    (Key::MaxRestarts, "max", "unlimited"),
    (Key::Shutdown, "unlimited", "infinity"),
    (Key::Shutdown, "infinite", "infinity"),
    (Key::Shutdown, "never", "infinity"),
    (Key::Shutdown, "forever", "infinity"),
    (Key::Shutdown, "brutal", "brutal_kill"),
    (Key::Shutdown, "kill", "brutal_kill"),
    (Key::Shutdown, "abort", "brutal_kill"),
    (Key::Shutdown, "immediate", "brutal_kill"),
    (Key::Shutdown, "now", "brutal_kill"),
    (Key::AutoShutdown, "any", "any_significant"),
    (Key::AutoShutdown, "all", "all_significant"),
    (Key::AutoShutdown, "none", "never"),
    (Key::Shutdown, "none", "infinity"),
    (Key::Backoff, "exponential", "100ms..30s"),
    (Key::Backoff, "expo", "100ms..30s"),
    (Key::Backoff, "constant", "5s"),
    (Key::Backoff, "fixed", "5s"),
    (Key::Backoff, "linear", "5s"),
    (Key::Start, "ready", "notify"),
    (Key::Start, "wait", "notify"),
    (Key::Start, "sync", "notify"),
    (Key::Start, "notified", "notify"),
    (Key::Start, "signal", "notify"),
    (Key::Start, "manual", "notify"),
    (Key::Start, "backoff", "retry"),
    (Key::AutoShutdown, "true", "any_significant"),
    (Key::AutoShutdown, "yes", "any_significant"),
    (Key::AutoShutdown, "false", "never"),
    (Key::Every, "secondly", "1s"),
    (Key::Every, "minutely", "1m"),
    (Key::Every, "minute", "1m"),
    (Key::Every, "hourly", "1h"),
    (Key::Every, "hour", "1h"),
    (Key::Every, "daily", "24h"),
    (Key::Every, "day", "24h"),
    (Key::Every, "weekly", "168h"),
    (Key::Health, "critical", "required"),
    (Key::Health, "essential", "required"),
    (Key::Health, "mandatory", "required"),
    (Key::Health, "true", "required"),
    (Key::Health, "degraded", "degrades"),
    (Key::Health, "optional", "degrades"),
    (Key::Health, "soft", "degrades"),
    (Key::Health, "warn", "degrades"),
    (Key::Health, "warning", "degrades"),
    (Key::Health, "false", "ignored"),
    (Key::Health, "never", "ignored"),
    (Key::Health, "none", "ignored"),
    (Key::Health, "off", "ignored"),
    (Key::Order, "concurrent", "by_use"),
    (Key::Order, "dependencies", "by_use"),
    (Key::Order, "dependency", "by_use"),
    (Key::Order, "bydependency", "by_use"),
    (Key::Order, "parallel", "by_use"),
    (Key::Order, "topological", "by_use"),
    (Key::Order, "usage", "by_use"),
    (Key::Order, "use", "by_use"),
    (Key::Order, "declared", "declaration"),
    (Key::Order, "linear", "declaration"),
    (Key::Order, "sequential", "declaration"),
    (Key::Order, "serial", "declaration"),
    (Key::Order, "source", "declaration"),
    (Key::KillGrace, "none", "0s"),
    (Key::KillGrace, "never", "0s"),
    (Key::Drain, "none", "0s"),
    (Key::Significant, "yes", "true"),
    (Key::Significant, "no", "false"),
];

const BOUNDED: &str =
    "a mailbox has a limit, at which senders wait; write a number, as in `mailbox = 1024`";

const WITHOUT_LIMIT: &str = "without `max_children` there is no limit; leave it out";

const WITHOUT_HEARTBEAT: &str = "without the option `heartbeat`, none is expected; leave it out";

const WITHOUT_BACKOFF: &str = "without `backoff` a child is restarted at once; leave it out";

const WINDOW: &str = "a window is a duration, as in `restart_window = 60s`; for restarts without \
                      end, write `max_restarts = unlimited`";

const PROCESSORS: &str = "only the running program knows the number of processors; write \
                          `partitions = runtime(…)` with the expression for it";

/// Values of other languages that the tree language expresses without the option, or not at all.
const NO_VALUES: &[(Key, &[&str], &str)] = &[
    (Key::Mailbox, &["unbounded", "unlimited", "infinite", "infinity", "none", "max"], BOUNDED),
    (Key::MaxChildren, &["unbounded", "unlimited", "infinite", "infinity", "none"], WITHOUT_LIMIT),
    (Key::Heartbeat, &["none", "never", "off", "no", "false", "disabled"], WITHOUT_HEARTBEAT),
    (Key::Backoff, &["none", "never", "off", "no", "false", "disabled"], WITHOUT_BACKOFF),
    (
        Key::RestartWindow,
        &["none", "never", "infinite", "infinity", "forever", "unlimited"],
        WINDOW,
    ),
    (Key::Partitions, &["auto", "cpus", "cores", "numcpus"], PROCESSORS),
];

/// Returns what to do in place of a value that an option does not have.
pub(crate) fn no_value(key: Key, word: &str) -> Option<&'static str> {
    let word = plain(word);
    let found = NO_VALUES.iter().find(|(of, words, _)| *of == key && words.contains(&&*word));
    found.map(|(.., instead)| *instead)
}

/// Returns the word of an option that the word of another language means.
pub(crate) fn value(key: Key, word: &str) -> Option<&'static str> {
    let word = plain(word);
    VALUES.iter().find(|(of, foreign, _)| *of == key && *foreign == word).map(|(.., own)| *own)
}
