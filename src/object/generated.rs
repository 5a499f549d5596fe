//! Values of Secrets that are made in the cluster, as they are declared.

use std::fmt;

use crate::diagnostic::place::Place;

/// A value of a Secret that is made in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The key in the Secret's data.
    pub key: String,
    /// The alphabet and the length of the value.
    pub form: GeneratedForm,
    /// Raised by hand when a new value is wanted.
    pub rotation: u64,
    /// Where it is declared; none of what no file declares.
    pub place: Option<Place>,
}

/// What a generated value looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneratedForm {
    /// A text.
    Text {
        /// How many characters.
        length: usize,
        /// Which; each is as likely as the others.
        alphabet: Vec<char>,
    },
    /// Random bytes.
    Bytes(usize),
    /// A [Fernet](https://github.com/fernet/spec/blob/master/Spec.md) key: 32 random bytes in
    /// URL-safe base64.
    Fernet,
    /// A private RSA key of so many bits, as PEM (PKCS #8).
    Rsa(usize),
}

impl GeneratedForm {
    /// Letters and digits of ASCII.
    pub fn letters_and_digits() -> Vec<char> {
        ('A'..='Z').chain('a'..='z').chain('0'..='9').collect()
    }
}

/// The declaration of the value: what a digest of it covers.
impl fmt::Display for Generated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}, rotation {}", self.key, self.form, self.rotation)
    }
}

/// The declaration of the form: what digests of it cover.
impl fmt::Display for GeneratedForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { length, alphabet } => {
                let alphabet: String = alphabet.iter().collect();
                write!(out, "{length} of {alphabet}")
            }
            Self::Bytes(count) => write!(out, "{count} bytes"),
            Self::Fernet => out.write_str("fernet"),
            Self::Rsa(bits) => write!(out, "rsa {bits}"),
        }
    }
}
