//! What somebody decided about fields: a rule, the objects it is about, and the fields it means.

mod pattern;
pub(crate) mod tree;

use super::field::FieldManager;
use super::glob::matches_glob;
use super::{GroupKind, ObjectRef};
use crate::diagnostic::place::Place;

pub use pattern::FieldPattern;

/// What becomes of the fields that a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The fields keep whatever value the cluster has.
    Ignore,
    /// The fields are left to whoever else owns them.
    Yield,
    /// The fields are taken from whoever else owns them.
    Take,
}

impl Verdict {
    /// The key of `stackanetes.yaml` that such rules stand under.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Yield => "yield",
            Self::Take => "take",
        }
    }
}

/// What is to be done with some fields of some objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What becomes of the fields.
    pub verdict: Verdict,
    /// The fields; every one, if there are none. Then there is a manager.
    pub fields: Vec<FieldPattern>,
    /// The objects that the rule is about.
    pub objects: RuleSelector,
    /// The manager that must own the fields; `*` stands for any letters.
    pub manager: Option<String>,
    /// The rule's origin: the settings file, or the program itself.
    pub source: RuleOrigin,
}

/// Which objects a rule is about: all that fit everything it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSelector {
    /// The kind, and where it is written.
    pub kind: Option<(KindName, Option<Place>)>,
    /// The namespace; `*` stands for any letters.
    pub namespace: Option<String>,
    /// The name, likewise.
    pub name: Option<String>,
}

/// `Deployment`, or `Deployment.apps` where there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindName(pub String);

/// The origin of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOrigin {
    /// The settings file, at this place.
    Written(Place),
    /// The rule follows from this autoscaler.
    Autoscaler(ObjectRef),
    /// The control plane makes the rules of this ClusterRole from those that its `aggregationRule` selects.
    Aggregation(ObjectRef),
}

impl KindName {
    /// Whether a kind is called so.
    pub fn is(&self, kind: &GroupKind) -> bool {
        match self.0.split_once('.') {
            Some((name, group)) => kind.is(group, name),
            None => kind.kind == self.0,
        }
    }
}

impl RuleSelector {
    /// Whether the rule holds for this object.
    pub fn selects(&self, object: &ObjectRef) -> bool {
        let fits = |glob: &Option<String>, text: &str| glob.as_ref().is_none_or(|glob| matches_glob(glob, text));
        self.kind.as_ref().is_none_or(|(kind, _)| kind.is(&object.kind))
            && fits(&self.namespace, object.namespace.as_deref().unwrap_or_default())
            && fits(&self.name, &object.name)
    }
}

impl Rule {
    /// Whether it is about what this manager owns.
    pub(crate) fn is_about(&self, manager: &FieldManager) -> bool {
        let glob = self.manager.as_ref();
        glob.is_none_or(|glob| matches_glob(glob, &manager.name))
    }
}
