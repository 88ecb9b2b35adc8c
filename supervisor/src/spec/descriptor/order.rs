//! The order of the children of a declared supervisor: what each uses, and the longest path along
//! the uses, which is the time that a start or a stop may take.

use std::time::Duration;

use supervisor_rules::Text;

use super::TreeDescriptor;
use crate::spec::{Budget, StartMode};

/// The place of a child in the order by use.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The number of the child among its siblings, those among them that `#[cfg]` leaves out.
    number: usize,
    /// The numbers of the siblings that the child uses.
    uses: &'static [usize],
    stop: Path,
    start: Path,
}

/// The longest path that ends with a child.
#[derive(Clone, Copy)]
struct Path {
    time: Budget,
    /// The index of the sibling before the child on the path.
    via: Option<usize>,
}

impl Path {
    const EMPTY: Self = Self { time: Budget::ZERO, via: None };
}

impl Place {
    /// The place of a child that uses nothing.
    pub(super) const NONE: Self =
        Self { number: 0, uses: &[], stop: Path::EMPTY, start: Path::EMPTY };
}

impl TreeDescriptor {
    /// Sets the number of the child among its siblings, and the numbers of those that it uses.
    #[must_use]
    #[inline]
    pub const fn with_uses(mut self, number: usize, uses: &'static [usize]) -> Self {
        self.place = Place { number, uses, ..Place::NONE };
        self
    }

    /// Finds the longest path to each of the children of a supervisor with `order = by_use`.
    #[must_use]
    #[inline]
    pub const fn by_use<const N: usize>(mut children: [Self; N]) -> [Self; N] {
        // rustc interprets this for each use, so it compares plain numbers. Zero stands for no path.
        let (mut stops, mut starts) = ([0; N], [0; N]);
        let mut index = 0;
        while index < N {
            let mut place = children[index].place;
            let mut uses = place.uses;
            let (mut stop, mut start) = (0, 0);
            while let [number, rest @ ..] = uses {
                if let Some(used) = index_of(&children, *number, index) {
                    if stops[used] > stop {
                        (stop, place.stop.via) = (stops[used], Some(used));
                    }
                    if starts[used] > start {
                        (start, place.start.via) = (starts[used], Some(used));
                    }
                }
                uses = rest;
            }
            let (stop_before, start_before) = (
                match place.stop.via {
                    Some(via) => children[via].place.stop.time,
                    None => Budget::ZERO,
                },
                match place.start.via {
                    Some(via) => children[via].place.start.time,
                    None => Budget::ZERO,
                },
            );
            place.stop.time = stop_before.then(children[index].budget());
            place.start.time = start_before.then(children[index].start_time());
            stops[index] = rank(place.stop.time);
            starts[index] = rank(place.start.time);
            children[index].place = place;
            index += 1;
        }
        children
    }

    /// Returns `true` if the children of this supervisor start and stop by use.
    #[inline]
    pub(super) const fn is_by_use(&self) -> bool {
        match &self.inside {
            Some(inside) => inside.supervisor.order.is_by_use(),
            None => false,
        }
    }

    /// Returns the longest time that the children may take to stop along their uses.
    #[inline]
    pub(super) const fn longest_path(&self) -> Budget {
        match last_of_longest(self.children()) {
            Some(last) => self.children()[last].place.stop.time,
            None => Budget::ZERO,
        }
    }

    /// Returns the longest time that the children may take to start, one after the other or along
    /// their uses; `None` if there is no bound. A child that does not report takes no time.
    #[must_use]
    #[inline]
    pub const fn start_budget(&self) -> Option<Duration> {
        self.inner_start_time().bound()
    }

    #[inline]
    const fn inner_start_time(&self) -> Budget {
        let (mut sum, mut longest) = (Budget::ZERO, Budget::ZERO);
        let mut rest = self.children();
        while let [child, others @ ..] = rest {
            sum = sum.then(child.start_time());
            longest = longest.longer_of(child.place.start.time);
            rest = others;
        }
        if self.starts_empty() {
            Budget::ZERO
        } else if self.is_by_use() {
            longest
        } else {
            sum
        }
    }

    /// Returns `true` for a pool whose workers come at run time.
    #[inline]
    const fn starts_empty(&self) -> bool {
        match &self.inside {
            Some(inside) => {
                self.is_pool()
                    && inside.supervisor.partitions.is_none()
                    && !inside.supervisor.unknown.partitions
            }
            None => false,
        }
    }

    /// Returns the longest time until this child is up.
    #[inline]
    pub(super) const fn start_time(&self) -> Budget {
        match (&self.inside, self.options.start()) {
            // Nobody waits until a lease is acquired.
            (Some(_), _) if self.lease().is_some() => Budget::ZERO,
            (Some(_), _) => self.inner_start_time(),
            // Nobody waits for a child that is tried again and again.
            (None, StartMode::Spawned | StartMode::Retry) => Budget::ZERO,
            (None, StartMode::Notify) => match self.options.start_timeout() {
                Duration::MAX => Budget::Unbounded,
                timeout => Budget::Bounded(timeout),
            },
        }
    }

    /// Appends the longest path to a message, and the child on it whose time could be cut so that
    /// the children stop within a limit.
    #[inline]
    pub(super) const fn path_in_words(&self, message: &Text, within: Duration) -> Text {
        const SHOWN: usize = 8;
        let children = self.children();
        let mut path = [0; SHOWN];
        let (mut length, mut next) = (0, last_of_longest(children));
        while let Some(index) = next {
            // The list begins with the child that stops last, and ends with a child that stops first.
            if length < SHOWN {
                path[length] = index;
            }
            length += 1;
            next = children[index].place.stop.via;
        }
        let mut text = if length > SHOWN { message.str("… → ") } else { *message };
        let mut shown = if length > SHOWN { SHOWN } else { length };
        let first = shown;
        while shown > 0 {
            shown -= 1;
            let child = &children[path[shown]];
            let arrow = if shown + 1 == first { "" } else { " → " };
            text = text.str(arrow).quoted(child.name);
            if let Budget::Bounded(time) = child.budget() {
                text = text.str(" ").duration(time);
            }
        }
        match self.cut(within) {
            Some((child, time)) => text
                .str("; `shutdown = ")
                .duration(time)
                .str("` on ")
                .quoted(child)
                .str(" would do"),
            None => text.str("; to cut one of these times is not enough"),
        }
    }

    /// Returns the child on the longest path that takes the most time, and the time with which the
    /// children stop within a limit, if there is such a time.
    #[inline]
    const fn cut(&self, within: Duration) -> Option<(&'static str, Duration)> {
        let children = self.children();
        let Some(last) = last_of_longest(children) else { return None };
        let Budget::Bounded(total) = children[last].place.stop.time else { return None };
        let Some(excess) = total.checked_sub(within) else { return None };
        let (mut next, mut longest) = (Some(last), last);
        while let Some(index) = next {
            if children[index].budget().exceeds(children[longest].budget()) {
                longest = index;
            }
            next = children[index].place.stop.via;
        }
        let Budget::Bounded(time) = children[longest].budget() else { return None };
        let time = match time.checked_sub(excess) {
            Some(time) if !time.is_zero() => time,
            _ => return None,
        };
        // Another path may be too long without this child.
        let is_worker = children[longest].inside.is_none();
        if is_worker && !self.longest_with(longest, time).exceeds(Budget::Bounded(within)) {
            Some((children[longest].name, time))
        } else {
            None
        }
    }

    /// Returns the longest path if one child took another time. With more children than this counts,
    /// the path has no bound.
    #[inline]
    const fn longest_with(&self, changed: usize, time: Duration) -> Budget {
        const COUNTED: usize = 256;
        let children = self.children();
        let mut paths = [Budget::ZERO; COUNTED];
        let mut longest = Budget::ZERO;
        let mut index = 0;
        while index < children.len() {
            if index == COUNTED {
                return Budget::Unbounded;
            }
            let mut before = Budget::ZERO;
            let mut uses = children[index].place.uses;
            while let [number, rest @ ..] = uses {
                if let Some(used) = index_of(children, *number, index) {
                    before = before.longer_of(paths[used]);
                }
                uses = rest;
            }
            let own =
                if index == changed { Budget::Bounded(time) } else { children[index].budget() };
            paths[index] = before.then(own);
            longest = longest.longer_of(paths[index]);
            index += 1;
        }
        longest
    }

    /// Returns the numbers of the children on the longest path, by their indices.
    #[inline]
    pub(super) fn critical_path(&self) -> Vec<usize> {
        let children = self.children();
        let last = last_of_longest(children).filter(|_| self.is_by_use());
        let mut path: Vec<usize> =
            std::iter::successors(last, |index| children[*index].place.stop.via).collect();
        path.reverse();
        path
    }

    /// Returns the indices of the children whose times to stop add up to that of this supervisor.
    #[inline]
    pub(super) fn stop_parts(&self) -> Vec<usize> {
        if self.is_by_use() { self.critical_path() } else { (0..self.children().len()).collect() }
    }

    /// Returns the indices of the children whose times to start add up to that of this supervisor.
    #[inline]
    pub(super) fn start_parts(&self) -> Vec<usize> {
        let children = self.children();
        if self.starts_empty() {
            return Vec::new();
        }
        if !self.is_by_use() {
            return (0..children.len()).collect();
        }
        let mut last = None;
        for (index, child) in children.iter().enumerate() {
            let longest = last.map_or(Budget::ZERO, |last: usize| children[last].place.start.time);
            if child.place.start.time.exceeds(longest) {
                last = Some(index);
            }
        }
        std::iter::successors(last, |index| children[*index].place.start.via).collect()
    }

    /// Returns the indices of the siblings that the child at an index uses.
    #[inline]
    pub(super) fn uses_of(&self, index: usize) -> impl Iterator<Item = usize> {
        let children = self.children();
        let uses = children[index].place.uses.iter();
        uses.filter_map(move |number| index_of(children, *number, index))
    }
}

/// Returns a number above zero that is the larger the longer the time is.
#[inline]
const fn rank(time: Budget) -> u128 {
    match time {
        Budget::Bounded(time) => time.as_nanos() + 1,
        Budget::Unbounded => u128::MAX,
    }
}

/// Returns the index of the child with this number, among those before `end`.
#[inline]
const fn index_of(children: &[TreeDescriptor], number: usize, end: usize) -> Option<usize> {
    // The numbers ascend, and only those of children that are left out are missing.
    let mut index = if number < end { number + 1 } else { end };
    while index > 0 {
        index -= 1;
        if children[index].place.number == number {
            return Some(index);
        }
        if children[index].place.number < number {
            return None;
        }
    }
    None
}

/// Returns the child with which the longest path ends; `None` if the children take no time.
#[inline]
const fn last_of_longest(children: &[TreeDescriptor]) -> Option<usize> {
    let mut last = None;
    let mut longest = Budget::ZERO;
    let mut index = 0;
    while index < children.len() {
        if children[index].place.stop.time.exceeds(longest) {
            longest = children[index].place.stop.time;
            last = Some(index);
        }
        index += 1;
    }
    last
}
