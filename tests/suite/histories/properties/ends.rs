//! The command ends as it says it does, and the diff afterwards finds nothing that it should have done.

use super::{Found, Property, State};
use crate::histories::synced::{DONE, Said, Synced};

/// The exit code is that of the report, and nothing was stored otherwise than planned.
pub fn ends(state: &State<'_>) -> Result<(), Found> {
    let said = &state.synced.said;
    let found = |detail: String| Err(Found::of_all(Property::Ends, detail));
    if said.code == 2 && may_lack_a_namespace(state) {
        return Ok(());
    }
    let Some(report) = said.document("Report") else {
        return found(format!("exit code {} and no report\n{}", said.code, said.stderr));
    };
    if said.code != i32::from(!said.is_complete()) || report["error"].is_object() {
        return found(format!("exit code {} of {report}\n{}", said.code, said.stderr));
    }
    let mismatches = report["mismatches"].as_array();
    if mismatches.is_some_and(|mismatches| !mismatches.is_empty()) {
        return found(format!("mismatches: {}", report["mismatches"]));
    }
    Ok(())
}

/// The exit code of the diff afterwards is what it found.
pub fn again(state: &State<'_>) -> Result<(), Found> {
    let again = &state.synced.again;
    let is_so = again.code == i32::from(differs(again));
    if is_so || (again.code == 2 && may_lack_a_namespace(state)) {
        return Ok(());
    }
    let detail = format!("exit code {}\n{}", again.code, again.stderr);
    Err(Found::of_all(Property::EndsAgain, detail))
}

/// Whether the sync was about a part that may have objects in a namespace which is not there, and is in another part.
fn may_lack_a_namespace(state: &State<'_>) -> bool {
    let mut namespaces = state.files.wanted().filter(|(id, _)| id.kind == "Namespace");
    !state.synced.is_whole() && namespaces.any(|(id, _)| !state.synced.before.contains_key(id))
}

fn differs(said: &Said) -> bool {
    said.document("Plan").is_none_or(|plan| plan["inSync"] != true)
}

/// A complete sync leaves nothing; another leaves what its report names.
pub fn in_sync(synced: &Synced) -> Result<(), Found> {
    let steps = synced.again.steps();
    for (id, step) in &steps {
        let (outcome, _) = synced.said.outcome(id);
        let is_left = match step["action"].as_str() {
            Some("keep" | "skip") => true,
            Some("delete") => !synced.said.is_complete(),
            _ => false,
        };
        if DONE.contains(&outcome) && !is_left {
            return Err(Found::of(Property::InSync, id, format!("{outcome}, and now {step}")));
        }
    }
    if synced.said.is_complete() && steps.is_empty() && differs(&synced.again) {
        let plan = synced.again.document("Plan").cloned().unwrap_or_default();
        return Err(Found::of_all(Property::InSync, plan.to_string()));
    }
    Ok(())
}
