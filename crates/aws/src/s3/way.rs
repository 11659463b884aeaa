//! The way to S3: a request that gets no answer for want of one fails soon, and says so.
//!
//! A request that is slow and one whose way is cut look the same, and `object_store` would wait a minute for each, and repeat
//! them for three. So a request that has had no answer for some seconds makes us ask the server for something small beside
//! it; when that gets no answer either, time after time, the request fails, and is not repeated here.

use std::error::Error;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::{Method, Request, Uri};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpService,
    ReqwestConnector,
};
use object_store::{ClientOptions, Result};
use parking_lot::Mutex;

use super::client::limits;

/// How long a request may have no answer before the way is looked at, and how long each look may take.
const QUIET: Duration = Duration::from_secs(5);

/// How many looks in a row must find nobody.
const LOOKS: u32 = 3;

/// How long every request must have failed for want of a connection, and for how long a failure counts.
const LOST_AFTER: Duration = Duration::from_secs(15);
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// There is no way to a server, as far as can be told from here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url} does not answer: check the network between this machine and it")]
pub struct NoWay {
    /// The server's URL.
    pub url: String,
}

/// Returns the lost way that `error`, or one of its causes, is about.
pub fn lost_way<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a NoWay> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(way) = error.downcast_ref() {
            return Some(way);
        }
        cause = error.source();
    }
    None
}

/// Asks the server at `url` for something small, once; returns whether it answers anything at all. May be repeated.
pub async fn answers(url: &str) -> bool {
    let Ok(client) = ReqwestConnector::default().connect(&limits(true)) else { return false };
    let Ok(uri) = url.parse() else { return false };
    is_there(&client, &uri).await
}

/// Makes clients that notice when their way is lost.
#[derive(Debug)]
pub(super) struct WatchedConnector;

impl HttpConnector for WatchedConnector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(WatchedClient { client, failing: Mutex::default() }))
    }
}

#[derive(Debug)]
struct WatchedClient {
    client: HttpClient,
    failing: Mutex<Option<Failing>>,
}

/// Since when no request has had an answer, but only failed connections; and when the last one failed.
#[derive(Debug, Clone, Copy)]
struct Failing {
    since: Instant,
    last: Instant,
}

impl Failing {
    fn again(earlier: Option<Self>, now: Instant) -> Self {
        let going_on = earlier.filter(|failing| now.duration_since(failing.last) < FORGOTTEN_AFTER);
        Self { since: going_on.map_or(now, |failing| failing.since), last: now }
    }

    fn is_lost(self) -> bool {
        self.last.duration_since(self.since) >= LOST_AFTER
    }
}

#[async_trait]
impl HttpService for WatchedClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let server = server_of(request.uri());
        tokio::select! {
            answer = self.client.execute(request) => self.judged(answer, &server),
            () = self.is_lost(&server) => Err(no_way(&server)),
        }
    }
}

impl WatchedClient {
    /// Waits until nobody has answered several looks in a row.
    async fn is_lost(&self, server: &Uri) {
        let mut missed = 0;
        loop {
            tokio::time::sleep(QUIET).await;
            while missed < LOOKS && !is_there(&self.client, server).await {
                missed += 1;
            }
            if missed == LOOKS {
                return;
            }
            missed = 0;
            *self.failing.lock() = None;
        }
    }

    /// Returns an answer, or why there is none: for want of a way, if that has been so for a while.
    fn judged(&self, answer: Result<HttpResponse, HttpError>, server: &Uri) -> Result<HttpResponse, HttpError> {
        let mut failing = self.failing.lock();
        match answer {
            Err(error) if is_unreached(&error) => {
                let now = Failing::again(*failing, Instant::now());
                *failing = Some(now);
                if now.is_lost() { Err(no_way(server)) } else { Err(error) }
            }
            other => {
                *failing = None;
                other
            }
        }
    }
}

fn no_way(server: &Uri) -> HttpError {
    // Of this kind, it is not repeated.
    HttpError::new(HttpErrorKind::Unknown, NoWay { url: server.to_string() })
}

/// Returns whether a server answers anything at all, in time. One that refuses the connection is there, and starting.
async fn is_there(client: &HttpClient, server: &Uri) -> bool {
    let mut request = Request::new(HttpRequestBody::empty());
    *request.method_mut() = Method::HEAD;
    *request.uri_mut() = server.clone();
    match tokio::time::timeout(QUIET, client.execute(request)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => !is_unreached(&error),
        Err(_) => false,
    }
}

/// Returns whether a request failed because nobody could be reached. A connection that takes too long is a `Timeout`, too.
fn is_unreached(error: &HttpError) -> bool {
    matches!(error.kind(), HttpErrorKind::Connect | HttpErrorKind::Timeout) && !is_refused(error)
}

fn is_refused(error: &HttpError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Returns the URL of the server alone.
fn server_of(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_of_an_object_is_its_host() {
        let uri = "https://lake.s3.eu-west-1.amazonaws.com/a/b?uploads".parse().unwrap();
        assert_eq!(server_of(&uri).to_string(), "https://lake.s3.eu-west-1.amazonaws.com/");
    }

    #[test]
    fn a_lost_way_is_found_below_other_errors() {
        let way = no_way(&"http://s3.example:9000/".parse().unwrap());
        let error = object_store::Error::Generic { store: "S3", source: Box::new(way) };
        assert_eq!(lost_way(&error).unwrap().url, "http://s3.example:9000/");
        assert_eq!(lost_way(&std::io::Error::other("else")), None);
    }

    #[test]
    fn a_way_is_lost_when_it_has_failed_for_a_while() {
        let begun = Instant::now();
        let first = Failing::again(None, begun);
        assert!(!first.is_lost());
        assert!(!Failing::again(Some(first), begun + LOST_AFTER / 2).is_lost());
        assert!(Failing::again(Some(first), begun + LOST_AFTER).is_lost());
        assert!(!Failing::again(Some(first), begun + FORGOTTEN_AFTER).is_lost());
    }

    #[tokio::test]
    async fn a_server_that_refuses_is_there() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        assert!(answers(&url).await);
    }
}
