//! Whether the server would accept an object in the place of one that cannot be changed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::explain;
use super::job::validate;
use crate::cluster::{Cluster, ClusterError, Failure, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::nearest::nearest;
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, LiveObject, ObjectRef};
use crate::plan::{self, Answered, Immutable, Permit, Untried};

/// A new object in the place of one that cannot be changed.
pub(super) struct Trial<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) resource: &'a Resource,
    pub(super) desired: &'a DesiredObject,
    /// The old one.
    pub(super) live: &'a LiveObject,
    /// What is sent once that is gone.
    pub(super) sent: &'a Value,
    pub(super) field_manager: &'a str,
}

impl Trial<'_> {
    /// What the server says of it. These are the fields of the old one that cannot be changed.
    ///
    /// `Err` when the server would not accept the new one either.
    pub(super) async fn answer(&self, fields: Vec<FieldPath>) -> Result<Answered, ClusterError> {
        let reference = &self.desired.reference;
        let found = |replacement, warnings| {
            Answered::Immutable(Box::new(Immutable {
                fields,
                replacement,
                warnings,
            }))
        };
        if plan::is_container(reference) {
            return Ok(found(Err(Untried::Container), Vec::new()));
        }
        let tried = without_addresses(self.sent, Some(self.live.value()));
        let uid = self.live.uid();
        let asked = validate(self.cluster, self.resource, reference, &tried, uid, self.field_manager);
        match asked.await {
            Ok(answer) => Ok(found(
                Ok(with_addresses(answer.object, self.sent)),
                explain::warnings(self.desired, answer.warnings),
            )),
            Err(error) if error.failure == Failure::Forbidden => Ok(found(Err(Untried::NotAllowed), Vec::new())),
            Err(error) => Err(error),
        }
    }
}

/// A Service without the addresses and ports that `live` has, which are free once that is gone. With no
/// `live`, without any.
pub fn without_addresses(sent: &Value, live: Option<&Value>) -> Value {
    let mut sent = sent.clone();
    if sent["kind"] != "Service" || sent["apiVersion"] != "v1" {
        return sent;
    }
    let live_ports = live.map(|live| {
        let ports = live.pointer("/spec/ports").and_then(Value::as_array);
        let ports = ports.into_iter().flatten().filter_map(|port| port.get("nodePort"));
        ports.cloned().collect::<Vec<_>>()
    });
    let is_taken = |port: &Value| live_ports.as_ref().is_none_or(|taken| taken.contains(port));
    for port in sent
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if port.get("nodePort").is_some_and(is_taken)
            && let Some(port) = port.as_object_mut()
        {
            port.remove("nodePort");
        }
    }
    if let Some(spec) = sent.get_mut("spec").and_then(Value::as_object_mut) {
        for name in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
            let held = live.map(|live| &live["spec"][name]);
            let is_held = spec
                .get(name)
                .is_some_and(|value| held.is_none_or(|held| held == value));
            if is_held && spec[name] != "None" {
                spec.remove(name);
            }
        }
    }
    sent
}

/// The server's answer with the addresses that were left out of the question.
fn with_addresses(answer: LiveObject, sent: &Value) -> LiveObject {
    let mut object = answer.into_value();
    if object["kind"] != "Service" {
        return LiveObject::new(object);
    }
    for name in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
        if let Some(value) = sent["spec"].get(name) {
            object["spec"][name] = value.clone();
        }
    }
    let wanted = sent.pointer("/spec/ports").and_then(Value::as_array);
    let ports = object.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    for (port, wanted) in ports.into_iter().flatten().zip(wanted.into_iter().flatten()) {
        if let Some(number) = wanted.get("nodePort") {
            port["nodePort"] = number.clone();
        }
    }
    LiveObject::new(object)
}

/// What may be replaced by name must be in the directory, and selected.
pub(super) fn check_permits(
    permits: &[Permit],
    objects: &BTreeSet<ObjectRef>,
    selected: &BTreeSet<&ObjectRef>,
) -> Result<()> {
    let wrong = permits.iter().filter_map(|permit| {
        let mut found = objects.iter().filter(|object| permit.is_for(object)).peekable();
        if found.peek().is_none() {
            let error = Error::new(format!("--replace {permit}: there is no such object in the directory"));
            let known: Vec<String> = objects
                .iter()
                .map(|object| format!("{}/{}", object.kind.kind, object.name))
                .collect();
            return Some(match nearest(known.iter().map(String::as_str), &permit.to_string()) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("write the kind as its manifest does, such as StatefulSet/rabbitmq"),
            });
        }
        let is_left_out = !found.any(|object| selected.contains(object));
        is_left_out.then(|| {
            Error::new(format!("--replace {permit}: it is not selected"))
                .hint("select it, too: look at -l, --only-namespace and --component")
        })
    });
    Error::join(wrong).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_is_tried_without_what_the_old_one_holds() {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {
            "clusterIP": "10.0.0.1",
            "ports": [{"port": 80, "nodePort": 30080}, {"port": 81, "nodePort": 30081}],
        }});
        let mut live = service.clone();
        live["spec"]["clusterIP"] = "10.0.0.9".into();
        live["spec"]["ports"] = json!([{"port": 80, "nodePort": 30080}]);
        let tried = without_addresses(&service, Some(&live));
        assert_eq!(tried["spec"]["clusterIP"], "10.0.0.1", "it is another's, or nobody's");
        assert_eq!(
            tried["spec"]["ports"],
            json!([{"port": 80}, {"port": 81, "nodePort": 30081}])
        );
        let free = without_addresses(&service, None);
        assert_eq!(free["spec"], json!({"ports": [{"port": 80}, {"port": 81}]}));
        let back = with_addresses(LiveObject::new(free), &service);
        assert_eq!(back.value(), &service);
        let headless = json!({"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "None"}});
        assert_eq!(without_addresses(&headless, Some(&headless)), headless);
    }
}
