//! How long ago something was, and how long it took, in words.

use std::time::Duration;

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

/// `took 43 s`, from one time to another; none for less than a second, or where either is not known.
///
/// ```
/// use stackanetes::view::took;
///
/// let took = |end| took("2026-11-23T12:00:00Z", Some(end));
/// assert_eq!(took("2026-11-23T12:00:43Z").as_deref(), Some("took 43 s"));
/// assert_eq!(took("2026-11-23T13:07:43Z").as_deref(), Some("took 1 h 7 min 43 s"));
/// assert_eq!(took("2026-11-23T12:00:00Z"), None);
/// ```
pub fn took(begin: &str, end: Option<&str>) -> Option<String> {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let length = time(end?)?.duration_since(time(begin)?);
    let seconds = u64::try_from(length.as_secs()).ok().filter(|seconds| *seconds > 0)?;
    Some(format!("took {}", length_of(Duration::from_secs(seconds))))
}

/// A length of time, in whole seconds: `43 s`, `1 min 5 s`, `1 h 7 min 43 s`.
pub(super) fn length_of(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => {
            let (hours, rest) = (seconds / 3_600, seconds % 3_600);
            format!("{hours} h {} min {} s", rest / 60, rest % 60)
        }
    }
}
