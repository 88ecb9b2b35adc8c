//! The kind and the state of a child, as its users see them.

use std::fmt;

/// The kind of a child: a worker, or a supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a child is a worker or a supervisor, as in OTP")]
pub enum ChildKind {
    /// A task of the user's.
    Worker,
    /// A nested supervisor.
    Supervisor,
}

/// Declares the enum of the states, the list of all states, and their words from one list.
macro_rules! states {
    ($($(#[$docs:meta])+ $state:ident = $word:literal,)+) => {
        /// A child's state as seen from outside.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ChildState {
            $($(#[$docs])+ $state,)+
        }

        impl ChildState {
            /// All states. The index of a state is its discriminant.
            ///
            /// ```
            /// use supervisor::info::ChildState;
            ///
            /// assert_eq!(ChildState::ALL[ChildState::Running as usize], ChildState::Running);
            /// assert!(ChildState::ALL.iter().all(|state| !state.as_str().is_empty()));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$state,)+];

            /// Returns the word for the state in logs and pictures.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$state => $word,)+
                }
            }
        }
    };
}

states! {
    /// The child has been started and has not reported yet.
    Starting = "starting",
    /// The child runs.
    Running = "running",
    /// The child has been asked to stop.
    Stopping = "stopping",
    /// The child has ended and will be started again.
    Restarting = "restarting",
    /// The child was stopped, or could not be started, and stays down.
    Stopped = "stopped",
    /// The child could not be stopped.
    Unstoppable = "unstoppable",
    /// The child was never started.
    NotStarted = "not started",
    /// The child has ended by itself and stays down: its policy does not start it again, or it
    /// declined to start.
    Finished = "finished",
    /// The child has failed more often than its own `max_restarts` allows, and stays down.
    Failed = "failed",
    /// The child waits for a lease, while it runs in another replica or nowhere.
    Standby = "standby",
}

impl ChildState {
    /// Returns `true` if the child has no life and none is pending: it was never started, has
    /// finished, was stopped, has been given up, or waits for a lease.
    #[must_use]
    pub const fn is_down(self) -> bool {
        matches!(
            self,
            Self::NotStarted | Self::Finished | Self::Stopped | Self::Failed | Self::Standby
        )
    }
}

impl fmt::Display for ChildState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
