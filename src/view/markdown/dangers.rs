//! What a reviewer must not overlook, above all else: what stops a sync, and what may do harm. Neither takes room from
//! the other.

use super::markup::escaped;
use crate::view::document::PlanDocument;
use crate::view::room::Room;
use crate::view::value::ends;

/// How many lines there are of what stops a sync, and how many of what may do harm.
const MOST: usize = 40;
/// How long a line may be, in characters.
const LONGEST: usize = 1_000;

/// What a reviewer must not overlook; nothing where there is nothing. Takes at most half of the room.
pub(super) fn warning(document: &PlanDocument<'_>, room: &mut Room) -> String {
    boxed(&document.stops(), &document.dangers(), room)
}

fn boxed(stops: &[String], dangers: &[String], room: &mut Room) -> String {
    let quarter = room.left() / 4;
    let [stops, dangers] = [stops, dangers].map(|told| room.at_most(quarter, |room| lines(told, room)));
    match stops + &dangers {
        lines if lines.is_empty() => lines,
        lines => format!("> [!WARNING]\n{lines}\n"),
    }
}

/// A line each, and how many are left out.
fn lines(told: &[String], room: &mut Room) -> String {
    let first = told.iter().take(MOST);
    let (lines, left_out) = room.fill(first.map(|text| format!("> - {}\n", escaped(&ends(text, LONGEST)))));
    match left_out + told.len().saturating_sub(MOST) {
        0 => lines,
        more => format!("{lines}> - and {more} more\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(word: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| format!("{word} {number}")).collect()
    }

    #[test]
    fn what_may_do_harm_is_told_however_much_stops_a_sync() {
        let dangers = numbered("deletes", 2);
        let told = boxed(&numbered("sync blocked:", MOST + 60), &dangers, &mut Room::of(60_000));
        assert!(
            told.ends_with("> - sync blocked: 39\n> - and 60 more\n> - deletes 0\n> - deletes 1\n\n"),
            "{told}"
        );
        let long = vec!["x".repeat(LONGEST); MOST];
        let told = boxed(&long, &dangers, &mut Room::of(8_000));
        assert!(
            told.ends_with("> - and 39 more\n> - deletes 0\n> - deletes 1\n\n"),
            "{told}"
        );
    }
}
