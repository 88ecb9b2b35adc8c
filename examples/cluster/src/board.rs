//! The board: one column for each replica, and one line for each message.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Failure;
use crate::scheduler::{Said, TTL};

/// The names of the replicas, and the colours in which a terminal shows them.
pub(crate) const NAMES: [(&str, &str); 3] =
    [("red", "\x1b[31m"), ("green", "\x1b[32m"), ("blue", "\x1b[34m")];

/// The longest time for which the example waits for anything.
const LIMIT: Duration = Duration::from_secs(15);

/// The reports of the replicas, and what follows from them.
#[derive(Clone)]
pub(crate) struct Board(Arc<Shared>);

struct Shared {
    has_colours: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The moment from which times are counted.
    began: Option<Instant>,
    /// The replica that runs the scheduler, and its fence.
    leader: Option<(usize, u64)>,
    /// The highest fence.
    fence: u64,
    /// The number of the last job that a replica has reported.
    last_job: u64,
    /// The number of moves of the scheduler to another replica.
    changes: u32,
    last: Option<usize>,
    /// Events that should not have happened.
    wrong: Vec<String>,
}

impl Board {
    pub(crate) fn new() -> Self {
        let has_colours = std::io::stdout().is_terminal();
        Self(Arc::new(Shared { has_colours, state: Mutex::default() }))
    }

    /// Prints the names above the columns.
    pub(crate) fn head(&self) {
        let names =
            (0..NAMES.len()).map(|place| self.coloured(place, &format!("{:22}", NAMES[place].0)));
        println!("\n          {}", names.collect::<String>().trim_end());
    }

    /// Records what a replica has said.
    pub(crate) fn hear(&self, place: usize, said: Said) {
        let text = {
            let mut state = self.state();
            match said {
                Said::Leads(fence) => {
                    let highest = state.fence;
                    if fence <= highest {
                        state.wrong.push(format!("fence {fence} came after {highest}"));
                    }
                    state.leader = Some((place, fence));
                    if state.last.is_some_and(|last| last != place) {
                        state.changes += 1;
                    }
                    (state.fence, state.last) = (fence, Some(place));
                    format!("leads with fence {fence}")
                }
                Said::Job(job) => {
                    let last = state.last_job;
                    if job <= last {
                        state.wrong.push(format!("job {job} came after job {last}"));
                    }
                    state.last_job = job;
                    said.to_string()
                }
                Said::Ended => {
                    state.leader.take_if(|(leader, _)| *leader == place);
                    said.to_string()
                }
            }
        };
        self.say(place, &text);
    }

    /// Records that the process of a replica has ended.
    pub(crate) fn gone(&self, place: usize, how: &str) {
        self.state().leader.take_if(|(leader, _)| *leader == place);
        self.say(place, how);
    }

    /// Prints a line in the column of a replica.
    pub(crate) fn say(&self, place: usize, text: &str) {
        let began = *self.state().began.get_or_insert_with(Instant::now);
        let time = began.elapsed().as_secs_f32();
        println!("{time:5.1} s   {:1$}{2}", "", 22 * place, self.coloured(place, text));
    }

    /// Waits until a replica leads with a fence higher than this one, and returns both.
    pub(crate) async fn leader_after(&self, fence: u64) -> Result<(usize, u64), Failure> {
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            let leader = self.state().leader;
            if let Some(leader) = leader.filter(|leader| leader.1 > fence) {
                return Ok(leader);
            }
            sleep(Duration::from_millis(5)).await;
        }
        Err("waited in vain for a replica that runs the scheduler".into())
    }

    pub(crate) fn fence(&self) -> u64 {
        self.state().fence
    }

    pub(crate) fn leader(&self) -> Option<usize> {
        self.state().leader.map(|(place, _)| place)
    }

    /// Prints what was seen, and that this many jobs were run. Returns how often the scheduler has changed
    /// hands.
    ///
    /// # Errors
    ///
    /// If something was seen that must not happen.
    pub(crate) fn sum_up(&self, jobs: u64) -> Result<u32, Failure> {
        let state = self.state();
        // A job that was run may not have been reported: its replica was killed in between.
        if state.last_job > jobs {
            return Err(format!("job {} was reported, but not run", state.last_job).into());
        }
        if !state.wrong.is_empty() {
            return Err(state.wrong.join("\n").into());
        }
        println!(
            "\n{jobs} jobs, each run once and in order. The scheduler changed hands {} times; after a crash \
             that takes up to {TTL:?}, the time of its lease, and after a graceful stop a moment.",
            state.changes
        );
        Ok(state.changes)
    }

    fn coloured(&self, place: usize, text: &str) -> String {
        if self.0.has_colours {
            format!("{}{text}\x1b[0m", NAMES[place].1)
        } else {
            text.to_owned()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
