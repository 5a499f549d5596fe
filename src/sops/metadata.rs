//! What SOPS notes in a file that it encrypted: for whom, which values, and the MAC over all of them.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::identity::Envelope;

/// How many recipients a file may be encrypted for. Each costs an operation on a curve.
const MAX_RECIPIENTS: usize = 100;
/// How long a regular expression may be, and how large what it is compiled to, in bytes.
const MAX_PATTERN: usize = 1000;
const MAX_COMPILED: usize = 1 << 20;

/// The fields by which SOPS says which values are encrypted; at most one of them is there.
const SELECTORS: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// The fields that hold the data key encrypted by something else than age, and what that is called.
const OTHER_KEYS: [(&str, &str); 6] = [
    ("pgp", "PGP"),
    ("kms", "AWS KMS"),
    ("gcp_kms", "Google Cloud KMS"),
    ("hckms", "Huawei Cloud KMS"),
    ("azure_kv", "Azure Key Vault"),
    ("hc_vault", "Vault"),
];

/// The metadata of one file.
#[derive(Debug)]
pub(super) struct SopsMetadata {
    pub(super) envelopes: Vec<Envelope>,
    /// What else the file is encrypted for.
    pub(super) others: Vec<&'static str>,
    pub(super) mac: String,
    /// When the file was written, which the MAC is bound to.
    pub(super) modified: String,
    /// Whether the MAC is over encrypted values alone.
    pub(super) mac_only_encrypted: bool,
    pub(super) selector: EncryptedKeys,
}

/// Which values of a file are encrypted, by the keys on the way to them.
#[derive(Debug)]
pub(super) enum EncryptedKeys {
    /// All but those below a key with this ending.
    AllButSuffix(String),
    /// The values below a key that ends so.
    Suffix(String),
    /// All but those below a key that matches.
    AllButPattern(Regex),
    /// The values below a key that matches.
    Pattern(Regex),
    /// Those with, or without, a comment that matches. Comments are not looked at: what is written as an
    /// encrypted value is one, and the MAC tells whether one of them was replaced.
    Comments,
}

/// What is wrong with the metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum MetadataError {
    #[error("`sops.{0}` is missing")]
    Missing(&'static str),
    #[error("`sops` has more than one of `{}`", SELECTORS.join("`, `"))]
    SeveralSelectors,
    #[error("`sops.{0}` is not a regular expression, or too long")]
    Pattern(&'static str),
    #[error("it is encrypted for more than {MAX_RECIPIENTS} recipients")]
    Recipients,
    #[error("it is encrypted for several key groups, and only one is supported")]
    KeyGroups,
}

impl SopsMetadata {
    /// Whether a mapping is that of SOPS, and not another one that has its name.
    pub(super) fn is(value: &Value) -> bool {
        let has = |key: &&str| value.get(key).is_some();
        has(&"mac") || has(&"lastmodified") && ["age", "pgp", "version"].iter().any(has)
    }

    /// Reads the value of `sops`.
    pub(super) fn read(value: &Value) -> Result<Self, MetadataError> {
        let text = |key: &'static str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let needed = |key: &'static str| {
            Some(text(key))
                .filter(|text| !text.is_empty())
                .ok_or(MetadataError::Missing(key))
        };
        let group = match value.get("key_groups").and_then(Value::as_array).map(Vec::as_slice) {
            None | Some([]) => value,
            Some([group]) => group,
            Some(_) => return Err(MetadataError::KeyGroups),
        };
        let has = |field: &str| {
            group
                .get(field)
                .and_then(Value::as_array)
                .is_some_and(|keys| !keys.is_empty())
        };
        let others = OTHER_KEYS.iter().filter(|(field, _)| has(field)).map(|(_, name)| *name);
        Ok(Self {
            envelopes: envelopes(group)?,
            others: others.collect(),
            mac: needed("mac")?.to_owned(),
            modified: needed("lastmodified")?.to_owned(),
            mac_only_encrypted: value.get("mac_only_encrypted").is_some_and(is_true),
            selector: EncryptedKeys::read(&text)?,
        })
    }

    /// Whom the file is encrypted for, by age.
    pub(super) fn recipients(&self) -> Vec<String> {
        self.envelopes
            .iter()
            .map(|envelope| envelope.recipient.clone())
            .collect()
    }
}

fn envelopes(group: &Value) -> Result<Vec<Envelope>, MetadataError> {
    let listed = group
        .get("age")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if listed.len() > MAX_RECIPIENTS {
        return Err(MetadataError::Recipients);
    }
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let envelope = |item| Envelope {
        recipient: text(item, "recipient"),
        sealed: text(item, "enc"),
    };
    Ok(listed.iter().map(envelope).collect())
}

/// Whether a value is true; in a file of lines every value is text.
fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
}

impl EncryptedKeys {
    fn read<'t>(text: &impl Fn(&'static str) -> &'t str) -> Result<Self, MetadataError> {
        let mut said = SELECTORS.iter().copied().filter(|key| !text(key).is_empty());
        let (first, second) = (said.next(), said.next());
        if second.is_some() {
            return Err(MetadataError::SeveralSelectors);
        }
        let owned = |key| text(key).to_owned();
        let pattern = |key| pattern(text(key)).ok_or(MetadataError::Pattern(key));
        Ok(match first {
            None => Self::AllButSuffix("_unencrypted".to_owned()),
            Some(key @ "unencrypted_suffix") => Self::AllButSuffix(owned(key)),
            Some(key @ "encrypted_suffix") => Self::Suffix(owned(key)),
            Some(key @ "unencrypted_regex") => Self::AllButPattern(pattern(key)?),
            Some(key @ "encrypted_regex") => Self::Pattern(pattern(key)?),
            Some(_) => Self::Comments,
        })
    }

    /// Whether a key decides about all that stands below it.
    pub(super) fn matches(&self, key: &str) -> bool {
        match self {
            Self::AllButSuffix(suffix) | Self::Suffix(suffix) => key.ends_with(suffix),
            Self::AllButPattern(pattern) | Self::Pattern(pattern) => pattern.is_match(key),
            Self::Comments => false,
        }
    }

    /// Whether a value is encrypted. `matched` says whether one of the keys above it matches, `looks_so`
    /// whether it is written as an encrypted value is.
    pub(super) fn is_encrypted(&self, matched: bool, looks_so: bool) -> bool {
        match self {
            Self::AllButSuffix(_) | Self::AllButPattern(_) => !matched,
            Self::Suffix(_) | Self::Pattern(_) => matched,
            Self::Comments => looks_so,
        }
    }
}

fn pattern(text: &str) -> Option<Regex> {
    let is_short = text.len() <= MAX_PATTERN;
    let compiled = is_short.then(|| RegexBuilder::new(text).size_limit(MAX_COMPILED).build());
    compiled?.ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(field: &str, value: Value) -> Result<SopsMetadata, MetadataError> {
        let mut metadata = json!({"mac": "ENC[…]", "lastmodified": "2026-01-01T00:00:00Z"});
        metadata[field] = value;
        SopsMetadata::read(&metadata)
    }

    fn fault(field: &str, value: Value) -> Option<MetadataError> {
        with(field, value).err()
    }

    #[test]
    fn only_a_mapping_of_sops_is_taken_for_one() {
        assert!(!SopsMetadata::is(&json!({"version": 3, "image": "sops"})));
        assert!(SopsMetadata::is(&json!({"lastmodified": "", "age": []})));
        assert_eq!(
            SopsMetadata::read(&json!({"lastmodified": ""})).err(),
            Some(MetadataError::Missing("mac"))
        );
    }

    #[test]
    fn a_pattern_and_the_recipients_are_bounded() {
        let long = "a".repeat(MAX_PATTERN + 1);
        assert_eq!(
            fault("encrypted_regex", json!(long)),
            Some(MetadataError::Pattern("encrypted_regex"))
        );
        let huge = "(((a{100}){100}){100})";
        assert_eq!(
            fault("encrypted_regex", json!(huge)),
            Some(MetadataError::Pattern("encrypted_regex"))
        );
        let many: Vec<Value> = (0..=MAX_RECIPIENTS).map(|_| json!({})).collect();
        assert_eq!(fault("age", json!(many)), Some(MetadataError::Recipients));
        assert_eq!(fault("key_groups", json!([{}, {}])), Some(MetadataError::KeyGroups));
    }

    #[test]
    fn what_is_encrypted_is_told_in_one_way_only() {
        let metadata = json!({"mac": "x", "lastmodified": "x", "encrypted_suffix": "a", "encrypted_regex": "b"});
        assert_eq!(
            SopsMetadata::read(&metadata).err(),
            Some(MetadataError::SeveralSelectors)
        );
    }
}
