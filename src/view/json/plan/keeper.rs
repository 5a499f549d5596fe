//! Who keeps an object that is not ours.

use serde::Serialize;

use crate::kinds::keeper;

/// Who keeps an object that is not ours.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Keeper<'a> {
    #[serde(flatten)]
    tool: Tool<'a>,
    /// Whether it puts its own state back by itself.
    reconciles: bool,
    /// In words.
    message: String,
}

/// A tool, and what in it keeps an object.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "camelCase")]
enum Tool<'a> {
    /// Flux.
    Flux {
        /// `Kustomization` or `HelmRelease`.
        kind: &'static str,
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// Argo CD.
    ArgoCd {
        /// The Application.
        name: &'a str,
    },
    /// A release of Helm.
    Helm {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// An app of kapp.
    Kapp,
    /// Somebody's `kubectl apply`.
    KubectlApply,
}

impl<'a> From<&'a keeper::Keeper> for Keeper<'a> {
    fn from(keeper: &'a keeper::Keeper) -> Self {
        Self {
            tool: match keeper {
                keeper::Keeper::Flux { kind, namespace, name } => Tool::Flux { kind, namespace, name },
                keeper::Keeper::ArgoCd(name) => Tool::ArgoCd { name },
                keeper::Keeper::Helm { namespace, release } => Tool::Helm {
                    namespace,
                    name: release,
                },
                keeper::Keeper::Kapp => Tool::Kapp,
                keeper::Keeper::KubectlApply => Tool::KubectlApply,
            },
            reconciles: keeper.reconciles(),
            message: keeper.to_string(),
        }
    }
}
