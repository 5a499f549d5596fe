//! Reads lists, rules and the keys of a rule, keeping what is wrong with them.

use std::sync::Arc;

use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::key_hint;
use crate::diagnostic::place::{Place, SourceFile};
use crate::yaml::{Entry, Node};

/// Reads parts of one file.
pub(super) struct SettingsReader<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    /// The mistakes that were found so far.
    pub(super) errors: &'a mut Vec<Error>,
}

impl SettingsReader<'_> {
    /// The place of the first line of `node`.
    pub(super) fn at(&self, node: &Node) -> Place {
        Place::new(Arc::clone(self.file), node.first_line(self.file.text()))
    }

    /// The place of the line of `entry`.
    pub(super) fn line(&self, entry: &Entry) -> Place {
        Place::new(Arc::clone(self.file), entry.line(self.file.text()))
    }

    /// Keeps an error about `node`, with a hint if there is one.
    pub(super) fn wrong(&mut self, node: &Node, message: impl Into<String>, hint: &str) {
        let error = Error::new(message.into()).at(self.at(node), "");
        self.errors.push(if hint.is_empty() { error } else { error.hint(hint) });
    }

    /// The items of a list of `what`; nothing where there is none, or something else.
    pub(super) fn items<'n>(&mut self, entry: &'n Entry, what: &str, example: &str) -> Option<&'n [Node]> {
        if entry.value.is_null() {
            return None;
        }
        let items = entry.value.items();
        if items.is_none() {
            let message = format!(
                "`{}` must be a list of {what}, not {}",
                entry.key,
                entry.value.describe()
            );
            let error = Error::new(message).at(self.line(entry), "");
            self.errors.push(error.hint(format!("write, for example, `{example}`")));
        }
        items
    }

    /// The entries of a rule, which must be a mapping; `example` shows one.
    pub(super) fn entries<'n>(&mut self, item: &'n Node, example: &str) -> Option<&'n [Entry]> {
        let entries = item.entries();
        if entries.is_none() {
            self.wrong(
                item,
                format!("a rule must be a mapping, not {}", item.describe()),
                &format!("write, for example, `{example}`"),
            );
        }
        entries
    }

    /// Keeps that a rule has no such key; `known` are those that there are.
    pub(super) fn unknown_key(&mut self, entry: &Entry, known: &[&str]) {
        let error = Error::new(format!("a rule has no key `{}`", entry.key)).at(self.line(entry), "");
        self.errors.push(error.hint(key_hint(known, &entry.key)));
    }

    /// Text that is not empty; what else there is is an error.
    pub(super) fn text(&mut self, entry: &Entry) -> Option<String> {
        let text = entry.value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            let message = format!("`{}` must be text, not {}", entry.key, entry.value.describe());
            self.wrong(&entry.value, message, "");
        }
        text.map(str::to_owned)
    }
}
