//! The text of a file with its decrypted values in the place of the encrypted ones, as it is written otherwise.

use std::ops::Range;

use super::{METADATA, Sealed};
use crate::diagnostic::place::SourceFile;
use crate::yaml::{Document, Node, NodeValue, Scalar};

/// A stretch of the text, and what stands there in the end.
type TextEdit = (Range<usize>, String);

/// The text with its decrypted values, and without its metadata.
pub(super) fn replaced(sealed: &Sealed, documents: &[Document], metadata: Vec<Option<Range<usize>>>) -> String {
    let text = sealed.file.text();
    let mut edits = TextEdits::of(sealed);
    for document in documents {
        edits.collect(&document.root);
    }
    let mut edits = edits.all;
    edits.extend(metadata.into_iter().flatten().map(|span| (span, String::new())));
    // They come after the edits of lists that were emptied, which begin where the first of them does or further ahead.
    let comments = sealed.comments.iter();
    edits.extend(comments.map(|span| (item_span(text, span), String::new())));
    edits.sort_by_key(|(span, _)| span.start);
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    // What an alias repeats stands once, and the comments of a list that was emptied go with it.
    for (span, new) in edits {
        if span.start >= at {
            done += &text[at..span.start];
            done += &new;
            at = span.end;
        }
    }
    done + &text[at..]
}

/// What changes in the text of a file, but for what is left out of it.
struct TextEdits<'a> {
    file: &'a SourceFile,
    is_json: bool,
    /// Where the comments begin that were items of lists, in order.
    comments: Vec<usize>,
    all: Vec<TextEdit>,
}

impl<'a> TextEdits<'a> {
    fn of(sealed: &'a Sealed) -> Self {
        let mut comments: Vec<usize> = sealed.comments.iter().map(|span| span.start).collect();
        comments.sort_unstable();
        Self {
            file: &sealed.file,
            is_json: sealed.file.text().trim_start().starts_with('{'),
            comments,
            all: Vec::new(),
        }
    }

    fn collect(&mut self, node: &Node) {
        match &node.value {
            NodeValue::Mapping(entries) => entries.iter().for_each(|entry| self.collect(&entry.value)),
            NodeValue::Sequence(items) if items.is_empty() => {
                let emptied = self.first_comment(&node.span);
                let emptied = emptied.map(|first| emptied_list(self.file.text(), &node.span, first));
                self.all.extend(emptied);
            }
            NodeValue::Sequence(items) => items.iter().for_each(|item| self.collect(item)),
            _ if self.file.is_encrypted(&node.span) => {
                self.all.push((node.span.clone(), written(node, self.is_json)));
            }
            _ => {}
        }
    }

    /// Where the first comment begins that was an item of a list, or of one within.
    fn first_comment(&self, list: &Range<usize>) -> Option<usize> {
        let first = self.comments.partition_point(|comment| *comment < list.start);
        self.comments.get(first).copied().filter(|first| *first < list.end)
    }
}

/// Makes of a list that had comments alone, of which the first begins at `first`, one that is empty, and not nothing.
fn emptied_list(text: &str, list: &Range<usize>, first: usize) -> TextEdit {
    if text[list.start..].starts_with('[') {
        return (list.clone(), "[]".to_owned());
    }
    // The parser begins a list that stands right below its key at its first item, and others at their dash.
    let dash = text[..first].rfind('-').unwrap_or(list.start);
    let line = line_start(text, dash);
    let indentation = &text[line..dash];
    if indentation.trim().is_empty() {
        // A dash may stand right below the key of its list, and a bracket must stand further in.
        (line..list.end, format!("{indentation} []"))
    } else {
        (dash..list.end, "[]".to_owned())
    }
}

/// A scalar as it is written in a flow or a block: plain where that is the same text, else in quotes.
fn written(node: &Node, is_json: bool) -> String {
    let is_plain = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_/.-@+".contains(&byte);
        text.bytes().all(fits)
            && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
            && matches!(Scalar::plain(text.to_owned()), Scalar::Text(_))
    };
    match node.as_str() {
        Some(text) if !is_json && is_plain(text) => text.to_owned(),
        _ => node.to_value().to_string(),
    }
}

/// Where the metadata of a document stands, with what divides it from what stands beside it.
pub(super) fn metadata_span(file: &SourceFile, document: &Document) -> Option<Range<usize>> {
    let entry = document.root.entry(METADATA)?;
    let (text, span) = (file.text(), entry.key_span.start..entry.value.span.end);
    let in_lines = || span.start..line_end(text, span.end);
    let is_flow = text[document.root.span.start..].starts_with('{');
    Some(in_flow(text, &span).filter(|_| is_flow).unwrap_or_else(in_lines))
}

/// Where an item of a list stands, with what makes it one.
fn item_span(text: &str, item: &Range<usize>) -> Range<usize> {
    if let Some(span) = in_flow(text, item) {
        return span;
    }
    let dash = text[..item.start].rfind('-').unwrap_or(item.start);
    let line = line_start(text, dash);
    let end = line_end(text, item.end);
    if text[line..dash].trim().is_empty() {
        return line..end;
    }
    // The list is itself an item, and begins on its line: what follows moves up to there.
    let next = text[end..].len() - text[end..].trim_start().len();
    dash..end + next
}

/// What stands between braces or brackets, with one comma; nothing where it stands in lines of its own.
fn in_flow(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let before = text[..span.start].trim_end();
    if let Some(before) = before.strip_suffix(',') {
        return Some(before.len()..span.end);
    }
    let rest = &text[span.end..];
    let comma = rest.len() - rest.trim_start().strip_prefix(',').unwrap_or(rest).len();
    before.ends_with(['{', '[']).then(|| span.start..span.end + comma)
}

/// Where the line begins that `at` is on.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line ends that `at` is on, with its line break; `at` itself, where a line begins there.
fn line_end(text: &str, at: usize) -> usize {
    if text[..at].ends_with('\n') {
        return at;
    }
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}
