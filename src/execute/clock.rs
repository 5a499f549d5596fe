//! The time of a sync, by a clock that nobody sets.

use std::time::Duration;

use jiff::Timestamp;

/// Tells the time of a sync: it begins as the machine's clock says, and goes on by one that cannot be set, so that
/// nothing seems to have ended before it began, or to have taken an hour, because a clock was put right meanwhile. Time
/// that the machine slept counts.
#[derive(Debug, Clone, Copy)]
pub struct SyncClock {
    began: Timestamp,
    /// What the other clock said then.
    reading: Duration,
}

impl SyncClock {
    /// One that begins now.
    pub fn start() -> Self {
        Self {
            began: Timestamp::now(),
            reading: reading(),
        }
    }

    /// When it began.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let passed = reading().saturating_sub(self.reading);
        self.began.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// How long ago something was that stays the same while this process runs.
#[cfg(unix)]
fn reading() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    // Linux's other clock stands still while a machine sleeps; that of macOS, which has the name of this one, does not.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

/// How long ago something was that stays the same while this process runs.
#[cfg(not(unix))]
fn reading() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;

    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    FIRST.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_where_it_began() {
        let clock = SyncClock {
            began: Timestamp::from_second(1_000_000).expect("a time"),
            ..SyncClock::start()
        };
        let [first, second] = [clock.now(), clock.now()];
        assert!(clock.began() <= first && first <= second);
        assert!(second.duration_since(clock.began()).as_hours() == 0);
    }
}
