//! Selectors of labels: as they are typed, and as objects hold them.

use stackanetes::object::selection::LabelSelector;

/// A selector that is written is read back as one that selects the same.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let typed = text.parse::<LabelSelector>().ok();
    let held = serde_json::from_str(text).ok();
    let held = held.and_then(|value| LabelSelector::in_object(&value));
    if let Some(selector) = &typed {
        let again = selector.to_string().parse::<LabelSelector>();
        assert_eq!(again.as_ref().ok(), Some(selector), "{selector}");
    }
    for selector in [typed, held].into_iter().flatten() {
        selector.matches(|key| (key.len() % 2 == 0).then_some("a"));
        assert!(selector.asks_no_more_than(&selector));
    }
}
