//! Tells which program reads an expansion.

use std::sync::LazyLock;

/// The program that reads an expansion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    Compiler,
    /// rust-analyzer, which shows to the user what the tokens in an expansion mean, also while a
    /// tree is being written.
    Editor,
}

impl Reader {
    /// Returns the program in which the macro runs.
    ///
    /// rust-analyzer runs macros in a process of its own, `rust-analyzer-proc-macro-srv`. Its
    /// `cfg(rust_analyzer)` would not do: it is not set for libraries from a registry, and in the
    /// user's crate rustc takes it for a mistake.
    pub(crate) fn current() -> Self {
        static CURRENT: LazyLock<Reader> = LazyLock::new(|| {
            let program = std::env::current_exe().unwrap_or_default();
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("rust-analyzer") { Reader::Editor } else { Reader::Compiler }
        });
        *CURRENT
    }
}
