//! Who may ask a service for what: health everybody, work the cluster's processes, and looking on those who are let.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use springald_tls::{ApiToken, Peer};
use tonic::Status;

/// Where the driver asks how many tasks the cluster runs at the same time.
pub(crate) const SLOTS: &str = "/slots";

/// Where an executor that lacks something asks how many tasks are at work in the cluster.
pub(crate) const WORK: &str = "/work";

/// The gRPC services: whoever reaches them can run things.
const SERVICES: [&str; 2] = ["/ballista.protobuf.SchedulerGrpc/", "/arrow.flight.protocol.FlightService/"];

/// What a service asks of those who come to it.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) needs_certificates: bool,
    pub(crate) token: Option<ApiToken>,
}

/// A part of a service, by whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Health checks.
    Everybody,
    /// Work: the other processes of the cluster.
    Cluster,
    /// All else, which may only be looked at.
    Onlookers,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("this cluster needs certificates, and none was shown: give --tls-bundle")]
    NoCertificate,
    #[error(
        "who is not on this machine needs the cluster's certificate, or the token of --api-token-file \
         (`Authorization: Bearer …`)"
    )]
    Stranger,
    #[error("this may be looked at, and nothing can be changed here")]
    ReadOnly,
}

impl Access {
    /// Decides about a request.
    fn decide(&self, peer: Peer, method: &Method, path: &str, authorization: Option<&str>) -> Result<(), Refusal> {
        match door(path) {
            Door::Everybody => Ok(()),
            Door::Cluster if self.needs_certificates && !peer.has_certificate => Err(Refusal::NoCertificate),
            Door::Cluster => Ok(()),
            Door::Onlookers if *method != Method::GET && *method != Method::HEAD => Err(Refusal::ReadOnly),
            Door::Onlookers if peer.is_here || peer.has_certificate || self.is_token(authorization) => Ok(()),
            Door::Onlookers => Err(Refusal::Stranger),
        }
    }

    fn is_token(&self, authorization: Option<&str>) -> bool {
        self.token.as_ref().zip(authorization).is_some_and(|(token, sent)| token.is_in(sent))
    }
}

fn door(path: &str) -> Door {
    match path {
        "/healthz" | "/readyz" => Door::Everybody,
        SLOTS | WORK => Door::Cluster,
        path if SERVICES.iter().any(|service| path.starts_with(service)) => Door::Cluster,
        _ => Door::Onlookers,
    }
}

/// Lets a request through, or answers it with the reason why not.
pub(crate) async fn check(
    State(access): State<Arc<Access>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let Err(refusal) = access.decide(peer, request.method(), path, authorization(request.headers())) else {
        return next.run(request).await;
    };
    tracing::info!(peer = %peer.address, path, "request refused: {refusal}");
    refused(refusal, is_grpc(request.headers()))
}

/// Answers in the words of whoever asks: a client of gRPC takes anything but its own for a broken connection.
fn refused(refusal: Refusal, is_grpc: bool) -> Response {
    let (code, status): (_, fn(String) -> Status) = match refusal {
        Refusal::NoCertificate | Refusal::Stranger => (StatusCode::UNAUTHORIZED, Status::unauthenticated),
        Refusal::ReadOnly => (StatusCode::METHOD_NOT_ALLOWED, Status::unimplemented),
    };
    if is_grpc {
        return status(refusal.to_string()).into_http::<Body>();
    }
    (code, format!("{refusal}\n")).into_response()
}

/// Returns whether a request is one of gRPC.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBMIT: &str = "/ballista.protobuf.SchedulerGrpc/ExecuteQuery";
    const FETCH: &str = "/arrow.flight.protocol.FlightService/DoGet";

    fn peer(has_certificate: bool, is_here: bool) -> Peer {
        Peer { address: "10.0.1.24:50000".parse().unwrap(), has_certificate, is_here }
    }

    fn decided(needs_certificates: bool, peer: Peer, method: Method, path: &str) -> Result<(), Refusal> {
        Access { needs_certificates, token: None }.decide(peer, &method, path, None)
    }

    #[test]
    fn health_is_everybodys() {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(decided(true, peer(false, false), Method::GET, path), Ok(()));
        }
    }

    #[test]
    fn work_needs_a_certificate_where_there_are_any_and_nothing_replaces_it() {
        for path in [SUBMIT, FETCH, SLOTS, WORK] {
            for is_here in [true, false] {
                let without = decided(true, peer(false, is_here), Method::POST, path);
                assert_eq!(without, Err(Refusal::NoCertificate), "{path}");
            }
            assert_eq!(decided(true, peer(true, false), Method::POST, path), Ok(()));
            assert_eq!(decided(false, peer(false, false), Method::POST, path), Ok(()));
        }
    }

    #[test]
    fn onlookers_are_here_or_have_a_certificate() {
        for path in
            ["/", "/metrics", "/api/jobs", "/api/job/abc/config", "/healthz/", "/ballista.protobuf.SchedulerGrpc"]
        {
            for needs_certificates in [true, false] {
                assert_eq!(decided(needs_certificates, peer(false, true), Method::GET, path), Ok(()));
                assert_eq!(decided(needs_certificates, peer(true, false), Method::GET, path), Ok(()));
                let stranger = decided(needs_certificates, peer(false, false), Method::GET, path);
                assert_eq!(stranger, Err(Refusal::Stranger), "{path}");
            }
        }
    }

    #[test]
    fn onlookers_change_nothing() {
        for method in [Method::PATCH, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert_eq!(decided(true, peer(true, true), method, "/api/job/abc"), Err(Refusal::ReadOnly));
        }
    }

    #[tokio::test]
    async fn a_refusal_is_in_the_words_of_whoever_asks() {
        for refusal in [Refusal::NoCertificate, Refusal::Stranger, Refusal::ReadOnly] {
            let answer = refused(refusal, true);
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/grpc");
            let status = Status::from_header_map(answer.headers()).unwrap();
            assert_eq!(status.message(), refusal.to_string());
            let answer = refused(refusal, false);
            assert!(answer.status().is_client_error(), "{}", answer.status());
            let body = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
            assert_eq!(body, format!("{refusal}\n"));
        }
        let asked = |kind: &'static str| is_grpc(&HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]));
        assert!(asked("application/grpc") && asked("application/grpc+proto") && !asked("application/json"));
    }

    #[test]
    fn the_token_opens_what_may_be_looked_at_and_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, mode).unwrap();
        let access = Access { needs_certificates: true, token: Some(ApiToken::read(&file).unwrap()) };
        let ask = |path, sent| access.decide(peer(false, false), &Method::GET, path, Some(sent));
        assert_eq!(ask("/metrics", "Bearer 0123456789abcdef"), Ok(()));
        assert_eq!(ask("/metrics", "Bearer 0123456789abcdeF"), Err(Refusal::Stranger));
        assert_eq!(ask(SUBMIT, "Bearer 0123456789abcdef"), Err(Refusal::NoCertificate));
    }
}
