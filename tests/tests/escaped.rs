//! Text from outside, as it is printed: names and errors forge no lines of a log, and do not reach the
//! terminal as control characters.

use std::error::Error;

use supervisor::events::EventKind;
use supervisor::prelude::*;
use supervisor_tests::{capture_log, event, logged, logs, within};

const TEXT: &str = "no such user: \u{1b}[2Jeve\nERROR all is lost\u{202e}";
const PRINTED: &str = "no such user: \\u{1b}[2Jeve\\nERROR all is lost\\u{202e}";

#[derive(Debug)]
struct Nested;

impl std::fmt::Display for Nested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("outer\n")
    }
}

impl Error for Nested {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        static SOURCE: std::sync::LazyLock<Box<dyn Error + Send + Sync>> =
            std::sync::LazyLock::new(|| TEXT.into());
        Some(&**SOURCE)
    }
}

/// Fails once with this text, in an error that has a source.
fn failing() -> ChildSpec<impl supervisor::specs::Runnable> {
    ChildSpec::new("failing").with_task(async |ctx: Context| {
        if ctx.incarnation() == 1 {
            return Err(Nested.into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    })
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_child_is_one_line_wherever_it_is_printed() {
    capture_log();
    let supervisor = Supervisor::new().with_child(failing()).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    let end = event(&mut events, "the failure", |event| {
        matches!(event.kind(), EventKind::ChildTerminated { .. })
    })
    .await;
    assert_eq!(end.to_string(), format!("failing: ended (life 1): error: outer\\n: {PRINTED}"));
    let EventKind::ChildTerminated { reason, .. } = end.kind() else { unreachable!() };
    let failure = reason.failure().expect("an error");
    assert_eq!(failure.message(), "outer\n", "as it is");
    assert_eq!(failure.to_string(), "outer\\n");
    assert_eq!(failure.source().unwrap().to_string(), PRINTED);
    let snapshot = supervisor.snapshot().await.unwrap().to_string();
    assert!(snapshot.ends_with(&format!("last exit: error: outer\\n: {PRINTED}")), "{snapshot}");
    assert_eq!(snapshot.lines().count(), 2, "{snapshot}");
    let line = within("the line", logs(&["child=failing", "child failed"])).await;
    assert!(line.contains(PRINTED), "{line}");
    assert!(!logged().iter().any(|line| line.starts_with("ERROR all is lost")));
}

#[tokio::test(start_paused = true)]
async fn a_path_that_a_caller_wrote_is_one_line_in_errors() {
    let supervisor = Supervisor::new().build();
    within("the start", supervisor.start()).await.unwrap();
    let error = within("the answer", supervisor.terminate_child(TEXT)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("there is no child `{PRINTED}`"));
    assert_eq!(format!("{error:?}"), error.to_string());
    let path = error.path().expect("a path");
    assert_eq!(path.as_str(), TEXT, "as it is");
    assert_eq!(format!("{path:_>50}"), format!("{PRINTED:_>50}"));
}

#[cfg(unix)]
#[tokio::test]
async fn the_lines_of_a_program_do_not_steer_the_terminal() {
    capture_log();
    let program = supervisor::Program::new("printf").arg("\\033[2Jcleared\\rover\\tit\\n");
    let spec = ChildSpec::new("printer")
        .with_restart_policy(RestartPolicy::Transient)
        .with_program(program);
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    let line = within("the line", logs(&["child=printer", "cleared"])).await;
    assert!(line.contains("\\u{1b}[2Jcleared\\rover\tit"), "{line:?}");
}
