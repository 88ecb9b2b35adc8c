use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A story and its clock.
struct Told {
    story: Story,
    now: Instant,
}

impl Told {
    fn new(watchdog: Option<Duration>, time_to_stop: Option<Duration>) -> Self {
        Self { story: Story::new(watchdog, time_to_stop), now: Instant::now() }
    }

    fn hear(&mut self, news: News) -> String {
        let told = self.story.hear(news, self.now);
        told.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Goes on to the next question, and returns how long that took; `None` if there is none.
    fn next_question(&mut self) -> Option<Duration> {
        let at = self.story.asks_at()?;
        let passed = at.saturating_duration_since(self.now);
        if !passed.is_zero() {
            let before = self.now + (passed.saturating_sub(Duration::from_nanos(1)));
            assert!(!self.story.asks(before), "it is not due");
        }
        self.now = at;
        assert!(self.story.asks(at), "it is due");
        Some(passed)
    }
}

fn health(text: &str, live: bool, stops: bool) -> News {
    News::Health(Status { line: text.to_owned(), live, stops })
}

#[test]
fn the_watchdog_is_answered_between_the_start_and_the_stop() {
    let mut told = Told::new(Some(30 * SECOND), Some(20 * SECOND));
    assert_eq!(told.story.asks_at(), None, "systemd does not count before `READY=1`");
    assert_eq!(told.hear(News::Alive), "");
    assert_eq!(told.hear(News::Up), "READY=1");
    for _ in 0..3 {
        assert_eq!(told.next_question(), Some(15 * SECOND));
        assert_eq!(told.hear(News::Alive), "WATCHDOG=1");
    }
    assert_eq!(told.hear(News::Stopping), "STOPPING=1 EXTEND_TIMEOUT_USEC=10000000");
    assert_eq!(told.hear(News::Alive), "EXTEND_TIMEOUT_USEC=10000000", "no answer to the watchdog");
}

#[test]
fn a_runtime_that_is_blocked_is_asked_on_and_not_answered_for() {
    let mut told = Told::new(Some(2 * SECOND), None);
    told.hear(News::Up);
    for _ in 0..5 {
        assert_eq!(told.next_question(), Some(SECOND));
    }
    told.now += SECOND / 4;
    assert_eq!(told.hear(News::Alive), "WATCHDOG=1", "a late answer is passed on at once");
}

#[test]
fn the_watchdog_is_not_answered_for_a_tree_that_is_not_live() {
    let mut told = Told::new(Some(2 * SECOND), None);
    told.hear(News::Up);
    assert_eq!(told.hear(health("not live: a", false, false)), "STATUS=not live: a");
    told.next_question();
    assert_eq!(told.hear(News::Alive), "");
    told.hear(health("ready", true, false));
    told.next_question();
    assert_eq!(told.hear(News::Alive), "WATCHDOG=1");
}

#[test]
fn without_a_watchdog_nothing_is_asked() {
    for none in [None, Some(Duration::ZERO)] {
        let mut told = Told::new(none, Some(20 * SECOND));
        told.hear(News::Up);
        assert_eq!(told.next_question(), None);
    }
    let mut told = Told::new(Some(Duration::from_nanos(1)), None);
    told.hear(News::Up);
    assert_eq!(told.next_question(), Some(SHORTEST), "no busy loop");
}

#[test]
fn a_process_that_was_frozen_asks_once() {
    let mut told = Told::new(Some(2 * SECOND), None);
    told.hear(News::Up);
    told.now += 3600 * SECOND;
    assert!(told.story.asks(told.now));
    assert!(!told.story.asks(told.now));
    assert_eq!(told.next_question(), Some(SECOND));
}

#[test]
fn the_stop_is_extended_until_the_known_limit() {
    let mut told = Told::new(None, Some(15 * SECOND));
    told.hear(News::Up);
    assert_eq!(told.hear(News::Stopping), "STOPPING=1 EXTEND_TIMEOUT_USEC=10000000");
    let mut extensions = Vec::new();
    while let Some(passed) = told.next_question() {
        assert_eq!(passed, EXTENDED_EVERY);
        extensions.push(told.hear(News::Alive).replace("EXTEND_TIMEOUT_USEC=", ""));
    }
    // Each reaches no further than the fifteenth second, at which the last question is too late.
    assert_eq!(extensions, ["10000000", "9000000", "6000000", "3000000", ""]);
}

#[test]
fn a_stop_without_a_limit_is_not_extended() {
    let mut told = Told::new(Some(30 * SECOND), None);
    told.hear(News::Up);
    assert_eq!(told.hear(News::Stopping), "STOPPING=1");
    assert_eq!(told.next_question(), None);
}

#[test]
fn a_stop_that_no_signal_has_begun_is_told_once() {
    let mut told = Told::new(None, None);
    told.hear(News::Up);
    let draining = health("not ready: the tree is draining", true, true);
    assert_eq!(told.hear(draining), "STOPPING=1 STATUS=not ready: the tree is draining");
    assert_eq!(told.hear(News::Stopping), "");
    assert_eq!(told.hear(News::Over(None)), "");
}

#[test]
fn a_tree_that_fails_before_it_is_up_is_never_ready() {
    let mut told = Told::new(Some(2 * SECOND), None);
    told.hear(health("not ready: a is starting", true, false));
    let failure = News::Over(Some("failed: a".to_owned()));
    assert_eq!(told.hear(failure), "STOPPING=1 STATUS=failed: a");
    assert_eq!(told.hear(News::Up), "", "it would be a lie by now");
}

#[test]
fn a_status_is_told_when_it_changes() {
    let mut told = Told::new(None, None);
    assert_eq!(told.hear(health("ready", true, false)), "STATUS=ready");
    assert_eq!(told.hear(health("ready", true, false)), "");
}
