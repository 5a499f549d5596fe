//! Findings as JUnit's XML: a test that failed for each, or one that passed.

use crate::check::{Checked, Finding};
use crate::view::junit::{Case, CaseFailure, CaseResult, Suite};

use super::{RepositoryPaths, words};

/// The suite, and the class of what is in no file.
const NAME: &str = "stackanetes check";

/// The document.
pub fn junit(checked: &Checked, base: &RepositoryPaths) -> String {
    let mut cases: Vec<Case> = checked.findings.iter().map(|finding| case(finding, base)).collect();
    if cases.is_empty() {
        cases.push(Case {
            name: "nothing found".to_owned(),
            class: NAME.to_owned(),
            place: None,
            result: CaseResult::Passed,
        });
    }
    let name = NAME.to_owned();
    Suite { name, cases }.document()
}

fn case(finding: &Finding, base: &RepositoryPaths) -> Case {
    let region = base.region(finding);
    let object = finding.object.as_ref().map(|object| format!(" {object}"));
    let fault = CaseFailure {
        message: finding.message.clone(),
        kind: finding.identifier.severity().word().to_owned(),
        body: words(finding, base),
    };
    Case {
        name: format!("{}{}", finding.identifier, object.unwrap_or_default()),
        class: region.as_ref().map_or(NAME, |region| &region.file).to_owned(),
        place: region.map(|region| (region.file, region.line)),
        result: CaseResult::Failed(fault),
    }
}
