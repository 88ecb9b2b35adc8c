//! The options of a child in two layers: its specification, and its type.

use super::ChildOptions;

/// The options that a specification sets, over those of the child's type.
///
/// Most specifications set none. Then this is small, and siblings are found to be declared alike
/// without a comparison of each option.
#[derive(Clone, Debug, Default)]
pub(crate) struct OptionLayers {
    /// The options that the specification sets.
    own: Option<Box<ChildOptions>>,
    /// The options of the child's type, if the child has a type.
    of_type: Option<&'static ChildOptions>,
}

impl OptionLayers {
    /// Puts the options of a type below those of the specification, in place of any before them.
    pub(crate) fn with_type_defaults(self, of_type: Option<&'static ChildOptions>) -> Self {
        Self { of_type, ..self }
    }

    /// Changes the options of the specification.
    pub(crate) fn change(&mut self, change: impl FnOnce(ChildOptions) -> ChildOptions) {
        let own = self.own.get_or_insert_default();
        **own = change(**own);
    }

    /// Returns both layers as one: the specification wins over the type.
    pub(crate) fn options(&self) -> ChildOptions {
        let own = self.own.as_deref().copied().unwrap_or_default();
        match self.of_type {
            Some(of_type) => own.or(*of_type),
            None => own,
        }
    }

    /// Returns the capacity of the mailbox, in messages.
    pub(crate) fn mailbox(&self) -> usize {
        let own = self.own.as_deref().filter(|own| own.sets_mailbox());
        own.or(self.of_type).map_or(ChildOptions::MAILBOX, ChildOptions::mailbox)
    }

    /// Returns `true` if the specification itself sets the capacity of the mailbox.
    pub(crate) fn sets_mailbox(&self) -> bool {
        self.own.as_deref().is_some_and(ChildOptions::sets_mailbox)
    }

    /// Returns `true` if the specification itself sets whether the times of messages are measured.
    pub(crate) fn sets_histograms(&self) -> bool {
        self.own.as_deref().is_some_and(ChildOptions::sets_histograms)
    }

    /// Returns `true` if the child measures the times of its messages.
    pub(crate) fn has_histograms(&self) -> bool {
        let own = self.own.as_deref().filter(|own| own.sets_histograms());
        own.or(self.of_type).is_some_and(ChildOptions::has_histograms)
    }

    /// Returns `true` if both come to the same options.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let same_type = match (self.of_type, other.of_type) {
            (None, None) => true,
            (Some(of_type), Some(other)) => std::ptr::eq(of_type, other),
            _ => false,
        };
        same_type && self.own == other.own || self.options() == other.options()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::RestartPolicy::{Temporary, Transient};

    static TRANSIENT: ChildOptions =
        ChildOptions::new().with_restart_policy(Transient).with_mailbox(7);

    #[test]
    fn the_specification_wins_over_the_type() {
        let mut layers = OptionLayers::default().with_type_defaults(Some(&TRANSIENT));
        assert_eq!(layers.options(), TRANSIENT);
        layers.change(|options| options.with_restart_policy(Temporary));
        assert_eq!(layers.options(), TRANSIENT.with_restart_policy(Temporary));
        assert_eq!((layers.mailbox(), layers.sets_mailbox()), (7, false));
        layers.change(|options| options.with_mailbox(8));
        assert_eq!((layers.mailbox(), layers.sets_mailbox()), (8, true));
        assert_eq!(layers.with_type_defaults(None).options().mailbox(), 8);
        assert_eq!(OptionLayers::default().mailbox(), ChildOptions::MAILBOX);
    }

    #[test]
    fn alike_is_what_comes_to_the_same() {
        let of_type = OptionLayers::default().with_type_defaults(Some(&TRANSIENT));
        assert!(of_type.is_like(&of_type.clone()));
        assert!(
            !of_type.is_like(&OptionLayers::default())
                && !OptionLayers::default().is_like(&of_type)
        );
        let mut own = OptionLayers::default();
        own.change(|_| TRANSIENT);
        assert!(own.is_like(&of_type) && of_type.is_like(&own));
        own.change(|options| options.with_mailbox(8));
        assert!(!own.is_like(&of_type));
    }
}
