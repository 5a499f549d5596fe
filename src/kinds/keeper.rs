//! Which tool keeps an object, by the marks that it leaves on what it keeps.

use std::fmt;

use crate::object::LiveObject;

/// A tool, and what in it keeps an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeper {
    /// A Kustomization or HelmRelease of Flux, by
    /// [its labels](https://fluxcd.io/flux/components/kustomize/kustomizations/).
    Flux {
        /// `Kustomization` or `HelmRelease`.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// An Application of Argo CD, by
    /// [its tracking](https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/).
    ArgoCd(String),
    /// A release of Helm, by [its labels and annotations](https://helm.sh/docs/topics/charts_tests_and_annotations).
    Helm {
        /// The namespace of the release.
        namespace: String,
        /// Its name.
        release: String,
    },
    /// An app of kapp, by its label.
    Kapp,
    /// Somebody's `kubectl apply`, by its annotation.
    KubectlApply,
}

/// The annotation in which `kubectl apply` keeps what it applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Keeper {
    /// Who keeps this object; none where nobody left a mark.
    ///
    /// What reconciles goes before what installs: Flux installs releases of Helm, and marks them too.
    ///
    /// ```
    /// use serde_json::json;
    /// use stackanetes::kinds::keeper::Keeper;
    /// use stackanetes::object::LiveObject;
    ///
    /// let object = LiveObject::new(json!({"metadata": {
    ///     "labels": {"app.kubernetes.io/managed-by": "Helm"},
    ///     "annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"},
    /// }}));
    /// assert_eq!(Keeper::of(&object).unwrap().to_string(), "the Helm release shop/web");
    /// ```
    pub fn of(object: &LiveObject) -> Option<Self> {
        let label = |name: &str| object.label(name).map(str::to_owned);
        let annotation = |name: &str| object.annotation(name).map(str::to_owned);
        let flux = |kind, group: &str| {
            Some(Self::Flux {
                kind,
                namespace: label(&format!("{group}/namespace"))?,
                name: label(&format!("{group}/name"))?,
            })
        };
        let argo = || {
            // `APPLICATION:GROUP/KIND:NAMESPACE/NAME`
            let tracked = annotation("argocd.argoproj.io/tracking-id");
            let application = tracked.and_then(|id| Some(id.split_once(':')?.0.to_owned()));
            application
                .or_else(|| label("argocd.argoproj.io/instance"))
                .map(Self::ArgoCd)
        };
        let helm = || {
            Some(Self::Helm {
                namespace: annotation("meta.helm.sh/release-namespace")?,
                release: annotation("meta.helm.sh/release-name")?,
            })
        };
        flux("Kustomization", "kustomize.toolkit.fluxcd.io")
            .or_else(|| flux("HelmRelease", "helm.toolkit.fluxcd.io"))
            .or_else(argo)
            .or_else(helm)
            .or_else(|| label("kapp.k14s.io/app").map(|_| Self::Kapp))
            .or_else(|| annotation(LAST_APPLIED).map(|_| Self::KubectlApply))
    }

    /// Whether it puts its own state back by itself.
    pub fn reconciles(&self) -> bool {
        match self {
            Self::Flux { .. } | Self::ArgoCd(_) => true,
            Self::Helm { .. } | Self::Kapp | Self::KubectlApply => false,
        }
    }
}

/// `the Helm release shop/web`
impl fmt::Display for Keeper {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flux { kind, namespace, name } => write!(out, "the Flux {kind} {namespace}/{name}"),
            Self::ArgoCd(application) => write!(out, "the Argo CD Application {application}"),
            Self::Helm { namespace, release } => write!(out, "the Helm release {namespace}/{release}"),
            Self::Kapp => out.write_str("an app of kapp"),
            Self::KubectlApply => out.write_str("kubectl apply"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn each_tool_is_known_by_its_marks_and_who_reconciles_comes_first() {
        let helm = json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"});
        let table: [(Value, Value, Option<&str>, bool); 7] = [
            (json!({}), json!({}), None, false),
            // What Helm's charts write by themselves is no mark of a release.
            (json!({"app.kubernetes.io/managed-by": "Helm"}), json!({}), None, false),
            (json!({}), helm.clone(), Some("the Helm release shop/web"), false),
            (
                json!({"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "flux-system"}),
                helm,
                Some("the Flux HelmRelease flux-system/web"),
                true,
            ),
            (
                json!({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}),
                json!({LAST_APPLIED: "{}"}),
                Some("the Flux Kustomization flux-system/apps"),
                true,
            ),
            (
                json!({}),
                json!({"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}),
                Some("the Argo CD Application shop"),
                true,
            ),
            (json!({}), json!({LAST_APPLIED: "{}"}), Some("kubectl apply"), false),
        ];
        for (labels, annotations, words, reconciles) in table {
            let object = LiveObject::new(json!({"metadata": {"labels": labels, "annotations": annotations}}));
            let keeper = Keeper::of(&object);
            assert_eq!(keeper.as_ref().map(ToString::to_string).as_deref(), words);
            assert_eq!(keeper.is_some_and(|keeper| keeper.reconciles()), reconciles);
        }
    }
}
