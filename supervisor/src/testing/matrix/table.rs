//! The table of a matrix: what follows from each fault in a calm tree, as text that is committed
//! and compared.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::case::Fault;

/// The environment variable that makes tests write their tables anew.
pub(super) const UPDATE: &str = "UPDATE_FAULT_MATRIX";

/// The consequences of the faults of each child.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// The children in start order, each with the consequences of its faults.
    pub(super) children: Vec<(String, Vec<(Fault, String)>)>,
}

impl Table {
    /// Returns the consequence of a fault.
    pub(super) fn get(&self, path: &str, fault: Fault) -> Option<&str> {
        let (_, faults) = self.children.iter().find(|(child, _)| child == path)?;
        faults.iter().find(|(other, _)| *other == fault).map(|(_, text)| text.as_str())
    }

    /// Returns the table as text: the start order, and the faults with equal consequences together.
    pub(super) fn text(&self) -> String {
        let names: Vec<&str> = self.children.iter().map(|(path, _)| path.as_str()).collect();
        let mut text = format!("children, as declared: {}\n", names.join(", "));
        for (path, faults) in &self.children {
            let mut groups: Vec<(Vec<&str>, &str)> = Vec::new();
            for (fault, consequence) in faults {
                match groups.iter_mut().find(|(_, other)| other == consequence) {
                    Some((faults, _)) => faults.push(fault.as_str()),
                    None => groups.push((vec![fault.as_str()], consequence)),
                }
            }
            // Writing to a string does not fail.
            let _ = writeln!(text, "\n{path}");
            for (faults, consequence) in groups {
                let _ = writeln!(text, "    {}: {consequence}", faults.join(", "));
            }
        }
        text
    }

    /// Compares the table with the one in this file, or writes the file if the environment says so.
    pub(super) fn compare(&self, file: &Path) -> Result<(), String> {
        let text = self.text();
        let shown = file.display();
        if std::env::var_os(UPDATE).is_some() {
            return fs::write(file, &text)
                .map_err(|error| format!("cannot write {shown}: {error}"));
        }
        let committed = fs::read_to_string(file).map_err(|error| {
            format!("cannot read {shown}: {error}\nto write it: {UPDATE}=1 cargo test\n\n{text}")
        })?;
        let committed = committed.replace("\r\n", "\n");
        if committed == text {
            return Ok(());
        }
        let mut difference = format!(
            "the consequences of faults are not those in {shown}\n\
             if the change is meant: {UPDATE}=1 cargo test\n"
        );
        for line in lines_that_differ(&committed, &text) {
            let _ = writeln!(difference, "{line}");
        }
        Err(difference)
    }
}

/// Returns the lines that are in one text only, each with its child: `-` marks those of the first.
fn lines_that_differ(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (lines_with_child(old), lines_with_child(new));
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

fn lines_with_child(text: &str) -> Vec<String> {
    let mut child = "";
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(line) = line.strip_prefix("    ") {
            lines.push(format!("{child}: {line}"));
        } else {
            child = line;
            lines.push(line.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(consequence: &str) -> Table {
        let faults = vec![
            (Fault::Error, consequence.to_owned()),
            (Fault::Panic, consequence.to_owned()),
            (Fault::Ok, "nothing happens".to_owned()),
        ];
        Table { children: vec![("db".to_owned(), faults), ("cache".to_owned(), Vec::new())] }
    }

    #[test]
    fn faults_with_equal_consequences_stand_together() {
        assert_eq!(
            table("restarts db, cache").text(),
            "children, as declared: db, cache\n\n\
             db\n    error, panic: restarts db, cache\n    ok: nothing happens\n\ncache\n"
        );
        assert_eq!(table("x").get("db", Fault::Panic), Some("x"));
        assert_eq!(table("x").get("cache", Fault::Panic), None);
    }

    #[test]
    fn a_difference_names_the_lines_with_their_child() {
        let lines = lines_that_differ(&table("restarts db").text(), &table("gives up").text());
        assert_eq!(lines, ["- db: error, panic: restarts db", "+ db: error, panic: gives up"]);
    }
}
