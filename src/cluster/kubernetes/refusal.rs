//! What an API server refuses, read from its `Status`, and what that means to us.

use kube::core::Status;
use kube::core::response::StatusCause;
use serde_json::Value;

use super::transport::Reply;
use super::{cause_kind, field_paths};
use crate::cluster::{ClusterError, Failure, FieldCause, Resource};

/// What a request was about: it decides what a refusal means.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Subject<'a> {
    /// The kind.
    pub resource: Option<&'a Resource>,
    /// The object that was sent: the server writes names with dots in them as if they were paths.
    pub object: Option<&'a Value>,
}

impl<'a> Subject<'a> {
    /// Objects of a kind.
    pub fn kind(resource: &'a Resource) -> Self {
        Self {
            resource: Some(resource),
            object: None,
        }
    }

    /// An object that was sent.
    pub fn object(resource: &'a Resource, object: &'a Value) -> Self {
        Self {
            resource: Some(resource),
            object: Some(object),
        }
    }
}

/// An answer that says no.
#[derive(Debug)]
pub(super) struct Refusal {
    code: u16,
    status: Status,
}

impl Refusal {
    /// Reads a `Status`, or whatever else stands in the body: a proxy's page, a plain text.
    pub fn read(reply: &Reply) -> Self {
        let code = reply.code.as_u16();
        let body = serde_json::from_slice::<Value>(&reply.body)
            .ok()
            .filter(|body| body["kind"] == "Status");
        if let Some(status) = body.and_then(|body| serde_json::from_value(body).ok()) {
            return Self { code, status };
        }
        let text = String::from_utf8_lossy(&reply.body);
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        let mut message = format!("the server answered {}", reply.code);
        if !line.is_empty() {
            message += ": ";
            message.extend(line.chars().take(200));
        }
        Self {
            code,
            status: Status {
                message,
                ..Status::default()
            },
        }
    }

    /// What the watcher of `kube` passes on.
    pub fn of(status: Status) -> Self {
        Self {
            code: status.code,
            status,
        }
    }

    /// The status code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether the object that was looked for is not there; not so when its kind is not.
    pub fn is_no_such_object(&self, name: &str) -> bool {
        self.code == 404 && self.status.details.as_ref().is_some_and(|details| details.name == name)
    }

    /// Whether the object was refused for what it is, so that asking again is in vain. That is so
    /// for a 500 too when server-side apply could not read the object.
    pub fn is_about_the_object(&self) -> bool {
        match self.code {
            400 | 422 => !self.status.reason.is_empty(),
            413 => true,
            500 if field_paths::is_schema_check(&self.status.message) => true,
            _ => self.is_by_a_policy(),
        }
    }

    /// The error, for a request about `subject`.
    pub fn into_error(self, subject: &Subject<'_>) -> ClusterError {
        let failure = self.failure(subject);
        let mut causes = match failure {
            Failure::Invalid | Failure::Conflict | Failure::Denied => self.causes(subject.object),
            _ => Vec::new(),
        };
        if failure == Failure::Denied {
            // A policy repeats its message as a cause.
            causes.retain(|cause| cause.path.is_some());
            causes.extend(cause_kind::quota(&self.status.message));
        }
        let message = match failure {
            Failure::Unauthorized => {
                format!(
                    "the server does not accept the credential: it is missing, wrong or expired ({})",
                    self.message()
                )
            }
            _ => self.message(),
        };
        let user = self
            .user()
            .filter(|_| failure == Failure::Forbidden)
            .map(|(user, _)| user);
        ClusterError {
            causes,
            user,
            ..ClusterError::new(failure, message)
        }
    }

    fn failure(&self, subject: &Subject<'_>) -> Failure {
        let namespaced = subject.resource.is_some_and(|resource| resource.namespaced);
        let details_kind = self.status.details.as_ref().map_or("", |details| details.kind.as_str());
        match self.code {
            403 if self.has_cause("NamespaceTerminating", "") => Failure::NamespaceTerminating,
            403 if self.user().is_some_and(|(_, verb)| verb.starts_with("impersonate")) => Failure::MayNotImpersonate,
            403 if self.user().is_some() => Failure::Forbidden,
            403 => Failure::Denied,
            _ if self.is_by_a_policy() => Failure::Denied,
            401 => Failure::Unauthorized,
            404 if namespaced && details_kind == "namespaces" => Failure::NamespaceMissing,
            404 => Failure::NotFound,
            409 if self.status.reason == "AlreadyExists" => Failure::AlreadyExists,
            409 => Failure::Conflict,
            // Not a change of an immutable field: the object is another one by now.
            422 if self.has_cause("FieldValueInvalid", "metadata.uid") => Failure::Conflict,
            _ if self.is_about_the_object() => Failure::Invalid,
            _ => Failure::Other,
        }
    }

    /// The user who may not, and what they may not do: authorization says `User "x" cannot patch resource …`, while
    /// admission plugins, webhooks and policies use 403 for objects. The name stands as `%q` of Go writes it, of which
    /// a quote and a backslash are read.
    fn user(&self) -> Option<(String, &str)> {
        let message = &self.status.message;
        let (_, why) = message.split_once("forbidden: ").unwrap_or(("", message));
        let (name, verb) = why.strip_prefix("User \"")?.split_once("\" cannot ")?;
        Some((name.replace("\\\"", "\"").replace("\\\\", "\\"), verb))
    }

    /// Policies and webhooks choose their codes, and a webhook that does not answer is no less in the way.
    fn is_by_a_policy(&self) -> bool {
        let message = &self.status.message;
        message.contains(" is forbidden: ")
            || message.starts_with("admission webhook ") && message.contains(" denied the request")
            || message.starts_with("Internal error occurred: failed calling webhook ")
    }

    fn has_cause(&self, reason: &str, field: &str) -> bool {
        self.server_causes()
            .iter()
            .any(|cause| cause.reason == reason && (field.is_empty() || cause.field == field))
    }

    fn server_causes(&self) -> &[StatusCause] {
        self.status.details.as_ref().map_or(&[], |details| &details.causes)
    }

    fn message(&self) -> String {
        match self.status.message.trim() {
            "" => format!("the server answered {} {}", self.code, self.status.reason)
                .trim_end()
                .to_owned(),
            message => message.to_owned(),
        }
    }

    /// The server's causes where it names any, else what its message says about fields.
    fn causes(&self, object: Option<&Value>) -> Vec<FieldCause> {
        let named: Vec<_> = self
            .server_causes()
            .iter()
            .map(|cause| FieldCause {
                path: field_paths::field(&cause.field, object),
                kind: cause_kind::kind(&cause.reason, &cause.message),
                message: cause.message.clone(),
            })
            .collect();
        if named.iter().any(|cause| cause.path.is_some()) {
            named
        } else {
            [named, field_paths::causes(&self.status.message, object)].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use http::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::cluster::CauseKind;
    use crate::object::GroupVersionKind;

    fn reply(code: u16, body: &str) -> Reply {
        let code = StatusCode::from_u16(code).expect("a status code");
        Reply {
            code,
            warnings: Vec::new(),
            tag: None,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    }

    /// The error of a request about a ConfigMap, for a `Status` of kube-apiserver 1.37.2.
    fn error(code: u16, status: Value) -> ClusterError {
        error_about(code, status, None)
    }

    fn error_about(code: u16, mut status: Value, object: Option<&Value>) -> ClusterError {
        status["kind"] = "Status".into();
        status["code"] = code.into();
        let gvk = GroupVersionKind::new("v1", "ConfigMap");
        let resource = Resource {
            gvk,
            plural: "configmaps".into(),
            namespaced: true,
            listable: true,
        };
        Refusal::read(&reply(code, &status.to_string())).into_error(&Subject {
            resource: Some(&resource),
            object,
        })
    }

    fn paths(error: &ClusterError) -> Vec<String> {
        error
            .causes
            .iter()
            .map(|cause| cause.path.as_ref().map_or("-".into(), ToString::to_string))
            .collect()
    }

    #[test]
    fn a_right_that_is_missing_is_told_from_an_object_that_is_denied() {
        let user = error(
            403,
            json!({
                "message": "configmaps \"a\" is forbidden: User \"user-000\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"default\"",
                "reason": "Forbidden", "details": {"name": "a", "kind": "configmaps"},
            }),
        );
        assert_eq!(user.failure, Failure::Forbidden);
        assert_eq!(user.user.as_deref(), Some("user-000"));
        let path = error(
            403,
            json!({"message": "forbidden: User \"system:anonymous\" cannot get path \"/apis\"", "reason": "Forbidden"}),
        );
        assert_eq!(path.failure, Failure::Forbidden);

        let other = error(
            403,
            json!({"message": "forbidden: User \"user-000\" cannot impersonate-on:user-info:get path \"/version\"", "reason": "Forbidden"}),
        );
        assert_eq!((other.failure, other.user), (Failure::MayNotImpersonate, None));

        let quota = "services \"a\" is forbidden: exceeded quota: q, requested: services=1, used: services=0, limited: services=0";
        assert_eq!(
            error(403, json!({"message": quota, "reason": "Forbidden"})).failure,
            Failure::Denied
        );
        let rights = "clusterroles.rbac.authorization.k8s.io \"evil\" is forbidden: user \"user-000\" (groups=[\"\" \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}";
        assert_eq!(
            error(403, json!({"message": rights, "reason": "Forbidden"})).failure,
            Failure::Denied
        );
        let policy = error(
            422,
            json!({
                "message": "configmaps \"denied\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no such name",
                "reason": "Invalid",
                "details": {"name": "denied", "kind": "configmaps", "causes": [
                    {"message": "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no such name"},
                ]},
            }),
        );
        assert_eq!((policy.failure, policy.causes), (Failure::Denied, Vec::new()));
        let webhook = json!({"message": "admission webhook \"x.io\" denied the request: no", "reason": "BadRequest"});
        for code in [400, 401, 422, 500] {
            assert_eq!(error(code, webhook.clone()).failure, Failure::Denied);
        }
    }

    #[test]
    fn namespaces_that_are_missing_or_going_are_told_apart() {
        let missing = json!({"message": "namespaces \"nope\" not found", "reason": "NotFound", "details": {"name": "nope", "kind": "namespaces"}});
        assert_eq!(error(404, missing.clone()).failure, Failure::NamespaceMissing);
        let about_itself = Refusal {
            code: 404,
            status: serde_json::from_value(missing).expect("a status"),
        };
        assert!(about_itself.is_no_such_object("nope"));
        assert_eq!(about_itself.into_error(&Subject::default()).failure, Failure::NotFound);
        let going = error(
            403,
            json!({
                "message": "configmaps \"y\" is forbidden: unable to create new content in namespace term because it is being terminated",
                "reason": "Forbidden",
                "details": {"name": "y", "kind": "configmaps", "causes": [
                    {"reason": "NamespaceTerminating", "message": "namespace term is being terminated", "field": "metadata.namespace"},
                ]},
            }),
        );
        assert_eq!(going.failure, Failure::NamespaceTerminating);
    }

    #[test]
    fn a_kind_that_is_missing_is_no_missing_object() {
        let path = Refusal::read(&reply(404, "404 page not found\n"));
        assert!(!path.is_no_such_object("a"));
        let error = path.into_error(&Subject::default());
        assert_eq!(
            (error.failure, error.message.as_str()),
            (
                Failure::NotFound,
                "the server answered 404 Not Found: 404 page not found"
            )
        );
        let group = json!({"kind": "Status", "message": "the server could not find the requested resource", "reason": "NotFound", "details": {}, "code": 404});
        assert!(!Refusal::read(&reply(404, &group.to_string())).is_no_such_object("a"));
    }

    #[test]
    fn another_version_another_uid_and_other_managers_are_conflicts() {
        let version = "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again";
        assert_eq!(
            error(409, json!({"message": version, "reason": "Conflict"})).failure,
            Failure::Conflict
        );
        let uid = error(
            422,
            json!({
                "message": "ConfigMap \"a\" is invalid: metadata.uid: Invalid value: \"1\": field is immutable", "reason": "Invalid",
                "details": {"causes": [{"reason": "FieldValueInvalid", "message": "Invalid value: \"1\": field is immutable", "field": "metadata.uid"}]},
            }),
        );
        assert_eq!(uid.failure, Failure::Conflict);
        let object = json!({"data": {"keystone.conf": "y"}});
        let manager = error_about(
            409,
            json!({
                "message": "Apply failed with 1 conflict: conflict with \"stackanetes\": .data.keystone.conf", "reason": "Conflict",
                "details": {"causes": [{"reason": "FieldManagerConflict", "message": "conflict with \"stackanetes\"", "field": ".data.keystone.conf"}]},
            }),
            Some(&object),
        );
        assert_eq!(manager.failure, Failure::Conflict);
        assert_eq!(paths(&manager), ["data[keystone.conf]"]);
        assert_eq!(manager.causes[0].kind, CauseKind::Owned);
        let exists = error(
            409,
            json!({"message": "configmaps \"a\" already exists", "reason": "AlreadyExists"}),
        );
        assert_eq!(exists.failure, Failure::AlreadyExists);
    }

    #[test]
    fn what_apply_cannot_read_is_invalid_although_the_server_says_500() {
        let unknown = error(
            500,
            json!({"message": "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.replcas: field not declared in schema"}),
        );
        assert_eq!(unknown.failure, Failure::Invalid);
        assert_eq!(paths(&unknown), ["spec.replcas"]);
        assert_eq!(unknown.causes[0].message, "field not declared in schema");
        let secret = error(
            500,
            json!({"message": "failed to convert new object (/s; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 3"}),
        );
        assert_eq!((secret.failure.clone(), paths(&secret)), (Failure::Invalid, Vec::new()));
        let webhook = "Internal error occurred: failed calling webhook \"down.example.com\": failed to call webhook: Post \"https://127.0.0.1:1/x?timeout=10s\": dial tcp 127.0.0.1:1: connect: connection refused";
        assert_eq!(
            error(500, json!({"message": webhook, "reason": "InternalError"})).failure,
            Failure::Denied
        );
    }

    #[test]
    fn validation_names_its_fields() {
        let invalid = error(
            422,
            json!({
                "message": "Deployment.apps \"web\" is invalid: […]", "reason": "Invalid",
                "details": {"name": "web", "group": "apps", "kind": "Deployment", "causes": [
                    {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.template.spec.containers[0].image"},
                    {"reason": "FieldValueInvalid", "message": "Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable", "field": "spec.selector"},
                    {"reason": "FieldValueInvalid", "message": "Invalid value: \"key stone.conf\"", "field": "data[key stone.conf]"},
                    {"reason": "FieldValueInvalid", "message": "Invalid value: \"<secret contents redacted>\"", "field": "data[.dockerconfigjson]"},
                ]},
            }),
        );
        assert_eq!(invalid.failure, Failure::Invalid);
        assert_eq!(
            paths(&invalid),
            [
                "spec.template.spec.containers[0].image",
                "spec.selector",
                "data[key stone.conf]",
                "data[.dockerconfigjson]"
            ]
        );
    }

    #[test]
    fn a_credential_that_is_not_accepted_is_named_as_such() {
        let error = error(401, json!({"message": "Unauthorized", "reason": "Unauthorized"}));
        assert_eq!(error.failure, Failure::Unauthorized);
        assert!(error.message.contains("missing, wrong or expired"), "{error}");
    }

    #[test]
    fn an_answer_that_is_not_the_api_servers_is_quoted_in_short() {
        let page = format!("\n<html>{}</html>", "x".repeat(1000));
        let error = Refusal::read(&reply(502, &page)).into_error(&Subject::default());
        assert_eq!(error.failure, Failure::Other);
        assert!(
            error
                .message
                .starts_with("the server answered 502 Bad Gateway: <html>xxx"),
            "{error}"
        );
        assert!(error.message.len() < 300 && error.source().is_none());
        let plain = Refusal::read(&reply(400, "Client sent an HTTP request to an HTTPS server.\n"))
            .into_error(&Subject::default());
        assert_eq!(plain.failure, Failure::Other);
    }
}
