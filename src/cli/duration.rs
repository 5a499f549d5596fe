//! Lengths of time as they are typed.

use std::time::Duration;

/// Reads `90s`, `5m`, `1h`; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[number.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err("write a number and s, m or h, such as 90s".to_owned()),
    };
    let count: u32 = number
        .parse()
        .map_err(|_| "write a number and s, m or h, such as 90s".to_owned())?;
    Ok(Duration::from_secs(u64::from(count) * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3_600)));
        for wrong in ["", "m", "5 minutes", "-1s", "5d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
