//! Secrets as API servers store them: `stringData` folded into `data`.
//!
//! Left apart, a key dropped from `stringData` would never be removed, and no reader could be
//! compared with what is stored. No value appears in an error.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::sops;
use crate::yaml::{Entry, Node};

/// Says what is wrong with the data of a Secret.
pub(super) fn check(secret: &Node, file: &Arc<SourceFile>, errors: &mut Vec<Error>) {
    for field in ["data", "stringData"] {
        let Some(entry) = secret.entry(field).filter(|entry| !entry.value.is_null()) else {
            continue;
        };
        let at = |entry: &Entry| Place::new(Arc::clone(file), entry.line(file.text()));
        let Some(values) = entry.value.entries() else {
            let message = format!("`{field}` must be a mapping, not {}", entry.value.describe());
            errors.push(Error::new(message).at(at(entry), ""));
            continue;
        };
        for value in values {
            let key = &value.key;
            match value.value.as_str() {
                None if value.value.is_null() => {}
                None => errors.push(
                    Error::new(format!("`{field}.{key}` must be text, not {}", value.value.describe()))
                        .at(at(value), "")
                        .hint("put the value in quotes"),
                ),
                Some(text) if sops::is_ciphertext(text) => {}
                Some(text) if field == "data" && STANDARD.decode(joined(text)).is_err() => errors.push(
                    Error::new(format!("`data.{key}` is not base64"))
                        .at(at(value), "")
                        .hint("write plain text under `stringData` instead, or encode it with `base64 -w0`"),
                ),
                Some(_) => {}
            }
        }
    }
}

/// Folds `stringData` into `data`, which it overrides.
pub(super) fn fold(secret: &mut Value) {
    let Some(secret) = secret.as_object_mut() else { return };
    if let Some(Value::Object(data)) = secret.get_mut("data") {
        for value in data.values_mut() {
            // Line breaks within base64 are allowed, and not stored.
            if let Value::String(text) = value
                && text.contains(['\n', '\r'])
            {
                *text = joined(text);
            }
        }
    }
    let Some(Value::Object(texts)) = secret.remove("stringData") else {
        return;
    };
    let data = secret.entry("data").or_insert(Value::Null);
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    if let Value::Object(data) = data {
        let encoded = |text: Value| Value::String(STANDARD.encode(text.as_str().unwrap_or_default()));
        data.extend(texts.into_iter().map(|(key, text)| (key, encoded(text))));
    }
}

fn joined(base64: &str) -> String {
    base64.chars().filter(|char| !matches!(char, '\n' | '\r')).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folded(mut secret: Value) -> Value {
        fold(&mut secret);
        secret
    }

    #[test]
    fn string_data_overrides_data() {
        let secret = json!({"data": {"a": "YQ==", "b": "YQ=="}, "stringData": {"b": "b", "c": null}});
        assert_eq!(folded(secret), json!({"data": {"a": "YQ==", "b": "Yg==", "c": ""}}));
        assert_eq!(
            folded(json!({"stringData": {"a": "é"}})),
            json!({"data": {"a": "w6k="}})
        );
        assert_eq!(folded(json!({"stringData": null, "type": "x"})), json!({"type": "x"}));
        assert_eq!(
            folded(json!({"data": {"a": "YW\nJj\n"}})),
            json!({"data": {"a": "YWJj"}})
        );
    }
}
