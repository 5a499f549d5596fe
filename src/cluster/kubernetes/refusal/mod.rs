//! What an API server refuses, read from its `Status`, and what that means to us.

mod cause_kind;
mod field_paths;

use kube::core::Status;
use kube::core::response::StatusCause;
use serde_json::Value;

use super::transport::Reply;
use crate::cluster::{ClusterError, Failure, FieldCause, Resource};

/// What a request was about: it decides what a refusal means.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestSubject<'a> {
    /// The kind.
    pub resource: Option<&'a Resource>,
    /// The object that was sent: the server writes names with dots in them as if they were paths.
    pub object: Option<&'a Value>,
}

impl<'a> RequestSubject<'a> {
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
pub(super) struct Rejection {
    code: u16,
    status: Status,
}

impl Rejection {
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
    pub fn into_error(self, subject: &RequestSubject<'_>) -> ClusterError {
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
            .map(|(user, _)| user.into_boxed_str());
        ClusterError {
            causes,
            user,
            code: Some(self.code),
            ..ClusterError::new(failure, message)
        }
    }

    fn failure(&self, subject: &RequestSubject<'_>) -> Failure {
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
    use crate::testing::documents;

    fn reply(code: u16, body: &str) -> Reply {
        let code = StatusCode::from_u16(code).expect("a status code");
        Reply {
            code,
            warnings: Vec::new(),
            tag: None,
            retry_after: None,
            body: body.as_bytes().to_vec(),
            content: Value::Null,
            page: None,
        }
    }

    /// The answers of a real server, and what is read in each.
    fn recorded() -> Vec<Value> {
        let recorded = documents(include_str!("../../../../fixtures/refusals/kube-apiserver-1.37.2.yaml"));
        assert!(recorded.len() > 15);
        recorded
    }

    /// The error of a request about a ConfigMap.
    fn error(recorded: &Value) -> ClusterError {
        let resource = Resource {
            gvk: GroupVersionKind::new("v1", "ConfigMap"),
            plural: "configmaps".into(),
            namespaced: true,
            listable: true,
        };
        let mut status = recorded["status"].clone();
        status["kind"] = "Status".into();
        status["code"] = recorded["code"].clone();
        let code = recorded["code"].as_u64().and_then(|code| u16::try_from(code).ok());
        Rejection::read(&reply(code.expect("a code"), &status.to_string())).into_error(&RequestSubject {
            resource: Some(&resource),
            object: recorded.get("object"),
        })
    }

    #[test]
    fn what_a_server_answers_is_told_by_what_can_be_done_about_it() {
        for recorded in recorded() {
            let error = error(&recorded);
            let text = |key: &str| recorded.get(key).and_then(Value::as_str);
            assert_eq!(Some(&*format!("{:?}", error.failure)), text("failure"), "{recorded}");
            assert_eq!(error.user.as_deref(), text("user"), "{recorded}");
            if let Some(expected) = recorded.get("paths") {
                let path = |cause: &FieldCause| cause.path.as_ref().map_or("-".into(), ToString::to_string);
                let paths: Vec<String> = error.causes.iter().map(path).collect();
                assert_eq!(json!(paths), *expected, "{recorded}");
            }
        }
    }

    #[test]
    fn a_cause_has_its_kind_and_its_words() {
        let causes: Vec<FieldCause> = recorded().iter().flat_map(|recorded| error(recorded).causes).collect();
        let kind_at = |path: &str| {
            let is_there = |cause: &&FieldCause| cause.path.as_ref().is_some_and(|at| at.to_string() == path);
            let cause = causes.iter().find(is_there).expect("a cause");
            (cause.kind, cause.message.as_str())
        };
        assert_eq!(kind_at("data[keystone.conf]").0, CauseKind::Owned);
        assert_eq!(kind_at("spec.replcas").1, "field not declared in schema");
    }

    #[test]
    fn a_namespace_that_is_asked_about_itself_is_a_missing_object() {
        let missing = json!({"message": "namespaces \"nope\" not found", "reason": "NotFound", "details": {"name": "nope", "kind": "namespaces"}});
        let about_itself = Rejection {
            code: 404,
            status: serde_json::from_value(missing).expect("a status"),
        };
        assert!(about_itself.is_no_such_object("nope"));
        assert_eq!(
            about_itself.into_error(&RequestSubject::default()).failure,
            Failure::NotFound
        );
    }

    #[test]
    fn a_credential_that_is_not_accepted_is_named_as_such() {
        let error = error(&json!({"code": 401, "status": {"message": "Unauthorized", "reason": "Unauthorized"}}));
        assert!(error.message.contains("missing, wrong or expired"), "{error}");
    }

    #[test]
    fn a_kind_that_is_missing_is_no_missing_object() {
        let path = Rejection::read(&reply(404, "404 page not found\n"));
        assert!(!path.is_no_such_object("a"));
        let error = path.into_error(&RequestSubject::default());
        assert_eq!(
            (error.failure, error.message.as_str()),
            (
                Failure::NotFound,
                "the server answered 404 Not Found: 404 page not found"
            )
        );
        let group = json!({"kind": "Status", "message": "the server could not find the requested resource", "reason": "NotFound", "details": {}, "code": 404});
        assert!(!Rejection::read(&reply(404, &group.to_string())).is_no_such_object("a"));
    }

    #[test]
    fn an_answer_that_is_not_the_api_servers_is_quoted_in_short() {
        let page = format!("\n<html>{}</html>", "x".repeat(1000));
        let error = Rejection::read(&reply(502, &page)).into_error(&RequestSubject::default());
        assert_eq!(error.failure, Failure::Other);
        assert!(
            error
                .message
                .starts_with("the server answered 502 Bad Gateway: <html>xxx"),
            "{error}"
        );
        assert!(error.message.len() < 300 && error.source().is_none());
        let plain = Rejection::read(&reply(400, "Client sent an HTTP request to an HTTPS server.\n"))
            .into_error(&RequestSubject::default());
        assert_eq!(plain.failure, Failure::Other);
    }
}
