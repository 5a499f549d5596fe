//! What a mapping holds in the end: each key once, merge keys folded in.

use std::collections::HashMap;
use std::ops::Range;

use super::{Entry, Node, NodeValue};

/// Up to this many keys, comparing each with each is faster than hashing them.
const FEW: usize = 12;

/// A mapping while it is read.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    entries: Vec<Entry>,
    /// What merge keys bring in, each with the number of entries that stand before it.
    merges: Vec<(usize, Vec<Entry>)>,
}

/// A key that a mapping has twice.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) key: String,
    pub(super) first: Range<usize>,
    pub(super) again: Range<usize>,
}

impl Mapping {
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Merges in what stands beside a `<<`. Gives back the place of what is no mapping.
    pub(super) fn merge(&mut self, node: Node) -> Result<(), Range<usize>> {
        let mut sources = Vec::new();
        match node.value {
            NodeValue::Mapping(entries) => sources.push(entries),
            NodeValue::Sequence(items) => {
                for item in items {
                    match item.value {
                        NodeValue::Mapping(entries) => sources.push(entries),
                        _ => return Err(item.span),
                    }
                }
            }
            _ => return Err(node.span),
        }
        // The first of a list has precedence, so it comes last.
        let position = self.entries.len();
        self.merges
            .extend(sources.into_iter().rev().map(|entries| (position, entries)));
        Ok(())
    }

    /// The keys that were written twice.
    pub(super) fn duplicates(&self) -> Vec<Duplicate> {
        let duplicate = |first: &Entry, again: &Entry| Duplicate {
            key: again.key.clone(),
            first: first.key_span.clone(),
            again: again.key_span.clone(),
        };
        if self.entries.len() <= FEW {
            let earlier = |at: usize| {
                self.entries[..at]
                    .iter()
                    .find(|entry| entry.key == self.entries[at].key)
            };
            return (1..self.entries.len())
                .filter_map(|at| Some(duplicate(earlier(at)?, &self.entries[at])))
                .collect();
        }
        let mut seen: HashMap<&str, &Entry> = HashMap::with_capacity(self.entries.len());
        let mut duplicates = Vec::new();
        for entry in &self.entries {
            match seen.get(entry.key.as_str()) {
                Some(first) => duplicates.push(duplicate(first, entry)),
                None => _ = seen.insert(&entry.key, entry),
            }
        }
        duplicates
    }

    /// The entries. As in go-yaml v2, a merge overrides what stands before it and not what stands
    /// after it.
    pub(super) fn finish(self) -> Vec<Entry> {
        if self.merges.is_empty() {
            return self.entries;
        }
        let mut merged = MergedEntries::default();
        let mut merges = self.merges.into_iter().peekable();
        for (position, entry) in self.entries.into_iter().enumerate() {
            while let Some((_, entries)) = merges.next_if(|(before, _)| *before <= position) {
                merged.extend(entries);
            }
            merged.set(entry);
        }
        merged.extend(merges.flat_map(|(_, entries)| entries));
        merged.entries
    }
}

/// Entries of which the last of a key counts.
#[derive(Default)]
struct MergedEntries {
    entries: Vec<Entry>,
    positions: HashMap<String, usize>,
}

impl MergedEntries {
    fn set(&mut self, entry: Entry) {
        if let Some(position) = self.positions.get(&entry.key) {
            self.entries[*position] = entry;
        } else {
            self.positions.insert(entry.key.clone(), self.entries.len());
            self.entries.push(entry);
        }
    }

    fn extend(&mut self, entries: impl IntoIterator<Item = Entry>) {
        entries.into_iter().for_each(|entry| self.set(entry));
    }
}
