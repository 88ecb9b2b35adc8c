//! Parses durations: `250ms`, `1.5s`, `2m`, `1h`.

use std::time::Duration;

/// The reason for which a literal is not a duration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum DurationError {
    /// The literal has no unit, as in `5`.
    WithoutUnit,
    /// The literal has this unknown unit, as in `5min`.
    UnknownUnit(String),
    /// The number is not decimal, as in `0x5s` and `1e3s`.
    NotDecimal,
    /// The literal stands for more time than a [`Duration`] holds.
    TooLong,
    /// The literal is a string or a character.
    NotANumber,
}

const UNITS: [(&str, u64); 4] =
    [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

/// Parses a literal.
pub(crate) fn parse(literal: &str) -> Result<Duration, DurationError> {
    if !literal.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(DurationError::NotANumber);
    }
    let radix = ["0x", "0o", "0b"].iter().any(|prefix| literal.starts_with(prefix));
    let digits = literal
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(literal.len());
    let (number, unit) = literal.split_at(digits);
    let exponent = matches!(unit.as_bytes(), [b'e' | b'E', b'0'..=b'9' | b'+' | b'-', ..]);
    if radix || exponent {
        return Err(DurationError::NotDecimal);
    }
    if unit.is_empty() {
        return Err(DurationError::WithoutUnit);
    }
    let Some((_, nanos)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
        return Err(DurationError::UnknownUnit(unit.to_owned()));
    };
    duration(&number.replace('_', ""), nanos).ok_or(DurationError::TooLong)
}

/// Multiplies a decimal number with a unit in nanoseconds; drops fractions of a nanosecond.
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

/// Returns the unit of the tree language that another spelling stands for.
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

    use super::{DurationError, parse};

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
        assert_eq!(parse("5"), Err(DurationError::WithoutUnit));
        assert_eq!(parse("5min"), Err(DurationError::UnknownUnit("min".into())));
        assert_eq!(parse("0x5s"), Err(DurationError::NotDecimal));
        assert_eq!(parse("1e3s"), Err(DurationError::NotDecimal));
        assert_eq!(parse("\"5s\""), Err(DurationError::NotANumber));
        assert_eq!(parse("99999999999999999999h"), Err(DurationError::TooLong));
        assert_eq!(parse("9999999999999999999h"), Err(DurationError::TooLong));
    }
}
