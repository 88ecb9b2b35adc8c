//! The picture of a declared tree.

use std::fmt::Write as _;

use super::TreeDescriptor;
use crate::spec::RestartPolicy;
use crate::spec::escaped::Escaped;
use crate::spec::options::written;

impl TreeDescriptor {
    /// Returns the tree as a Mermaid flowchart.
    #[must_use]
    #[inline]
    pub fn diagram(&self) -> String {
        let mut text = "flowchart TD\n".to_owned();
        let mut critical = Vec::new();
        self.draw("n", None, self.name, &mut critical, &mut text);
        if !critical.is_empty() {
            let _ = writeln!(text, "  classDef critical stroke-width:4px");
            let _ = writeln!(text, "  class {} critical", critical.join(","));
        }
        text
    }

    /// Draws this child and the children below it.
    ///
    /// Each box has an `id` that is unique in the picture: names are not unique, and may be
    /// keywords of Mermaid's. Writing to a string does not fail.
    ///
    /// The name is that in the picture, where one shard stands for all of them.
    ///
    /// Adds the boxes on the longest path of a supervisor with `order = by_use` to `critical`.
    #[inline]
    fn draw(
        &self,
        id: &str,
        parent: Option<&str>,
        name: &str,
        critical: &mut Vec<String>,
        text: &mut String,
    ) {
        let label = Escaped(self.label(name, parent.is_none())).to_string();
        let label = label.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;");
        let (open, close) = if self.inside.is_some() { ("[", "]") } else { ("([", "])") };
        let _ = writeln!(text, "  {id}{open}\"{label}\"{close}");
        if let Some(parent) = parent {
            let _ = writeln!(text, "  {parent} --> {id}");
        }
        for (index, child) in self.children().iter().enumerate() {
            let shards = self.shard_count().filter(|_| index == 0).map(range);
            let name = shards.as_deref().unwrap_or(child.name);
            child.draw(&format!("{id}_{index}"), Some(id), name, critical, text);
            for used in self.uses_of(index) {
                let _ = writeln!(text, "  {id}_{index} -. uses .-> {id}_{used}");
            }
        }
        critical.extend(self.critical_path().into_iter().map(|index| format!("{id}_{index}")));
    }

    /// Returns the child as the tree language declares it, with the options of its type filled in.
    #[inline]
    fn label(&self, name: &str, is_root: bool) -> String {
        let options = &self.options;
        let policy = options.restart_policy();
        let kind = match (&self.inside, self.type_name) {
            (None, "") => policy.to_string(),
            (None, type_name) => format!("{policy}<{type_name}>"),
            (Some(inside), "") => inside.supervisor.strategy.to_string(),
            (Some(inside), type_name) => format!("{type_name}, {}", inside.supervisor.strategy),
        };
        let mut settings = Vec::new();
        if let Some(inside) = &self.inside {
            match inside.lease {
                Some(lease) => settings.extend(lease.in_tree_language()),
                None => settings.extend(inside.supervisor.in_tree_language()),
            }
            let of_root = inside.supervisor.of_root_in_tree_language();
            settings.extend(of_root.filter(|_| is_root));
            if policy != RestartPolicy::Always {
                settings.push(format!("restart = {policy}"));
            }
        }
        settings.extend(self.every.map(|every| format!("every = {}", written(every))));
        settings.extend(options.in_tree_language());
        let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
        let settings =
            if settings.is_empty() { String::new() } else { format!(" ({})", settings.join(", ")) };
        format!("{name}{kind}{settings}")
    }
}

/// Returns the names of this many shards; 0 stands for a number that is not known.
#[inline]
fn range(shards: usize) -> String {
    match shards {
        0 => "0, 1, …".to_owned(),
        1 => "0".to_owned(),
        shards => format!("0 … {}", shards - 1),
    }
}
