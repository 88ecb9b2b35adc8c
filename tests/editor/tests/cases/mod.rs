//! What is typed, and what has to be seen.

use supervisor_editor_tests::client::StepResult;

/// A text that is typed into the program.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The line of the program that is replaced: the one that contains this.
    at: &'static str,
    /// The text that is typed there, with a `¦` for the cursor.
    typed: String,
    /// The text that has been typed as a child before.
    also: &'static str,
    pub(crate) look: Look,
}

/// The things that have to be seen at the cursor.
pub(crate) enum Look {
    /// These words are offered, and those are not.
    Completes { with: &'static [&'static str], without: &'static [&'static str] },
    /// The offered word has documentation with this part.
    Documents { word: &'static str, part: &'static str },
    /// There are so many entries, and they contain these parts.
    Hovers { entries: usize, parts: &'static [&'static str] },
    /// The definition is this line, and no other.
    Leads { to: &'static str },
    /// The signature has this part.
    Signs { part: &'static str },
    /// So many places change.
    Renames { places: usize },
    /// rust-analyzer reports no mistake.
    IsQuiet,
}

impl Look {
    /// Returns what is missing.
    pub(crate) fn faults(&self, seen: &[String]) -> Vec<String> {
        let has = |word: &str| seen.iter().any(|seen| seen == word);
        let contains = |part: &str| seen.iter().any(|seen| seen.contains(part));
        let mut faults = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                faults.push(what);
            }
        };
        match self {
            Self::Completes { with, without } => {
                with.iter().for_each(|word| must(has(word), format!("`{word}` is not offered")));
                without.iter().for_each(|word| must(!has(word), format!("`{word}` is offered")));
            }
            Self::Documents { word, part } => {
                must(contains(part), format!("`{word}` has no documentation with `{part}`"));
            }
            Self::Hovers { entries, parts } => {
                must(seen.len() == *entries, format!("{} entries, not {entries}", seen.len()));
                parts.iter().for_each(|part| must(contains(part), format!("`{part}` is missing")));
            }
            Self::Leads { to } => {
                must(seen.len() == 1, format!("{} definitions", seen.len()));
                must(contains(to), format!("none is `{to}`"));
            }
            Self::Signs { part } => must(contains(part), format!("no signature has `{part}`")),
            Self::Renames { places } => {
                must(seen.len() == *places, format!("{} places, not {places}", seen.len()));
            }
            Self::IsQuiet => must(seen.is_empty(), "there are mistakes".to_owned()),
        }
        faults
    }
}

impl Case {
    /// Returns the program with the typed text.
    pub(crate) fn in_program(&self, program: &str) -> StepResult<String> {
        let line = program.lines().find(|line| line.contains(self.at)).ok_or("no such line")?;
        let typed = if self.typed.is_empty() { line } else { &self.typed };
        let program = program.replacen(line, typed, 1);
        Ok(if self.also.is_empty() { program } else { program.replacen("// child", self.also, 1) })
    }
}

/// A word of the line that contains `at`, with the cursor in it.
fn on(at: &'static str, line: &str, look: Look) -> Case {
    let (name, typed) = (format!("at `{}`", line.trim()), line.to_owned());
    Case { name, at, typed, also: "", look }
}

/// Returns the case of a child that is being typed.
fn child(typed: &str, look: Look) -> Case {
    let name = format!("typing `{}`", typed.replace('\n', "⏎"));
    Case { name, at: "// child", typed: typed.to_owned(), also: "", look }
}

fn completes(with: &'static [&'static str]) -> Look {
    Look::Completes { with, without: &[] }
}

pub(crate) fn all() -> Vec<Case> {
    let mut cases = vec![Case {
        name: "the whole program".to_owned(),
        at: "// child",
        typed: String::new(),
        also: "",
        look: Look::IsQuiet,
    }];
    cases.extend(words());
    cases.extend(options());
    cases.extend(values());
    cases.extend(leases());
    cases.extend(hovers());
    cases.extend(definitions());
    cases.extend(outside());
    cases
}

/// A line of the program.
const DB: &str = "db: Database(shutdown = PATIENCE)";

/// Policies, types and strategies.
fn words() -> Vec<Case> {
    const ALL: &[&str] = &["Always", "Transient", "Temporary", "one_for_one", "Database", "Front"];
    let mut cases = Vec::new();
    for end in ["", ",", "\nlast: Database,", "\nlast: Database"] {
        cases.push(child(&format!("x: ¦{end}"), completes(ALL)));
        cases.push(child(&format!("x: D¦{end}"), completes(&["Database"])));
        cases.push(child(&format!("x: Always<¦{end}"), completes(&["Database", "Session"])));
        cases.push(child(&format!("x: Always<D¦>{end}"), completes(&["Database"])));
        cases.push(child(&format!("x: crate::shop::¦{end}"), completes(&["Database"])));
        cases.push(child(&format!("x: rest¦{end}"), completes(&["rest_for_one"])));
    }
    let in_group = child("x: one_for_all { y: ¦ }", completes(ALL));
    let strategy = on("// head", "pub Shop(config: &Config): ¦ {", completes(&["rest_for_one"]));
    let half = on("// head", "pub Shop(config: &Config): one_¦ {", completes(&["one_for_all"]));
    let in_expression =
        Case { at: "// expression", ..child("x: ¦", completes(&["Always", "Front"])) };
    let documents = Look::Documents { word: "Transient", part: "stays down after" };
    cases.extend([in_group, strategy, half, in_expression, child("x: Tra¦", documents)]);
    cases
}

fn options() -> Vec<Case> {
    let mut cases = Vec::new();
    for end in ["", ",", "\nlast: Database,"] {
        cases.push(child(
            &format!("x: Always(¦){end}"),
            Look::Completes {
                with: &["shutdown", "backoff", "every", "heartbeat"],
                without: &["mailbox", "max_children", "message"],
            },
        ));
        cases.push(child(
            &format!("x: Database(shutdown = 5s, ¦){end}"),
            Look::Completes { with: &["mailbox", "health"], without: &["every", "partitions"] },
        ));
        cases.push(child(&format!("x: Always<Front>(ba¦){end}"), completes(&["backoff"])));
    }
    cases.extend([
        child(
            "x: simple_one_for_one(¦) { y: Always }",
            Look::Completes { with: &["partitions", "restart"], without: &["shutdown_within"] },
        ),
        on(
            "// head",
            "pub Shop(config: &Config): one_for_one(¦) {",
            Look::Completes { with: &["shutdown_within", "order"], without: &["restart", "every"] },
        ),
        child("x: Database(shut¦)", Look::Documents { word: "shutdown", part: "brutal_kill" }),
        child("x: Always(shutdown = ¦)", completes(&["brutal_kill", "infinity", "PATIENCE"])),
        child("x: Always(start = no¦)", completes(&["notify", "retry"])),
        child("x: Always(health = ¦, heartbeat = 5s)", completes(&["degrades"])),
        child("x: one_for_one(restart = ¦) {}", completes(&["Transient", "Always"])),
        child("x: one_for_one(max_restarts = ¦) {}", completes(&["unlimited", "runtime"])),
        child("x: one_for_one(max_children = runtime(config.¦)) {}", completes(&["max_sessions"])),
        child("x: Always(start = ¦)", Look::Documents { word: "retry", part: "Nobody waits" }),
        on("// derive", "#[child(¦)]", completes(&["message", "restart", "mailbox"])),
        on("// derive", "#[child(message = Query, restart = ¦)]", completes(&["Transient"])),
        on("// derive", "#[child(message = ¦)]", completes(&["Query"])),
    ]);
    cases
}

/// Values of children.
fn values() -> Vec<Case> {
    let mut cases = Vec::new();
    for end in ["", ",", "\nlast: Database,"] {
        let front = format!("x: Front = Front {{ ¦ }}{end}");
        cases.push(child(&front, completes(&["db", "port"])));
        cases.push(child(&format!("x: Front = ¦{end}"), completes(&["db", "storage", "config"])));
        cases.push(child(&format!("x: Database = Database::¦{end}"), completes(&["connect"])));
        cases.push(child(&format!("x: Front = db.¦{end}"), completes(&["send", "ask", "clone"])));
        cases.push(child(&format!("x: Front = storage.¦{end}"), completes(&["front", "cleaner"])));
        cases.push(child(&format!("x: Front = sessions.¦{end}"), completes(&["add_worker"])));
        cases.push(child(&format!("x: Front = config.¦{end}"), completes(&["url"])));
        cases.push(child(&format!("x: Front = String::new().¦{end}"), completes(&["push_str"])));
        cases.push(child(&format!("x: Always = |ctx| ctx.¦{end}"), completes(&["ready", "recv"])));
        cases.push(child(
            &format!("x: Always = move |ctx| async move {{ ctx.¦ }}{end}"),
            completes(&["shutdown_requested"]),
        ));
        cases.push(child(
            &format!("x: Database = Database::connect(¦){end}"),
            Look::Signs { part: "patience: Duration" },
        ));
    }
    cases.extend([
        child("x: one_for_one { y: Front = storage.front().¦ }", completes(&["terminate", "send"])),
        child("x: Always(every = 5s) = || db.¦", completes(&["ask"])),
        child("x: Always = jan¦", completes(&["janitor"])),
        Case { at: "// expression", ..child("x: Front = front.¦", completes(&["send"])) },
        Case { at: "// expression", ..child("x: Front = group.¦", completes(&["janitor"])) },
        Case { at: "// expression", ..child("x: Front = shop.¦", completes(&["storage"])) },
    ]);
    cases
}

/// Options, engines and fences of leases.
fn leases() -> Vec<Case> {
    let mut cases = Vec::new();
    for end in ["", ",", "\nlast: Database,"] {
        cases.push(child(
            &format!("x: one_for_one(lease = \"x\") with con¦ {{ y: Always }}{end}"),
            completes(&["config"]),
        ));
        cases.push(child(
            &format!("x: one_for_one(lease = \"x\") with config.¦ {{ y: Always }}{end}"),
            completes(&["url"]),
        ));
        cases.push(child(
            &format!("x: one_for_one(lease = \"x\") with db {{ y: Always = |ctx| fence.¦ }}{end}"),
            completes(&["number", "clone"]),
        ));
    }
    cases.extend([
        child(
            "x: one_for_one(lea¦) {}",
            Look::Documents { word: "lease", part: "one replica only" },
        ),
        child("x: one_for_one(lease = \"x\", ¦) {}", completes(&["ttl", "renew", "overrun"])),
        child("x: one_for_one(lease = \"x\", overrun = ¦) {}", completes(&["abort", "report"])),
        child("x: one_for_one(lease = \"x\", ttl = ¦) {}", completes(&["runtime", "PATIENCE"])),
        child("x: Always(¦)", Look::Completes { with: &["shutdown"], without: &["lease", "ttl"] }),
        child(
            "x: one_for_one(lease = \"x\") wi¦th db { y: Always }",
            Look::Hovers { entries: 1, parts: &["engine that grants"] },
        ),
    ]);
    cases
}

fn hovers() -> Vec<Case> {
    let hovers = |entries, parts| Look::Hovers { entries, parts };
    vec![
        on(DB, "d¦b: Database(shutdown = PATIENCE),", hovers(2, &["Returns the child `db`"])),
        on(DB, "db: Data¦base(shutdown = PATIENCE),", hovers(1, &["pub struct Database"])),
        on(DB, "db: Database(shut¦down = PATIENCE),", hovers(1, &["asked to, such as `5s`"])),
        on(DB, "db: Database(shutdown = PATI¦ENCE),", hovers(1, &["pub const PATIENCE"])),
        on("janitor: Tran", "janitor: Tran¦sient,", hovers(1, &["stays down after"])),
        on("janitor: Tran", "jan¦itor: Transient,", hovers(3, &["async fn janitor"])),
        on("storage: rest", "stor¦age: rest_for_one {", hovers(2, &["Returns the supervisor"])),
        on("storage: rest", "storage: rest_for¦_one {", hovers(1, &["declared after it"])),
        on("// inner", "x: Always<Front>(start = not¦ify)", hovers(1, &["Context::ready"])),
        on("// inner", "x: Front = Front { d¦b: db, port: 1 }", hovers(1, &["pub db"])),
        on("// inner", "x: Front = Front { db: d¦b, port: 1 }", hovers(1, &["let db"])),
        on(
            "// head",
            "pub Sh¦op(config: &Config): one_for_one {",
            hovers(1, &["pub struct Shop", "└── sessions"]),
        ),
        on("// head", "pub Shop(con¦fig: &Config): one_for_one {", hovers(1, &["config"])),
        on("// derive", "#[child(messa¦ge = Query)]", hovers(1, &["type of the messages"])),
        on("pub struct Session", "pub struct Ses¦sion;", hovers(1, &["pub struct Session"])),
    ]
}

fn definitions() -> Vec<Case> {
    let leads = |to| Look::Leads { to };
    vec![
        on(DB, "db: Data¦base(shutdown = PATIENCE),", leads("shop.rs: pub struct Database {")),
        on(DB, "db: Database(shut¦down = PATIENCE),", leads("options.rs")),
        on("janitor: Tran", "janitor: Tran¦sient,", leads("editor.rs")),
        on("// inner", "x: Front = Front { db: d¦b, port: 1 }", leads(DB)),
        on("// inner", "x: Front = Fro¦nt { db, port: 1 }", leads("shop.rs: pub struct Front {")),
        on("// inner", "x: Always = |ctx| swe¦ep(ctx)", leads("shop.rs: pub async fn sweep")),
        on("// outside", "shop.d¦b();", leads(DB)),
        on("// outside", "shop.stor¦age().front();", leads("shop.rs: storage: rest_for_one {")),
        on("// outside", "other.gro¦up().janitor();", leads("shop.rs: group: one_for_all")),
        on(DB, "d¦b: Database(shutdown = PATIENCE),", Look::Renames { places: 4 }),
        on(
            "pub async fn sweep",
            "pub async fn swe¦ep(ctx: Context) -> ChildResult {",
            Look::Renames { places: 2 },
        ),
        on("pub struct Front", "pub struct Fro¦nt {", Look::Renames { places: 6 }),
    ]
}

/// Accessors after a tree in which a child is being typed.
fn outside() -> Vec<Case> {
    let typed = [
        "x",
        "x:",
        "x: Al",
        "x: Always<",
        "x: Front(",
        "x: Front = ",
        "x: Front = db.",
        "x: simple_one_for_one {}",
        "x: simple_one_for_one { y: }",
        "x: one_for_one(lease = \"x\") with ",
        "x: one_for_one(lease = \"x\") with db. { y: Always }",
        "let x = 5;",
    ];
    let case = |also: &'static str| Case {
        name: format!("after a child `{also}`"),
        also,
        ..on("// outside", "shop.¦", completes(&["db", "storage", "sessions", "shutdown"]))
    };
    typed.into_iter().map(case).collect()
}
