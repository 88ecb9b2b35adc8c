//! Conditions that nothing meets: a function that exists only for the compiler's error requires one.

/// Declares a trait that no type implements, with the error for a call that needs it.
macro_rules! no_condition {
    ($name:ident: $message:literal, $label:literal $(, note = $note:literal)?) => {
        #[doc = concat!("A condition that nothing meets: ", $message, ".")]
        #[doc(hidden)]
        #[diagnostic::on_unimplemented(message = $message, label = $label $(, note = $note)?)]
        #[expect(
            unnameable_types,
            reason = "nothing implements it, and only the compiler's error names it"
        )]
        pub trait $name {}
    };
}

/// The body of a function that nothing can call.
macro_rules! uncallable {
    () => {
        unreachable!("nothing meets the condition of the function")
    };
}
