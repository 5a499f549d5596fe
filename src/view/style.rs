//! Colours. They only repeat what the words say: text is whole without them.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects, Style};

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
        Action::Update | Action::Orphan => AnsiColor::Cyan.on_default(),
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
