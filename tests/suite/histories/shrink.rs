//! Makes a history shorter that breaks a property.

use super::place::Violation;
use super::step::{History, Step};

/// How many shorter histories are tried.
const TRIES: usize = 40;

/// The shortest that still breaks the same property: its tail is cut, and its steps are dropped one by one, from
/// the last to the first.
pub fn shrink(
    history: &History,
    violation: Violation,
    mut play: impl FnMut(&History) -> Option<Violation>,
) -> (History, Violation) {
    let (mut shortest, mut violation) = (history.until(violation.step), violation);
    let mut tries = 0;
    let mut place = shortest.steps.len().saturating_sub(1);
    while place > 0 && tries < TRIES {
        place -= 1;
        let shorter = shortest.without(place);
        tries += 1;
        if let Some(found) = play(&shorter).filter(|found| found.found.is_like(&violation.found)) {
            shortest = shorter.until(found.step);
            violation = found;
            place = place.min(shortest.steps.len().saturating_sub(1));
        }
    }
    (shortest, violation)
}

/// A history as a person reads it: a step a line.
pub fn told(history: &History) -> String {
    let line = |step: &Step| serde_json::to_string(step).expect("a step is JSON");
    let lines = history
        .steps
        .iter()
        .enumerate()
        .map(|(place, step)| format!("  {place}: {}\n", line(step)));
    lines.collect()
}
