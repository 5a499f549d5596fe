//! What a 404 for a whole kind means.
//!
//! A server that has lost a kind answers so, as its definition was deleted. But whatever stands between may
//! answer so, too, and a list that is empty by mistake would have everything made anew. So the server is
//! asked whether it still names the kind. What it names follows what it serves within moments, and what is
//! still named is asked for again.

use std::time::Duration;

use http::StatusCode;

use super::discovery::RESOURCES;
use super::expected::Expected;
use super::refusal::RequestSubject;
use super::request::{self, HttpRequest};
use super::transport::Transport;
use crate::cluster::{ClusterError, Failure, Resource};

/// How long to wait before each further question.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_secs(1),
];

/// The answer of `ask`; `None` when the server has the kind no more.
pub(super) async fn unless_withdrawn<T, F>(
    transport: &Transport,
    resource: &Resource,
    ask: impl Fn() -> F,
) -> Result<Option<T>, ClusterError>
where
    F: Future<Output = Result<T, ClusterError>>,
{
    let mut pauses = PAUSES.into_iter();
    loop {
        let error = match ask().await {
            Err(error) if error.failure == Failure::NotFound => error,
            answer => return answer.map(Some),
        };
        if !is_named(transport, resource).await? {
            return Ok(None);
        }
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(error),
        }
    }
}

/// Whether the server names the kind among those of its version.
async fn is_named(transport: &Transport, resource: &Resource) -> Result<bool, ClusterError> {
    let request = HttpRequest::get(request::version(resource)?, Expected::Kind(&[RESOURCES]));
    let reply = transport.send(&request).await?;
    if reply.code == StatusCode::NOT_FOUND {
        return Ok(false);
    }
    let version = reply.accepted(&RequestSubject::kind(resource))?.content;
    let mut kinds = version["resources"].as_array().into_iter().flatten();
    Ok(kinds.any(|kind| kind["name"] == resource.plural.as_str()))
}
