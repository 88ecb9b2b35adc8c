//! The tree of a running program in a terminal, as `top` shows processes.
//!
//! How to run it: `cargo run -p supervision-tree-web --example top -- 127.0.0.1:9000`, beside a program
//! with the page of `supervision-tree-web`, such as the example `lively`. A token of the page is taken
//! from the environment variable `SUPERVISOR_TOKEN`.
//!
//! Keys: the arrows (or `j`, `k`) move, `Enter` folds and unfolds, `s` changes the order (tree, restarts,
//! mailbox, youngest), `b` shows only what is not well, `q` ends.

mod api;

use std::collections::HashSet;
use std::error::Error;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState};
use supervisor::info::ChildState;

use self::api::{Health, Node, Tree, age, fetch};

/// The time between two looks at the program.
const EVERY: Duration = Duration::from_secs(1);

type Failed = Box<dyn Error>;

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Tree,
    Restarts,
    Mailbox,
    Youngest,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Self::Tree => Self::Restarts,
            Self::Restarts => Self::Mailbox,
            Self::Mailbox => Self::Youngest,
            Self::Youngest => Self::Tree,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Restarts => "restarts",
            Self::Mailbox => "mailbox",
            Self::Youngest => "youngest",
        }
    }
}

/// The state of the screen: the tree, and the way in which it is shown.
struct Top {
    address: String,
    tree: Option<Tree>,
    /// The error of the last look, and when the last one without an error was.
    failed: Option<String>,
    seen: Instant,
    sort: Sort,
    only_bad: bool,
    /// The supervisors that were folded or unfolded by hand, by their paths.
    toggled: HashSet<String>,
    rows: Vec<usize>,
    table: TableState,
}

impl Top {
    fn path(&self, index: usize) -> String {
        let nodes = self.tree.as_ref().map_or(&[][..], |tree| &tree.nodes);
        let (mut names, mut next) = (Vec::new(), Some(index));
        while let Some(node) = next.and_then(|index| nodes.get(index)) {
            names.push(&*node.name);
            next = node.parent;
        }
        // The root's own name is a part of no other path.
        if names.len() > 1 {
            names.pop();
        }
        names.reverse();
        names.join("/")
    }

    fn depth(&self, mut index: usize) -> usize {
        let nodes = self.tree.as_ref().map_or(&[][..], |tree| &tree.nodes);
        let mut depth = 0;
        while let Some(parent) = nodes.get(index).and_then(|node| node.parent) {
            (index, depth) = (parent, depth + 1);
        }
        depth
    }

    fn children(&self, index: usize) -> usize {
        let nodes = self.tree.as_ref().map_or(&[][..], |tree| &tree.nodes);
        nodes.iter().filter(|node| node.parent == Some(index)).count()
    }

    /// Large pools are folded at first.
    fn is_folded(&self, index: usize, children: usize) -> bool {
        (children > 20) != self.toggled.contains(&self.path(index))
    }

    /// Chooses the rows, in their order.
    fn collect(&mut self) {
        let Some(tree) = &self.tree else { return };
        let nodes = &tree.nodes;
        let mut children = vec![0; nodes.len()];
        for parent in nodes.iter().filter_map(|node| node.parent) {
            children[parent] += 1;
        }
        let is_bad = |node: &Node| {
            !matches!(&*node.state, "running" | "finished" | "standby") || !node.waits.is_empty()
        };
        let mut hidden = vec![false; nodes.len()];
        let mut rows = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                hidden[index] = hidden[parent]
                    || self.sort == Sort::Tree
                        && !self.only_bad
                        && children[parent] > 0
                        && self.is_folded(parent, children[parent]);
            }
            if !hidden[index] && (!self.only_bad || is_bad(node)) {
                rows.push(index);
            }
        }
        match self.sort {
            Sort::Tree => {}
            Sort::Restarts => rows.sort_by_key(|index| std::cmp::Reverse(nodes[*index].restarts)),
            Sort::Mailbox => rows.sort_by_key(|index| std::cmp::Reverse(nodes[*index].queued)),
            Sort::Youngest => {
                rows.sort_by_key(|index| nodes[*index].uptime_ms.unwrap_or_default());
            }
        }
        self.rows = rows;
        let last = self.rows.len().saturating_sub(1);
        self.table.select(Some(self.table.selected().unwrap_or(0).min(last)));
    }

    fn look(&mut self) {
        match fetch(&self.address) {
            Ok(tree) => {
                (self.tree, self.failed, self.seen) = (Some(tree), None, Instant::now());
            }
            Err(error) => self.failed = Some(error.to_string()),
        }
        self.collect();
    }

    /// Returns `false` if the program is to end.
    fn press(&mut self, key: KeyCode) -> bool {
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Down | KeyCode::Char('j') => self.table.select_next(),
            KeyCode::Up | KeyCode::Char('k') => self.table.select_previous(),
            KeyCode::PageDown => self.table.scroll_down_by(20),
            KeyCode::PageUp => self.table.scroll_up_by(20),
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('b') => self.only_bad = !self.only_bad,
            KeyCode::Enter => {
                if let Some(index) = self.table.selected().and_then(|row| self.rows.get(row)) {
                    let path = self.path(*index);
                    if !self.toggled.remove(&path) {
                        self.toggled.insert(path);
                    }
                }
            }
            _ => {}
        }
        self.collect();
        true
    }

    fn head(&self) -> Line<'static> {
        let Some(tree) = &self.tree else {
            return Line::from(self.failed.clone().unwrap_or_default());
        };
        let (word, color) = match &tree.health {
            Health { live: false, .. } => ("not live", Color::Red),
            Health { ready: false, .. } => ("not ready", Color::Red),
            Health { degraded: true, .. } => ("degraded", Color::Yellow),
            _ => ("ready", Color::Green),
        };
        let running = tree.nodes.iter().filter(|node| node.state == "running").count();
        let name = tree.nodes.first().map_or("", |root| &root.name).to_owned();
        let mut spans = vec![
            Span::styled(name, Modifier::BOLD),
            Span::raw("  "),
            Span::styled(word, Style::new().fg(color).add_modifier(Modifier::BOLD)),
            Span::raw(format!("  {running} of {} running", tree.nodes.len())),
            Span::raw(format!("  by {}", self.sort.word())),
        ];
        let leases = || tree.nodes.iter().filter_map(|node| node.lease.as_ref());
        match (leases().filter(|lease| lease.state == "leading").count(), leases().count()) {
            (_, 0) => {}
            (0, 1) => spans.push(Span::raw("  standby")),
            (1, 1) => spans.push(Span::styled("  leading", Color::Cyan)),
            (led, all) => spans.push(Span::raw(format!("  leads {led} of {all}"))),
        }
        if let Some(failed) = &self.failed {
            let age = self.seen.elapsed().as_secs();
            spans.push(Span::styled(format!("  {age} s old: {failed}"), Color::Red));
        } else if let Some(reason) = tree.health.reasons.first() {
            spans.push(Span::styled(format!("  {}", reason.text), Color::Red));
        }
        Line::from(spans)
    }

    fn row(&self, index: usize) -> Row<'static> {
        let Some(node) = self.tree.as_ref().and_then(|tree| tree.nodes.get(index)) else {
            return Row::default();
        };
        let color = match ChildState::ALL.iter().find(|state| state.as_str() == node.state) {
            Some(ChildState::Running) => Color::Green,
            Some(ChildState::Unstoppable | ChildState::Failed) => Color::Red,
            Some(state) if state.is_down() => Color::DarkGray,
            _ => Color::Yellow,
        };
        let children = if node.strategy.is_some() { self.children(index) } else { 0 };
        let mark = match children {
            0 => "  ",
            _ if self.sort == Sort::Tree && self.is_folded(index, children) => "▸ ",
            _ => "▾ ",
        };
        let name = if self.sort == Sort::Tree && !self.only_bad {
            format!("{}{mark}{}", "  ".repeat(self.depth(index).min(20)), node.name)
        } else {
            self.path(index)
        };
        let limit = match (node.restarts_left, node.max_restarts) {
            (Some(left), Some(most)) => format!("{left}/{most}"),
            _ => String::new(),
        };
        let what = if let Some(wait) = node.waits.first() {
            format!("waits for {} ({})", wait.on, age(wait.lasted_ms))
        } else if let Some(lease) = &node.lease {
            lease.in_words()
        } else if node.state != "running" {
            node.last_exit.as_ref().map_or_else(String::new, |exit| exit.text.clone())
        } else if children > 0 {
            format!("{} {children}", node.strategy.as_deref().unwrap_or_default())
        } else {
            String::new()
        };
        let mail = if node.queued > 0 {
            format!("{}/{}", node.queued, node.capacity)
        } else {
            String::new()
        };
        Row::new([
            Cell::from(name),
            Cell::from(node.state.clone()).style(Style::new().fg(color)),
            Cell::from(limit),
            Cell::from(node.life.to_string()),
            Cell::from(node.uptime_ms.map(age).unwrap_or_default()),
            Cell::from(mail),
            Cell::from(what),
        ])
    }

    fn draw(&mut self, frame: &mut ratatui::Frame<'_>) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
                .areas(frame.area());
        frame.render_widget(Paragraph::new(self.head()), head);
        let widths = [
            Constraint::Fill(3),
            Constraint::Length(11),
            Constraint::Length(9),
            Constraint::Length(6),
            Constraint::Length(7),
            Constraint::Length(9),
            Constraint::Fill(4),
        ];
        // Only the rows in sight are made, however many there are.
        let height = usize::from(body.height.saturating_sub(1)).max(1);
        let at = self.table.selected().unwrap_or(0);
        let first = (*self.table.offset_mut()).clamp(at.saturating_sub(height - 1), at);
        *self.table.offset_mut() = first;
        let seen = self.rows.iter().skip(first).take(height).map(|index| self.row(*index));
        let titles = ["child", "state", "restarts", "life", "up", "mailbox", ""];
        let table = Table::new(seen.collect::<Vec<_>>(), widths)
            .header(Row::new(titles).style(Style::new().fg(Color::DarkGray)))
            .row_highlight_style(Modifier::REVERSED);
        let mut shown = TableState::new().with_selected(at - first);
        frame.render_stateful_widget(table, body, &mut shown);
        let keys = "↑↓ move  Enter fold  s order  b only what is not well  q end";
        frame.render_widget(Paragraph::new(keys).style(Style::new().fg(Color::DarkGray)), foot);
    }
}

fn main() -> Result<(), Failed> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9000".to_owned());
    let address = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut top = Top {
        address,
        tree: None,
        failed: None,
        seen: Instant::now(),
        sort: Sort::Tree,
        only_bad: false,
        toggled: HashSet::new(),
        rows: Vec::new(),
        table: TableState::new(),
    };
    top.look();
    if let (None, Some(failed)) = (&top.tree, &top.failed) {
        return Err(format!("{}: {failed}", top.address).into());
    }
    let mut terminal = ratatui::init();
    let mut looked = Instant::now();
    let ended = loop {
        if let Err(error) = terminal.draw(|frame| top.draw(frame)) {
            break Err(error.into());
        }
        match event::poll(EVERY.saturating_sub(looked.elapsed())) {
            Ok(true) => match event::read() {
                Ok(Event::Key(key)) if key.kind == KeyEventKind::Press => {
                    if !top.press(key.code) {
                        break Ok(());
                    }
                }
                Ok(_) => {}
                Err(error) => break Err(error.into()),
            },
            Ok(false) => {}
            Err(error) => break Err(error.into()),
        }
        if looked.elapsed() >= EVERY {
            top.look();
            looked = Instant::now();
        }
    };
    ratatui::restore();
    ended
}
