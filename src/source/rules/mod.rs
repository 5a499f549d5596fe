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

mod aggregation;
mod apply;
mod edit;
mod scaling;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::nearest;
use crate::object::{GroupKind, ObjectRef};

pub use crate::object::rule::{FieldPattern, KindName, Rule, RuleOrigin, RuleSelector, Verdict};
pub use aggregation::aggregated;
pub use apply::{Left, LeftTo, Ruled, apply};
pub(crate) use edit::remove;
pub use scaling::{Scaling, autoscaler, is_scaled, scaled_by};

/// Which of the rules are about an object, those first that go before others: what is taken, then what is
/// ignored, then what is yielded, then what follows from objects.
pub fn about(rules: &[Arc<Rule>], object: &ObjectRef) -> Vec<Arc<Rule>> {
    let mut about: Vec<_> = rules
        .iter()
        .filter(|rule| rule.objects.selects(object))
        .cloned()
        .collect();
    about.sort_by_key(|rule| match (&rule.source, rule.verdict) {
        (RuleOrigin::Written(_), Verdict::Take) => 0,
        (RuleOrigin::Written(_), Verdict::Ignore) => 1,
        (RuleOrigin::Written(_), Verdict::Yield) => 2,
        (RuleOrigin::Autoscaler(_) | RuleOrigin::Aggregation(_), _) => 3,
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
/// use stackanetes::object::field::FieldPath;
/// use stackanetes::object::{GroupKind, ObjectRef};
/// use stackanetes::source::rules::written;
///
/// let web = ObjectRef { kind: GroupKind::new("apps", "Deployment"), namespace: None, name: "web".into() };
/// assert_eq!(
///     written(&web, &FieldPath::of(&["spec", "replicas"]), "keda"),
///     "{kind: Deployment, name: web, fields: [spec.replicas], manager: keda}"
/// );
/// ```
pub fn written(object: &ObjectRef, path: &crate::object::field::FieldPath, manager: &str) -> String {
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
