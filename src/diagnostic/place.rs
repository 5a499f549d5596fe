//! Where a value stands in a file a person wrote: files, places in them, and origins.

use std::fmt;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::visible::line;

/// A path without `.` and `..`, as it is written: links are not looked at.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = normal.pop(),
            step => normal.push(step),
        }
    }
    normal
}

/// The text of one input file and the name a person knows it by.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    path: String,
    text: String,
    confidential: bool,
    /// Whether a file of this path holds it.
    is_file: bool,
    /// The stretches that were encrypted, in their order.
    encrypted: Vec<Range<usize>>,
    /// Where each line begins, once that was asked for.
    lines: OnceLock<Vec<usize>>,
}

impl SourceFile {
    /// What people know the text by that came on standard input.
    pub const STANDARD_INPUT: &str = "<stdin>";

    /// Holds `text` under `path`, the name shown to people (`desired/nova/api.yaml`, `<stdin>`).
    ///
    /// A file that declares a Secret is *confidential*: no line of it is ever shown, so that an
    /// error message cannot print a password. The test is on the text, not on parsed objects,
    /// since it must hold for a file that does not parse, and it errs on the side of hiding.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let confidential = names_a_secret(&text);
        Arc::new(Self::make(path.into(), text, confidential))
    }

    /// Holds `text` under `path` and is confidential whatever the text says.
    pub fn confidential(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self::make(path.into(), text.into(), true))
    }

    /// Holds the text of `file`, the scalars at these stretches of which are encrypted; it is confidential.
    pub fn encrypted(file: &Self, mut stretches: Vec<Range<usize>>) -> Arc<Self> {
        stretches.sort_unstable_by_key(|stretch| (stretch.start, stretch.end));
        stretches.dedup();
        Arc::new(Self {
            encrypted: stretches,
            ..Self::make(file.path.clone(), file.text.clone(), true)
        })
    }

    /// Holds `text` that was typed as the `option` of a command line, or came with it, and stands in no file.
    pub fn typed(option: impl Into<String>, text: impl Into<String>, confidential: bool) -> Arc<Self> {
        Arc::new(Self {
            path: line(&option.into()).into_owned(),
            text: text.into(),
            confidential,
            is_file: false,
            encrypted: Vec::new(),
            lines: OnceLock::new(),
        })
    }

    /// Holds `text` that a command printed, which is called by how it would be typed, and stands in no file. It is
    /// confidential if it declares a Secret.
    pub fn printed(command: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let confidential = names_a_secret(&text);
        Arc::new(Self {
            is_file: false,
            ..Self::make(command.into(), text, confidential)
        })
    }

    fn make(path: String, text: String, confidential: bool) -> Self {
        Self {
            is_file: path != Self::STANDARD_INPUT,
            path: line(&path).into_owned(),
            text,
            confidential,
            encrypted: Vec::new(),
            lines: OnceLock::new(),
        }
    }

    /// Whether there is a file of this path, at least in some commit.
    pub fn is_file(&self) -> bool {
        self.is_file
    }

    /// The name shown to people.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line that a byte is on, from 0.
    fn line_at(&self, byte: usize) -> usize {
        let starts = self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        });
        starts.partition_point(|start| *start <= byte) - 1
    }

    /// Whether lines of this file must not be shown.
    pub fn is_confidential(&self) -> bool {
        self.confidential
    }

    /// Whether any of its values was encrypted.
    pub fn has_encrypted(&self) -> bool {
        !self.encrypted.is_empty()
    }

    /// Whether the scalar that stands at exactly this stretch was encrypted, however it is spelled.
    pub fn is_encrypted(&self, span: &Range<usize>) -> bool {
        let key = (span.start, span.end);
        let found = self.encrypted.binary_search_by_key(&key, |own| (own.start, own.end));
        found.is_ok()
    }

    /// Whether what was encrypted reaches into this stretch.
    pub fn is_encrypted_within(&self, span: &Range<usize>) -> bool {
        self.encrypted
            .iter()
            .any(|own| own.start < span.end && span.start < own.end)
    }
}

/// Whether a text may declare a Secret, or a part of one.
///
/// It holds the word `Secret`, as every declaration of one does however it is written; `secretName`, `secrets` and
/// `imagePullSecrets` are other words. Or it holds `stringData`, which no other kind has, so that it is enough where the
/// kind is misspelled or stands elsewhere. An escape, of a character or of a line break, and an expression for the kind
/// may spell anything.
fn names_a_secret(text: &str) -> bool {
    let telling = ["\\x", "\\u", "\\U", "\\\n", "\\\r", "stringData"];
    if telling.iter().any(|part| text.contains(part)) || makes_a_kind(text) {
        return true;
    }
    text.match_indices("Secret").any(|(start, word)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_lowercase)
    })
}

/// Whether an expression stands where a kind does: `kind: ${{ … }}`, quoted or not, in YAML or JSON.
fn makes_a_kind(text: &str) -> bool {
    text.match_indices("kind").any(|(start, word)| {
        let after = &text[start + word.len()..];
        let value = after.trim_start_matches(|character: char| character.is_whitespace() || ":\"'".contains(character));
        value.starts_with("${{")
    })
}

/// A stretch of a file: what an error points at, and where a value was written.
///
/// ```
/// use stackanetes::diagnostic::place::{Place, SourceFile};
///
/// let file = SourceFile::new("desired/web.yaml", "kind: Service\nspec: {type: LoadBalancer}\n");
/// let place = Place::new(file, 21..32);
/// assert_eq!((place.line(), place.column()), (2, 8));
/// assert_eq!(place.to_string(), "desired/web.yaml:2:8");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes of its text.
    pub span: Range<usize>,
}

impl Place {
    /// The stretch `span` (in bytes) of `file`.
    pub fn new(file: Arc<SourceFile>, span: Range<usize>) -> Self {
        Self { file, span }
    }

    /// Line `number` (from 0) of `file`, without its line break; the end where there is no such line.
    pub fn of_line(file: Arc<SourceFile>, number: usize) -> Self {
        let text = file.text();
        let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let start = starts.nth(number).unwrap_or(text.len());
        let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
        Self { file, span: start..end }
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.file.line_at(self.before().len()) + 1
    }

    /// The column, from 1, in characters.
    pub fn column(&self) -> usize {
        let before = self.before();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        before[line_start..].chars().count() + 1
    }

    fn before(&self) -> &str {
        let text = self.file.text();
        let mut end = self.span.start.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[..end]
    }
}

/// `file:line:column`
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.path(), self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Place({self})")
    }
}

/// One of the things that made a value what it is.
///
/// Where a value comes from is a list of these: today the node of a manifest; a parameter, a
/// default, a loop item or a template line each become a [`Role`] of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What the place contributed.
    pub role: Role,
    /// The place that contributed to the value.
    pub place: Place,
}

/// What an [`Origin`] contributed to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The value stands in a manifest, word for word.
    Manifest,
    /// The value of a parameter was set here: a default, an environment's file, or a `--set`.
    Parameter,
    /// The value of a parameter was set here, and must not be shown.
    SecretParameter,
    /// The value of a parameter was set here, encrypted, and must not be shown.
    EncryptedParameter,
    /// The value stands in a manifest, encrypted, and must not be shown.
    Encrypted,
    /// A `$for` repeats it.
    Loop,
    /// The value stands in a configuration file, or in the template of one.
    File,
    /// Another program made the value of a file, and of others: no list of files tells what it depends on.
    Built,
}

impl Role {
    /// Whether a parameter was set there.
    pub fn is_parameter(self) -> bool {
        matches!(self, Self::Parameter | Self::SecretParameter | Self::EncryptedParameter)
    }

    /// Whether what came from there must not be shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::SecretParameter | Self::EncryptedParameter | Self::Encrypted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let file = SourceFile::new("a.yaml", "é: 1\nname: ö x\n");
        let at = file.text().find('x').expect("in the text");
        let place = Place::new(file, at..at + 1);
        assert_eq!(place.to_string(), "a.yaml:2:9");
    }

    #[test]
    fn a_line_is_found_by_its_number() {
        let file = SourceFile::new("a", "one\ntwo\n\nfour");
        let line = |number| {
            let place = Place::of_line(file.clone(), number);
            (place.line(), file.text()[place.span].to_owned())
        };
        assert_eq!([line(0), line(1)], [(1, "one".to_owned()), (2, "two".to_owned())]);
        assert_eq!([line(2), line(3)], [(3, String::new()), (4, "four".to_owned())]);
        assert_eq!(line(9).1, "");
    }

    #[test]
    fn a_file_that_declares_a_secret_is_confidential() {
        for text in [
            "kind: Secret",
            "{\"kind\": \"Secret\"}",
            "kind:   'Secret'",
            "kind: SecretList",
            "kind:\n  Secret",
            "kind: &k Secret",
            "kind: !!str Secret",
            "kind: \"\\x53ecret\"",
            "kind: \"Sec\\\n  ret\"",
            "kind: Sercet\nstringData: {password: x}",
            "kind: ${{ 'Sec' ~ 'ret' }}\ndata: {password: x}",
            "{\"kind\" :\n\"${{ kind }}\"}",
        ] {
            assert!(SourceFile::new("x", text).is_confidential(), "{text}");
        }
        let other = "kind: Deployment\nimagePullSecrets: []\nsecretName: x\n# secrets\ndata: ${{ kind }}";
        assert!(!SourceFile::new("x", other).is_confidential());
    }
}
