//! The machine form: what `--format json` prints. The chapter `programs` of the manual says what is in it, and
//! `fixtures/schemas` has a JSON Schema of each document, made from the types here.
//!
//! What is decided on is a code with its data; the sentence that people read stands beside it as `message`. A field
//! that does not apply is left out. New fields and new codes may come. As long as the version is an alpha, what is there may
//! change its form from one release to the next.

mod check;
mod environments;
mod error;
mod event;
mod history;
mod outcome;
mod place;
mod plan;
mod refusal;
mod report;
mod roles;
#[cfg(test)]
mod schemas;
mod status;
mod told;
mod warning;

use serde::Serialize;
use serde_json::Value;

use super::document::{Heading, PlanDocument};
use crate::diagnostic::visible::is_hidden;
use crate::plan::{API_VERSION, MadeOf, Plan};

pub use check::check;
pub(super) use environments::{EnvironmentPlan, environments};
pub use error::failure;
pub use event::event;
pub use history::{histories, history};
pub use report::{ReportSubject, report};
pub use roles::roles;
pub use status::{status, statuses};

/// A plan, bound to what it is made of.
pub fn plan(plan: &Plan, heading: &Heading<'_>, made_of: Option<MadeOf>) -> Value {
    document(&plan::Plan::of(&PlanDocument::of(plan, heading), made_of))
}

/// A document on lines that a person can read.
pub fn pretty(document: &Value) -> String {
    format!("{}\n", escaped(&format!("{document:#}")))
}

/// A document on one line.
pub fn line(document: &Value) -> String {
    format!("{}\n", escaped(&document.to_string()))
}

/// What a document is about: each kind of document has its own.
trait DocumentKind: Serialize {
    /// What `kind` says.
    const KIND: &'static str;
}

/// All that a document has: its version and kind come first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionedDocument<'a, T> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    content: &'a T,
}

/// The document of this content.
fn document<T: DocumentKind>(content: &T) -> Value {
    let whole = VersionedDocument {
        api_version: API_VERSION,
        kind: T::KIND,
        content,
    };
    // Every key is text, so it can be written.
    serde_json::to_value(whole).unwrap_or_default()
}

/// JSON whose strings hold nothing that a terminal would obey, or show in another order than it has: such characters
/// are written as JSON's own escapes (RFC 8259, section 7), so that programs read what there was.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_hidden(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text += &format!("\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_read_as_it_was() {
        let value: Value = "a\u{202e}b\u{9b}c\u{e0041}d\n".into();
        for written in [pretty(&value), line(&value)] {
            assert_eq!(written, "\"a\\u202eb\\u009bc\\udb40\\udc41d\\n\"\n");
            assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), value);
        }
    }
}
