//! The JSON of the API: trees, events and health as plain data.

mod event;
mod health;
mod lease;
mod reason;
mod tree;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) use self::event::{Entry, operator_entry};
pub(crate) use self::health::HealthJson;
pub(crate) use self::tree::TreeJson;

/// Returns a duration in whole milliseconds.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the present time in milliseconds since 1970.
pub(crate) fn unix_now() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Returns an instant of tokio's clock in milliseconds since 1970.
fn unix(at: Instant) -> u64 {
    let now = tokio::time::Instant::now().into_std();
    unix_now().saturating_sub(millis(now.saturating_duration_since(at)))
}

/// The limit of each text from the program, in bytes: an error may contain a whole document.
const LONGEST: usize = 4096;

/// Returns the text, cut after [`LONGEST`] bytes.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let head = text.get(..end).unwrap_or_default();
    format!("{head}… ({} bytes more)", text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        assert_eq!(cut("short"), "short");
        let long = "ä".repeat(LONGEST);
        let cut = cut(&long);
        assert!(cut.starts_with("ää") && cut.ends_with("… (4096 bytes more)"), "{}", cut.len());
        let odd = super::cut(&format!("x{long}"));
        assert!(odd.ends_with("… (4098 bytes more)"), "{}", odd.len());
    }
}
