//! Writes to the real API server.

use http::Request;
use kube::{Client, Error};
use serde_json::Value;
use stackanetes::object::field::ManagedFields;

use super::step::{Answer, Write};
use super::subjects::Subject;
use crate::api;
use crate::control_plane::ControlPlane;

/// A connection to the test control plane.
#[derive(Clone)]
pub struct Server(Client);

/// Which object is written, and by whom.
pub struct Target<'a> {
    pub subject: &'a Subject,
    pub version: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub manager: &'a str,
    pub subresource: &'a str,
}

impl Server {
    pub async fn connect(plane: &ControlPlane) -> Self {
        Self(api::connect(plane).await)
    }

    /// Sends one write.
    pub async fn write(&self, target: &Target<'_>, write: &Write) -> Answer {
        let (method, content, body) = match write {
            Write::Apply { config, .. } => ("PATCH", "application/apply-patch+yaml", config),
            Write::Create { sent } => ("POST", "application/json", sent),
            Write::Put { sent } => ("PUT", "application/json", sent),
            Write::MergePatch { sent } | Write::Scale { sent } => ("PATCH", "application/merge-patch+json", sent),
            Write::JsonPatch { sent } => ("PATCH", "application/json-patch+json", sent),
        };
        let force = matches!(write, Write::Apply { force: true, .. });
        let api = if target.version.contains('/') { "apis" } else { "api" };
        let collection = format!(
            "/{api}/{}/namespaces/{}/{}",
            target.version, target.namespace, target.subject.plural
        );
        let object = format!("{collection}/{}", target.name);
        let mut path = if method == "POST" { collection } else { object.clone() };
        if !target.subresource.is_empty() {
            path = format!("{path}/{}", target.subresource);
        }
        let force = if force { "&force=true" } else { "" };
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?fieldManager={}{force}", target.manager))
            .header("content-type", content)
            .body(body.to_string().into_bytes())
            .expect("a request");
        match self.0.request_text(request).await {
            // What is answered is the scale, not the object.
            Ok(_) if matches!(write, Write::Scale { .. }) => {
                let get = Request::get(object).body(Vec::new()).expect("a request");
                Answer::Stored(self.0.request(get).await.expect("the object that was scaled"))
            }
            Ok(text) => Answer::Stored(read(&text)),
            Err(Error::Api(status)) => answer(&status),
            Err(error) => panic!("the API server gave no answer: {error}"),
        }
    }
}

/// Reads an object. Its managed fields are written as we would write them, to the letter.
fn read(text: &str) -> Value {
    let object: Value = serde_json::from_str(text).expect("the API server writes JSON");
    for (_, fields) in ManagedFields::read(&object).entries() {
        let fields = fields.to_fields_v1_text();
        assert!(text.contains(&fields), "{fields}\nis not in\n{text}");
    }
    object
}

fn answer(status: &kube::core::Status) -> Answer {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let conflicts: Vec<_> = causes
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| (cause.message.clone(), cause.field.clone()))
        .collect();
    if !conflicts.is_empty() {
        return Answer::Conflicts(conflicts);
    }
    let message = status.message.clone();
    if message.contains("failed to create typed patch object") {
        Answer::Untyped(message)
    } else {
        Answer::Refused(message)
    }
}
