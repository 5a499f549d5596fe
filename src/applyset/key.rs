//! The key of an ApplySet: with it, digests of secret values can be kept where others may read them.
//!
//! A plain digest gives a weak password away, since it can be guessed and compared. These are
//! HMACs, and their key never leaves the cluster but into the memory of a run: a Secret beside the
//! parent, made by the first sync that needs one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::applyset::inventory::ApplySet;
use crate::object::LiveObject;

/// The key of the Secret's data that holds it.
const DATA: &str = "key";

/// A secret key for digests.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; Key::LENGTH]);

impl Key {
    /// How long a key is, in bytes.
    pub const LENGTH: usize = 32;

    /// A new one, of bytes that nobody can foresee.
    pub fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(random)
    }

    /// Reads the Secret that holds one; `None` when it holds none.
    pub fn read(live: &LiveObject) -> Option<Self> {
        let text = live.value().get("data")?.get(DATA)?.as_str()?;
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The Secret that holds it.
    pub fn object(&self, set: &ApplySet) -> Value {
        let reference = set.key();
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": reference.name, "namespace": set.namespace},
            "type": "Opaque",
            "immutable": true,
            "data": {DATA: STANDARD.encode(self.0)},
        })
    }

    /// A digest of `value`: `ID.HMAC`, where the ID tells digests by different keys apart. `purpose`
    /// says what it is a digest of: the same value has another digest where it means something else.
    pub fn digest(&self, purpose: &str, value: &Value) -> String {
        let id = self.mac(&["id"]);
        let mac = self.mac(&["digest", purpose, &value.to_string()]);
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&id[..3]),
            URL_SAFE_NO_PAD.encode(&mac[..16])
        )
    }

    fn mac(&self, parts: &[&str]) -> [u8; 32] {
        // A key shorter than a block is filled up with zeros (RFC 2104).
        let mut block = [0; 64];
        block[..Self::LENGTH].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in parts {
            // With their lengths, no two lists of parts read the same.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

/// Shows nothing of the key, which is secret.
impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(…)")
    }
}

/// What there is of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keyring {
    /// None: nothing needs one, or there is no ApplySet to keep it.
    #[default]
    Empty,
    /// The one that is in the cluster.
    Stored(Key),
    /// One that the next sync writes into the cluster before it writes anything else.
    New(Key),
    /// There may be one, and this user may not read it.
    Hidden,
}

impl Keyring {
    /// The key to make digests with; without one they are unknown.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Stored(key) | Self::New(key) => Some(key),
            Self::Empty | Self::Hidden => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::set;

    #[test]
    fn a_key_reads_back_what_it_was_written_from() {
        let key = Key::new([1; Key::LENGTH]);
        assert_eq!(Key::read(&LiveObject::new(key.object(&set()))), Some(key.clone()));
        assert_ne!(Key::new([2; Key::LENGTH]), key);
        for wrong in [json!({}), json!({"data": {}}), json!({"data": {"key": "c2hvcnQ="}})] {
            assert_eq!(Key::read(&LiveObject::new(wrong)), None);
        }
    }

    #[test]
    fn a_digest_depends_on_the_key_the_purpose_and_the_value() {
        let (one, two) = (Key([1; Key::LENGTH]), Key([2; Key::LENGTH]));
        let value = json!({"a": "hunter2"});
        let digest = one.digest("x", &value);
        assert_eq!(digest, one.digest("x", &value));
        assert_ne!(digest, one.digest("y", &value));
        assert_ne!(digest, one.digest("x", &json!({"a": "hunter3"})));
        let id = |digest: &str| digest.split_once('.').map(|(id, _)| id.to_owned());
        assert_ne!(id(&digest), id(&two.digest("x", &value)));
        assert_eq!(id(&digest), id(&one.digest("y", &json!(1))));
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = Key([0x41; Key::LENGTH]);
        assert_eq!(format!("{:?}", Keyring::New(key)), "New(Key(…))");
    }
}
