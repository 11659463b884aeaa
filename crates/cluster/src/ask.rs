//! A question to a scheduler, over the same kind of connection as all else: whether it is there, and trusts us.

use std::error::Error;
use std::future::poll_fn;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use springald_tls::{Security, why_refused};
use tonic::TimeoutExpired;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::{Channel, Endpoint};

use crate::ClusterAddress;
use crate::access::SLOTS;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How often a scheduler is asked that takes the connection and gives no answer: it may just be ending.
const TRIES: u32 = 3;

/// How long an executor waits before it asks again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a wait for the scheduler is logged: every half a minute.
const LOG_EVERY: u32 = 60;

/// Why a scheduler has not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Nobody is there.
    #[error("no scheduler answers at {address}: {why}")]
    Unreachable {
        /// Where it should be.
        address: ClusterAddress,
        /// What the system says.
        why: String,
    },
    /// It is there, and one side does not trust the other.
    #[error("the scheduler at {address} and this process do not trust each other: {why}")]
    Refused {
        /// Where it is.
        address: ClusterAddress,
        /// Whose fault it is, and what to do.
        why: String,
    },
}

/// Asks the scheduler at `address` for `path`. May be repeated.
///
/// # Errors
/// When it does not answer, or does not answer us.
pub(crate) async fn ask(address: &ClusterAddress, security: &Security, path: &str) -> Result<String, AskError> {
    let mut tries = 1;
    loop {
        let failed = match ask_once(address, security, path).await {
            Ok((StatusCode::OK, text)) => return Ok(text),
            Ok((StatusCode::UNAUTHORIZED, text)) => return Err(refused(address, text.trim())),
            Ok((status, _)) => return Err(refused(address, &stranger(path, status))),
            Err(failed) => failed,
        };
        match why_refused(failed.cause.as_ref()) {
            Some(why) => return Err(refused(address, &why)),
            None if failed.was_taken && tries == TRIES => return Err(unanswered(address, security)),
            None if failed.was_taken => tries += 1,
            None => return Err(unreachable(address, failed.cause.as_ref())),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until the scheduler at `address` answers, for ever.
///
/// # Errors
/// When it is there and one side does not trust the other: waiting would not help.
pub async fn wait_for_scheduler(address: &ClusterAddress, security: &Security) -> Result<(), AskError> {
    let mut asked = 0u32;
    loop {
        match ask(address, security, SLOTS).await {
            Ok(_) => return Ok(()),
            Err(error @ AskError::Refused { .. }) => return Err(error),
            Err(AskError::Unreachable { why, .. }) if asked.is_multiple_of(LOG_EVERY) => {
                tracing::warn!(%address, why, "scheduler does not answer; asking on");
            }
            Err(AskError::Unreachable { .. }) => {}
        }
        asked = asked.wrapping_add(1);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Why there is no answer.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// A question that got no answer.
struct Failed {
    cause: Cause,
    /// Whether somebody took the connection and did more than nothing.
    was_taken: bool,
}

async fn ask_once(address: &ClusterAddress, security: &Security, path: &str) -> Result<(StatusCode, String), Failed> {
    let untaken = |cause| Failed { cause, was_taken: false };
    let channel = connect(address, security).await.map_err(untaken)?;
    get(channel, path).await.map_err(|cause| Failed { was_taken: !is_silence(cause.as_ref()), cause })
}

/// Asks for `path` once, over `channel`; returns the status and the text of the answer.
pub(crate) async fn get(mut channel: Channel, path: &str) -> Result<(StatusCode, String), Cause> {
    let request = Request::get(path).body(Body::empty())?;
    poll_fn(|context| GrpcService::<Body>::poll_ready(&mut channel, context)).await?;
    let response = GrpcService::<Body>::call(&mut channel, request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

async fn connect(address: &ClusterAddress, security: &Security) -> Result<Channel, Cause> {
    let endpoint = Endpoint::from_shared(address.scheduler_url(security))?;
    Ok(security.dial(endpoint)?.connect_timeout(LIMIT).timeout(LIMIT).connect().await?)
}

fn refused(address: &ClusterAddress, why: &str) -> AskError {
    AskError::Refused { address: address.clone(), why: why.to_owned() }
}

fn stranger(path: &str, status: StatusCode) -> String {
    format!("it answers {path} with {status}: is it one, and is the same springald installed on every node?")
}

fn unanswered(address: &ClusterAddress, security: &Security) -> AskError {
    refused(
        address,
        if security.is_mutual() {
            "it closes the connection; give every process of the cluster the same --tls-bundle"
        } else {
            "it does not speak without certificates; give --tls-bundle"
        },
    )
}

fn is_silence(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<TimeoutExpired>() || cause.source().is_some_and(is_silence)
}

fn unreachable(address: &ClusterAddress, cause: &(dyn Error + 'static)) -> AskError {
    let mut root = cause;
    while let Some(source) = root.source() {
        root = source;
    }
    AskError::Unreachable { address: address.clone(), why: root.to_string() }
}
