//! Files that are taken whole: what `sops decrypt` would print of them.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::explain::{stray, wrong_metadata, wrong_value};
use super::lines;
use super::metadata::SopsMetadata;
use super::rewrite::{metadata_span, replaced};
use super::tree::Pass;
use super::value::PREFIX;
use super::{Closed, Identities, METADATA, Seal, Sealed, closed, data_key, is_ciphertext, may_hold_ciphertext, open};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::yaml::{self, Node};

/// What a file holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// SOPS did not encrypt it.
    Plain(Vec<u8>),
    /// The content after it was decrypted.
    Opened(Vec<u8>),
    /// The content is encrypted, and stays so.
    Closed(Vec<u8>, Closed),
}

/// Decrypts the file that is called `shown`, if SOPS encrypted it: a YAML or JSON file, a file of lines
/// (`NAME=value`), or whatever else, which SOPS wraps in JSON.
///
/// In YAML the decrypted values stand in the place of the encrypted ones, and the metadata is left out; all else
/// stays as it is written.
pub fn content(shown: &str, bytes: Vec<u8>, identities: &Identities) -> Result<Content> {
    let Some(text) = std::str::from_utf8(&bytes)
        .ok()
        .filter(|text| may_hold_ciphertext(text))
    else {
        return Ok(Content::Plain(bytes));
    };
    let file = SourceFile::confidential(shown, text);
    // In files of these two forms nothing can be spelled in another way, and the MAC is always encrypted.
    let has_line = |is_it: fn(&str) -> bool| text.contains(PREFIX) && text.lines().any(is_it);
    if has_line(|line| line.starts_with("sops_mac=")) {
        return lines::content(&file, bytes, identities);
    }
    if has_line(|line| line.trim_end() == "[sops]") {
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

/// Whether a text that cannot be read has the words that are in all metadata, and the encrypted MAC.
fn may_have_metadata(text: &str) -> bool {
    [METADATA, "lastmodified", PREFIX]
        .iter()
        .all(|word| text.contains(word))
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
    let metadata = SopsMetadata::read(&value[METADATA]).map_err(|fault| wrong_metadata(file.path(), &fault))?;
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
