//! One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, as the SOPS README's section on the
//! encryption protocol describes it.

use std::fmt;

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Number;

/// How every encrypted value begins.
pub(super) const PREFIX: &str = "ENC[AES256_GCM,";

/// The key that all values of one file are encrypted with. Prints as nothing of it.
#[derive(Clone)]
pub(super) struct DataKey([u8; 32]);

impl fmt::Debug for DataKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DataKey")
    }
}

/// A decrypted value, with the type that it had before it was encrypted.
#[derive(Clone, PartialEq)]
pub(super) enum Plain {
    /// A text, which only in a binary file need not be UTF-8.
    Bytes(Vec<u8>),
    Number(Number),
    Bool(bool),
    /// A comment that stood among the items of a list. It is no value.
    Comment(Vec<u8>),
}

/// Why a value cannot be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueError {
    /// The value should be encrypted, and is not written as an encrypted value is.
    NotEncrypted,
    /// The value does not authenticate: it was changed, moved from another key, or encrypted for another file.
    Altered,
    /// What was encrypted is not of the type that it is said to be of, or that type is unknown.
    Type,
}

impl DataKey {
    /// The key of these bytes, if it is as long as a key is.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Decrypts a value that stands at `place`: its keys, each followed by a colon. An empty text stands for
    /// itself, as SOPS encrypts none.
    pub(super) fn decrypt(&self, written: &str, place: &str) -> Result<Plain, ValueError> {
        if written.is_empty() {
            return Ok(Plain::Bytes(Vec::new()));
        }
        let EncryptedParts { sealed, nonce, kind } = parts(written).ok_or(ValueError::NotEncrypted)?;
        let nonce = Nonce::<U32>::try_from(&nonce[..]).map_err(|_| ValueError::NotEncrypted)?;
        let payload = Payload {
            msg: &sealed,
            aad: place.as_bytes(),
        };
        let cipher = AesGcm::<Aes256, U32>::new(&self.0.into());
        let bytes = cipher.decrypt(&nonce, payload).map_err(|_| ValueError::Altered)?;
        typed(bytes, kind).ok_or(ValueError::Type)
    }
}

/// The parts of an encrypted value.
struct EncryptedParts<'a> {
    /// The ciphertext, and the tag that authenticates it.
    sealed: Vec<u8>,
    nonce: Vec<u8>,
    kind: &'a str,
}

fn parts(written: &str) -> Option<EncryptedParts<'_>> {
    let inside = written.strip_prefix(PREFIX)?.strip_suffix(']')?;
    let inside = inside.strip_prefix("data:")?;
    let (data, inside) = inside.split_once(",iv:")?;
    let (nonce, inside) = inside.split_once(",tag:")?;
    let (tag, kind) = inside.split_once(",type:")?;
    let mut sealed = STANDARD.decode(data).ok()?;
    sealed.extend(STANDARD.decode(tag).ok()?);
    Some(EncryptedParts {
        sealed,
        nonce: STANDARD.decode(nonce).ok()?,
        kind,
    })
}

fn typed(bytes: Vec<u8>, kind: &str) -> Option<Plain> {
    let text = || std::str::from_utf8(&bytes).ok();
    match kind {
        "str" | "bytes" | "time" => Some(Plain::Bytes(bytes)),
        "comment" => Some(Plain::Comment(bytes)),
        "int" => Some(Plain::Number(text()?.parse::<i64>().ok()?.into())),
        "float" => {
            let float: f64 = text()?.parse().ok()?;
            Some(Plain::Number(whole(float).or_else(|| Number::from_f64(float))?))
        }
        "bool" => match text()? {
            "True" | "true" | "TRUE" | "t" | "T" | "1" => Some(Plain::Bool(true)),
            "False" | "false" | "FALSE" | "f" | "F" | "0" => Some(Plain::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

/// A float that is whole is an integer to API servers, however it was written.
fn whole(float: f64) -> Option<Number> {
    /// The largest float below which every whole number is one of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    let number = float as i64;
    (float.fract() == 0.0 && float.abs() < EXACT).then(|| number.into())
}

impl Plain {
    /// The bytes that the MAC of a file counts for this value; nothing for a comment.
    pub(super) fn counted(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Number(number) => counted_number(number),
            Self::Bool(value) => counted_bool(*value).to_vec(),
            Self::Comment(_) => Vec::new(),
        }
    }
}

/// The text of a number as Go's `strconv.FormatFloat(value, 'f', -1, 64)` gives it: all digits, and no exponent.
pub(super) fn counted_number(number: &Number) -> Vec<u8> {
    let text = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(integer), ..) => integer.to_string(),
        (_, Some(integer), _) => integer.to_string(),
        (.., Some(float)) => float.to_string(),
        _ => number.to_string(),
    };
    text.into_bytes()
}

/// The text of a boolean as the first SOPS, which was written in Python, wrote it.
pub(super) fn counted_bool(value: bool) -> &'static [u8] {
    if value { b"True" } else { b"False" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_encrypted_value_is_told_from_one_that_was_changed() {
        let key = DataKey::new(&[7; 32]).expect("a key");
        let fault = |text: &str| key.decrypt(text, "a:").err();
        assert_eq!(fault("hunter2"), Some(ValueError::NotEncrypted));
        assert_eq!(
            fault("ENC[AES256_GCM,data:,iv:,tag:,type:str]"),
            Some(ValueError::NotEncrypted)
        );
        let nonce = STANDARD.encode([0; 32]);
        let tag = STANDARD.encode([0; 16]);
        let written = format!("ENC[AES256_GCM,data:YQ==,iv:{nonce},tag:{tag},type:str]");
        assert_eq!(fault(&written), Some(ValueError::Altered));
        assert!(
            key.decrypt("", "a:")
                .is_ok_and(|plain| plain == Plain::Bytes(Vec::new()))
        );
    }

    #[test]
    fn numbers_are_counted_with_all_their_digits() {
        let counted = |text: &str| {
            let number: Number = text.parse().expect("a number");
            String::from_utf8(counted_number(&number)).expect("text")
        };
        assert_eq!(counted("1.50"), "1.5");
        assert_eq!(counted("1e21"), "1000000000000000000000");
        assert_eq!(counted("-3"), "-3");
        assert_eq!(counted("18446744073709551615"), "18446744073709551615");
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = DataKey::new(&[7; 32]).expect("a key");
        assert_eq!(format!("{key:?}"), "DataKey");
    }
}
