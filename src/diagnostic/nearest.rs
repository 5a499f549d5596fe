//! What a misspelt name was meant to be.

/// The nearest of `known`, if one is near.
pub(crate) fn nearest<'a>(known: impl IntoIterator<Item = &'a str>, unknown: &str) -> Option<&'a str> {
    let far = unknown.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(name, unknown), name))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, name)| name)
}

/// What to do about the key `unknown`: the nearest of `known`, or all of them.
pub(crate) fn key_hint(known: &[&str], unknown: &str) -> String {
    if let Some(key) = nearest(known.iter().copied(), unknown) {
        return format!("did you mean `{key}`?");
    }
    let keys: Vec<_> = known.iter().map(|key| format!("`{key}`")).collect();
    match keys.split_last() {
        Some((last, [])) => format!("there is {last}"),
        Some((last, others)) => format!("there are {} and {last}", others.join(", ")),
        None => String::new(),
    }
}
