//! Findings as [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which code hosts
//! keep and compare from commit to commit.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::check::{Checked, Finding};
use crate::diagnostic::identifier::Identifier;

use super::place::Region;
use super::{RepositoryPaths, is_complete, visible, words};

/// Where the schema of the format is.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log of one run. What was ignored is not in it.
pub fn sarif(checked: &Checked, base: &RepositoryPaths) -> Value {
    let results: Vec<Value> = checked.findings.iter().map(|finding| result(finding, base)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": Identifier::ALL.iter().map(|identifier| rule(*identifier)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": is_complete(&checked.findings)}],
            "results": results,
        }],
    })
}

fn rule(identifier: Identifier) -> Value {
    json!({
        "id": identifier.name(),
        "shortDescription": {"text": identifier.about()},
        "defaultConfiguration": {"level": identifier.severity().word()},
    })
}

fn result(finding: &Finding, base: &RepositoryPaths) -> Value {
    let place = base.region(finding);
    let related = finding.places.iter().skip(1).filter_map(|(place, label)| {
        let message = if label.is_empty() { "see also" } else { label };
        let mut location = location(&base.region_of(place)?);
        location["message"] = json!({"text": visible(message)});
        Some(location)
    });
    without_absent(json!({
        "ruleId": finding.identifier.name(),
        "ruleIndex": Identifier::ALL.iter().position(|other| *other == finding.identifier),
        "level": finding.identifier.severity().word(),
        "message": {"text": words(finding, base)},
        "locations": place.iter().map(location).collect::<Vec<_>>(),
        "relatedLocations": related.collect::<Vec<_>>(),
    }))
}

fn location(region: &Region) -> Value {
    // Only what is below the top of the repository is found there.
    let base = (!region.file.starts_with('/')).then_some("%SRCROOT%");
    json!({"physicalLocation": {
        "artifactLocation": without_absent(json!({"uri": uri(&region.file), "uriBaseId": base})),
        "region": without_absent(json!({
            "startLine": region.line,
            "startColumn": region.column,
            "endColumn": region.end_column,
        })),
    }})
}

/// Leaves out what is null or empty.
fn without_absent(value: Value) -> Value {
    let is_there = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| is_there(value)).collect()),
        other => other,
    }
}

/// A path as a reference to a URI (RFC 3986, 3.3): whatever is no plain character of a path is escaped.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://" } else { "" }.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_escaped_where_a_uri_wants_it() {
        assert_eq!(uri("desired/a b/ä%.yaml"), "desired/a%20b/%C3%A4%25.yaml");
        assert_eq!(uri("a:b#c?.yaml"), "a%3Ab%23c%3F.yaml");
        assert_eq!(uri("/tmp/a.yaml"), "file:///tmp/a.yaml");
    }
}
