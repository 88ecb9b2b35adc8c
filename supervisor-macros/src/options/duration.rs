//! Durations as they are written: `250ms`, `1.5s`, `2m`, `1h`.

use std::time::Duration;

/// Why a literal is no duration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NotADuration {
    /// `5`.
    WithoutUnit,
    /// `5min`, with the unit.
    UnknownUnit(String),
    /// `0x5s`, `1e3s`.
    NotDecimal,
    /// More than can be counted.
    TooLong,
    /// A string or a character.
    NotANumber,
}

const UNITS: [(&str, u64); 4] =
    [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

/// Reads a literal.
pub(crate) fn parse(literal: &str) -> Result<Duration, NotADuration> {
    if !literal.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(NotADuration::NotANumber);
    }
    let radix = ["0x", "0o", "0b"].iter().any(|prefix| literal.starts_with(prefix));
    let digits = literal
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(literal.len());
    let (number, unit) = literal.split_at(digits);
    let exponent = matches!(unit.as_bytes(), [b'e' | b'E', b'0'..=b'9' | b'+' | b'-', ..]);
    if radix || exponent {
        return Err(NotADuration::NotDecimal);
    }
    if unit.is_empty() {
        return Err(NotADuration::WithoutUnit);
    }
    let Some((_, nanos)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
        return Err(NotADuration::UnknownUnit(unit.to_owned()));
    };
    duration(&number.replace('_', ""), nanos).ok_or(NotADuration::TooLong)
}

/// Exact down to the nanosecond; what is smaller is cut off.
fn duration(number: &str, unit: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let mut nanos = u128::from(whole).checked_mul(unit.into())?;
    let mut place = u128::from(unit);
    for digit in fraction.bytes() {
        place /= 10;
        nanos += place * u128::from(digit - b'0');
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

/// The unit of this language that another's name stands for.
pub(crate) fn unit_meant_by(unit: &str) -> Option<&'static str> {
    match unit.to_lowercase().as_str() {
        "milli" | "millis" | "msec" | "msecs" | "millisecond" | "milliseconds" => Some("ms"),
        "s" | "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some("h"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{NotADuration, parse};

    #[test]
    fn literals_with_a_unit_are_durations() {
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("0.5h"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse("1_000ms"), Ok(Duration::from_secs(1)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn other_literals_say_why_not() {
        assert_eq!(parse("5"), Err(NotADuration::WithoutUnit));
        assert_eq!(parse("5min"), Err(NotADuration::UnknownUnit("min".into())));
        assert_eq!(parse("0x5s"), Err(NotADuration::NotDecimal));
        assert_eq!(parse("1e3s"), Err(NotADuration::NotDecimal));
        assert_eq!(parse("\"5s\""), Err(NotADuration::NotANumber));
        assert_eq!(parse("99999999999999999999h"), Err(NotADuration::TooLong));
        assert_eq!(parse("9999999999999999999h"), Err(NotADuration::TooLong));
    }
}
