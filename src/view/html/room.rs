//! How much of a page is left.

use maud::{Markup, PreEscaped, html};

/// How many bytes may still be written.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    /// Room for so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// The markup, where there is room for it, which it takes then.
    pub(super) fn take(&mut self, markup: Markup) -> Option<Markup> {
        self.0 = self.0.checked_sub(markup.0.len())?;
        Some(markup)
    }

    /// Each of `parts` that there is room for, and how many are left out.
    pub(super) fn fill(&mut self, parts: impl Iterator<Item = Markup>) -> (Markup, usize) {
        let (mut all, mut left_out) = (String::new(), 0);
        for part in parts {
            match self.take(part) {
                Some(part) => all += &part.0,
                None => left_out += 1,
            }
        }
        (PreEscaped(all), left_out)
    }
}

/// That so many of something are left out; nothing where none is.
pub(super) fn left_out(count: usize, what: &str) -> Markup {
    html! {
        @if count > 0 {
            p.left-out {
                (count) " more " (what) " are left out, since the page would be too long: "
                code { "stackanetes diff" } " shows them."
            } "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_what_is_shorter_still_fits() {
        let parts = ["12345", "1234567", "123"].map(|text| PreEscaped(text.to_owned()));
        let (all, left_out) = Room::of(8).fill(parts.into_iter());
        assert_eq!((all.0.as_str(), left_out), ("12345123", 1));
    }
}
