//! One HTTP request to an API server: its method, its address and its body, as data.
//!
//! Addresses are made here and not by `kube`, which writes names into them as they are: a name is
//! what somebody wrote into a manifest, and must not be able to address anything else.

use std::fmt::Write as _;

use http::Method;
use serde_json::Value;

use super::expected::{Expected, Identity};
use crate::cluster::{ClusterError, Failure, Resource};

/// What server-side apply is sent as. JSON is YAML.
const APPLY_PATCH: &str = "application/apply-patch+yaml";

const JSON: &str = "application/json";

const JSON_PATCH: &str = "application/json-patch+json";

/// A request that is still to be sent.
#[derive(Debug, Clone)]
pub(super) struct HttpRequest {
    /// The HTTP method.
    pub method: Method,
    /// Path and query, encoded.
    pub address: String,
    /// Which forms of an answer are understood.
    pub accept: &'static str,
    /// What is known already, by the tag that the server gave it: it need not be sent again.
    pub known: Option<String>,
    /// The body, if there is one, and what it is.
    pub body: Option<Body>,
    /// Whether the request may be sent again when its answer is lost.
    pub repeat: Repeat,
    /// What a successful answer has to be.
    pub expected: Expected,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// The media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Twice is as good as once.
    Always,
    /// The second would fail or do it again: only when the server said that it did not begin.
    WhenRefused,
}

impl HttpRequest {
    /// Reads `address`.
    pub fn get(address: impl Into<String>, expected: Expected) -> Self {
        Self {
            method: Method::GET,
            address: address.into(),
            accept: JSON,
            known: None,
            body: None,
            repeat: Repeat::Always,
            expected,
        }
    }

    /// Applies `object` to `address`.
    pub fn apply(address: String, object: &Value, answer: Identity) -> Self {
        Self {
            method: Method::PATCH,
            ..Self::get(address, Expected::Object(answer))
        }
        .with(APPLY_PATCH, object)
    }

    /// Changes what is at `address` by a JSON patch.
    pub fn patch(address: String, operations: &Value, answer: Identity) -> Self {
        Self {
            method: Method::PATCH,
            repeat: Repeat::WhenRefused,
            ..Self::get(address, Expected::Object(answer))
        }
        .with(JSON_PATCH, operations)
    }

    /// Creates `object` in `address`.
    pub fn create(address: String, object: &Value, answer: Identity) -> Self {
        Self {
            method: Method::POST,
            repeat: Repeat::WhenRefused,
            ..Self::get(address, Expected::Object(answer))
        }
        .with(JSON, object)
    }

    /// Replaces what is at `address` by `object`.
    pub fn replace(address: String, object: &Value, answer: Identity) -> Self {
        Self {
            method: Method::PUT,
            ..Self::get(address, Expected::Object(answer))
        }
        .with(JSON, object)
    }

    /// Deletes what is at `address` under `options`.
    pub fn delete(address: String, options: &Value, answer: Identity) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(address, Expected::Deleted(answer))
        }
        .with(JSON, options)
    }

    fn with(mut self, media_type: &'static str, body: &Value) -> Self {
        self.body = Some(Body {
            media_type,
            bytes: body.to_string().into_bytes(),
        });
        self
    }
}

/// The path of the version that a kind is of: what is there names the kinds of it.
pub(super) fn version(resource: &Resource) -> Result<String, ClusterError> {
    let gvk = &resource.gvk;
    let group = match gvk.group_kind.group.as_str() {
        "" => "/api".to_owned(),
        group => "/apis/".to_owned() + &segment(group)?,
    };
    Ok(group + "/" + &segment(&gvk.version)?)
}

/// The path of a kind's objects, in a namespace or all of them.
pub(super) fn collection(resource: &Resource, namespace: Option<&str>) -> Result<String, ClusterError> {
    let mut path = version(resource)?;
    if let Some(namespace) = namespace.filter(|_| resource.namespaced) {
        path = path + "/namespaces/" + &segment(namespace)?;
    }
    Ok(path + "/" + &segment(&resource.plural)?)
}

/// The path of one object.
pub(super) fn member(resource: &Resource, namespace: Option<&str>, name: &str) -> Result<String, ClusterError> {
    Ok(collection(resource, namespace)? + "/" + &segment(name)?)
}

/// `path` with a query of these names and values.
pub(super) fn query(path: String, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if pairs.is_empty() {
        path
    } else {
        path + "?" + &pairs.join("&")
    }
}

/// One segment of a path. To encode a slash is not enough: API servers decode it and then see two
/// segments. These are the names that no object can have.
fn segment(name: &str) -> Result<String, ClusterError> {
    if matches!(name, "" | "." | "..") || name.contains(['/', '%']) {
        let message = format!("failed to address {name:?}: a name is not empty, is not . or .., and holds no / or %");
        return Err(ClusterError::new(Failure::Invalid, message));
    }
    Ok(encode(name))
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut encoded, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
                _ => drop(write!(encoded, "%{byte:02X}")),
            }
            encoded
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupVersionKind;

    fn resource(api_version: &str, kind: &str, plural: &str, namespaced: bool) -> Resource {
        let gvk = GroupVersionKind::new(api_version, kind);
        Resource {
            gvk,
            plural: plural.into(),
            namespaced,
            listable: true,
        }
    }

    #[test]
    fn addresses_are_those_of_the_api() -> Result<(), ClusterError> {
        let deployments = resource("apps/v1", "Deployment", "deployments", true);
        assert_eq!(collection(&deployments, None)?, "/apis/apps/v1/deployments");
        assert_eq!(
            member(&deployments, Some("a"), "web")?,
            "/apis/apps/v1/namespaces/a/deployments/web"
        );
        let nodes = resource("v1", "Node", "nodes", false);
        assert_eq!(member(&nodes, Some("ignored"), "one")?, "/api/v1/nodes/one");
        assert_eq!(
            member(&nodes, None, "system:a b?c#d")?,
            "/api/v1/nodes/system%3Aa%20b%3Fc%23d"
        );
        Ok(())
    }

    #[test]
    fn a_name_cannot_address_anything_else() {
        let secrets = resource("v1", "Secret", "secrets", true);
        for name in ["", ".", "..", "a/status", "../b", "a%2Fb"] {
            assert_eq!(
                member(&secrets, Some("a"), name).map_err(|error| error.failure),
                Err(Failure::Invalid)
            );
            assert_eq!(
                member(&secrets, Some(name), "a").map_err(|error| error.failure),
                Err(Failure::Invalid)
            );
        }
    }

    #[test]
    fn a_selector_survives_the_query() {
        assert_eq!(
            query("/x".into(), &[("labelSelector", "a in (b,c),!d"), ("limit", "500")]),
            "/x?labelSelector=a%20in%20%28b%2Cc%29%2C%21d&limit=500"
        );
    }
}
