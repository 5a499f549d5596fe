//! What holds a namespace that is being deleted, as its controller says in the conditions of its status.

use std::fmt;

use serde_json::Value;

use crate::diagnostic::names::counted;
use crate::object::LiveObject;

/// Something for which a namespace waits while it is being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remainder {
    /// Objects that are still in it.
    Objects {
        /// Their resource and its group: `configmaps`, `widgets.example.com`.
        resource: String,
        /// How many there are.
        count: u64,
    },
    /// A finalizer on objects in it.
    Finalizer {
        /// Its name.
        name: String,
        /// The number of objects that have it.
        count: u64,
    },
    /// The controller cannot find, or delete, all that is in it; its own words.
    Failure(String),
}

/// What a namespace that is being deleted waits for; nothing of any other object.
///
/// The conditions are those of
/// [the namespace controller](https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/namespace/deletion/status_condition_utils.go).
/// They name objects and finalizers in their messages only. One that reads otherwise is told in its own words.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::termination::remainders;
/// use stackanetes::object::LiveObject;
///
/// let namespace = LiveObject::new(json!({"apiVersion": "v1", "kind": "Namespace",
///     "metadata": {"name": "shop", "deletionTimestamp": "2026-01-01T00:00:00Z"},
///     "status": {"conditions": [{"type": "NamespaceContentRemaining", "status": "True",
///         "message": "Some resources are remaining: configmaps. has 1 resource instances"}]}}));
/// assert_eq!(remainders(&namespace)[0].to_string(), "configmaps (1 object)");
/// ```
pub fn remainders(namespace: &LiveObject) -> Vec<Remainder> {
    if !namespace.reference().kind.is("", "Namespace") || namespace.deletion_timestamp().is_none() {
        return Vec::new();
    }
    let conditions = namespace
        .value()
        .pointer("/status/conditions")
        .and_then(Value::as_array);
    let standing = conditions
        .into_iter()
        .flatten()
        .filter(|condition| condition["status"] == "True");
    standing.flat_map(of_condition).collect()
}

fn of_condition(condition: &Value) -> Vec<Remainder> {
    let text = |key: &str| condition[key].as_str().unwrap_or_default();
    let message = text("message");
    let items = message.split_once(": ").map_or("", |(_, items)| items).split(", ");
    let read: Option<Vec<Remainder>> = match text("type") {
        "NamespaceContentRemaining" => items.map(objects).collect(),
        "NamespaceFinalizersRemaining" => items.map(finalizer).collect(),
        "NamespaceDeletionDiscoveryFailure"
        | "NamespaceDeletionContentFailure"
        | "NamespaceDeletionGroupVersionParsingFailure" => None,
        _ => return Vec::new(),
    };
    read.unwrap_or_else(|| vec![Remainder::Failure(message.to_owned())])
}

/// `configmaps. has 1 resource instances`
fn objects(item: &str) -> Option<Remainder> {
    let (resource, count) = item.strip_suffix(" resource instances")?.split_once(" has ")?;
    Some(Remainder::Objects {
        resource: resource.trim_end_matches('.').to_owned(),
        count: count.parse().ok()?,
    })
}

/// `example.com/hold in 1 resource instances`
fn finalizer(item: &str) -> Option<Remainder> {
    let (name, count) = item.strip_suffix(" resource instances")?.split_once(" in ")?;
    Some(Remainder::Finalizer {
        name: name.to_owned(),
        count: count.parse().ok()?,
    })
}

/// `configmaps (1 object)`, `the finalizer example.com/hold (on 2 objects)`, or the controller's words
impl fmt::Display for Remainder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "object");
        match self {
            Self::Objects { resource, count } => write!(out, "{resource} ({})", objects(*count)),
            Self::Finalizer { name, count } => write!(out, "the finalizer {name} (on {})", objects(*count)),
            Self::Failure(message) => out.write_str(message),
        }
    }
}

/// What a namespace waits for, in words; nothing where its controller names nothing.
pub fn waits_for(remainders: &[Remainder]) -> Option<String> {
    let items: Vec<String> = remainders.iter().map(ToString::to_string).collect();
    (!items.is_empty()).then(|| format!("waits for {}", items.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn namespace(conditions: &Value) -> LiveObject {
        LiveObject::new(json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "deletionTimestamp": "2026-01-01T00:00:00Z"},
            "status": {"phase": "Terminating", "conditions": conditions}}))
    }

    #[test]
    fn objects_and_finalizers_are_named_and_what_reads_otherwise_is_told_as_it_stands() {
        let found = remainders(&namespace(&json!([
            {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "reason": "DiscoveryFailed",
                "message": "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: example.com/v1: stale"},
            {"type": "NamespaceDeletionContentFailure", "status": "False", "reason": "ContentDeleted",
                "message": "All content successfully deleted, may be waiting on finalization"},
            {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain",
                "message": "Some resources are remaining: configmaps. has 1 resource instances, widgets.example.com has 12 resource instances"},
            {"type": "NamespaceFinalizersRemaining", "status": "True", "reason": "SomeFinalizersRemain",
                "message": "Some content in the namespace has finalizers remaining: example.com/hold in 13 resource instances"},
            {"type": "SomethingElse", "status": "True", "message": "a: b"},
        ])));
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: example.com/v1: stale",
                "configmaps (1 object)",
                "widgets.example.com (12 objects)",
                "the finalizer example.com/hold (on 13 objects)",
            ]
        );
        let odd = json!([{"type": "NamespaceContentRemaining", "status": "True", "message": "there is more"}]);
        assert_eq!(
            remainders(&namespace(&odd)),
            [Remainder::Failure("there is more".to_owned())]
        );
    }

    #[test]
    fn nothing_holds_what_is_not_being_deleted() {
        let mut value =
            namespace(&json!([{"type": "NamespaceContentRemaining", "status": "True", "message": "x"}])).into_value();
        value["metadata"]["deletionTimestamp"] = Value::Null;
        assert_eq!(remainders(&LiveObject::new(value)), []);
    }
}
