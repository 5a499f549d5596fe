//! Findings as JUnit's XML, which GitLab, Jenkins and others show as tests: a case that failed for each, or one that
//! passed.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use crate::check::{Checked, Finding};

use super::{Base, line, visible, words};

/// The suite, and its only group.
const NAME: &str = "stackanetes check";

/// The document.
pub fn junit(checked: &Checked, base: &Base) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Nothing fails that is written to memory.
    let _ = write(&mut writer, checked, base);
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    text
}

fn write(writer: &mut Writer<Vec<u8>>, checked: &Checked, base: &Base) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let failures = checked.findings.len().to_string();
    let tests = checked.findings.len().max(1).to_string();
    let counts = [
        ("name", NAME),
        ("tests", &*tests),
        ("failures", &*failures),
        ("errors", "0"),
    ];
    let suites = writer.create_element("testsuites").with_attributes(counts);
    suites.write_inner_content(|writer| {
        let suite = writer.create_element("testsuite").with_attributes(counts);
        suite.write_inner_content(|writer| {
            if checked.findings.is_empty() {
                let passed = [("name", "nothing found"), ("classname", NAME)];
                writer
                    .create_element("testcase")
                    .with_attributes(passed)
                    .write_empty()?;
            }
            checked
                .findings
                .iter()
                .try_for_each(|finding| case(writer, finding, base))
        })?;
        Ok(())
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, finding: &Finding, base: &Base) -> io::Result<()> {
    let region = base.region(finding);
    let object = finding.object.as_ref().map(|object| format!(" {object}"));
    let name = format!("{}{}", finding.identifier, object.unwrap_or_default());
    let mut attributes = vec![("name", name)];
    attributes.push((
        "classname",
        region.as_ref().map_or(NAME.to_owned(), |region| region.file.clone()),
    ));
    if let Some(region) = region {
        attributes.push(("line", region.line.to_string()));
        attributes.push(("file", region.file));
    }
    let attributes: Vec<(&str, String)> = attributes
        .into_iter()
        .map(|(name, value)| (name, legal(&line(&value))))
        .collect();
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    let message = legal(&line(&finding.message));
    let failure = [
        ("message", message.as_str()),
        ("type", finding.identifier.severity().word()),
    ];
    let case = writer.create_element("testcase").with_attributes(attributes);
    case.write_inner_content(|writer| {
        let body = legal(&visible(&words(finding, base)));
        let failure = writer.create_element("failure").with_attributes(failure);
        failure.write_text_content(BytesText::new(&body))?;
        Ok(())
    })?;
    Ok(())
}

/// The text without the characters that no XML document may hold, not even escaped (XML 1.0, 2.2), and that are
/// still there when control characters are not.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
