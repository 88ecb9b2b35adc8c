//! Decides what systemd is told, and when the runtime is asked to respond.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use super::status::Status;

/// The time by which each response during the stop extends systemd's patience.
const EXTENSION: Duration = Duration::from_secs(10);

/// The time between two questions during the stop: two of them may stay without an answer.
const EXTENDED_EVERY: Duration = Duration::from_secs(3);

/// The shortest time between two questions, whatever the watchdog's time is.
const SHORTEST: Duration = Duration::from_millis(1);

/// Something that has happened in the program.
#[derive(Debug)]
pub(super) enum News {
    /// The tree's health has changed.
    Health(Status),
    /// All children have started.
    Up,
    /// The stop has begun, with the drain if there is one.
    Stopping,
    /// The runtime has responded.
    Alive,
    /// The tree has ended; the text is the failure for which it did.
    Over(Option<String>),
    /// Nobody waits for the tree any more.
    Dropped,
}

/// The part of the story that is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chapter {
    Starting,
    /// The watchdog is answered in this chapter only: systemd's own begins to count at `READY=1`, and
    /// no longer counts at `STOPPING=1`, but would begin again at an answer.
    Up,
    /// systemd's patience is extended until then.
    Stopping(Option<Instant>),
}

/// The messages that systemd has had so far.
#[derive(Debug)]
pub(super) struct Story {
    chapter: Chapter,
    status: String,
    live: bool,
    /// The time between two answers to the watchdog; `None` if there is no watchdog.
    ping_every: Option<Duration>,
    /// The longest time that the stop may take.
    time_to_stop: Option<Duration>,
    asks_at: Option<Instant>,
}

impl Story {
    /// `watchdog` is the time after which systemd ends a process that it has not heard of.
    pub(super) fn new(watchdog: Option<Duration>, time_to_stop: Option<Duration>) -> Self {
        let watchdog = watchdog.filter(|time| !time.is_zero());
        Self {
            chapter: Chapter::Starting,
            status: String::new(),
            live: true,
            ping_every: watchdog.map(|time| (time / 2).max(SHORTEST)),
            time_to_stop,
            asks_at: None,
        }
    }

    /// Returns the instant at which the runtime is to be asked to respond.
    pub(super) fn asks_at(&self) -> Option<Instant> {
        self.asks_at
    }

    /// Returns `true` if the runtime is to be asked to respond now.
    pub(super) fn asks(&mut self, now: Instant) -> bool {
        let is_due = self.asks_at.is_some_and(|at| at <= now);
        if is_due {
            let every = match self.chapter {
                Chapter::Starting => None,
                Chapter::Up => self.ping_every,
                Chapter::Stopping(until) => {
                    until.filter(|until| *until > now).map(|_| EXTENDED_EVERY)
                }
            };
            self.asks_at = every.and_then(|every| now.checked_add(every));
        }
        is_due
    }

    /// Returns what systemd is to be told about the news.
    pub(super) fn hear(&mut self, news: News, now: Instant) -> Vec<NotifyState<'_>> {
        let mut told = Vec::new();
        let status = match news {
            News::Health(Status { line, live, stops }) => {
                self.live = live;
                if stops {
                    self.stop(now, &mut told);
                }
                Some(line)
            }
            News::Up => {
                if self.chapter == Chapter::Starting {
                    self.chapter = Chapter::Up;
                    self.asks_at = self.ping_every.and_then(|every| now.checked_add(every));
                    told.push(NotifyState::Ready);
                }
                None
            }
            News::Stopping => {
                self.stop(now, &mut told);
                None
            }
            News::Alive => {
                match self.chapter {
                    Chapter::Up if self.live => told.push(NotifyState::Watchdog),
                    Chapter::Stopping(until) => told.extend(extension(until, now)),
                    Chapter::Starting | Chapter::Up => {}
                }
                None
            }
            News::Over(failure) => {
                self.stop(now, &mut told);
                failure
            }
            News::Dropped => None,
        };
        if let Some(status) = status.filter(|status| *status != self.status) {
            self.status = status;
            told.push(NotifyState::Status(&self.status));
        }
        told
    }

    /// Begins the last chapter, once.
    fn stop(&mut self, now: Instant, told: &mut Vec<NotifyState<'_>>) {
        if matches!(self.chapter, Chapter::Stopping(_)) {
            return;
        }
        let until = self.time_to_stop.and_then(|time| now.checked_add(time));
        self.chapter = Chapter::Stopping(until);
        self.asks_at = until.and_then(|_| now.checked_add(EXTENDED_EVERY));
        told.push(NotifyState::Stopping);
        told.extend(extension(until, now));
    }
}

/// Returns the extension of a stop that may go on until then; systemd hears of none that is over.
fn extension(until: Option<Instant>, now: Instant) -> Option<NotifyState<'static>> {
    let time = until?.saturating_duration_since(now).min(EXTENSION);
    let micros = u32::try_from(time.as_micros()).ok().filter(|micros| *micros > 0)?;
    Some(NotifyState::ExtendTimeoutUsec(micros))
}

#[cfg(test)]
mod tests;
