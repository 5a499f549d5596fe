//! How much of a document that may not be longer is left.

/// How many bytes may still be written.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    /// Room for so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0
    }

    /// What is written into a part of the room, of at most so many bytes; what is left of it is room again.
    pub(super) fn at_most<T>(&mut self, bytes: usize, write: impl FnOnce(&mut Self) -> T) -> T {
        let given = self.0.min(bytes);
        let mut part = Self(given);
        let written = write(&mut part);
        self.0 -= given - part.0;
        written
    }

    /// The text, where there is room for it, which it takes then.
    pub(super) fn take(&mut self, text: String) -> Option<String> {
        self.0 = self.0.checked_sub(text.len())?;
        Some(text)
    }

    /// The text in place of one that took its room already, where there is room for it.
    pub(super) fn replace(&mut self, taken: &str, text: String) -> Option<String> {
        self.0 = (self.0 + taken.len()).checked_sub(text.len())?;
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

    #[test]
    fn what_takes_the_place_of_another_text_takes_its_room() {
        let mut room = Room::of(2);
        let mut replace = |text: &str| room.replace("12345", text.to_owned()).is_some();
        assert_eq!(
            [replace("12345678"), replace("1234567"), replace("123456")],
            [false, true, false]
        );
        assert_eq!(room.left(), 0);
    }

    #[test]
    fn of_a_part_what_is_not_taken_is_room_again() {
        let mut room = Room::of(10);
        let mut take = |bytes| room.at_most(bytes, |part| part.take("1234".to_owned()).is_some());
        assert_eq!([take(3), take(5), take(20), take(20)], [false, true, true, false]);
        assert_eq!(room.left(), 2);
    }
}
