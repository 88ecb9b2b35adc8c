//! The tests of the generals, in one program; but for the fault matrix, which looks at the whole process.

mod accounts;
mod algorithm;
mod command_line;
mod crashes;
mod generals;
mod kills;
