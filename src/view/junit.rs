//! JUnit's XML, which GitLab, Jenkins and others show as tests.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use super::document;
use super::error;
use super::value::{line, visible};
use crate::applyset::tally::OutcomeKind;
use crate::diagnostic::error::Error;
use crate::execute::Outcome;
use crate::execute::report::Report;

/// The suite of a sync, before the name of its ApplySet.
const SYNC: &str = "stackanetes sync";

/// Tests that belong together: the only suite of a document.
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) cases: Vec<Case>,
}

/// A test.
pub(super) struct Case {
    pub(super) name: String,
    /// What several tests have in common, such as their file.
    pub(super) class: String,
    /// The file, and the line in it.
    pub(super) place: Option<(String, usize)>,
    pub(super) result: CaseResult,
}

/// What came of a test.
pub(super) enum CaseResult {
    Passed,
    /// The test was not begun, for this reason.
    Skipped(String),
    Failed(CaseFailure),
    /// Nobody can say whether the test passes.
    Error(CaseFailure),
}

/// Why a test failed, or could not be run.
pub(super) struct CaseFailure {
    /// The failure in one line.
    pub(super) message: String,
    /// A word for what it is.
    pub(super) kind: String,
    /// All that is to be said of it.
    pub(super) body: String,
}

impl Suite {
    /// The document.
    pub(super) fn document(&self) -> String {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        // Nothing fails that is written to memory.
        let _ = self.write(&mut writer);
        let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
        text.push('\n');
        text
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let count = |is_such: fn(&CaseResult) -> bool| {
            let cases = self.cases.iter().filter(|case| is_such(&case.result));
            cases.count().to_string()
        };
        let counts = [
            ("name", shown(&self.name)),
            ("tests", self.cases.len().to_string()),
            ("failures", count(|result| matches!(result, CaseResult::Failed(_)))),
            ("errors", count(|result| matches!(result, CaseResult::Error(_)))),
            ("skipped", count(|result| matches!(result, CaseResult::Skipped(_)))),
        ];
        let counts = counts.each_ref().map(|(name, value)| (*name, value.as_str()));
        let suites = writer.create_element("testsuites").with_attributes(counts);
        suites.write_inner_content(|writer| {
            let suite = writer.create_element("testsuite").with_attributes(counts);
            suite.write_inner_content(|writer| self.cases.iter().try_for_each(|case| case.write(writer)))?;
            Ok(())
        })?;
        Ok(())
    }
}

impl Case {
    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut attributes = vec![("name", shown(&self.name)), ("classname", shown(&self.class))];
        if let Some((file, line)) = &self.place {
            attributes.push(("line", line.to_string()));
            attributes.push(("file", shown(file)));
        }
        let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
        let case = writer.create_element("testcase").with_attributes(attributes);
        match &self.result {
            CaseResult::Passed => case.write_empty()?,
            CaseResult::Skipped(why) => case.write_inner_content(|writer| {
                let why = shown(why);
                let skipped = writer.create_element("skipped");
                skipped.with_attribute(("message", why.as_str())).write_empty()?;
                Ok(())
            })?,
            CaseResult::Failed(fault) => case.write_inner_content(|writer| fault.write("failure", writer))?,
            CaseResult::Error(fault) => case.write_inner_content(|writer| fault.write("error", writer))?,
        };
        Ok(())
    }
}

impl CaseFailure {
    fn write(&self, element: &str, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let (message, kind) = (shown(&self.message), shown(&self.kind));
        let attributes = [("message", message.as_str()), ("type", kind.as_str())];
        let body = legal(&visible(&self.body));
        let fault = writer.create_element(element).with_attributes(attributes);
        fault.write_text_content(BytesText::new(&body))?;
        Ok(())
    }
}

/// A sync: a test for each object that it was to change, and one for what ended it.
pub(super) fn report(report: &Report, ended_by: Option<&Error>, set: &str) -> String {
    let suite = [SYNC, set].join(" ").trim_end().to_owned();
    let case = |name: String, class: &str, result| Case {
        name,
        class: class.to_owned(),
        place: None,
        result,
    };
    let settled = report.outcomes.iter().map(|(reference, outcome)| {
        let class = &reference.kind.kind;
        case(reference.to_string(), class, result(outcome))
    });
    let open = report.open().map(|(reference, kind)| {
        let result = match kind {
            OutcomeKind::NotStarted => CaseResult::Skipped(document::open_text(kind).to_owned()),
            _ => CaseResult::Error(CaseFailure {
                message: document::open_text(kind).to_owned(),
                kind: kind.word().to_owned(),
                body: String::new(),
            }),
        };
        case(reference.to_string(), &reference.kind.kind, result)
    });
    let unpruned = report.not_pruned.iter().map(|(objects, why)| {
        let message = document::nothing_pruned(*objects, *why);
        case("prune".to_owned(), &suite, CaseResult::Skipped(message))
    });
    let ended_by = ended_by.into_iter().map(|error| {
        let fault = CaseFailure {
            message: error.message().to_owned(),
            kind: "error".to_owned(),
            body: error::plain(error),
        };
        case("sync".to_owned(), &suite, CaseResult::Error(fault))
    });
    let mut cases: Vec<Case> = settled.chain(open).chain(unpruned).chain(ended_by).collect();
    if cases.is_empty() {
        cases.push(case("nothing to do".to_owned(), &suite, CaseResult::Passed));
    }
    Suite { name: suite, cases }.document()
}

fn result(outcome: &Outcome) -> CaseResult {
    let reason = || document::reason_text(outcome);
    match outcome.kind() {
        OutcomeKind::Created
        | OutcomeKind::Updated
        | OutcomeKind::Replaced
        | OutcomeKind::Deleted
        | OutcomeKind::Orphaned
        | OutcomeKind::Unchanged => CaseResult::Passed,
        OutcomeKind::NotStarted | OutcomeKind::Skipped => CaseResult::Skipped(reason()),
        kind @ (OutcomeKind::Conflict
        | OutcomeKind::Refused
        | OutcomeKind::NotReady
        | OutcomeKind::NotDeleted
        | OutcomeKind::Failed
        | OutcomeKind::Unknown) => CaseResult::Failed(CaseFailure {
            message: reason(),
            kind: kind.word().to_owned(),
            body: document::error_of(outcome).map(error::plain).unwrap_or_default(),
        }),
    }
}

/// A text on one line.
fn shown(text: &str) -> String {
    legal(&line(text))
}

/// The text without the characters that no XML document may hold, not even escaped (XML 1.0, 2.2), and that are
/// still there when control characters are not.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
