//! What need not be asked about.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Query;
use crate::applyset::parent::Parent;
use crate::cluster::Discovery;
use crate::object::{LiveObject, ObjectRef};

/// What may be proved without asking the server: what a server of its version has stored, or said that it would.
#[derive(Debug)]
pub(super) enum Provable {
    /// Nothing: everything is asked about.
    Nothing,
    /// All but what the last sync left.
    AllBut(BTreeSet<ObjectRef>),
    /// What was applied since then: each sync since met a server of this version, but none was of the whole set, or
    /// left no more than can be named.
    AppliedSince { since: Timestamp, field_manager: String },
}

impl Provable {
    /// What may be, by what the ApplySet's parent says of its earlier syncs.
    pub(super) fn of(parent: Option<&Parent>, discovery: &Discovery, query: &Query) -> Self {
        let Some(parent) = parent.filter(|_| !query.verify) else {
            return Self::Nothing;
        };
        let server = &discovery.server_version;
        let completed = parent.completed.as_ref();
        if completed.is_some_and(|completed| completed.server == *server) {
            return Self::AllBut(BTreeSet::new());
        }
        if let Some(left) = parent.journal.unsettled_on(server) {
            return Self::AllBut(left.iter().cloned().collect());
        }
        match parent.journal.first_on(server).map(str::parse) {
            Some(Ok(since)) => Self::AppliedSince {
                since,
                field_manager: query.policy.field_manager.clone(),
            },
            _ => Self::Nothing,
        }
    }

    /// Whether this object may, which the cluster has so.
    pub(super) fn has(&self, object: &ObjectRef, live: &LiveObject) -> bool {
        match self {
            Self::Nothing => false,
            Self::AllBut(left) => !left.contains(object),
            Self::AppliedSince { since, field_manager } => live.has_writer(|writer| {
                let time = writer.time.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
                // A server notes whole seconds.
                writer.is_apply_of(field_manager) && time.is_some_and(|time| time.as_second() >= since.as_second())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_we_applied_before_this_server_is_asked_about() {
        let provable = Provable::AppliedSince {
            since: "2026-11-30T12:00:00.7Z".parse().expect("a time"),
            field_manager: "stackanetes".to_owned(),
        };
        let may_be = |manager: &str, operation: &str, time: &str| {
            let live = LiveObject::new(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web",
                "managedFields": [{"manager": manager, "operation": operation, "apiVersion": "v1", "time": time}]}}),
            );
            provable.has(&ObjectRef::namespace("web"), &live)
        };
        assert!(may_be("stackanetes", "Apply", "2026-11-30T12:00:00Z"));
        assert!(!may_be("stackanetes", "Apply", "2026-11-30T11:59:59Z"));
        assert!(!may_be("stackanetes", "Update", "2026-11-30T12:00:01Z"));
        assert!(!may_be("helm", "Apply", "2026-11-30T12:00:01Z"));
        assert!(!may_be("stackanetes", "Apply", "yesterday"));
    }
}
