//! The pages of the replicas.

use crate::board::NAMES;

/// The ports of the pages, in the order of the replicas.
const PORTS: [u16; NAMES.len()] = [9001, 9002, 9003];

/// The pages on which the replicas show their trees; `false` for none.
#[derive(Clone, Copy)]
pub(crate) struct Pages(pub(crate) bool);

impl Pages {
    /// Returns the address at which a replica shows its tree, if it does.
    pub(crate) fn of(self, place: usize) -> Option<String> {
        self.0.then(|| format!("127.0.0.1:{}", PORTS[place]))
    }

    /// Returns all addresses in words, if there are pages.
    pub(crate) fn in_words(self) -> Option<String> {
        let pages = (0..NAMES.len())
            .filter_map(|place| Some(format!("{} http://{}", NAMES[place].0, self.of(place)?)));
        let pages: Vec<_> = pages.collect();
        (!pages.is_empty()).then(|| format!("Pages: {}.", pages.join(", ")))
    }
}
