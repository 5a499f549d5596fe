//! The format of configuration files, as `oslo_config.iniparser` reads it.

/// One `name = value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting<'a> {
    /// The group as it is written, without its brackets.
    pub(super) group: &'a str,
    /// The line of the group's header, from 0.
    pub(super) header: usize,
    pub(super) name: &'a str,
    /// The value without the quotes around it, and with its continuation lines.
    pub(super) value: String,
    /// The line, from 0, on which it begins.
    pub(super) line: usize,
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    pub(super) settings: Vec<Setting<'a>>,
    /// The lines, from 0, that are none of the format, and why.
    pub(super) wrong: Vec<(usize, &'static str)>,
}

/// Reads a file. A service gives up at the first line that is wrong; here the others are read too.
pub(super) fn parse(text: &str) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    let mut group: Option<(&str, usize)> = None;
    // Whether it is unknown what group this is.
    let mut is_lost = false;
    // Whether a line that is indented continues the last setting.
    let mut is_open = false;
    for (number, line) in text.split('\n').enumerate() {
        let line = line.trim_end();
        if line.is_empty() {
            is_open = false;
        } else if line.starts_with([' ', '\t']) {
            match parsed.settings.last_mut().filter(|_| is_open) {
                Some(setting) => {
                    setting.value.push('\n');
                    setting.value.push_str(line.trim_start());
                }
                None => parsed
                    .wrong
                    .push((number, "an indented line continues a value, and there is none above it")),
            }
        } else if let Some(name) = line.strip_prefix('[') {
            is_open = false;
            let name = name.strip_suffix(']').ok_or("the line of a group must end with `]`");
            match name {
                Ok("") => parsed.wrong.push((number, "a group has a name")),
                Ok(name) => group = Some((name, number)),
                Err(why) => parsed.wrong.push((number, why)),
            }
            is_lost = name.is_err() || name == Ok("");
        } else if line.starts_with(['#', ';']) {
            is_open = false;
        } else {
            is_open = false;
            match (line.split_once(['=', ':']), group) {
                (None, _) => parsed
                    .wrong
                    .push((number, "this is neither a group, a comment, nor `name = value`")),
                (Some((name, _)), _) if name.trim().is_empty() => {
                    parsed.wrong.push((number, "there is no name before the value"));
                }
                (Some(_), _) if is_lost => {}
                (Some(_), None) => parsed
                    .wrong
                    .push((number, "this is in no group; the first one is mostly `[DEFAULT]`")),
                (Some((name, value)), Some((group, header))) => {
                    parsed.settings.push(Setting {
                        group,
                        header,
                        name: name.trim(),
                        value: unquoted(value.trim()).to_owned(),
                        line: number,
                    });
                    is_open = true;
                }
            }
        }
    }
    parsed
}

fn unquoted(value: &str) -> &str {
    let inside = ['"', '\''].iter().find_map(|quote| {
        let rest = value.strip_prefix(*quote)?;
        // A quote alone is both of them.
        if rest.is_empty() {
            Some(rest)
        } else {
            rest.strip_suffix(*quote)
        }
    });
    inside.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_oslo_config_reads_them() {
        let text = "# x\n[DEFAULT]\na = 1 \nb: x=y\nc=x:y\nd = \"q \"\n;e\nf =\n  one\n\ttwo \n\n[g]\na='\n";
        let parsed = parse(text);
        assert!(parsed.wrong.is_empty());
        let said: Vec<_> = parsed
            .settings
            .iter()
            .map(|setting| (setting.group, setting.name, setting.value.as_str(), setting.line))
            .collect();
        assert_eq!(
            said,
            [
                ("DEFAULT", "a", "1", 2),
                ("DEFAULT", "b", "x=y", 3),
                ("DEFAULT", "c", "x:y", 4),
                ("DEFAULT", "d", "q ", 5),
                ("DEFAULT", "f", "\none\ntwo", 7),
                ("g", "a", "", 12),
            ]
        );
        assert_eq!(parsed.settings[5].header, 11);
    }

    #[test]
    fn lines_that_are_none_of_the_format_are_told() {
        let text = "a = 1\n[DEFAULT\n[]\n  x\n[g]\nword\n= 1\nb = 1\n\n  x\n";
        let lines: Vec<_> = parse(text).wrong.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [0, 1, 2, 3, 5, 6, 9]);
        // What stands below a header that cannot be read is in no group that is known.
        let lost = parse("[DEFAULT]\n[cache\na = 1\n");
        assert_eq!((lost.settings.len(), lost.wrong.len()), (0, 1));
    }
}
