//! How the processes of a cluster speak with each other: openly, or with certificates on both sides.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use tokio_rustls::TlsAcceptor;
use tonic::transport::{ClientTlsConfig, Endpoint};

use crate::server::acceptor;
use crate::{Bundle, BundleError};

/// How long a connection to another node of the cluster may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long an answer to a request may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// How often a connection is asked whether it is still there, and how long that may take to answer. Who waits for rows sends
/// nothing, and would not find out otherwise that a node has gone without a word.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
const ALIVE_LIMIT: Duration = Duration::from_secs(20);

/// Bytes that may be under way on a connection, and on one stream of it: as Ballista's own clients.
const CONNECTION_WINDOW: u32 = 64 * 1024 * 1024;
const STREAM_WINDOW: u32 = 16 * 1024 * 1024;

/// How the processes of a cluster speak with each other.
#[derive(Debug, Clone, Default)]
pub enum Security {
    /// Without certificates: whoever reaches a port may use it.
    #[default]
    Open,
    /// With the cluster's certificate on both sides of each connection.
    Mutual(Arc<Bundle>),
}

impl Security {
    /// Returns the security that the bundle in `file` gives, or the open one where there is none.
    ///
    /// # Errors
    /// When the bundle cannot be used.
    pub fn read(file: Option<&Path>) -> Result<Self, BundleError> {
        Ok(match file {
            Some(file) => Self::Mutual(Arc::new(Bundle::read(file)?)),
            None => Self::Open,
        })
    }

    /// Returns whether connections carry certificates.
    pub fn is_mutual(&self) -> bool {
        matches!(self, Self::Mutual(_))
    }

    /// Returns `endpoint` with the limits of a cluster's connection, and, where the cluster is not open, with its certificate,
    /// and its name as the one that the server must have.
    ///
    /// # Errors
    /// When the endpoint is no address in a network.
    pub fn dial(&self, endpoint: Endpoint) -> Result<Endpoint, Box<dyn Error + Send + Sync>> {
        let Self::Mutual(bundle) = self else {
            return Ok(limited(endpoint));
        };
        let tls = ClientTlsConfig::new()
            .domain_name(bundle.name())
            .trust_anchors(bundle.authorities.iter().cloned())
            .identity(bundle.identity.clone())
            .timeout(CONNECT_LIMIT);
        Ok(limited(encrypted(endpoint)?).tls_config(tls)?)
    }

    /// Returns what takes connections in, or nothing where the cluster is open.
    ///
    /// # Errors
    /// When the bundle's key is not its certificate's.
    pub(crate) fn acceptor(&self) -> Result<Option<TlsAcceptor>, tokio_rustls::rustls::Error> {
        match self {
            Self::Open => Ok(None),
            Self::Mutual(bundle) => acceptor(bundle).map(Some),
        }
    }
}

/// Returns an endpoint for the same address that speaks TLS: some of Ballista's clients know no other scheme than `http`.
fn encrypted(endpoint: Endpoint) -> Result<Endpoint, Box<dyn Error + Send + Sync>> {
    if endpoint.uri().scheme() == Some(&Scheme::HTTPS) {
        return Ok(endpoint);
    }
    let mut parts = endpoint.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTPS);
    Ok(Endpoint::from(Uri::from_parts(parts)?))
}

/// Returns an endpoint whose connection is lost when its other end has gone without a word: between executors Ballista's own
/// has no limit of any kind.
fn limited(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(CONNECT_LIMIT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(ALIVE_EVERY)
        .keep_alive_timeout(ALIVE_LIMIT)
        .keep_alive_while_idle(true)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .timeout(ANSWER_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_keeps_its_address_and_gets_the_scheme() {
        for text in ["http://10.0.1.23:7050", "https://10.0.1.23:7050"] {
            let endpoint = encrypted(Endpoint::from_static(text)).unwrap();
            assert_eq!(endpoint.uri().to_string(), "https://10.0.1.23:7050/");
        }
    }
}
