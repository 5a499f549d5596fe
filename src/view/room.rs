//! How much of a document that may not be longer is left.

/// How many bytes may still be written.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    /// Room for so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// The text, where there is room for it, which it takes then.
    pub(super) fn take(&mut self, text: String) -> Option<String> {
        self.0 = self.0.checked_sub(text.len())?;
        Some(text)
    }

    /// Each of `parts` that there is room for, and how many are left out.
    pub(super) fn fill(&mut self, parts: impl Iterator<Item = String>) -> (String, usize) {
        let (mut all, mut left_out) = (String::new(), 0);
        for part in parts {
            match self.take(part) {
                Some(part) => all += &part,
                None => left_out += 1,
            }
        }
        (all, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_what_is_shorter_still_fits() {
        let parts = ["12345", "1234567", "123"].map(str::to_owned);
        let (all, left_out) = Room::of(8).fill(parts.into_iter());
        assert_eq!((all.as_str(), left_out), ("12345123", 1));
    }
}
