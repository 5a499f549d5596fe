//! Lengths of time as they are typed.

use std::time::Duration;

use jiff::SignedDuration;

/// What is right, for whoever typed something else.
const FORM: &str = "write hours, minutes and seconds, such as 90s, 5m or 1h30m";

/// Reads `90s`, `5m`, `1h30m`; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    let length: SignedDuration = text.parse().map_err(|_| FORM.to_owned())?;
    Duration::try_from(length).map_err(|_| FORM.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, seconds) in [
            ("90s", 90),
            ("90", 90),
            ("5m", 300),
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("1h 30m 5s", 5_405),
            ("5 minutes", 300),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "m", "-1s", "5x", "1h30", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
