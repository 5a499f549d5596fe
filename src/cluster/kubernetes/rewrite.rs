//! Reads JSON into text: the whole of it is seen to be JSON, and nothing is built of it.
//!
//! `serde_json`'s `RawValue` keeps the text as it came, and does not look into its escapes: half of a surrogate pair
//! would be found only when the object is read, where there is nobody to tell. What is written here can be read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::Serialize;

/// Reads a list, each item as text; nothing, which a server writes for an empty one, too.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(TextItems)
}

struct TextItems;

impl<'de> Visitor<'de> for TextItems {
    type Value = Vec<String>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<String>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
        let mut texts = Vec::new();
        let mut text = Vec::new();
        while items.next_element_seed(Rewrite(&mut text))?.is_some() {
            texts.push(String::from_utf8(text.clone()).map_err(A::Error::custom)?);
            text.clear();
        }
        Ok(texts)
    }
}

/// Writes what it reads.
struct Rewrite<'o>(&'o mut Vec<u8>);

impl Rewrite<'_> {
    fn scalar<E: Error>(self, value: impl Serialize) -> Result<(), E> {
        serde_json::to_writer(self.0, &value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Rewrite<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rewrite<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self(out) = self;
        let mut mark = b'[';
        loop {
            out.push(mark);
            mark = b',';
            if items.next_element_seed(Rewrite(out))?.is_none() {
                break;
            }
        }
        end(out, b'[', b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Self(out) = self;
        let mut mark = b'{';
        loop {
            out.push(mark);
            mark = b',';
            if fields.next_key_seed(Rewrite(out))?.is_none() {
                break;
            }
            out.push(b':');
            fields.next_value_seed(Rewrite(out))?;
        }
        end(out, b'{', b'}');
        Ok(())
    }
}

/// Closes a list or a map, whose last mark is `open` if nothing is in it, and a comma otherwise.
fn end(out: &mut Vec<u8>, open: u8, close: u8) {
    if out.last() != Some(&open) {
        out.pop();
    }
    out.push(close);
}
