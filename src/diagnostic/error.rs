//! Errors as people read them: what failed, where, why, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

use crate::diagnostic::place::Place;

/// The result of everything that can stop a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command cannot go on.
///
/// The message says what failed, in lower case and without a full stop. [`Error::places`] say
/// where in the input, [`StdError::source`] why, and [`Error::hints`] what to do. Only `ui` turns
/// it into text for a terminal.
/// ```
/// use stackanetes::diagnostic::error::Error;
/// use stackanetes::diagnostic::place::{Place, SourceFile};
///
/// let file = SourceFile::new("web.yaml", "kind: Deploment\n");
/// let error = Error::new("there is no kind Deploment")
///     .at(Place::new(file, 6..15), "")
///     .hint("did you mean `Deployment`?");
/// assert_eq!(error.to_string(), "there is no kind Deploment");
/// assert_eq!(error.places()[0].0.to_string(), "web.yaml:1:7");
/// let text = anstream::adapter::strip_str(&stackanetes::view::error(&error)).to_string();
/// assert_eq!(text, "\
/// error: there is no kind Deploment
///  --> web.yaml:1:7
///   |
/// 1 | kind: Deploment
///   |       ^^^^^^^^^
/// hint: did you mean `Deployment`?
/// ");
/// ```
#[derive(Debug)]
pub struct Error {
    message: String,
    places: Vec<(Place, String)>,
    hints: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    others: Vec<Error>,
}

/// Two errors are equal when they say the same of the same places.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let cause = |error: &Self| error.source.as_ref().map(ToString::to_string);
        self.message == other.message
            && self.places == other.places
            && self.hints == other.hints
            && cause(self) == cause(other)
            && self.others == other.others
    }
}

impl Eq for Error {}

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            places: Vec::new(),
            hints: Vec::new(),
            source: None,
            others: Vec::new(),
        }
    }

    /// Points at a place in the input; `label` stands beside the caret.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.places.push((place, label.into()));
        self
    }

    /// Says what to do, ideally with a command that can be run.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says what to do, by somebody who knows it better than whoever said it before.
    #[must_use]
    pub fn hint_instead(mut self, hint: impl Into<String>) -> Self {
        self.hints = vec![hint.into()];
        self
    }

    /// Names the cause below.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Joins errors that were found together, so that a person mends them in one go.
    ///
    /// Returns `None` for an empty list.
    pub fn join(errors: impl IntoIterator<Item = Error>) -> Option<Self> {
        let mut flat = errors.into_iter().flat_map(|mut error| {
            let others = std::mem::take(&mut error.others);
            std::iter::once(error).chain(others)
        });
        let mut first = flat.next()?;
        first.others = flat.collect();
        Some(first)
    }

    /// Each of the errors, as `change` makes it.
    #[must_use]
    pub fn map(mut self, change: impl Fn(Error) -> Error) -> Self {
        let others = std::mem::take(&mut self.others);
        let mut first = change(self);
        first.others = others.into_iter().map(change).collect();
        first
    }

    /// This error and those found together with it, in order.
    pub fn each(&self) -> impl Iterator<Item = &Error> {
        std::iter::once(self).chain(&self.others)
    }

    /// What failed.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the input, each with the words to print beside it.
    pub fn places(&self) -> &[(Place, String)] {
        &self.places
    }

    /// What to do.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Whether its message is all there is to say.
    pub fn is_only_message(&self) -> bool {
        self.places.is_empty() && self.hints.is_empty() && self.source.is_none() && self.others.is_empty()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_errors_are_all_there_however_often_they_were_joined() {
        let join = |errors: Vec<Error>| Error::join(errors).expect("some");
        let two = || join(vec![Error::new("a"), Error::new("b")]);
        let joined = join(vec![two(), Error::new("c"), two()]);
        assert_eq!(
            joined.each().map(Error::message).collect::<Vec<_>>(),
            ["a", "b", "c", "a", "b"]
        );
        assert!(Error::join(Vec::new()).is_none());
    }
}
