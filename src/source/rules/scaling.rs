//! Autoscalers: what one of them scales is not git's to say.

use std::sync::Arc;

use serde_json::Value;

use super::{FieldPattern, KindName, Rule, RuleOrigin, RuleSelector, Verdict};
use crate::object::field::{FieldManager, ManagedFields};
use crate::object::{GroupKind, GroupVersionKind, LiveObject, ObjectRef};

/// An autoscaler, wherever it is known from.
#[derive(Debug, Clone, Copy)]
pub struct Scaling<'a> {
    /// The object that scales.
    pub reference: &'a ObjectRef,
    /// The object as git has it.
    pub value: &'a Value,
}

/// The kind of autoscalers.
pub fn autoscaler() -> GroupKind {
    GroupKind::new("autoscaling", "HorizontalPodAutoscaler")
}

/// The rule that follows from an autoscaler: the number of pods is left to it.
pub fn scaled_by(scaling: Scaling<'_>) -> Option<Arc<Rule>> {
    let target = scaling.value.pointer("/spec/scaleTargetRef")?;
    let text = |key: &str| target.get(key).and_then(Value::as_str);
    let kind = GroupVersionKind::new(text("apiVersion").unwrap_or("v1"), text("kind")?).group_kind;
    Some(Arc::new(Rule {
        verdict: Verdict::Yield,
        fields: vec![FieldPattern::parse("spec.replicas").ok()?],
        objects: RuleSelector {
            kind: Some((KindName(kind.to_string()), None)),
            namespace: scaling.reference.namespace.as_deref().map(str::to_owned),
            name: Some(text("name")?.to_owned()),
        },
        manager: None,
        source: RuleOrigin::Autoscaler(scaling.reference.clone()),
    }))
}

/// Whether something other than a person has set the number of pods through the `scale` subresource.
pub fn is_scaled(live: &LiveObject) -> bool {
    let scales = |manager: &FieldManager| manager.subresource == "scale" && !manager.is_imperative();
    // Of most objects nobody does, and that is seen without reading all of them.
    live.has_writer(scales)
        && ManagedFields::writers(live.value())
            .any(|(manager, fields)| scales(&manager) && !fields["f:spec"]["f:replicas"].is_null())
}
