//! The program: from its arguments to its exit code.

use std::any::Any;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::TcpListener;
use std::panic;

use crate::arguments::{HELP, Request, parse};
use crate::campaign::{Outcome, run};
use crate::page::{self, PAUSE, Shown};
use crate::plan::Plan;
use crate::settings::Settings;
use crate::story;

/// The exit code of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// The loyal generals agree, and obey a loyal commander.
    Agreed = 0,
    /// The loyal generals do not agree, or do not obey a loyal commander.
    Broken = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// The supervisor has given up.
    GaveUp = 3,
}

/// Runs the program with these arguments, which do not include the program's name.
///
/// # Errors
///
/// Returns an error if the output cannot be written, or if the campaign cannot start.
pub fn program(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<Code> {
    match parse(arguments) {
        Ok(Request::Help) => {
            out.write_all(HELP.as_bytes())?;
            Ok(Code::Agreed)
        }
        Ok(Request::Run(settings)) => campaign(&settings, out),
        Err(wrong) => {
            writeln!(err, "byzantine: {wrong}\n`--help` lists the options")?;
            Ok(Code::Usage)
        }
    }
}

fn campaign(settings: &Settings, out: &mut impl Write) -> io::Result<Code> {
    let drawn = settings.draw();
    out.write_all(story::before(settings, &drawn).as_bytes())?;
    if let Some(address) = settings.web {
        return with_page(settings, drawn.plan, page::bind(address)?, out);
    }
    // One thread and a paused clock: the clock advances only when all tasks wait. So a run takes no
    // time, and each run is the same.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let outcome = runtime.block_on(run(drawn.plan)).map_err(io::Error::other)?;
    tell(settings, &outcome, out)
}

/// Runs a campaign in real time, with a page that stays until Ctrl-C.
fn with_page(
    settings: &Settings,
    plan: Plan,
    listener: TcpListener,
    out: &mut impl Write,
) -> io::Result<Code> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let address = listener.local_addr()?;
        let shown = Shown::new(plan, listener).await.map_err(io::Error::other)?;
        writeln!(out, "\nOpen http://{address}: the campaign begins in {PAUSE:?}.")?;
        out.flush()?;
        tokio::time::sleep(PAUSE).await;
        let (outcome, kept) = shown.run().await.map_err(io::Error::other)?;
        let code = tell(settings, &outcome, out)?;
        writeln!(out, "\nThe page stays until Ctrl-C.")?;
        out.flush()?;
        kept.until(tokio::signal::ctrl_c()).await.map_err(io::Error::other)?;
        Ok(code)
    })
}

fn tell(settings: &Settings, outcome: &Outcome, out: &mut impl Write) -> io::Result<Code> {
    out.write_all(story::after(settings, outcome).as_bytes())?;
    Ok(match outcome.end {
        Err(_) => Code::GaveUp,
        Ok(()) if outcome.verdict().is_good() => Code::Agreed,
        Ok(()) => Code::Broken,
    })
}

/// Silences the message of planned panics, because the story tells of them.
pub fn hush_planned_panics() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_planned(info.payload()) {
            tell(info);
        }
    }));
}

fn is_planned(payload: &(dyn Any + Send)) -> bool {
    payload.downcast_ref::<String>().is_some_and(|message| message.starts_with("struck down"))
}
