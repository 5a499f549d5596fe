//! Why a kustomization is not built.

use std::path::PathBuf;

use crate::diagnostic::error::Error;
use crate::diagnostic::place::Place;
use crate::source::paths;

/// How many kustomizations one may be made of, each counted as often as it is used.
pub(super) const MOST: usize = 1_000;
/// How many files and folders all of these may name, each counted as often as it is named.
pub(super) const MOST_NAMED: usize = 10_000;

/// Why a kustomization is not built.
#[derive(Debug, thiserror::Error)]
pub(super) enum KustomizationRefusal {
    #[error("there is no kustomization.yaml in {}", paths::shown(.0))]
    NoKustomization(PathBuf),
    #[error("{0} is not in the directory")]
    Elsewhere(String),
    #[error("there is no file or folder {}", paths::shown(.0))]
    Missing(PathBuf),
    #[error("a path must have no control characters: {0:?}")]
    Control(String),
    #[error("a kustomization has no key `{}` here", .key.escape_debug())]
    Key {
        key: String,
        /// The key that it is, but for the case of its letters.
        right: Option<&'static str>,
    },
    #[error("`{0}` can run and fetch what cannot be checked")]
    Plugins(String),
    #[error("`{0}` would run Helm, which kustomize is not allowed")]
    Charts(String),
    #[error("{} is made of itself", paths::shown(.0))]
    Circle(PathBuf),
    #[error("it is made of more than {MOST} kustomizations")]
    TooMany,
    #[error("it names more than {MOST_NAMED} files and folders")]
    TooManyNamed,
}

impl KustomizationRefusal {
    pub(super) fn at(self, place: &Place) -> Error {
        let error = Error::new(self.to_string()).at(place.clone(), "");
        let hint = match &self {
            Self::Elsewhere(_) => {
                "copy it into the directory, so that a commit holds all that is desired; nothing is fetched"
            }
            Self::Control(_) => "rename the file",
            Self::Key { right: Some(right), .. } => return error.hint(format!("did you mean `{right}`?")),
            Self::Key { right: None, .. } => {
                "only the keys that kustomize documents are read, as any other could name what is not in the directory"
            }
            Self::Plugins(_) => "use the keys of the kustomization itself",
            Self::Charts(_) => "render the chart with `helm:` of a component, or of stackanetes.yaml",
            Self::NoKustomization(_) => "name the folder that holds it",
            Self::Missing(_) => "files that git ignores count as missing: no other clone has them",
            Self::TooManyNamed => "name each file once, in a kustomization that others are made of",
            Self::Circle(_) | Self::TooMany => "take one of these out of its `resources`",
        };
        error.hint(hint)
    }
}

/// Whether `kustomize` would clone a repository for this resource that is no file: a URL, `git@HOST:…`, `HOST/…`.
pub(super) fn is_remote(text: &str) -> bool {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let is_host = host.contains('.') && !host.starts_with('.') && text.contains(['/', ':']);
    is_url(text) || text.starts_with("git@") || text.starts_with("git::") || text.contains("?ref=") || is_host
}

/// Whether `kustomize` would clone a repository although there is such a folder.
pub(super) fn is_remote_folder(text: &str) -> bool {
    text.contains([':', '?', '@']) || text.to_ascii_lowercase().starts_with("github.com")
}

/// Whether `kustomize` would fetch this although there is such a file.
pub(super) fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("://") || lower.starts_with("http:") || lower.starts_with("https:")
}
