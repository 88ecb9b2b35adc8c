//! What is said about a child where it is declared, and by its type.

use super::ChildOptions;

/// The options of one specification. Most say nothing: then this is small, and siblings are known to
/// be declared alike without a look at each option.
#[derive(Clone, Debug, Default)]
pub(crate) struct OptionLayers {
    own: Option<Box<ChildOptions>>,
    /// What the child's type says, if it has one of its own.
    of_type: Option<&'static ChildOptions>,
}

impl OptionLayers {
    /// The same, by a child of this type, if it has one of its own.
    pub(crate) fn with_type_defaults(self, of_type: Option<&'static ChildOptions>) -> Self {
        Self { of_type, ..self }
    }

    /// Says more.
    pub(crate) fn change(&mut self, change: impl FnOnce(ChildOptions) -> ChildOptions) {
        let own = self.own.get_or_insert_default();
        **own = change(**own);
    }

    /// All of it: the specification's own word goes before that of the type.
    pub(crate) fn options(&self) -> ChildOptions {
        let own = self.own.as_deref().copied().unwrap_or_default();
        match self.of_type {
            Some(of_type) => own.or(*of_type),
            None => own,
        }
    }

    /// How many messages the mailbox holds.
    pub(crate) fn mailbox(&self) -> usize {
        let own = self.own.as_deref().filter(|own| own.sets_mailbox());
        own.or(self.of_type).map_or(ChildOptions::MAILBOX, ChildOptions::mailbox)
    }

    /// Whether the specification itself says how many messages the mailbox holds.
    pub(crate) fn sets_mailbox(&self) -> bool {
        self.own.as_deref().is_some_and(ChildOptions::sets_mailbox)
    }

    /// Whether it is the same.
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
    fn the_specification_is_heard_before_the_type() {
        let mut said = OptionLayers::default().with_type_defaults(Some(&TRANSIENT));
        assert_eq!(said.options(), TRANSIENT);
        said.change(|options| options.with_restart_policy(Temporary));
        assert_eq!(said.options(), TRANSIENT.with_restart_policy(Temporary));
        assert_eq!((said.mailbox(), said.sets_mailbox()), (7, false));
        said.change(|options| options.with_mailbox(8));
        assert_eq!((said.mailbox(), said.sets_mailbox()), (8, true));
        assert_eq!(said.with_type_defaults(None).options().mailbox(), 8);
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
