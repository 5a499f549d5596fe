//! Findings as [workflow commands](https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)
//! of GitHub Actions, which shows each beside its line.

use crate::check::Checked;

use super::{RepositoryPaths, words};

/// The commands, one a line.
pub fn github(checked: &Checked, base: &RepositoryPaths) -> String {
    let mut text = String::new();
    for finding in &checked.findings {
        let mut properties = Vec::new();
        if let Some(region) = base.region(finding) {
            properties.push(("file", region.file));
            properties.push(("line", region.line.to_string()));
            properties.push(("endLine", region.line.to_string()));
            properties.push(("col", region.column.to_string()));
            properties.extend(region.end_column.map(|end| ("endColumn", end.to_string())));
        }
        properties.push(("title", finding.identifier.to_string()));
        let properties: Vec<String> = properties
            .iter()
            .map(|(name, value)| format!("{name}={}", property(value)))
            .collect();
        let severity = finding.identifier.severity().word();
        text += &format!(
            "::{severity} {}::{}\n",
            properties.join(","),
            data(&words(finding, base))
        );
    }
    text
}

/// What stands behind the last `::`: as `escapeData` of GitHub's own `@actions/core` writes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: as `escapeProperty` writes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_command_or_property() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
