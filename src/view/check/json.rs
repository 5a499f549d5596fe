//! Findings as a document.

use serde_json::{Value, json};

use crate::check::{Checked, Finding};
use crate::diagnostic::place::Place;
use crate::view::json::{document, without_absent};

use super::{Base, counts, is_complete, visible};

/// The document `Check`.
pub fn json(checked: &Checked, base: &Base) -> Value {
    let [errors, warnings] = counts(&checked.findings);
    let ignored = checked
        .ignored
        .counts
        .iter()
        .map(|(identifier, count)| (identifier.to_string(), (*count).into()));
    let not_checked = checked
        .not_checked
        .iter()
        .map(|(gvk, count)| json!({"apiVersion": gvk.api_version(), "kind": gvk.group_kind.kind, "objects": count}));
    document(
        "Check",
        without_absent(json!({
            "complete": is_complete(&checked.findings),
            "counts": {"errors": errors, "warnings": warnings},
            "objects": checked.objects,
            "findings": checked.findings.iter().map(|finding| self::finding(finding, base)).collect::<Vec<_>>(),
            "ignored": ignored.collect::<serde_json::Map<_, Value>>(),
            "idleRules": checked.ignored.idle.iter().map(|place| self::place(place, base)).collect::<Vec<_>>(),
            "notChecked": not_checked.collect::<Vec<_>>(),
            "encryptedFiles": (checked.encrypted > 0).then_some(checked.encrypted),
        })),
    )
}

fn place(place: &Place, base: &Base) -> Value {
    let region = base.region_of(place);
    without_absent(json!({
        "file": region.as_ref().map_or_else(|| place.file.path().to_owned(), |region| region.file.clone()),
        "line": place.line(),
        "column": place.column(),
        "endColumn": region.and_then(|region| region.end_column),
    }))
}

fn finding(finding: &Finding, base: &Base) -> Value {
    let places = finding.places.iter().map(|(place, label)| {
        let mut place = self::place(place, base);
        if !label.is_empty() {
            place["message"] = visible(label).into();
        }
        place
    });
    without_absent(json!({
        "identifier": finding.identifier.name(),
        "severity": finding.identifier.severity().word(),
        "message": visible(&finding.message),
        "object": finding.object,
        "places": places.collect::<Vec<_>>(),
        "hints": finding.hints.iter().map(|hint| visible(hint)).collect::<Vec<_>>(),
    }))
}
