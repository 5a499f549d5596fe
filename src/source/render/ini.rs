//! The filter `ini`: options by section, as the lines of an INI file.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// The lines that set each option of `sections`, a mapping of sections to a mapping of options to
/// strings, numbers and booleans.
///
/// Every section begins after an empty line and ends with a line break, so that nothing comes of an empty mapping:
/// it goes at the end of a file. A list, null, or a name or value that would not be read back as it is, is an
/// error.
pub(super) fn lines(sections: &Value) -> Result<String, Error> {
    let mut text = String::new();
    for (section, options) in entries(sections, "`ini` takes a mapping of sections")? {
        if section.is_empty() || section.contains(['[', ']', '\n', '\r']) {
            return Err(wrong(format!("`{section}` cannot be the name of a section")));
        }
        text.push_str(&format!("\n[{section}]\n"));
        for (name, value) in entries(&options, &format!("the section {section} is not a mapping of options"))? {
            if name.trim() != name || name.is_empty() || name.contains(['=', ':', '\n', '\r', '[', '#', ';']) {
                return Err(wrong(format!(
                    "`{name}` of [{section}] cannot be the name of an option"
                )));
            }
            text.push_str(&format!("{name} = {}\n", scalar(&section, &name, &value)?));
        }
    }
    Ok(text)
}

fn entries(mapping: &Value, otherwise: &str) -> Result<Vec<(String, Value)>, Error> {
    if mapping.kind() != ValueKind::Map {
        return Err(wrong(otherwise.to_owned()));
    }
    let entry = |key: Value| Ok((key.to_string(), mapping.get_item(&key)?));
    mapping.try_iter()?.map(entry).collect()
}

fn scalar(section: &str, name: &str, value: &Value) -> Result<String, Error> {
    let refused = |why: &str| Err(wrong(format!("`{name}` of [{section}] is {why}")));
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => {}
        ValueKind::None => return refused("null: leave it out, or say what to write instead"),
        kind => {
            return refused(&format!(
                "a {kind}, and an option is one line: write the line as a string"
            ));
        }
    }
    let text = value.to_string();
    if text.contains(['\n', '\r']) {
        return refused("of several lines");
    }
    Ok(text)
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use minijinja::value::Serde;
    use serde_json::{Value as Json, json};

    use super::*;

    fn of(sections: Json) -> Result<String, String> {
        let detail = |error: Error| error.detail().unwrap_or_default().to_owned();
        lines(&Value::from(Serde(sections))).map_err(detail)
    }

    #[test]
    fn each_section_stands_after_an_empty_line() {
        let sections =
            json!({"DEFAULT": {"cpu_allocation_ratio": 4.5, "debug": true}, "libvirt": {"cpu_mode": "a = b"}});
        let expected = "\n[DEFAULT]\ncpu_allocation_ratio = 4.5\ndebug = True\n\n[libvirt]\ncpu_mode = a = b\n";
        assert_eq!(of(sections).as_deref(), Ok(expected));
        assert_eq!(of(json!({})).as_deref(), Ok(""));
    }

    #[test]
    fn what_would_be_read_otherwise_is_an_error() {
        for (sections, expected) in [
            (json!([]), "`ini` takes a mapping of sections"),
            (json!({"DEFAULT": 1}), "the section DEFAULT is not a mapping of options"),
            (json!({"a]\n[b": {}}), "cannot be the name of a section"),
            (json!({"DEFAULT": {"a\nb": 1}}), "cannot be the name of an option"),
            (json!({"DEFAULT": {"a = b": 1}}), "cannot be the name of an option"),
            (
                json!({"DEFAULT": {"a": "b\nc = d"}}),
                "`a` of [DEFAULT] is of several lines",
            ),
            (json!({"DEFAULT": {"a": null}}), "`a` of [DEFAULT] is null"),
            (json!({"DEFAULT": {"a": [1]}}), "`a` of [DEFAULT] is a sequence"),
        ] {
            let error = of(sections.clone()).expect_err("wrong");
            assert!(error.contains(expected), "{sections}: {error}");
        }
    }
}
