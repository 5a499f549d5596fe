//! Sends requests: time limits, what is tried again and how often, and what came back.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::Value;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::expected::{AnswerContent, Expected};
use super::page::Page;
use super::refusal::{self, Rejection};
use super::request::{HttpRequest, Repeat};
use super::unreachable::{self, ServerAddress};
use super::warning;
use crate::cluster::{ClusterError, Failure};

/// Longer than the 60 seconds after which an API server itself gives up on a request.
const ANSWER_LIMIT: Duration = Duration::from_secs(65);
/// How long an answer that has begun may pause.
const PAUSE_LIMIT: Duration = Duration::from_secs(60);

/// How often a request is sent at most when the server says that it has no time for it.
const TRIES_WHEN_BUSY: u32 = 8;
/// How often at most when it, or the way to it, failed.
const TRIES_WHEN_FAILED: u32 = 4;
/// How long a request is sent again at most.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long at most to a server that has never answered.
const PATIENCE_WITH_A_STRANGER: Duration = Duration::from_secs(10);
/// How many bytes a body has that is read while others go on, at least.
const LARGE: usize = 64 * 1024;
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// The way to one API server.
#[derive(Clone)]
pub(super) struct Transport {
    /// The client of `kube`: TLS, credentials, and their renewal.
    pub client: Client,
    /// The server, for messages.
    pub server: ServerAddress,
    limit: RequestLimit,
    /// Set once it has answered: before that, a failure may be a wrong address as well as a bad moment.
    answered: Arc<AtomicBool>,
}

/// How long one request may take. A watch lasts as long as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestLimit {
    /// A little longer than an API server gives itself, and longer while the answer goes on.
    Usual,
    /// This long from its begin to the end of its answer.
    Whole(Duration),
    /// The request may take as long as it likes.
    Endless,
}

impl RequestLimit {
    /// What `--request-timeout` says: zero is endless, as for kubectl.
    pub fn of(typed: Option<Duration>) -> Self {
        match typed {
            None => Self::Usual,
            Some(Duration::ZERO) => Self::Endless,
            Some(limit) => Self::Whole(limit),
        }
    }
}

/// What the server answered, whatever it is.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub code: StatusCode,
    /// What its `Warning` headers say.
    pub warnings: Vec<String>,
    /// The tag of the body, by which it need not be sent again.
    pub tag: Option<String>,
    /// How long it asks to wait before the next try.
    pub retry_after: Option<Duration>,
    /// The body, of what is no success.
    pub body: Vec<u8>,
    /// What the body of a success says: what was expected of it.
    pub content: Value,
    /// The list that was expected, where its objects are as usual: it is not in `content` then.
    pub page: Option<Page>,
}

impl Transport {
    /// A way that was not taken yet.
    pub fn new(client: Client, server: ServerAddress, limit: RequestLimit) -> Self {
        Self {
            client,
            server,
            limit,
            answered: Arc::default(),
        }
    }

    /// Sends `request`, again where that helps and does no harm.
    pub async fn send(&self, request: &HttpRequest) -> Result<Reply, ClusterError> {
        let start = Instant::now();
        let mut tried = 1;
        loop {
            let outcome = self.try_once(request).await;
            let delay = delay(request, &outcome, tried);
            let patience = if self.answered.load(Ordering::Relaxed) {
                PATIENCE
            } else {
                PATIENCE_WITH_A_STRANGER
            };
            let Some(delay) = delay.filter(|delay| start.elapsed() + *delay < patience) else {
                return outcome;
            };
            tracing::debug!(verb = %request.method, address = request.address, ?delay, tried, "trying again");
            sleep(delay).await;
            tried += 1;
        }
    }

    /// Takes the server for one that has answered.
    #[cfg(test)]
    pub fn know(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    async fn try_once(&self, request: &HttpRequest) -> Result<Reply, ClusterError> {
        let start = Instant::now();
        let outcome = match self.limit {
            RequestLimit::Whole(limit) => {
                let outcome = timeout(limit, self.exchange(request)).await;
                outcome.unwrap_or_else(|_| Err(unreachable::no_answer(&self.server, limit)))
            }
            RequestLimit::Usual | RequestLimit::Endless => self.exchange(request).await,
        };
        let milliseconds = start.elapsed().as_millis();
        match &outcome {
            Ok(reply) => {
                self.answered.store(true, Ordering::Relaxed);
                let code = reply.code.as_u16();
                tracing::debug!(verb = %request.method, address = request.address, code, milliseconds, "answered");
            }
            Err(error) => {
                tracing::debug!(verb = %request.method, address = request.address, %error, milliseconds, "not answered");
            }
        }
        outcome
    }

    async fn exchange(&self, request: &HttpRequest) -> Result<Reply, ClusterError> {
        let mut builder = http::Request::builder()
            .method(&request.method)
            .uri(&request.address)
            .header(header::ACCEPT, request.accept);
        if let Some(tag) = &request.known {
            builder = builder.header(header::IF_NONE_MATCH, tag);
        }
        let mut body = Body::empty();
        if let Some(sent) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, sent.media_type);
            body = Body::from(sent.bytes.clone());
        }
        let sent = builder
            .body(body)
            .map_err(|error| unreachable::error(&self.server, error))?;
        let answer = self.within(ANSWER_LIMIT, self.client.send(sent)).await?;
        let answer = answer.map_err(|error| unreachable::error(&self.server, error))?;
        let (parts, mut frames) = answer.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = self.within(PAUSE_LIMIT, frames.frame()).await? {
            let frame = frame.map_err(|error| unreachable::error(&self.server, error))?;
            if let Ok(data) = frame.into_data() {
                body.extend_from_slice(&data);
            }
        }
        let mut reply = Reply {
            code: parts.status,
            warnings: warning::texts(&parts.headers),
            tag: text(&parts.headers, &header::ETAG),
            retry_after: retry_after(&parts.headers),
            body,
            content: Value::Null,
            page: None,
        };
        if reply.code.is_success() {
            match read(&request.expected, std::mem::take(&mut reply.body)).await? {
                AnswerContent::Page(page) => reply.page = Some(page),
                AnswerContent::Json(content) => reply.content = content,
            }
        }
        Ok(reply)
    }

    /// Waits no longer than usual, unless somebody said how long.
    async fn within<T>(&self, usual: Duration, step: impl Future<Output = T>) -> Result<T, ClusterError> {
        match self.limit {
            RequestLimit::Usual => {
                let done = timeout(usual, step).await;
                done.map_err(|_| unreachable::no_answer(&self.server, usual))
            }
            RequestLimit::Whole(_) | RequestLimit::Endless => Ok(step.await),
        }
    }
}

/// Reads the body of a success; a large one while others go on.
async fn read(expected: &Expected, body: Vec<u8>) -> Result<AnswerContent, ClusterError> {
    if body.len() < LARGE {
        return expected.read(&body);
    }
    let expected = expected.clone();
    let stopped = |error: JoinError| ClusterError::new(Failure::Other, "failed to read an answer").because(error);
    spawn_blocking(move || expected.read(&body)).await.map_err(stopped)?
}

/// How long to wait before `request` is sent for the next time; `None` when it is not.
fn delay(request: &HttpRequest, outcome: &Result<Reply, ClusterError>, tried: u32) -> Option<Duration> {
    let (tries, asked) = match outcome {
        Ok(reply) if reply.code == StatusCode::TOO_MANY_REQUESTS => (TRIES_WHEN_BUSY, reply.retry_after),
        _ if request.repeat == Repeat::WhenRefused => return None,
        Ok(reply) if !is_transient(reply) => return None,
        Ok(Reply {
            retry_after: Some(asked),
            ..
        }) => (TRIES_WHEN_BUSY, Some(*asked)),
        Err(error) if !unreachable::is_transient(error) => return None,
        Ok(_) | Err(_) => (TRIES_WHEN_FAILED, None),
    };
    (tried < tries).then(|| backoff(tried).max(asked.unwrap_or_default()))
}

/// Whether the same request may be answered otherwise a moment later.
fn is_transient(reply: &Reply) -> bool {
    reply.code.is_server_error() && !Rejection::read(reply).is_about_the_object()
}

/// Doubled with each try, plus up to half of it at random, so that many do not come back at once.
fn backoff(tried: u32) -> Duration {
    let delay = FIRST_DELAY * 2_u32.saturating_pow(tried.saturating_sub(1).min(8));
    let random = RandomState::new().build_hasher().finish().to_le_bytes()[0];
    delay + delay * u32::from(random) / 512
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = text(headers, &header::RETRY_AFTER)?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

impl Reply {
    /// This reply, if the server did what it was asked to; what it refused, otherwise.
    pub fn accepted(self, about: &refusal::RequestSubject<'_>) -> Result<Self, ClusterError> {
        if self.code.is_success() {
            Ok(self)
        } else {
            Err(Rejection::read(&self).into_error(about))
        }
    }
}
