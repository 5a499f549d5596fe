//! Lists of names in a sentence.

/// The first of some names, at most so many, and how many more there are: `a, b and 3 more`.
pub(crate) fn first_of<T: ToString>(names: &[T], most: usize) -> String {
    let first: Vec<_> = names.iter().take(most).map(ToString::to_string).collect();
    let first = first.join(", ");
    match names.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// `1 pod`, `2 pods`
pub(crate) fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    match count.try_into().unwrap_or_default() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_named_and_the_others_counted() {
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
        assert_eq!(first_of(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(first_of(&[""; 0], 2), "");
    }
}
