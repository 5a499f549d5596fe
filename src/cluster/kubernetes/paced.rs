//! Paces watches: one that ends as soon as it has begun is not begun again at once.
//!
//! The watcher of `kube` begins again without a pause where a watch ends without an error, as it does every few
//! minutes. What stands between and ends each at once would be asked thousands of times a second.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use tokio::time::{Instant, sleep_until};
use tower_service::Service;

/// How long after a watch has begun the next one may begin.
const PACE: Duration = Duration::from_secs(1);

/// The way to an API server for one watch.
pub(super) struct Paced {
    client: Client,
    /// When the next watch may begin.
    next: Instant,
}

impl Paced {
    /// A client for one watch.
    pub fn client(client: Client) -> Client {
        let namespace = client.default_namespace().to_owned();
        let next = Instant::now();
        Client::new(Self { client, next }, namespace)
    }
}

impl Service<Request<Body>> for Paced {
    type Response = Response<Body>;
    type Error = kube::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // The client waits for its own turn.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let client = self.client.clone();
        let is_watch = request.uri().query().is_some_and(|query| query.contains("watch="));
        if !is_watch {
            return Box::pin(async move { client.send(request).await });
        }
        let begin = self.next.max(Instant::now());
        self.next = begin + PACE;
        Box::pin(async move {
            sleep_until(begin).await;
            client.send(request).await
        })
    }
}
