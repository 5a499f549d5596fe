//! Whether the parts of a comment are collapsed: what is short is read as it stands.

use super::markup::{escaped, fenced, html};

/// A comment of fewer lines is shown without anything collapsed.
const SHORT: usize = 30;

/// Whether parts of a comment are collapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// Everything stands there.
    Open,
    /// A reader opens what is of interest.
    Collapsed,
}

impl Folding {
    /// The comment, open where it is short.
    pub(super) fn fitting(comment: impl Fn(Self) -> String) -> String {
        let open = comment(Self::Open);
        if open.lines().count() < SHORT {
            return open;
        }
        comment(Self::Collapsed)
    }

    /// How text of others is written in a title, which is Markdown where it is open and HTML where not.
    pub(super) fn escaped(self, text: &str) -> String {
        match self {
            Self::Open => escaped(text),
            Self::Collapsed => html(text),
        }
    }

    /// A title, which is markup already, and what stands below it as a block of code.
    pub(super) fn block(self, title: &str, language: &str, body: &str) -> String {
        let body = fenced(language, body);
        match self {
            Self::Open => format!("\n{}\n\n{body}", paragraph(title)),
            Self::Collapsed => format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n"),
        }
    }
}

/// A title that begins with the sign of an action, as a paragraph: its sign would begin a list, or strike something out.
pub(super) fn paragraph(title: &str) -> String {
    let sign = if title.starts_with(['+', '-', '~', '?', '!', '=']) {
        "\\"
    } else {
        ""
    };
    format!("{sign}{title}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_of_thirty_lines_is_collapsed_and_a_shorter_one_is_not() {
        let comment = |lines: usize| {
            let body = "a\n".repeat(lines);
            Folding::fitting(|folding| folding.block("- delete <code>a</code>", "diff", &body))
        };
        // A title, a fence, and an empty line before and after the title.
        assert_eq!(comment(1), "\n\\- delete <code>a</code>\n\n```diff\na\n```\n");
        assert!(!comment(24).contains("<details>"));
        assert!(comment(25).starts_with("\n<details><summary>- delete"));
    }
}
