//! What a write makes of an object: a function of both, without I/O.

use rand::RngExt as _;
use serde_json::{Value, json};

use super::kinds::Kinds;
use super::{generation, initial, mask, refusal, status, valid};
use crate::cluster::{ClusterError, Failure, Force, Resource};
use crate::object::field::order;
use crate::object::{self, ObjectRef};
use crate::ssa::canonical;
use crate::ssa::merge::{self, Fault, Mistake, OnConflict, Writer};
use crate::ssa::predict::{self, Request};
use crate::ssa::schema::Kind;

/// Under which name the sandbox writes the status of objects.
const CONTROLLER: &str = "sandbox";

/// What the API server sets, whatever is sent.
const IDENTITY: [&str; 6] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
];

/// One write.
pub(super) struct Write<'a> {
    pub(super) kinds: &'a Kinds,
    pub(super) resource: &'a Resource,
    pub(super) reference: &'a ObjectRef,
    pub(super) manager: &'a str,
    /// Now, in whole seconds (RFC 3339).
    pub(super) now: &'a str,
}

impl Write<'_> {
    /// The object after an apply of `config`.
    pub(super) fn apply(&self, live: Option<&Value>, config: &Value, force: Force) -> Result<Value, ClusterError> {
        let kind = self.kinds.served(self.resource)?;
        if config
            .pointer("/metadata/managedFields")
            .is_some_and(|fields| !fields.is_null())
        {
            return Err(ClusterError::new(
                Failure::Invalid,
                "metadata.managedFields must be nil",
            ));
        }
        let mut config = self.addressed(config);
        if let Some(live) = live {
            mask::keep(live, &mut config);
        }
        let on_conflict = match force {
            Force::Yield => OnConflict::Refuse,
            Force::Take => OnConflict::Force,
        };
        self.check(kind, live, &config)?;
        let request = Request {
            live,
            sent: &config,
            writer: &Writer::new(self.manager, self.now),
            on_conflict,
            // A server adds the defaults that it knows, and keeps nothing else.
            is_as_applied: false,
        };
        let predicted = predict::predict(self.kinds.schema(), &request);
        let predicted = predicted.map_err(|refused| refusal::of_merge(self.reference, refused))?;
        self.written(kind, live, predicted.object)
    }

    /// The object after a create, or after a replace.
    pub(super) fn update(&self, live: Option<&Value>, object: &Value) -> Result<Value, ClusterError> {
        let kind = self.kinds.served(self.resource)?;
        let mut object = self.addressed(object);
        if let Some(live) = live {
            mask::keep(live, &mut object);
        }
        // Only an apply cares for items that share a key.
        let mut mistakes = merge::mistakes(kind.root(), &object);
        mistakes.retain(|mistake| mistake.fault != Fault::Repeated);
        self.refuse(&mistakes)?;
        self.check(kind, live, &object)?;
        let writer = Writer::new(self.manager, self.now);
        let merged = merge::update(self.kinds.schema(), live, &object, &writer);
        let mut merged = merged
            .map_err(|refused| refusal::of_merge(self.reference, refused))?
            .object;
        let metadata = merged.get_mut("metadata").and_then(Value::as_object_mut);
        let managed_fields = metadata.and_then(|metadata| metadata.remove("managedFields"));
        let mut stored = predict::stored(kind, &merged, live);
        if let Some(managed_fields) = managed_fields {
            stored["metadata"]["managedFields"] = managed_fields;
        }
        self.written(kind, live, stored)
    }

    fn refuse(&self, mistakes: &[Mistake]) -> Result<(), ClusterError> {
        match mistakes {
            [] => Ok(()),
            mistakes => Err(refusal::mistakes(self.reference, mistakes)),
        }
    }

    /// What validation refuses beyond the schema.
    fn check(&self, kind: Kind<'_>, live: Option<&Value>, object: &Value) -> Result<(), ClusterError> {
        if live.is_none() {
            valid::name(self.reference, object)?;
        }
        valid::labels(self.reference, object)?;
        if object::is_secret(&kind.gvk().group_kind) {
            valid::base64(self.reference, object)?;
        }
        Ok(())
    }

    /// What is sent, under the name that it is sent to and without what is not for a client to set.
    fn addressed(&self, object: &Value) -> Value {
        let mut object = object.clone();
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            for name in IDENTITY.iter().chain(&["selfLink"]) {
                metadata.remove(*name);
            }
            metadata.insert("name".to_owned(), self.reference.name.as_str().into());
            if let Some(namespace) = self.reference.namespace.as_deref().filter(|_| self.resource.namespaced) {
                metadata.insert("namespace".to_owned(), namespace.into());
            }
        }
        object
    }

    /// The object as it is stored: the live one where nothing changed.
    fn written(&self, kind: Kind<'_>, live: Option<&Value>, mut object: Value) -> Result<Value, ClusterError> {
        self.identify(live, &mut object);
        if let Some(live) = live {
            mask::keep(live, &mut object);
            valid::unchanged(self.reference, live, &object)?;
        }
        if let Some(generation) = generation::after_write(kind, live, &object) {
            object["metadata"]["generation"] = generation.into();
        }
        let object = self.controlled(kind, object);
        match live {
            Some(live) if order::equal(live, &object) => Ok(live.clone()),
            _ => Ok(object),
        }
    }

    /// Gives the object the identity that it has, or a new one.
    fn identify(&self, live: Option<&Value>, object: &mut Value) {
        let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
            return;
        };
        for name in IDENTITY {
            metadata.remove(name);
            let known = live.and_then(|live| live.get("metadata")?.get(name));
            metadata.extend(known.map(|known| (name.to_owned(), known.clone())));
        }
        if live.is_none() {
            metadata.insert("uid".to_owned(), initial::uid(rand::rng().random()).into());
            metadata.insert("creationTimestamp".to_owned(), self.now.into());
        }
    }

    /// What controllers make of it.
    fn controlled(&self, kind: Kind<'_>, mut object: Value) -> Value {
        if object.pointer("/metadata/deletionTimestamp").is_some() {
            return object;
        }
        // No client sets it, and nobody owns it.
        let is_balanced = kind.gvk().group_kind.is("", "Service") && object["spec"]["type"] == "LoadBalancer";
        if is_balanced && object["spec"].get("clusterIP").is_none() {
            object["spec"]["clusterIP"] = address(object["metadata"]["uid"].as_str().unwrap_or_default()).into();
        }
        let Some(status) = status::of(kind, &object, self.now) else {
            return object;
        };
        let mut with_status = object.clone();
        with_status["status"] = status.clone();
        let writer = Writer {
            subresource: "status".to_owned(),
            ..Writer::new(CONTROLLER, self.now)
        };
        match merge::update(self.kinds.schema(), Some(&object), &with_status, &writer) {
            Ok(merged) => canonical::stored(kind, &merged.object),
            // Who owns it cannot be told; that it is so can.
            Err(_) => with_status,
        }
    }
}

/// An address that a Service of this UID always gets.
fn address(uid: &str) -> String {
    let number = |digits: Option<&str>| {
        digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .unwrap_or(1)
    };
    format!("10.96.{}.{}", number(uid.get(..2)), number(uid.get(2..4)).clamp(1, 254))
}
