//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};
use supervisor::SupervisionStrategy;

use crate::order::Order;
use crate::settings::{LieKind, Question, Settings};

/// The text that `--help` prints.
pub const HELP: &str = "\
The Byzantine generals under a supervision tree: they agree by letters on whether to attack,
although some of them lie, some fall and are restarted, and some are slow.

Usage: cargo run --example byzantine -- [OPTIONS]

Options:
  --generals N          how many generals, from 3 to 10 [default: 7]
  --traitors N          how many of them lie [default: 2]
  --slow N              how many of the loyal ones miss a round [default: 0]
                        traitors and slow ones are 3 at most, and leave 2 others
  --crash N             how many crashes there are, up to 20 [default: 0]
  --order ORDER         what the commander orders: attack, retreat [default: attack]
  --opinions OPINIONS   no commander: each general has an opinion, and the majority decides;
                        mixed (drawn), or a letter for each general, such as aarrara
  --lies HOW            random, split, opposite, silent [default: random]
  --strategy STRATEGY   who is restarted with whom: one_for_one, one_for_all, rest_for_one
                        [default: one_for_one]
  --max-restarts N      one more crash, and the run ends [default: 3]
  --seed N              what is drawn is drawn from it: the same seed, the same run [default: 42]
  --letters             print what each letter says
  --web ADDRESS         run in real time, and show the generals' tree in a browser, until Ctrl-C:
                        --web 127.0.0.1:9000
  -h, --help            print this

With as many generals as 3 × (traitors + slow), or fewer, agreement is not certain: the run is then
one in which it breaks, found by drawing from the seed.

Exit code:
  0  the loyal generals agree, and obey a loyal commander
  1  they do not
  2  the arguments are wrong
  3  the supervisor has given up: more crashes than --max-restarts
";

/// The request of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Run a campaign.
    Run(Settings),
    /// Print the help.
    Help,
}

/// Parses the arguments, which do not include the program's name.
///
/// # Errors
///
/// Returns a message of one line that names the mistake and the correct form.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, String> {
    let mut settings = Settings::default();
    let (mut order, mut opinions) = (None, None);
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Long("letters") => settings.letters = true,
            Arg::Long("web") => settings.web = Some(value(&mut parser, "web", address)?),
            Arg::Long("generals") => {
                settings.generals = number(&mut parser, "generals", &(3..=10))?;
            }
            Arg::Long("traitors") => settings.traitors = number(&mut parser, "traitors", &(0..=3))?,
            Arg::Long("slow") => settings.slow = number(&mut parser, "slow", &(0..=3))?,
            Arg::Long("crash") => settings.crashes = number(&mut parser, "crash", &(0..=20))?,
            Arg::Long("seed") => settings.seed = number(&mut parser, "seed", &(0..=u64::MAX))?,
            Arg::Long("max-restarts") => {
                settings.max_restarts = number(&mut parser, "max-restarts", &(0..=1_000))?;
            }
            Arg::Long("order") => order = Some(value(&mut parser, "order", Order::from_str)?),
            Arg::Long("opinions") => opinions = Some(value(&mut parser, "opinions", question)?),
            Arg::Long("lies") => settings.lies = value(&mut parser, "lies", lie_kind)?,
            Arg::Long("strategy") => {
                settings.strategy = value(&mut parser, "strategy", strategy)?;
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    settings.question = match (order, opinions) {
        (Some(_), Some(_)) => {
            return Err(
                "--order and --opinions exclude each other: one commands, or all vote".into()
            );
        }
        (order, None) => Question::Order(order.unwrap_or(Order::Attack)),
        (None, Some(question)) => question,
    };
    check(&settings)?;
    Ok(Request::Run(settings))
}

/// Checks the rules that concern more than one argument.
fn check(settings: &Settings) -> Result<(), String> {
    let Settings { generals, traitors, slow, .. } = *settings;
    let faulty = traitors + slow;
    if faulty > 3 {
        return Err(format!(
            "{traitors} traitors and {slow} slow generals are {faulty}; they are 3 at most, since each \
             takes one more round of letters, each round many times as long as the last"
        ));
    }
    if faulty + 2 > generals {
        return Err(format!(
            "of {generals} generals, {traitors} traitors and {slow} slow ones leave {}; it takes 2 \
             others to agree on something",
            generals - faulty
        ));
    }
    match &settings.question {
        Question::Opinions(opinions) if opinions.len() != usize::from(generals) => Err(format!(
            "--opinions has {} letters for {generals} generals; it takes one for each",
            opinions.len()
        )),
        _ => Ok(()),
    }
}

/// Reads a number within bounds.
fn number<T: FromStr + Display + PartialOrd>(
    parser: &mut Parser,
    name: &str,
    bounds: &RangeInclusive<T>,
) -> Result<T, String> {
    value(parser, name, |text| match text.parse() {
        Ok(number) if bounds.contains(&number) => Ok(number),
        _ => Err(format!(
            "`{text}` is not a whole number from {} to {}",
            bounds.start(),
            bounds.end()
        )),
    })
}

/// Reads the value of an option, and adds the option's name to an error message.
fn value<T>(
    parser: &mut Parser,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, String> {
    let text = parser.value().map_err(|error| error.to_string())?;
    let text = text.string().map_err(|error| format!("--{name}: {error}"))?;
    read(&text).map_err(|wrong| format!("--{name}: {wrong}"))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address and port, as 127.0.0.1:9000"))
}

fn question(text: &str) -> Result<Question, String> {
    if text == "mixed" {
        return Ok(Question::MixedOpinions);
    }
    let opinion = |letter| match letter {
        'a' => Ok(Order::Attack),
        'r' => Ok(Order::Retreat),
        _ => Err(format!(
            "`{text}` has a `{letter}`; it takes `mixed`, or `a` (attack) and `r` (retreat) only"
        )),
    };
    text.chars().map(opinion).collect::<Result<_, _>>().map(Question::Opinions)
}

fn lie_kind(text: &str) -> Result<LieKind, String> {
    match text {
        "random" => Ok(LieKind::Random),
        "split" => Ok(LieKind::Split),
        "opposite" => Ok(LieKind::Opposite),
        "silent" => Ok(LieKind::Silent),
        _ => Err(format!("`{text}` is none of random, split, opposite, silent")),
    }
}

fn strategy(text: &str) -> Result<SupervisionStrategy, String> {
    match text {
        "one_for_one" => Ok(SupervisionStrategy::OneForOne),
        "one_for_all" => Ok(SupervisionStrategy::OneForAll),
        "rest_for_one" => Ok(SupervisionStrategy::RestForOne),
        _ => Err(format!("`{text}` is none of one_for_one, one_for_all, rest_for_one")),
    }
}
