//! Decrypts the values of a document where they stand, and counts them for the MAC.

use std::ops::Range;

use sha2::{Digest as _, Sha512};

use super::metadata::{EncryptedKeys, SopsMetadata};
use super::value::{self, DataKey, PREFIX, Plain};
use crate::yaml::{Node, NodeValue};

/// Where the MAC of encrypted values alone begins, so that it is never that of all values (SOPS,
/// `MACOnlyEncryptedInitialization`: the SHA-256 of `sops`).
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
    0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// How long the keys on the way to a value may be, in bytes. They are authenticated with each value below them.
pub(super) const MAX_PLACE: usize = 16 << 10;

/// Why a document cannot be decrypted, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DecryptionError {
    /// A value that should be encrypted is not decrypted.
    Value(value::ValueError, Range<usize>),
    /// What was encrypted is not UTF-8 text.
    NotText(Range<usize>),
    /// The keys on the way to a value are longer than [`MAX_PLACE`].
    Place(Range<usize>),
    /// The values are not those that the MAC was made of.
    Mac,
}

/// Decrypts the documents of one file, in their order.
pub(super) struct Pass<'a> {
    key: &'a DataKey,
    selector: &'a EncryptedKeys,
    mac_only_encrypted: bool,
    mac: Sha512,
    /// The keys on the way to the value, each followed by a colon.
    place: String,
    /// Where the comments stood that were items of lists.
    comments: Vec<Range<usize>>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(key: &'a DataKey, metadata: &'a SopsMetadata) -> Self {
        let mut pass = Self::uncounted(key, &metadata.selector);
        pass.mac_only_encrypted = metadata.mac_only_encrypted;
        if metadata.mac_only_encrypted {
            pass.mac.update(ONLY_ENCRYPTED);
        }
        pass
    }

    /// One whose MAC is not asked for.
    pub(super) fn uncounted(key: &'a DataKey, selector: &'a EncryptedKeys) -> Self {
        Self {
            key,
            selector,
            mac_only_encrypted: false,
            mac: Sha512::new(),
            place: String::new(),
            comments: Vec::new(),
        }
    }

    /// Whether what was counted is what `metadata` says. Where the comments stood that were items of lists.
    pub(super) fn finish(self, metadata: &SopsMetadata) -> Result<Vec<Range<usize>>, DecryptionError> {
        let noted = self.key.decrypt(&metadata.mac, &metadata.modified);
        let digits = |byte: &u8| [byte >> 4, byte & 0xf].map(|digit| b"0123456789ABCDEF"[usize::from(digit)]);
        let counted: Vec<u8> = self.mac.finalize().iter().flat_map(digits).collect();
        match noted {
            Ok(Plain::Bytes(noted)) if noted == counted => Ok(self.comments),
            _ => Err(DecryptionError::Mac),
        }
    }

    /// Decrypts a document, from which the metadata was taken.
    pub(super) fn document(&mut self, root: &mut Node) -> Result<(), DecryptionError> {
        self.node(root, false).map(drop)
    }

    /// Decrypts one value that stands alone under `key`, at `span` of its file: the bytes of a file, or what is on a
    /// line of one.
    pub(super) fn alone(&mut self, key: &str, written: &str, span: &Range<usize>) -> Result<Vec<u8>, DecryptionError> {
        let is_encrypted = self
            .selector
            .is_encrypted(self.selector.matches(key), written.starts_with(PREFIX));
        let bytes = if is_encrypted {
            let plain = self.key.decrypt(written, &format!("{key}:"));
            plain
                .map_err(|fault| DecryptionError::Value(fault, span.clone()))?
                .counted()
        } else {
            written.as_bytes().to_vec()
        };
        if is_encrypted || !self.mac_only_encrypted {
            self.mac.update(&bytes);
        }
        Ok(bytes)
    }

    /// Decrypts what is at `node`. Whether it is a value: a comment among the items of a list is none.
    fn node(&mut self, node: &mut Node, matched: bool) -> Result<bool, DecryptionError> {
        match &mut node.value {
            NodeValue::Null => {}
            NodeValue::Mapping(entries) => {
                for entry in entries {
                    self.below(&entry.key, matched, &mut entry.value)?;
                }
            }
            NodeValue::Sequence(items) => {
                let mut values = Vec::with_capacity(items.len());
                for mut item in items.drain(..) {
                    if self.node(&mut item, matched)? {
                        values.push(item);
                    } else {
                        self.comments.push(item.span);
                    }
                }
                *items = values;
            }
            NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => return self.scalar(node, matched),
        }
        Ok(true)
    }

    fn below(&mut self, key: &str, matched: bool, value: &mut Node) -> Result<(), DecryptionError> {
        let length = self.place.len();
        self.place += key;
        self.place.push(':');
        if self.place.len() > MAX_PLACE {
            return Err(DecryptionError::Place(value.span.clone()));
        }
        let matched = matched || self.selector.matches(key);
        let decrypted = self.node(value, matched);
        self.place.truncate(length);
        decrypted.map(drop)
    }

    fn scalar(&mut self, node: &mut Node, matched: bool) -> Result<bool, DecryptionError> {
        let looks_so = node.as_str().is_some_and(|text| text.starts_with(PREFIX));
        let is_encrypted = self.selector.is_encrypted(matched, looks_so);
        if !is_encrypted {
            if !self.mac_only_encrypted {
                self.mac.update(counted(&node.value));
            }
            return Ok(true);
        }
        let fault = |fault| DecryptionError::Value(fault, node.span.clone());
        let written = node.as_str().ok_or_else(|| fault(value::ValueError::NotEncrypted))?;
        let plain = self.key.decrypt(written, &self.place).map_err(fault)?;
        self.mac.update(plain.counted());
        node.value = match plain {
            Plain::Comment(_) => return Ok(false),
            Plain::Number(number) => NodeValue::Number(number),
            Plain::Bool(value) => NodeValue::Bool(value),
            Plain::Bytes(bytes) => {
                let text = String::from_utf8(bytes).map_err(|_| DecryptionError::NotText(node.span.clone()))?;
                NodeValue::String(text)
            }
        };
        Ok(true)
    }
}

/// The bytes that the MAC counts for a value that is not encrypted.
fn counted(value: &NodeValue) -> Vec<u8> {
    match value {
        NodeValue::String(text) => text.as_bytes().to_vec(),
        NodeValue::Bool(value) => value::counted_bool(*value).to_vec(),
        NodeValue::Number(number) => value::counted_number(number),
        NodeValue::Null | NodeValue::Sequence(_) | NodeValue::Mapping(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::place::SourceFile;
    use crate::yaml;

    #[test]
    fn keys_are_not_authenticated_without_end() {
        let file = SourceFile::new("a.yaml", format!("{}:\n  a: 1\n  b: 2\n", "k".repeat(MAX_PLACE)));
        let mut root = yaml::documents(&file, &mut Vec::new()).remove(0).root;
        let key = DataKey::new(&[7; 32]).expect("a key");
        let selector = EncryptedKeys::Suffix("_sealed".to_owned());
        let fault = Pass::uncounted(&key, &selector)
            .document(&mut root)
            .expect_err("too long");
        assert!(matches!(fault, DecryptionError::Place(_)), "{fault:?}");
    }
}
