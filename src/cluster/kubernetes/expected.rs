//! What a successful answer has to be.
//!
//! Whatever stands between may answer in the place of an API server: a proxy with its page, a load balancer with
//! nothing, a broken cache with another object. Such an answer is none, whatever its code: what was written may not be
//! stored, and what was listed may not be all there is.

use serde_json::Value;
use smol_str::SmolStr;

use super::page::{Page, is_list_of};
use crate::cluster::{ClusterError, Failure, Resource};
use crate::object::{GroupVersionKind, ObjectRef};

/// What a successful answer has to be.
#[derive(Debug, Clone)]
pub(super) enum Expected {
    /// JSON of one of these kinds.
    Kind(&'static [&'static str]),
    /// JSON with this field.
    Field(&'static str),
    /// A list of objects of this kind.
    List(GroupVersionKind),
    /// This object.
    Object(Identity),
    /// That this object is gone, or as it is while it goes.
    Deleted(Identity),
}

/// What a successful answer says.
#[derive(Debug)]
pub(super) enum AnswerContent {
    /// A list whose objects are as usual.
    Page(Page),
    /// Anything else.
    Json(Value),
}

/// The object that an answer has to be.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    gvk: GroupVersionKind,
    namespace: Option<SmolStr>,
    name: SmolStr,
    /// The UID, only where another object of the name would be another one.
    uid: Option<String>,
}

impl Identity {
    /// The object of this name, whichever it is by now.
    pub fn named(resource: &Resource, reference: &ObjectRef) -> Self {
        Self {
            gvk: resource.gvk.clone(),
            namespace: reference.namespace.clone().filter(|_| resource.namespaced),
            name: reference.name.clone(),
            uid: None,
        }
    }

    /// The object that was sent: if it has a UID, no other.
    pub fn sent(resource: &Resource, reference: &ObjectRef, object: &Value) -> Self {
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
        Self {
            uid: uid.filter(|uid| !uid.is_empty()).map(str::to_owned),
            ..Self::named(resource, reference)
        }
    }

    fn is(&self, answer: &Value) -> bool {
        let metadata = &answer["metadata"];
        let text = |key: &str| metadata[key].as_str().filter(|text| !text.is_empty());
        answer["apiVersion"] == self.gvk.api_version()
            && answer["kind"] == self.gvk.group_kind.kind.as_str()
            && text("name") == Some(&self.name)
            && text("namespace") == self.namespace.as_deref()
            && text("uid").is_some_and(|uid| self.uid.as_deref().is_none_or(|wanted| wanted == uid))
    }

    fn words(&self) -> String {
        let Self {
            gvk, namespace, name, ..
        } = self;
        let reference = ObjectRef {
            kind: gvk.group_kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
        };
        reference.to_string()
    }
}

impl Expected {
    /// Reads the body of a successful answer.
    pub fn read(&self, body: &[u8]) -> Result<AnswerContent, ClusterError> {
        if let Self::List(gvk) = self
            && let Some(page) = Page::read(body, gvk)
        {
            return Ok(AnswerContent::Page(page));
        }
        self.read_json(body).map(AnswerContent::Json)
    }

    fn read_json(&self, body: &[u8]) -> Result<Value, ClusterError> {
        let unreadable = |message: String| ClusterError::new(Failure::Unreadable, message);
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(unreadable("the answer is empty".to_owned()));
        }
        // What the library says of a body that is no JSON quotes none of it.
        let answer = serde_json::from_slice(body)
            .map_err(|error| unreadable("the answer is not JSON".to_owned()).because(error))?;
        if self.is_met(&answer) {
            return Ok(answer);
        }
        Err(unreadable(format!(
            "the answer is not {}, but {}",
            self.words(),
            described(&answer)
        )))
    }

    fn is_met(&self, answer: &Value) -> bool {
        match self {
            Self::Kind(kinds) => kinds.iter().any(|kind| answer["kind"] == *kind),
            Self::Field(name) => !answer[name].is_null(),
            Self::List(gvk) => is_list(answer, gvk),
            Self::Object(identity) => identity.is(answer),
            Self::Deleted(identity) => {
                let is_done = answer["kind"] == "Status" && answer["status"] == "Success";
                is_done || identity.is(answer)
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Kind(kinds) => kinds.join(" or "),
            Self::Field(name) => format!("an object with `{name}`"),
            Self::List(gvk) => format!("a list of {}", gvk.group_kind.kind),
            Self::Object(identity) => identity.words(),
            Self::Deleted(identity) => format!("that {} is deleted", identity.words()),
        }
    }
}

/// Whether this is a list of these objects.
fn is_list(answer: &Value, gvk: &GroupVersionKind) -> bool {
    let is_object = |item: &Value| item["metadata"]["name"].is_string();
    let is_whole = match answer.get("items") {
        Some(Value::Array(items)) => items.iter().all(is_object),
        // Written by a server for an empty one.
        Some(Value::Null) => true,
        _ => false,
    };
    let text = |key: &str| answer[key].as_str().unwrap_or_default();
    is_whole && is_list_of(text("apiVersion"), text("kind"), gvk)
}

/// What an answer is, without a value of it.
fn described(answer: &Value) -> String {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    match (text("/kind"), text("/metadata/name"), answer) {
        (Some(kind), Some(name), _) => match text("/metadata/namespace") {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        },
        (Some(kind), None, _) => kind.to_owned(),
        (None, _, Value::Null) => "null".to_owned(),
        (None, _, Value::Object(fields)) if fields.is_empty() => "an empty object".to_owned(),
        (None, _, Value::Object(_)) => "an object that names no kind".to_owned(),
        (None, ..) => "a value that is no object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::resource;
    use serde_json::json;

    fn object(kind: &str, name: &str, uid: &str) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "n", "uid": uid}})
    }

    fn error(expected: &Expected, answer: &Value) -> String {
        let error = expected
            .read_json(answer.to_string().as_bytes())
            .expect_err("it is not expected");
        assert_eq!(error.failure, Failure::Unreadable);
        error.message
    }

    fn sent(uid: &str) -> Identity {
        let reference = ObjectRef {
            kind: crate::object::GroupKind::new("", "ConfigMap"),
            namespace: Some("n".into()),
            name: "a".into(),
        };
        Identity::sent(
            &resource("v1", "ConfigMap", true),
            &reference,
            &object("ConfigMap", "a", uid),
        )
    }

    #[test]
    fn only_the_object_that_was_written_is_an_answer_to_a_write() {
        let expected = Expected::Object(sent("1"));
        let read = |answer: Value| expected.read(answer.to_string().as_bytes());
        assert!(read(object("ConfigMap", "a", "1")).is_ok());
        for (other, words) in [
            (object("ConfigMap", "a", "2"), "ConfigMap n/a"),
            (object("ConfigMap", "b", "1"), "ConfigMap n/b"),
            (object("Secret", "a", "1"), "Secret n/a"),
            (json!(null), "null"),
            (json!({}), "an empty object"),
            (json!({"kind": "Status", "status": "Success"}), "Status"),
        ] {
            assert_eq!(
                error(&expected, &other),
                format!("the answer is not ConfigMap n/a, but {words}")
            );
        }
        let new = Expected::Object(sent(""));
        assert!(new.read(object("ConfigMap", "a", "7").to_string().as_bytes()).is_ok());
        assert!(new.read(object("ConfigMap", "a", "").to_string().as_bytes()).is_err());
    }

    #[test]
    fn a_body_that_is_no_json_is_not_quoted() {
        let expected = Expected::Object(sent("1"));
        for (body, message) in [
            ("", "the answer is empty"),
            ("{\"data\": \"hunter2", "the answer is not JSON"),
        ] {
            let error = expected.read_json(body.as_bytes()).expect_err("it is not expected");
            assert_eq!(error.message, message);
            let source = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(!source.contains("hunter2"), "{source}");
        }
    }

    #[test]
    fn an_empty_list_of_something_else_is_not_an_empty_list() {
        let secrets = Expected::List(GroupVersionKind::new("v1", "Secret"));
        let list = |api_version: &str, kind: &str, items: Value| json!({"apiVersion": api_version, "kind": kind, "metadata": {"resourceVersion": "1"}, "items": items});
        assert!(secrets.is_met(&list("v1", "SecretList", json!([]))));
        assert!(secrets.is_met(&list("v1", "SecretList", json!(null))));
        assert!(!secrets.is_met(&list("v1", "ConfigMapList", json!([]))));
        assert!(!secrets.is_met(&list("v1", "SecretList", json!([{}]))));
        assert!(!secrets.is_met(&json!({"apiVersion": "v1", "kind": "SecretList"})));
        let widgets = Expected::List(GroupVersionKind::new("example.com/v1", "Widget"));
        assert!(widgets.is_met(&list("example.com/v1", "Widgets", json!([]))));
        assert!(!widgets.is_met(&list("v1", "SecretList", json!([]))));
    }

    #[test]
    fn that_something_is_deleted_is_said_in_two_ways() {
        let deleted = Expected::Deleted(sent("1"));
        assert!(deleted.is_met(&json!({"kind": "Status", "status": "Success"})));
        assert!(deleted.is_met(&object("ConfigMap", "a", "1")));
        assert!(!deleted.is_met(&json!({"kind": "Status", "status": "Failure"})));
        assert_eq!(
            error(&deleted, &json!(null)),
            "the answer is not that ConfigMap n/a is deleted, but null"
        );
    }
}
