//! Where findings stand, as programs want it: by paths from the top of the repository.

use std::path::PathBuf;

use crate::check::Finding;
use crate::diagnostic::place::{Place, SourceFile, normal};
use crate::view::error::first_line;

/// Whence paths lead: CI systems know files by their paths from the top of the repository, wherever the command
/// runs.
#[derive(Debug, Clone)]
pub struct RepositoryPaths {
    /// The directory that the command runs in, whole.
    current: PathBuf,
    /// The top of the repository, whole.
    top: PathBuf,
}

impl RepositoryPaths {
    /// Paths are as typed in `current`, and told from `top`. Both are whole paths without links.
    pub fn new(current: PathBuf, top: PathBuf) -> Self {
        Self { current, top }
    }

    /// The path of a file, with slashes: from the top, or whole where the file is not below it. Nothing for what
    /// stands in no file.
    pub(super) fn path(&self, file: &SourceFile) -> Option<String> {
        if !file.is_file() {
            return None;
        }
        let whole = normal(&self.current.join(file.path()));
        let path = whole.strip_prefix(&self.top).unwrap_or(&whole);
        Some(path.to_string_lossy().replace('\\', "/"))
    }

    /// Where a finding stands, if it stands in a file.
    pub(super) fn region(&self, finding: &Finding) -> Option<Region> {
        let (place, _) = finding.places.first()?;
        self.region_of(place)
    }

    /// The part of a place that is on its first line.
    pub(in crate::view) fn region_of(&self, place: &Place) -> Option<Region> {
        let end = first_line(place).end;
        let end = Place::new(place.file.clone(), end..end).column();
        // How long it is may be how long a secret is.
        let is_shown = !place.file.is_confidential() && end > place.column();
        Some(Region {
            file: self.path(&place.file)?,
            line: place.line(),
            column: place.column(),
            end_column: is_shown.then_some(end),
        })
    }
}

/// A stretch of a line of a file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::view) struct Region {
    pub(in crate::view) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
    /// The column behind its last character.
    pub(in crate::view) end_column: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_top_of_the_repository() {
        let base = RepositoryPaths::new("/repo/clusters/a".into(), "/repo".into());
        let path = |typed: &str| base.path(&SourceFile::new(typed, ""));
        assert_eq!(path("desired/web.yaml").as_deref(), Some("clusters/a/desired/web.yaml"));
        assert_eq!(path("../b/web.yaml").as_deref(), Some("clusters/b/web.yaml"));
        assert_eq!(path("/repo/web.yaml").as_deref(), Some("web.yaml"));
        assert_eq!(path("/elsewhere/web.yaml").as_deref(), Some("/elsewhere/web.yaml"));
        assert_eq!(path(SourceFile::STANDARD_INPUT), None);
    }

    #[test]
    fn a_region_ends_on_its_line_and_tells_no_length_of_a_secret() {
        let base = RepositoryPaths::new("/repo".into(), "/repo".into());
        let region = |text: &str, span| base.region_of(&Place::new(SourceFile::new("a.yaml", text), span));
        let found = region("a: 1\nb: {c: 2,\n  d: 3}\n", 5..21).expect("in a file");
        assert_eq!((found.line, found.column, found.end_column), (2, 1, Some(10)));
        let found = region("kind: Secret\ndata: {a: hunter2}\n", 23..30).expect("in a file");
        assert_eq!((found.line, found.column, found.end_column), (2, 11, None));
    }
}
