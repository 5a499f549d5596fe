//! Colours. They only repeat what the words say: text is whole without them.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects, Style};

use super::value;
use crate::plan::Action;

pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
pub(super) const FADED: Style = Style::new().effects(Effects::DIMMED);
pub(super) const STRONG: Style = Style::new().effects(Effects::BOLD);
pub(super) const WARNED: Style = AnsiColor::Yellow.on_default();
pub(super) const FAILED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

pub(super) fn of(action: Action) -> Style {
    match action {
        Action::Create => ADDED,
        Action::Update => AnsiColor::Cyan.on_default(),
        Action::Replace => AnsiColor::Magenta.on_default(),
        Action::Delete => REMOVED,
        Action::Conflict | Action::Refused | Action::Skip => FAILED,
        Action::Keep => FADED,
    }
}

/// `text` in this style.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// `left`, then `right` in a column of its own, where it fits. Neither may be painted yet, as the
/// width is counted.
pub(super) fn columns(left: &str, right: &str) -> String {
    const COLUMN: usize = 58;
    let (left, right) = (value::line(left), value::line(right));
    if right.is_empty() {
        return left.into_owned();
    }
    let gap = COLUMN.saturating_sub(left.chars().count()).max(2);
    format!("{left}{}{}", " ".repeat(gap), paint(FADED, right))
}
