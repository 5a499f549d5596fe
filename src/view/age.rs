//! How long ago something was, in words.

use jiff::Timestamp;

/// `3 h ago`. `now` comes from whoever prints, so that the same input always reads the same.
///
/// ```
/// use stackanetes::view::age;
///
/// let now = "2026-11-23T12:00:00Z".parse().unwrap();
/// assert_eq!(age("2026-11-23T09:00:00Z", now), "3 h ago");
/// assert_eq!(age("2026-11-21T09:00:00Z", now), "2 days ago");
/// assert_eq!(age("2026-11-23T11:59:40Z", now), "just now");
/// ```
pub fn age(time: &str, now: Timestamp) -> String {
    let Ok(time) = time.parse::<Timestamp>() else {
        return time.to_owned();
    };
    let seconds = now.duration_since(time).as_secs();
    match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "1 day ago".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
