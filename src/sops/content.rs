//! Files that are taken whole: what `sops decrypt` would print of them.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::explain::{stray, wrong_metadata, wrong_value};
use super::lines;
use super::metadata::Metadata;
use super::tree::Pass;
use super::value::PREFIX;
use super::{Closed, Identities, METADATA, Seal, Sealed, closed, data_key, is_ciphertext, open};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::yaml::{self, Document, Node, NodeValue, Scalar};

/// What a file holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// SOPS did not encrypt it.
    Plain(Vec<u8>),
    /// It was decrypted.
    Opened(Vec<u8>),
    /// It is encrypted, and stays so.
    Closed(Vec<u8>, Closed),
}

/// Decrypts the file that is called `shown`, if SOPS encrypted it: a YAML or JSON file, a file of lines
/// (`NAME=value`), or whatever else, which SOPS wraps in JSON.
///
/// In YAML the decrypted values stand in the place of the encrypted ones, and the metadata is left out; all else
/// stays as it is written.
pub fn content(shown: &str, bytes: Vec<u8>, identities: &Identities) -> Result<Content> {
    let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| text.contains(PREFIX)) else {
        return Ok(Content::Plain(bytes));
    };
    let file = SourceFile::confidential(shown, text);
    if text.lines().any(|line| line.starts_with("sops_mac=")) {
        return lines::content(&file, bytes, identities);
    }
    if text.lines().any(|line| line.trim_end() == "[sops]") {
        let error = Error::new(format!("{shown} is an INI file that SOPS encrypted value by value"));
        return Err(error.hint("encrypt it whole: `sops encrypt --input-type binary --output-type binary`"));
    }
    let mut errors = Vec::new();
    let mut documents = yaml::documents(&file, &mut errors);
    match Error::join(errors) {
        Some(error) if may_have_metadata(text) => return Err(error),
        // It is no YAML, which may have a ciphertext in it.
        Some(_) => documents.clear(),
        None => {}
    }
    if let [document] = &documents[..]
        && is_wrapped(&document.root)
        && !has_values(shown)
    {
        return wrapped(&file, &document.root, bytes, identities);
    }
    let metadata: Vec<_> = documents
        .iter()
        .map(|document| metadata_span(&file, document))
        .collect();
    match open(&file, &mut documents, identities)? {
        None => match encrypted_line(text) {
            Some(span) => Err(stray(&file, span)),
            None => Ok(Content::Plain(bytes)),
        },
        Some(Sealed {
            seal: Seal::Closed(closed),
            ..
        }) => Ok(Content::Closed(bytes, closed)),
        Some(sealed) => Ok(Content::Opened(replaced(&sealed, &documents, metadata).into_bytes())),
    }
}

/// Whether a text that cannot be read has the words that are in all metadata.
fn may_have_metadata(text: &str) -> bool {
    text.contains(METADATA) && text.contains("lastmodified")
}

/// The first line of the form `NAME=VALUE` or `NAME = VALUE` whose value is encrypted.
fn encrypted_line(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let line_start = start;
        start += line.len();
        let (name, value) = line.split_once('=')?;
        let value_start = line_start + name.len() + 1 + (value.len() - value.trim_start().len());
        let span = value_start..line_start + line.trim_end().len();
        is_ciphertext(value.trim_start()).then_some(span)
    })
}

/// Whether this is what SOPS makes of a file that it knows nothing of.
fn is_wrapped(root: &Node) -> bool {
    let entries = root.entries().unwrap_or_default();
    entries.len() == 2
        && root.entry(METADATA).is_some()
        && root.entry("data").is_some_and(|data| data.value.as_str().is_some())
}

/// Whether SOPS takes a file for one with values, and not for bytes, by its name.
fn has_values(shown: &str) -> bool {
    let extension = Path::new(shown).extension();
    extension.is_some_and(|extension| ["json", "yaml", "yml"].iter().any(|known| extension == *known))
}

/// Takes the bytes out of the JSON that they are wrapped in; they need not be text.
fn wrapped(file: &Arc<SourceFile>, root: &Node, bytes: Vec<u8>, identities: &Identities) -> Result<Content> {
    let value = root.to_value();
    let metadata = Metadata::read(&value[METADATA]).map_err(|fault| wrong_metadata(file.path(), &fault))?;
    let Some(key) = data_key(file.path(), &metadata, identities)? else {
        return Ok(Content::Closed(bytes, closed(file.path(), &metadata)));
    };
    let mut pass = Pass::new(&key, &metadata);
    let data = value["data"].as_str().unwrap_or_default();
    let span = root.entry("data").map_or(0..0, |entry| entry.value.span.clone());
    let plain = pass
        .alone("data", data, &span)
        .and_then(|plain| pass.finish(&metadata).map(|_| plain));
    plain
        .map(Content::Opened)
        .map_err(|fault| wrong_value(file, &metadata, &fault))
}

/// A stretch of the text, and what stands there in the end.
type Edit = (Range<usize>, String);

/// The text with its decrypted values, and without its metadata.
fn replaced(sealed: &Sealed, documents: &[Document], metadata: Vec<Option<Range<usize>>>) -> String {
    let text = sealed.file.text();
    let is_json = text.trim_start().starts_with('{');
    let mut edits: Vec<Edit> = metadata
        .into_iter()
        .flatten()
        .map(|span| (span, String::new()))
        .collect();
    let comments = sealed.comments.iter();
    edits.extend(comments.map(|span| (item_span(text, span), String::new())));
    for document in documents {
        collect(sealed, &document.root, is_json, &mut edits);
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    // What an alias repeats stands once.
    for (span, new) in edits {
        if span.start >= at {
            done += &text[at..span.start];
            done += &new;
            at = span.end;
        }
    }
    done + &text[at..]
}

fn collect(sealed: &Sealed, node: &Node, is_json: bool, edits: &mut Vec<Edit>) {
    let is_within = |comment: &Range<usize>| node.span.start <= comment.start && comment.end <= node.span.end;
    match &node.value {
        NodeValue::Mapping(entries) => entries
            .iter()
            .for_each(|entry| collect(sealed, &entry.value, is_json, edits)),
        // What was a comment alone left a list, and not nothing.
        NodeValue::Sequence(items) if items.is_empty() && sealed.comments.iter().any(is_within) => {
            edits.push((node.span.clone(), "[]".to_owned()));
        }
        NodeValue::Sequence(items) => items.iter().for_each(|item| collect(sealed, item, is_json, edits)),
        _ if sealed.file.is_encrypted(&node.span) => edits.push((node.span.clone(), written(node, is_json))),
        _ => {}
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
fn metadata_span(file: &SourceFile, document: &Document) -> Option<Range<usize>> {
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
    let line = text[..dash].rfind('\n').map_or(0, |newline| newline + 1);
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

/// Where the line ends that `at` is on, with its line break; `at` itself, where a line begins there.
fn line_end(text: &str, at: usize) -> usize {
    if text[..at].ends_with('\n') {
        return at;
    }
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}
