//! What a scalar means: the rules of the YAML that kubectl reads.
//!
//! They are those of go-yaml v2 (YAML 1.1 with octal `0644`, `yes` and `no`), followed by the
//! conversion to JSON of sigs.k8s.io/yaml and the reading of that JSON by apimachinery. The
//! table in `fixtures/yaml/resolve.tsv` holds the answers of the real thing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Number;

use super::NodeValue;

/// The prefix of the tags that YAML itself defines, written `!!`.
pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// The meaning of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `no`, `on`, …
    Bool(bool),
    /// An integer, in base 10, 16 (`0x`), 8 (`0` or `0o`) or 2 (`0b`).
    Integer(i64),
    /// An integer beyond the range of [`Scalar::Integer`].
    Large(u64),
    /// A number with a point or an exponent, or `.inf`, or `.nan`.
    Float(f64),
    /// Text.
    Text(String),
}

/// Why a scalar cannot stand where it does. Says nothing of its text, which may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScalarError {
    /// The mistake, without the text that has it.
    pub message: &'static str,
    /// What to do.
    pub hint: &'static str,
}

const TAG_MISFIT: ScalarError = ScalarError {
    message: "the value is not what its tag says",
    hint: "drop the tag, or put it before a value that fits",
};

impl Scalar {
    /// The meaning of an unquoted text without a tag.
    pub fn plain(text: String) -> Self {
        match Self::recognize(&text) {
            Some(scalar) => scalar,
            None => Self::Text(text),
        }
    }

    /// The meaning of a text with a tag (`tag:yaml.org,2002:int`, or `!` alone).
    pub fn tagged(tag: &str, text: String) -> Result<Self, ScalarError> {
        let Some(name) = tag.strip_prefix(CORE) else {
            return match tag {
                "!" => Ok(Self::Text(text)),
                _ => Err(ScalarError {
                    message: "a tag of this kind means nothing to Kubernetes",
                    hint: "put a text that begins with `!` in quotes; drop the tag otherwise",
                }),
            };
        };
        match (name, Self::recognize(&text)) {
            ("null", Some(Self::Null)) => Ok(Self::Null),
            ("bool", Some(scalar @ Self::Bool(_)))
            | ("int", Some(scalar @ (Self::Integer(_) | Self::Large(_))))
            | ("float", Some(scalar @ Self::Float(_))) => Ok(scalar),
            ("float", Some(Self::Integer(value))) => Ok(Self::Float(nearest_float(&value))),
            ("null" | "bool" | "int" | "float", _) => Err(TAG_MISFIT),
            ("binary", _) => decoded(&text).map(Self::Text),
            _ => Ok(Self::Text(text)),
        }
    }

    /// The value, as JSON can say it.
    pub fn into_value(self) -> Result<NodeValue, ScalarError> {
        Ok(match self {
            Self::Null => NodeValue::Null,
            Self::Bool(value) => NodeValue::Bool(value),
            Self::Integer(value) => NodeValue::Number(value.into()),
            // API servers hold integers of 64 bits with a sign, and anything larger as a float.
            Self::Large(value) => NodeValue::Number(number(nearest_float(&value))?),
            Self::Float(value) => NodeValue::Number(number(value)?),
            Self::Text(text) => NodeValue::String(text),
        })
    }

    /// The text that this scalar is as a key.
    pub fn into_key(self) -> Result<String, ScalarError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Bool(value) => Ok(value.to_string()),
            Self::Integer(value) => Ok(value.to_string()),
            Self::Float(value) => Ok(float_key(value)),
            Self::Null => Err(ScalarError {
                message: "a key must not be null",
                hint: "write the key before the `:`; put it in quotes if it is the text `null` or `~`",
            }),
            Self::Large(_) => Err(ScalarError {
                message: "the number is too large to be a key",
                hint: "put the key in quotes",
            }),
        }
    }

    /// The scalar that a text is if it is no string.
    fn recognize(text: &str) -> Option<Self> {
        match text.as_bytes().first() {
            None => Some(Self::Null),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') => {
                Self::word(text).or_else(|| Self::numeric(text))
            }
            Some(b'o' | b'O') => Self::word(text),
            Some(_) => None,
        }
    }

    fn word(text: &str) -> Option<Self> {
        match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Self::Bool(true)),
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                Some(Self::Bool(false))
            }
            "~" | "null" | "Null" | "NULL" => Some(Self::Null),
            ".nan" | ".NaN" | ".NAN" => Some(Self::Float(f64::NAN)),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(Self::Float(f64::INFINITY)),
            "-.inf" | "-.Inf" | "-.INF" => Some(Self::Float(f64::NEG_INFINITY)),
            _ => None,
        }
    }

    fn numeric(text: &str) -> Option<Self> {
        match text.as_bytes().first()? {
            b'.' if text.contains('_') => {
                let bytes = text.as_bytes();
                let separates = |at: usize| {
                    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
                    at > 0 && is_digit(bytes.get(at - 1)) && is_digit(bytes.get(at + 1))
                };
                let well_placed = text.match_indices('_').all(|(at, _)| separates(at));
                well_placed.then(|| float(&text.replace('_', ""))).flatten()
            }
            b'.' => float(text),
            b'0'..=b'9' | b'+' | b'-' => {
                let digits = text.replace('_', "");
                integer(&digits).or_else(|| float(&digits)).or_else(|| {
                    let signed = digits.strip_prefix("0b")?;
                    i64::from_str_radix(signed, 2).ok().map(Self::Integer)
                })
            }
            _ => None,
        }
    }
}

fn integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes().first()? {
        sign @ (b'+' | b'-') => (Some(*sign), &text[1..]),
        _ => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None; // a second sign
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        Some(b'-') => 0_i64.checked_sub_unsigned(value).map(Scalar::Integer),
        _ => match i64::try_from(value) {
            Ok(value) => Some(Scalar::Integer(value)),
            Err(_) => sign.is_none().then_some(Scalar::Large(value)),
        },
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, unless it is too large.
fn float(text: &str) -> Option<Scalar> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    if !(some && digits(whole) && digits(fraction) && digits(exponent) && !exponent.is_empty()) {
        return None;
    }
    text.parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .map(Scalar::Float)
}

/// The float nearest to an integer.
fn nearest_float(value: &impl ToString) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// A float as it arrives at an API server, where `3.0` and `3` are one integer.
fn number(value: f64) -> Result<Number, ScalarError> {
    if value.fract() == 0.0
        && let Ok(whole) = value.to_string().parse::<i64>()
    {
        return Ok(whole.into());
    }
    Number::from_f64(value).ok_or(ScalarError {
        message: "infinity and not-a-number cannot be written in JSON, which Kubernetes speaks",
        hint: "put the value in quotes if it is text",
    })
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's names for what is no number.
fn float_key(value: f64) -> String {
    let value: f32 = value.to_string().parse().unwrap_or(f32::NAN);
    if !value.is_finite() {
        return if value.is_nan() {
            ".nan"
        } else if value > 0.0 {
            ".inf"
        } else {
            "-.inf"
        }
        .to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn decoded(text: &str) -> Result<String, ScalarError> {
    let joined: String = text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
    let bytes = STANDARD.decode(joined).map_err(|_| ScalarError {
        message: "the value of a !!binary is not base64",
        hint: "encode it with `base64 -w0`",
    })?;
    String::from_utf8(bytes).map_err(|_| ScalarError {
        message: "a !!binary whose bytes are not text cannot be written in JSON",
        hint: "keep the base64 as text: without the tag, under `data` of a Secret or `binaryData` of a ConfigMap",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::documents;
    use crate::diagnostic::place::SourceFile;

    fn read(text: &str) -> Option<Value> {
        let mut errors = Vec::new();
        let documents = documents(&SourceFile::new("a.yaml", text), &mut errors);
        documents
            .first()
            .filter(|_| errors.is_empty())
            .map(|document| document.root.to_value())
    }

    /// A number as apimachinery reads it from JSON.
    fn expected(json: &str) -> Value {
        match (json.parse::<i64>(), json.parse::<f64>()) {
            (Ok(integer), _) => json!(integer),
            (Err(_), Ok(float)) => json!(float),
            _ => serde_json::from_str(json).expect("JSON"),
        }
    }

    #[test]
    fn scalars_mean_what_they_mean_to_kubectl() {
        let table = include_str!("../../fixtures/yaml/resolve.tsv");
        let rows: Vec<Vec<_>> = table
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').collect())
            .collect();
        assert!(rows.len() > 300);
        for row in rows {
            let [position, scalar, json] = row[..] else {
                panic!("three columns: {row:?}")
            };
            let found = match position {
                "value" => read(&format!("a: {scalar}")),
                _ => read(&format!("{scalar}: x")),
            };
            let wanted = match (position, json) {
                (_, "error") => None,
                ("value", json) => Some(json!({"a": expected(json)})),
                (_, json) => Some(json!({serde_json::from_str::<String>(json).expect("a string"): "x"})),
            };
            assert_eq!(found, wanted, "{position} {scalar}");
        }
    }

    #[test]
    fn what_go_yaml_would_garble_is_refused() {
        for text in ["a: !vault x", "a: !foo", "a: !!binary /w=="] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_says_nothing_of_the_value() {
        for text in [
            "a: !!int hunter2",
            "a: !!binary hunter2",
            "a: !hunter2 hunter2",
            "hunter2: *hunter2",
            "a: \"hunter2",
        ] {
            let mut errors = Vec::new();
            documents(&SourceFile::new("a.yaml", text), &mut errors);
            assert!(!format!("{:?}", errors[0]).contains("hunter2\","), "{errors:?}");
            assert!(!errors[0].message().contains("hunter2"));
        }
    }
}
