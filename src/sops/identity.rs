//! The age identities that files are decrypted with, and the recipients that they are encrypted for.

use std::fmt;
use std::io::Read as _;

use age::armor::ArmoredReader;
use age::{Decryptor, x25519};

use super::value::DataKey;

/// How long an encrypted data key may be, in bytes: SOPS writes some hundreds. Each recipient that one names
/// costs an operation on a curve.
const MAX_SEALED: usize = 8 << 10;

/// Age identities, which decrypt what is encrypted for their recipients.
///
/// Prints as the recipients, which are public, and never as the keys.
#[derive(Clone, Default)]
pub struct Identities {
    keys: Vec<x25519::Identity>,
    /// Whether somebody named them for this run; those in the user's own folder may be for other files.
    are_named: bool,
}

/// The line, from 1, of a list of identities that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not an age identity")]
pub struct NotAnIdentity(pub usize);

/// The data key of a file, encrypted for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The recipient: an age public key, `age1…`.
    pub(super) recipient: String,
    /// The key as an armored age file.
    pub(super) sealed: String,
}

impl Identities {
    /// Takes the identities of a text besides: one a line, `#` begins a comment. An environment variable may
    /// also have several on a line.
    pub fn add(&mut self, text: &str) -> Result<(), NotAnIdentity> {
        for (index, line) in text.lines().enumerate() {
            if line.trim_start().starts_with('#') {
                continue;
            }
            for word in line.split_whitespace() {
                self.keys.push(word.parse().map_err(|_| NotAnIdentity(index + 1))?);
            }
        }
        Ok(())
    }

    /// Makes a file that none of them decrypts an error from now on, and not merely unread.
    pub fn require_decryption(&mut self) {
        self.are_named = true;
    }

    /// Whether a file that none of them decrypts is an error.
    pub(super) fn must_fit(&self) -> bool {
        self.are_named && !self.keys.is_empty()
    }

    /// The data key, if one of the envelopes is for one of these.
    pub(super) fn data_key(&self, envelopes: &[Envelope]) -> Option<DataKey> {
        envelopes.iter().find_map(|envelope| self.opened(envelope))
    }

    fn opened(&self, envelope: &Envelope) -> Option<DataKey> {
        /// What is longer holds no data key.
        const LONGEST: u64 = 64;
        if envelope.sealed.len() > MAX_SEALED {
            return None;
        }
        let armored = ArmoredReader::new(envelope.sealed.as_bytes());
        let keys = self.keys.iter().map(|key| key as &dyn age::Identity);
        let plain = Decryptor::new(armored).ok()?.decrypt(keys).ok()?;
        let mut bytes = Vec::new();
        plain.take(LONGEST).read_to_end(&mut bytes).ok()?;
        DataKey::new(&bytes)
    }

    fn recipients(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.to_public().to_string()).collect()
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Identities").field(&self.recipients()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // An identity that nothing is encrypted for.
    const KEY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    #[test]
    fn identities_stand_one_a_line_between_comments_or_several_on_one() {
        let mut identities = Identities::default();
        identities
            .add(&format!("# created: now\n{KEY}\n\n{KEY} {KEY}\n"))
            .expect("identities");
        assert_eq!(identities.keys.len(), 3);
    }

    #[test]
    fn what_is_no_identity_is_named_by_its_line_and_not_quoted() {
        let error = Identities::default().add("# a\nage1hunter2").expect_err("no identity");
        assert_eq!(error.to_string(), "line 2 is not an age identity");
    }

    #[test]
    fn a_key_is_never_printed() {
        let mut identities = Identities::default();
        identities.add(KEY).expect("an identity");
        assert!(!format!("{identities:?}").contains("SECRET"));
    }
}
