//! Fields that are none of git's business, or about which somebody decided who wins.
//!
//! A rule says what to do with fields: *ignore* them, *yield* them to whoever else owns them, or *take* them
//! from whoever does. It is applied to an object when that is made to be sent, so that everything that comes
//! after, the server's answer, the proof, the sync, knows of it:
//!
//! - a field that another manager owns is left out of what we apply;
//! - one that we own alone is applied with the value it has, since leaving it out would reset it to its
//!   default; once another manager owns it, it is left out;
//! - one that nobody owns, or that is not there, is left out if it is ignored, and applied if it is yielded.
//!
//! A new object is created as git says, whole.

mod apply;
mod edit;
mod pattern;
mod scaling;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use crate::error::Error;
use crate::field::FieldManager;
use crate::glob::matches_glob;
use crate::nearest::nearest;
use crate::object::{GroupKind, ObjectRef};
use crate::place::Place;

pub use apply::{Left, LeftTo, Ruled, apply};
pub(crate) use edit::remove;
pub use pattern::FieldPattern;
pub use scaling::{Scaling, autoscaler, is_scaled, scaled_by};

/// What becomes of the fields that a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are nobody's business.
    Ignore,
    /// They are left to whoever else owns them.
    Yield,
    /// They are taken from whoever else owns them.
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
    /// What.
    pub verdict: Verdict,
    /// Which fields; every one, if there are none. Then there is a manager.
    pub fields: Vec<FieldPattern>,
    /// Of which objects.
    pub objects: Selector,
    /// Only those that a manager of this name owns; `*` stands for any letters.
    pub manager: Option<String>,
    /// Who says so.
    pub source: Source,
}

/// Which objects a rule is about: all that fit everything it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
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

/// Who made a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A person, here.
    Written(Place),
    /// It follows from this autoscaler.
    Autoscaler(ObjectRef),
}

impl KindName {
    /// Whether it means this kind.
    pub fn is(&self, kind: &GroupKind) -> bool {
        match self.0.split_once('.') {
            Some((name, group)) => kind.is(group, name),
            None => kind.kind == self.0,
        }
    }
}

impl Selector {
    /// Whether it means this object.
    pub fn selects(&self, object: &ObjectRef) -> bool {
        let fits = |glob: &Option<String>, text: &str| glob.as_ref().is_none_or(|glob| matches_glob(glob, text));
        self.kind.as_ref().is_none_or(|(kind, _)| kind.is(&object.kind))
            && fits(&self.namespace, object.namespace.as_deref().unwrap_or_default())
            && fits(&self.name, &object.name)
    }
}

impl Rule {
    /// Whether it is about what this manager owns.
    fn is_about(&self, manager: &FieldManager) -> bool {
        let glob = self.manager.as_ref();
        glob.is_none_or(|glob| matches_glob(glob, &manager.name))
    }
}

/// Which of the rules are about an object, those first that go before others: what is taken, then what is
/// ignored, then what is yielded, then what follows from autoscalers.
pub fn about(rules: &[Arc<Rule>], object: &ObjectRef) -> Vec<Arc<Rule>> {
    let mut about: Vec<_> = rules
        .iter()
        .filter(|rule| rule.objects.selects(object))
        .cloned()
        .collect();
    about.sort_by_key(|rule| match (&rule.source, rule.verdict) {
        (Source::Written(_), Verdict::Take) => 0,
        (Source::Written(_), Verdict::Ignore) => 1,
        (Source::Written(_), Verdict::Yield) => 2,
        (Source::Autoscaler(_), _) => 3,
    });
    about
}

/// What is wrong with rules about kinds that there are not.
pub fn unknown_kinds<'a>(rules: &[Arc<Rule>], kinds: impl Iterator<Item = &'a GroupKind> + Clone) -> Vec<Error> {
    let wrong = rules.iter().filter_map(|rule| {
        let (name, place) = rule.objects.kind.as_ref()?;
        if kinds.clone().any(|kind| name.is(kind)) {
            return None;
        }
        let error = Error::new(format!("a rule is about the kind {}, which there is not", name.0));
        let error = match place {
            Some(place) => error.at(place.clone(), "this kind"),
            None => error,
        };
        let full: Vec<String> = kinds.clone().map(ToString::to_string).collect();
        let short = kinds.clone().map(|kind| kind.kind.as_str());
        let near = nearest(short.chain(full.iter().map(String::as_str)), &name.0);
        Some(match near {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("write Kind, or Kind.group: Deployment, or Deployment.apps"),
        })
    });
    wrong.collect()
}

/// The rule that would decide a conflict, as it is written below `yield:` or `take:`.
///
/// ```
/// use stackanetes::field::FieldPath;
/// use stackanetes::object::{GroupKind, ObjectRef};
/// use stackanetes::rules::written;
///
/// let web = ObjectRef { kind: GroupKind::new("apps", "Deployment"), namespace: None, name: "web".into() };
/// assert_eq!(
///     written(&web, &FieldPath::of(&["spec", "replicas"]), "keda"),
///     "{kind: Deployment, name: web, fields: [spec.replicas], manager: keda}"
/// );
/// ```
pub fn written(object: &ObjectRef, path: &crate::field::FieldPath, manager: &str) -> String {
    format!(
        "{{kind: {}, name: {}, fields: [{}], manager: {}}}",
        plain(&object.kind.kind),
        plain(&object.name),
        plain(&path.to_string()),
        plain(manager)
    )
}

/// A text as YAML within brackets: in quotes where it would mean something else otherwise.
fn plain(text: &str) -> String {
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '/');
    let is_word = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(is_safe)
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_lowercase().as_str());
    if is_word {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
