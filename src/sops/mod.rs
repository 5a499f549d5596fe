//! Files that [SOPS](https://getsops.io) encrypted for age recipients, decrypted in memory.
//!
//! A value is encrypted where it stands, bound to the keys on the way to it, so that it keeps its place and
//! cannot be moved; a MAC over all values tells whether one was added, removed or replaced. What `sops decrypt`
//! refuses is refused here. Neither an error nor a debug print holds what was decrypted. No I/O.
//!
//! Where there is no identity, a file is *closed*: its values are the ciphertexts, which can be compared with
//! those of another commit.

mod content;
mod explain;
mod flat;
mod identity;
mod lines;
mod metadata;
mod rewrite;
mod tree;
mod value;

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use self::explain::{stray, wrong_key, wrong_metadata, wrong_value};
use self::metadata::{EncryptedKeys, SopsMetadata};
use self::tree::Pass;
use self::value::{DataKey, PREFIX};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::yaml::{Document, Node, NodeValue};

pub use content::{Content, content};
pub use identity::{Identities, NotAnIdentity};

/// The key that holds the metadata.
const METADATA: &str = "sops";

/// A file that SOPS encrypted, as [`open`] found it.
#[derive(Debug)]
pub struct Sealed {
    /// Whether its values could be decrypted.
    pub seal: Seal,
    /// The file, which is confidential, and knows which of its values were encrypted.
    pub file: Arc<SourceFile>,
    /// Where the comments stood that SOPS had made items of lists; they are no values.
    comments: Vec<Range<usize>>,
}

/// How the encrypted values of one file are read.
#[derive(Debug, Clone)]
pub enum Seal {
    /// The values are decrypted.
    Open(Arc<Opened>),
    /// The values stay as they are written.
    Closed(Closed),
}

/// A file that was decrypted, and how.
#[derive(Debug)]
pub struct Opened {
    key: DataKey,
    selector: EncryptedKeys,
}

/// A file that cannot be decrypted here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closed {
    /// The file, as people name it.
    pub file: String,
    /// The age recipients that it is encrypted for.
    pub recipients: Vec<String>,
    /// What else it is encrypted for, such as PGP.
    pub others: Vec<&'static str>,
}

impl Seal {
    /// Makes of a document of the file, which was read again, what [`open`] made of it: every item of a list has the
    /// position that it has there.
    pub fn reveal(&self, root: &mut Node) {
        take_metadata(root);
        match self {
            Self::Open(opened) => {
                // The whole file was decrypted before without a fault.
                let _ = Pass::uncounted(&opened.key, &opened.selector).document(root);
            }
            Self::Closed(_) => take_comments(root),
        }
    }
}

/// Decrypts the documents of `file` in place, and takes the metadata out of them; nothing is done, or given
/// back, where SOPS did not encrypt them. An encrypted value without metadata is an error: nobody means a
/// ciphertext.
pub fn open(file: &Arc<SourceFile>, documents: &mut [Document], identities: &Identities) -> Result<Option<Sealed>> {
    let is_encrypted = documents.iter().any(|document| metadata_of(&document.root).is_some());
    if !is_encrypted {
        return refuse_strays(file, documents).map(|()| None);
    }
    let found = documents.first().and_then(|document| metadata_of(&document.root));
    let found = found.ok_or_else(|| {
        let message = format!("{}: `{METADATA}` is missing in the first document", file.path());
        Error::new(message).hint("SOPS writes it into every document: encrypt the file again with `sops encrypt`")
    })?;
    let metadata = SopsMetadata::read(&found).map_err(|fault| wrong_metadata(file.path(), &fault))?;
    for document in &mut *documents {
        take_metadata(&mut document.root);
    }
    let values = documents.iter().flat_map(|document| encrypted(&document.root));
    let file = SourceFile::encrypted(file, values.collect());
    let Some(key) = data_key(file.path(), &metadata, identities)? else {
        for document in documents {
            take_comments(&mut document.root);
        }
        return Ok(Some(Sealed {
            seal: Seal::Closed(closed(file.path(), &metadata)),
            file,
            comments: Vec::new(),
        }));
    };
    let mut pass = Pass::new(&key, &metadata);
    let decrypted = documents
        .iter_mut()
        .try_for_each(|document| pass.document(&mut document.root));
    let checked = decrypted.and_then(|()| pass.finish(&metadata));
    let comments = checked.map_err(|fault| wrong_value(&file, &metadata, &fault))?;
    let selector = metadata.selector;
    Ok(Some(Sealed {
        seal: Seal::Open(Arc::new(Opened { key, selector })),
        file,
        comments,
    }))
}

/// Fails where a document without metadata holds an encrypted value, at the first one of each.
fn refuse_strays(file: &Arc<SourceFile>, documents: &[Document]) -> Result<()> {
    // Few files hold any, and a text is searched faster than a tree.
    if !may_hold_ciphertext(file.text()) {
        return Ok(());
    }
    let strays = documents.iter().filter_map(|document| first_encrypted(&document.root));
    Error::join(strays.map(|span| stray(file, span))).map_or(Ok(()), Err)
}

/// Takes out the comments that SOPS made items of lists. They are told by what they say of themselves.
fn take_comments(node: &mut Node) {
    let is_comment = |text: &str| is_ciphertext(text) && text.ends_with(",type:comment]");
    match &mut node.value {
        NodeValue::Mapping(entries) => entries.iter_mut().for_each(|entry| take_comments(&mut entry.value)),
        NodeValue::Sequence(items) => {
            items.retain(|item| !item.as_str().is_some_and(is_comment));
            items.iter_mut().for_each(take_comments);
        }
        _ => {}
    }
}

/// Where the scalars at or below `node` stand that are encrypted values.
fn encrypted(node: &Node) -> Vec<Range<usize>> {
    match &node.value {
        NodeValue::Mapping(entries) => entries.iter().flat_map(|entry| encrypted(&entry.value)).collect(),
        NodeValue::Sequence(items) => items.iter().flat_map(encrypted).collect(),
        NodeValue::String(text) if is_ciphertext(text) => vec![node.span.clone()],
        _ => Vec::new(),
    }
}

/// Where the first scalar at or below `node` stands that is an encrypted value.
fn first_encrypted(node: &Node) -> Option<Range<usize>> {
    match &node.value {
        NodeValue::Mapping(entries) => entries.iter().find_map(|entry| first_encrypted(&entry.value)),
        NodeValue::Sequence(items) => items.iter().find_map(first_encrypted),
        NodeValue::String(text) if is_ciphertext(text) => Some(node.span.clone()),
        _ => None,
    }
}

/// Whether a scalar at or below `node`, which was read from `file`, was encrypted.
pub fn holds_encrypted(file: &SourceFile, node: &Node) -> bool {
    match &node.value {
        NodeValue::Mapping(entries) => entries.iter().any(|entry| holds_encrypted(file, &entry.value)),
        NodeValue::Sequence(items) => items.iter().any(|item| holds_encrypted(file, item)),
        _ => file.is_encrypted(&node.span),
    }
}

/// Whether a text is an encrypted value, as SOPS writes it.
pub fn is_ciphertext(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Whether a scalar of this YAML or JSON may be an encrypted value: one is written out, or as an escape or the base64
/// of a `!!binary` might spell it.
fn may_hold_ciphertext(text: &str) -> bool {
    let spells = ["\\x", "\\u", "\\U", "\\\n", "\\\r", "binary"];
    text.contains(PREFIX) || spells.iter().any(|spelling| text.contains(spelling))
}

/// Whether a text holds an encrypted value, or is the base64 of one that does, as values of a Secret are.
pub fn is_made_of_ciphertext(text: &str) -> bool {
    let decoded = || {
        STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
    };
    text.contains(PREFIX) || decoded().is_some_and(|text| text.contains(PREFIX))
}

/// Whether one of the texts in `value` is made of an encrypted value.
pub fn holds(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(holds),
        Value::Array(items) => items.iter().any(holds),
        Value::String(text) => is_made_of_ciphertext(text),
        _ => false,
    }
}

/// The data key; nothing where no identity is at hand. An identity that somebody named must fit.
fn data_key(file: &str, metadata: &SopsMetadata, identities: &Identities) -> Result<Option<DataKey>> {
    match identities.data_key(&metadata.envelopes) {
        Some(key) => Ok(Some(key)),
        None if identities.must_fit() => Err(wrong_key(file, metadata)),
        None => Ok(None),
    }
}

fn closed(file: &str, metadata: &SopsMetadata) -> Closed {
    Closed {
        file: file.to_owned(),
        recipients: metadata.recipients(),
        others: metadata.others.clone(),
    }
}

/// The metadata of a document; nothing where it has none.
fn metadata_of(root: &Node) -> Option<Value> {
    let value = root.entry(METADATA)?.value.to_value();
    SopsMetadata::is(&value).then_some(value)
}

fn take_metadata(root: &mut Node) {
    if let NodeValue::Mapping(entries) = &mut root.value {
        entries.retain(|entry| entry.key != METADATA);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_ciphertext_is_known_in_a_text_and_in_base64() {
        let made = "ENC[AES256_GCM,data:b2xk,iv:,tag:,type:str]";
        for text in [made.to_owned(), format!("mysql://{made}@db"), STANDARD.encode(made)] {
            assert!(holds(&json!({"data": {"a": [text]}})), "{text}");
        }
        assert!(!holds(
            &json!({"data": {"a": [STANDARD.encode("hunter2"), "ENC", 1, null]}})
        ));
    }
}
