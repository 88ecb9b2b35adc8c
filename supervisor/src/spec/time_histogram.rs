//! Histograms of times.

use std::time::Duration;

/// The number of bounds.
const BOUNDS: usize = 19;

/// A histogram of times with fixed bounds.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
///
/// #[derive(Child)]
/// #[child(message = &'static str, histograms)]
/// struct Printer;
///
/// impl Worker for Printer {
///     async fn run(&self, mut ctx: Context<&'static str>) -> ChildResult {
///         while let Some(text) = ctx.recv().await {
///             println!("{text}");
///         }
///         Ok(())
///     }
/// }
///
/// let printer = ChildSpec::new("printer").with_worker(Printer);
/// let address = printer.handle().clone();
/// let supervisor = Supervisor::new().with_child(printer).build();
/// supervisor.start().await?;
/// address.send("hello").await?;
/// # tokio::task::yield_now().await;
/// # tokio::task::yield_now().await;
/// let snapshot = supervisor.snapshot().await?;
/// let times = snapshot.children[0].message_times.as_ref().ok_or("it measures")?;
/// assert_eq!((times.waiting.count(), times.handling.count()), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeHistogram {
    counts: [u64; BOUNDS + 1],
    sum: Duration,
}

impl TimeHistogram {
    /// The bounds, from 10 µs to 10 s.
    pub const BOUNDS: &'static [Duration] = &{
        let mut bounds = [Duration::ZERO; BOUNDS];
        let (mut at, mut decade) = (0, 10);
        while at < BOUNDS {
            // 10, 25, 50, and so on with ten times as much.
            bounds[at] = Duration::from_micros(match at % 3 {
                0 => decade,
                1 => decade / 2 * 5,
                _ => decade * 5,
            });
            if at % 3 == 2 {
                decade *= 10;
            }
            at += 1;
        }
        bounds
    };

    /// The number of buckets: one for each bound, and one for the times above all bounds.
    pub(crate) const BUCKETS: usize = BOUNDS + 1;

    /// Makes a histogram of these numbers of times, whose sum is this.
    pub(crate) fn of(counts: [u64; Self::BUCKETS], sum: Duration) -> Self {
        Self { counts, sum }
    }

    /// Returns the index of the bucket in which a time is counted.
    pub(crate) fn bucket_of(time: Duration) -> usize {
        Self::BOUNDS.partition_point(|bound| *bound < time)
    }

    pub(crate) fn add(&mut self, time: Duration) {
        self.counts[Self::bucket_of(time)] += 1;
        self.sum = self.sum.saturating_add(time);
    }

    /// Returns the number of times in each bucket: for each bound, the times up to it that are above
    /// the bound before it, and last the times above all bounds.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Returns the total number of times.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the sum of all times.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// Returns the lowest bound that `of_hundred` percent of the times do not exceed; `None` if there
    /// is no such bound, or if there are no times.
    #[must_use]
    pub fn percentile(&self, of_hundred: u8) -> Option<Duration> {
        let all = u128::from(self.count());
        if all == 0 {
            return None;
        }
        let rank = (all * u128::from(of_hundred)).div_ceil(100);
        let mut below = 0;
        let at = self.counts.iter().position(|count| {
            below += u128::from(*count);
            below >= rank
        });
        Self::BOUNDS.get(at?).copied()
    }
}

/// The times for which the messages of a child, or of all workers of a pool, have waited and were handled,
/// measured by a child with the option `histograms`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageTimes {
    /// The times from the send of a message to its receipt, including the wait for room in the
    /// mailbox.
    pub waiting: TimeHistogram,
    /// The times from the receipt of a message until the child asks for the next one, or its life ends.
    pub handling: TimeHistogram,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_round_and_ascend() {
        let micros: Vec<_> = TimeHistogram::BOUNDS.iter().map(Duration::as_micros).collect();
        assert_eq!(micros[..7], [10, 25, 50, 100, 250, 500, 1_000]);
        assert_eq!(micros.last(), Some(&10_000_000));
        assert!(micros.is_sorted());
    }

    #[test]
    fn a_time_counts_at_the_first_bound_that_is_not_below_it() {
        let mut histogram = TimeHistogram::default();
        assert_eq!((histogram.count(), histogram.percentile(50)), (0, None));
        let micros = Duration::from_micros;
        for time in [micros(10), micros(11), micros(25), Duration::from_secs(11)] {
            histogram.add(time);
        }
        assert_eq!(histogram.counts()[..3], [1, 2, 0]);
        assert_eq!(histogram.counts().last(), Some(&1));
        assert_eq!((histogram.count(), histogram.sum()), (4, micros(11_000_046)));
        let percentile = |of_hundred| histogram.percentile(of_hundred);
        assert_eq!(
            [0, 25, 26, 75, 76].map(percentile),
            [Some(micros(10)), Some(micros(10)), Some(micros(25)), Some(micros(25)), None]
        );
    }
}
