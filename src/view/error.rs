//! Errors as text: what failed, the lines it is about, the causes, and what to do.

use std::error::Error as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, Title};

use super::style::{FAILED, STRONG, WARNED, paint};
use super::value::{line, visible};
use crate::check::Finding;
use crate::cluster::{ClusterError, Failure};
use crate::diagnostic::error::Error;
use crate::diagnostic::identifier::{Identifier, Severity};
use crate::diagnostic::place::Place;

/// How many errors are shown whole; nobody reads more at once.
pub(super) const MOST: usize = 100;
/// A line of more bytes is not shown, only its place.
const WIDEST: usize = 2_000;

/// Which of the causes of an error are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Causes {
    /// Those that say more. Why a server was not reached stands in the message; what the client's libraries say of it
    /// below that repeats it.
    Needed,
    /// All, for whoever looks for a fault.
    All,
}

/// The text of an error and of those found together with it: the first hundred, and how many more there are.
pub fn error(error: &Error) -> String {
    error_because(error, Causes::Needed)
}

/// The text of an error with these of its causes.
pub fn error_because(error: &Error, causes: Causes) -> String {
    let each = error.each().take(MOST);
    let mut texts: Vec<String> = each.map(|error| described(error, None, causes)).collect();
    match error.each().count().saturating_sub(MOST) {
        0 => {}
        1 => texts.push(format!("{} 1 more is not shown\n", paint(FAILED, "error:"))),
        more => texts.push(format!("{} {more} more are not shown\n", paint(FAILED, "error:"))),
    }
    texts.join("\n")
}

/// The text of an error without colours.
pub(super) fn plain(error: &Error) -> String {
    anstream::adapter::strip_str(&self::error(error)).to_string()
}

/// The text of a finding: as an error is shown, with its severity and its identifier.
pub(super) fn finding(finding: &Finding) -> String {
    described(&finding.to_error(), Some(finding.identifier), Causes::Needed)
}

fn described(error: &Error, identifier: Option<Identifier>, causes: Causes) -> String {
    let message = visible(error.message());
    let mut text = match error.places() {
        [] => format!("{} {message}\n", painted(identifier)),
        places => located(title(&message, identifier), places),
    };
    for cause in self::causes(error, causes) {
        text += &format!("{} {cause}\n", paint(STRONG, "caused by:"));
    }
    for hint in error.hints() {
        text += &format!("{} {}\n", paint(STRONG, "hint:"), line(hint));
    }
    text
}

/// The causes of an error, each in its own words.
pub(super) fn causes(error: &Error, told: Causes) -> Vec<String> {
    // Libraries repeat their cause in their own words: what has been said is not said again.
    let mut said = error.message().to_lowercase();
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        let words = shortened(&source.to_string());
        if !said.contains(&words.to_lowercase()) {
            said += &words.to_lowercase();
            causes.push(words);
        }
        cause = source.source().filter(|_| told == Causes::All || !says_why(source));
    }
    causes
}

/// Whether an error is of a server that was not reached: its own words say why.
fn says_why(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<ClusterError>();
    error.is_some_and(|error| match error.failure {
        Failure::Unreachable | Failure::Untrusted | Failure::CertificateOutOfDate | Failure::CertificateUnfit => true,
        Failure::NoCluster
        | Failure::Configuration
        | Failure::ClearText
        | Failure::PluginMissing { .. }
        | Failure::PluginFailed { .. }
        | Failure::Unreadable
        | Failure::Unauthorized
        | Failure::Forbidden
        | Failure::MayNotImpersonate
        | Failure::Denied
        | Failure::NotFound
        | Failure::NamespaceMissing
        | Failure::Conflict
        | Failure::AlreadyExists
        | Failure::Invalid
        | Failure::NamespaceTerminating
        | Failure::Other => false,
    })
}

/// Words of a server: some quote a whole object, and they may hold anything.
fn shortened(words: &str) -> String {
    const MOST: usize = 400;
    let words = visible(words);
    if words.chars().count() <= MOST {
        return words.into_owned();
    }
    let (head, tail): (String, String) = (
        words.chars().take(MOST / 2).collect(),
        words.chars().skip(words.chars().count() - MOST / 2).collect(),
    );
    format!("{head} […] {tail}")
}

/// The word that stands before a message without a place.
fn painted(identifier: Option<Identifier>) -> String {
    match identifier {
        None => paint(FAILED, "error:"),
        Some(identifier) => {
            let style = match identifier.severity() {
                Severity::Error => FAILED,
                Severity::Warning => WARNED,
            };
            paint(style, format!("{}[{identifier}]:", identifier.severity().word()))
        }
    }
}

fn title(message: &str, identifier: Option<Identifier>) -> Title<'_> {
    let severity = identifier.map_or(Severity::Error, Identifier::severity);
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(message);
    match identifier {
        Some(identifier) => title.id(identifier.name()),
        None => title,
    }
}

fn located(title: Title<'_>, places: &[(Place, String)]) -> String {
    let places: Vec<(&Place, String)> = places.iter().map(|(place, label)| (place, shortened(label))).collect();
    let mut report = title.elements(Vec::<Origin<'_>>::new());
    let mut files: Vec<&Place> = Vec::new();
    for (place, _) in &places {
        if !files
            .iter()
            .any(|other| std::sync::Arc::ptr_eq(&other.file, &place.file))
        {
            files.push(place);
        }
    }
    for first in files {
        let here = places
            .iter()
            .filter(|(place, _)| std::sync::Arc::ptr_eq(&place.file, &first.file));
        if first.file.is_confidential() || here.clone().any(|(place, _)| is_wide(place)) {
            // Its lines may hold secrets, or are too long to read: the place is named and not shown.
            for (place, label) in here {
                report = report.element(
                    Origin::path(place.file.path())
                        .line(place.line())
                        .char_column(place.column()),
                );
                if !label.is_empty() {
                    report = report.element(Level::NOTE.message(label.as_str()));
                }
            }
            continue;
        }
        let (window, line) = window(here.clone().map(|(place, _)| *place));
        let text = first.file.text().get(window.clone()).unwrap_or_default();
        let mut snippet = Snippet::source(excerpt(text)).line_start(line).path(first.file.path());
        for (position, (place, label)) in here.enumerate() {
            let kind = if position == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let label = (!label.is_empty()).then_some(label.as_str());
            let span = first_line(place);
            // A part is shown by itself as it is within the whole.
            let shown = |at: usize| excerpt(text.get(..at - window.start).unwrap_or_default()).len();
            snippet = snippet.annotation(kind.span(shown(span.start)..shown(span.end)).label(label));
        }
        report = report.element(snippet);
    }
    format!("{}\n", Renderer::styled().render(&[report]))
}

/// Lines of a file as they are shown: a terminal obeys more characters than the library replaces, such as U+009B. What
/// ends lines on Windows is no part of them.
fn excerpt(text: &str) -> String {
    let lines: Vec<_> = text.split("\r\n").map(visible).collect();
    lines.join("\n")
}

/// The whole lines from the first of some places of a file to the last, and the number of the first line: as
/// much of the text as is needed to show them.
fn window<'a>(places: impl Iterator<Item = &'a Place> + Clone) -> (Range<usize>, usize) {
    let spans = places.clone().map(first_line);
    let (start, end) = spans.fold((usize::MAX, 0), |(start, end), span| {
        (start.min(span.start), end.max(span.end))
    });
    let text = places.clone().next().map_or("", |place| place.file.text());
    let begin = text
        .get(..start)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = text
        .get(end..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |at| end + at + 1);
    (begin..end, places.map(Place::line).min().unwrap_or(1))
}

/// Whether the line that a place begins on is too long to be shown.
fn is_wide(place: &Place) -> bool {
    let text = place.file.text().as_bytes();
    let start = place.span.start.min(text.len());
    let is_break = |byte: &u8| *byte == b'\n';
    let before = text[..start]
        .iter()
        .rev()
        .take(WIDEST)
        .take_while(|byte| !is_break(byte))
        .count();
    let after = text[start..]
        .iter()
        .take(WIDEST)
        .take_while(|byte| !is_break(byte))
        .count();
    before + after >= WIDEST
}

/// The part of a place on its first line: a caret under a whole manifest points at nothing.
pub(super) fn first_line(place: &Place) -> Range<usize> {
    let text = place.file.text();
    let start = place.span.start.min(text.len());
    let end = place.span.end.clamp(start, text.len());
    let line = text
        .get(start..end)
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    start..start + line.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::place::SourceFile;

    #[test]
    fn an_error_shows_its_line_and_what_to_do() {
        let file = SourceFile::new("web.yaml", "kind: Deployment\nspec:\n  replcas: 3\n");
        let start = file.text().find("replcas").expect("in the text");
        let shown = plain(
            &Error::new("the server refuses Deployment a/web")
                .at(Place::new(file, start..start + 7), "unknown field")
                .hint("did you mean replicas?"),
        );
        assert_eq!(
            shown,
            "error: the server refuses Deployment a/web\n --> web.yaml:3:3\n  |\n3 |   replcas: 3\n  |   ^^^^^^^ unknown field\nhint: did you mean replicas?\n"
        );
    }

    #[test]
    fn two_places_on_neighbouring_lines_are_both_shown() {
        let file = SourceFile::new("web.yaml", "ports:\n  - port: 80\n    protcol: TCP\nselectr: {}\n");
        let place = |words: &str| {
            let start = file.text().find(words).expect("in the text");
            Place::new(file.clone(), start..start + words.len())
        };
        for (one, other) in [("protcol: TCP", "selectr: {}"), ("selectr: {}", "protcol: TCP")] {
            let shown = plain(&Error::new("refused").at(place(one), "first").at(place(other), "second"));
            assert!(shown.contains("first") && shown.contains("second"), "{shown}");
        }
    }

    #[test]
    fn why_a_server_was_not_reached_is_said_once_and_whole_on_request() {
        let library = std::io::Error::other("tcp connect error");
        let unreached = ClusterError::new(Failure::Unreachable, "failed to reach https://a: connection refused");
        let error_value = Error::new("failed to connect to a cluster").because(unreached.because(library));
        let needed =
            "error: failed to connect to a cluster\ncaused by: failed to reach https://a: connection refused\n";
        assert_eq!(plain(&error_value), needed);
        let all = error_because(&error_value, Causes::All);
        let all = anstream::adapter::strip_str(&all).to_string();
        assert_eq!(all, format!("{needed}caused by: tcp connect error\n"));
    }

    #[test]
    fn no_more_is_shown_than_can_be_read() {
        let errors: Vec<Error> = (0..MOST + 5)
            .map(|number| Error::new(format!("wrong {number}")))
            .collect();
        let shown = plain(&Error::join(errors).expect("errors"));
        assert_eq!(shown.matches("wrong").count(), MOST);
        assert!(shown.ends_with("error: 5 more are not shown\n"), "{shown}");
        let wide = SourceFile::new("wide.yaml", "x".repeat(2 * WIDEST));
        let shown = plain(&Error::new("wrong").at(Place::new(wide, WIDEST..WIDEST + 1), "here"));
        assert!(shown.len() < 200 && shown.contains("wide.yaml:1:2001"), "{shown}");
    }

    #[test]
    fn nothing_in_a_line_of_a_file_is_obeyed_by_a_terminal() {
        for (hidden, shown) in [
            ("\u{9b}2J", "\\u{9b}2J"),
            ("\u{85}", "\\u{85}"),
            ("\u{2028}", "\\u{2028}"),
            ("\u{200b}", "\\u{200b}"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
        ] {
            let file = SourceFile::new("web.yaml", format!("kind: a\r\n{hidden}: {hidden}x\r\n"));
            let start = file.text().find('x').expect("in the text");
            let text = plain(&Error::new("wrong").at(Place::new(file, start..start + 1), "here"));
            let indent = " ".repeat(2 * shown.len() + 2);
            let line = format!("2 | {shown}: {shown}x\n  | {indent}^ here\n");
            assert!(text.ends_with(&line), "{text}");
        }
    }

    #[test]
    fn a_line_of_a_secret_is_not_shown() {
        let file = SourceFile::new("secret.yaml", "kind: Secret\ndata:\n  password: hunter2\n");
        let start = file.text().find("password").expect("in the text");
        let shown = plain(&Error::new("wrong").at(Place::new(file, start..start + 8), "here"));
        assert!(
            shown.contains("secret.yaml:3:3") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
