//! Why a kustomization is not built.

use std::path::PathBuf;

use crate::diagnostic::error::Error;
use crate::diagnostic::place::Place;
use crate::source::files;

/// How many kustomizations one may be made of, each counted as often as it is used.
pub(super) const MOST: usize = 1_000;

/// Why a kustomization is not built.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("there is no kustomization.yaml in {}", files::shown(.0))]
    NoKustomization(PathBuf),
    #[error("{0} is not in the directory")]
    Elsewhere(String),
    #[error("there is no file or folder {}", files::shown(.0))]
    Missing(PathBuf),
    #[error("`{0}` would run Helm, which kustomize is not allowed")]
    Charts(String),
    #[error("{} is made of itself", files::shown(.0))]
    Circle(PathBuf),
    #[error("it is made of more than {MOST} kustomizations")]
    TooMany,
}

impl Refused {
    pub(super) fn at(self, place: &Place) -> Error {
        let hint = match &self {
            Self::Elsewhere(_) => {
                "copy it into the directory, so that a commit holds all that is desired; nothing is fetched"
            }
            Self::Charts(_) => "render the chart with `helm:` of a component, or of stackanetes.yaml",
            Self::NoKustomization(_) => "name the folder that holds it",
            Self::Missing(_) => "files that git ignores count as missing: no other clone has them",
            Self::Circle(_) | Self::TooMany => "take one of these out of its `resources`",
        };
        Error::new(self.to_string()).at(place.clone(), "").hint(hint)
    }
}

/// Whether `kustomize` would clone a repository for this resource that is no file: a URL, `git@HOST:…`, `HOST/…`.
pub(super) fn is_remote(text: &str) -> bool {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let is_host = host.contains('.') && !host.starts_with('.') && text.contains(['/', ':']);
    is_url(text) || text.starts_with("git@") || text.starts_with("git::") || text.contains("?ref=") || is_host
}

pub(super) fn is_url(text: &str) -> bool {
    text.contains("://")
}
