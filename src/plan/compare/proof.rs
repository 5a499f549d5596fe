//! Proof that an object is as git wants it, without asking the server.
//!
//! The API server's own records suffice. A local apply of what git says must change nothing: we own
//! exactly the fields that git has, in git's version of the kind; every list that is merged item by item
//! has git's order; and every value means the same. Inside of a value that is owned as a whole the server
//! sets defaults too; such a value, still ours, was changed by nobody, so it is enough that git says the
//! same as it did when it was last applied.
//!
//! What a newer server or admission plugin would default otherwise now is not seen: that takes asking.

use serde_json::Value;

use crate::applyset::inventory::{APPLIED, REVISION};
use crate::object::LiveObject;
use crate::ssa::merge;
use crate::ssa::schema::Schema;

/// Whether an apply of `sent` would change nothing of `live`.
///
/// Errs on the side of not knowing: of a kind that `schema` does not have, nothing is proved.
pub fn is_proved(mut sent: Value, live: &LiveObject, schema: &Schema, field_manager: &str) -> bool {
    if live.deletion_timestamp().is_some() || noted(&sent).is_none() || noted(&sent) != live.annotation(APPLIED) {
        return false;
    }
    keep_revision(&mut sent, live);
    merge::changes_nothing(schema, live.value(), &sent, field_manager)
}

/// The digests of what git says, as they stand on what is sent.
fn noted(sent: &Value) -> Option<&str> {
    sent["metadata"]["annotations"][APPLIED].as_str()
}

/// The commit that is noted on an object changes only when the object is written.
fn keep_revision(sent: &mut Value, live: &LiveObject) {
    let Some(annotations) = sent["metadata"]["annotations"].as_object_mut() else {
        return;
    };
    match live.annotation(REVISION) {
        Some(revision) => annotations.insert(REVISION.to_owned(), revision.into()),
        None => annotations.remove(REVISION),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::applyset::inventory;
    use crate::object::DesiredObject;
    use crate::object::commit::Commit;
    use crate::ssa::merge::{OnConflict, Writer};
    use crate::testing::{desired, set};

    const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
          resources: {limits: {cpu: 1000m, memory: 1024Mi}}
          env: [{name: A, value: a}, {name: B, value: b}]
";

    fn sent(desired: &DesiredObject, revision: &str) -> Value {
        inventory::stamp(desired, Some(&set()), Some(&Commit::new(revision)))
    }

    /// The object as it is stored once `desired` was applied at commit `1`, with what the server adds.
    fn applied(desired: &DesiredObject) -> Value {
        let writer = Writer::new("stackanetes", "2026-01-01T00:00:00Z");
        let schema = Schema::bundled();
        let merged = merge::apply(schema, None, &sent(desired, "1"), &writer, OnConflict::Refuse).expect("applied");
        let mut object = merged.object;
        object["metadata"]["uid"] = "u".into();
        object["metadata"]["resourceVersion"] = "1".into();
        object["spec"]["progressDeadlineSeconds"] = 600.into();
        object["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
        object["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] =
            json!({"cpu": "1", "memory": "1Gi"});
        object["status"] = json!({"replicas": 2});
        object
    }

    fn is_proved(desired: &DesiredObject, live: Value) -> bool {
        let live = LiveObject::new(live);
        super::is_proved(sent(desired, "2"), &live, Schema::bundled(), "stackanetes")
    }

    /// The live object after another manager updated it.
    fn updated(live: &Value, pointer: &str, value: Value) -> Value {
        let mut new = live.clone();
        *new.pointer_mut(pointer).expect("it is there") = value;
        let writer = Writer::new("somebody", "2026-01-02T00:00:00Z");
        merge::update(Schema::bundled(), Some(live), &new, &writer)
            .expect("updated")
            .object
    }

    #[test]
    fn what_was_applied_and_defaulted_is_proved() {
        let web = desired(WEB);
        assert!(is_proved(&web, applied(&web)));
    }

    #[test]
    fn what_git_changed_is_not() {
        let live = applied(&desired(WEB));
        for (from, to) in [
            ("replicas: 2", "replicas: 3"),
            ("cpu: 1000m", "cpu: 2"),
            ("replicas: 2\n", "replicas: 2\n  minReadySeconds: 1\n"),
            (
                "[{name: A, value: a}, {name: B, value: b}]",
                "[{name: B, value: b}, {name: A, value: a}]",
            ),
            (
                "          image: nginx\n",
                "          image: nginx\n          stdin: false\n",
            ),
        ] {
            assert!(!is_proved(&desired(&WEB.replace(from, to)), live.clone()), "{to}");
        }
    }

    #[test]
    fn what_another_wrote_is_not() {
        let web = desired(WEB);
        let live = applied(&web);
        let env = "/spec/template/spec/containers/0/env";
        for (pointer, value) in [
            ("/spec/replicas", json!(5)),
            ("/metadata/labels", json!({})),
            (env, json!([{"name": "A", "value": "a"}])),
            (env, json!([{"name": "B", "value": "b"}, {"name": "A", "value": "a"}])),
            ("/spec/template/spec/containers/0/image", json!("other")),
        ] {
            assert!(
                !is_proved(&web, updated(&live, pointer, value.clone())),
                "{pointer} {value}"
            );
        }
        // What git does not say is theirs.
        let added = json!([{"name": "C"}, {"name": "A", "value": "a"}, {"name": "B", "value": "b"}]);
        assert!(is_proved(&web, updated(&live, env, added)));
        assert!(is_proved(
            &web,
            updated(&live, "/spec/progressDeadlineSeconds", json!(5))
        ));
        assert!(is_proved(&web, updated(&live, "/status", json!({"replicas": 1}))));
    }

    #[test]
    fn what_is_being_deleted_or_has_no_note_is_not() {
        let web = desired(WEB);
        let mut live = applied(&web);
        live["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(!is_proved(&web, live));
        let mut live = applied(&web);
        live["metadata"]["annotations"][inventory::APPLIED] = "x.y".into();
        assert!(!is_proved(&web, live));
        let thing = desired("apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: a}\n");
        assert!(!is_proved(&thing, thing.value.clone()));
    }
}
