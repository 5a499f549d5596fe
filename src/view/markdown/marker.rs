//! The first line of a comment, which nobody sees, and by which whoever posts it finds the one of the same ApplySet and
//! environment again.

use std::fmt::Write as _;

use crate::view::document::PlanDocument;

/// What stands for no ApplySet.
const NO_SET: &str = "-";

/// `<!-- stackanetes: SET ENVIRONMENT -->`, or without an environment where none was chosen.
pub(super) fn marker(document: &PlanDocument<'_>) -> String {
    let set = document.plan.facts.set.as_ref().map(|set| set.name.as_str());
    of(set, document.heading.environment)
}

/// `<!-- stackanetes: DIRECTORY * -->`, for a comment on all environments: `*` is the name of none. The ApplySets may
/// have names of their own, and of those that could not be compared none is known.
pub(in crate::view) fn marker_of_all(directory: &str) -> String {
    format!("<!-- stackanetes: {} * -->\n", plain(directory))
}

fn of(set: Option<&str>, environment: Option<&str>) -> String {
    let set = set.map_or_else(|| NO_SET.to_owned(), plain);
    let environment = environment.map(|name| format!(" {}", plain(name)));
    format!("<!-- stackanetes: {set}{} -->\n", environment.unwrap_or_default())
}

/// A name as one word that cannot end a comment: what is no letter, digit, dot or underscore, and no dash between two of
/// these, is written as a URL has it.
fn plain(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        let is_dash = byte == b'-' && text.ends_with(|letter: char| letter.is_ascii_alphanumeric());
        if byte.is_ascii_alphanumeric() || b"._".contains(&byte) || is_dash {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_one_comment_whatever_the_names_are() {
        for (set, environment, expected) in [
            (Some("open-stack"), Some("prod.eu"), "open-stack prod.eu"),
            (Some("shop"), None, "shop"),
            (None, Some("prod"), "- prod"),
            (Some("a-->b"), Some("x\ny z"), "a-%2D%3Eb x%0Ay%20z"),
            (Some("->"), Some("é"), "%2D%3E %C3%A9"),
            (Some("shop"), Some("*"), "shop %2A"),
        ] {
            assert_eq!(of(set, environment), format!("<!-- stackanetes: {expected} -->\n"));
        }
        assert_eq!(marker_of_all("a/b"), "<!-- stackanetes: a%2Fb * -->\n");
    }
}
