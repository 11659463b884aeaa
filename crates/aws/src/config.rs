//! The process's one configuration: region, credentials, endpoints, HTTP client, timeouts and retries.

use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::OnceCell;

use crate::AwsError;

/// How long a service may take to accept a connection, to answer one request, and to answer with all repetitions.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
const ATTEMPT_LIMIT: Duration = Duration::from_secs(20);
const CALL_LIMIT: Duration = Duration::from_secs(120);

/// Requests that one call makes at most, and the longest pause between two; the SDK adds jitter.
const ATTEMPTS: u32 = 6;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Returns the process's configuration, loaded at the first call.
///
/// # Errors
/// When nothing names a region. A later call looks again.
pub async fn sdk_config() -> Result<&'static SdkConfig, AwsError> {
    static CONFIG: OnceCell<SdkConfig> = OnceCell::const_new();
    CONFIG.get_or_try_init(load_config).await
}

/// Loads a configuration of its own: from the environment, a profile, or the instance's metadata service (version 2,
/// which EMR may be set to insist on; facts, 1.7).
///
/// # Errors
/// When nothing names a region. On EMR a step does not inherit a login's environment (facts, 1.5), but the metadata
/// service knows the instance's region.
pub async fn load_config() -> Result<SdkConfig, AwsError> {
    let config = loader().load().await;
    if config.region().is_none() {
        return Err(AwsError::NoRegion);
    }
    Ok(config)
}

/// Returns what a configuration is loaded with, for callers that say more themselves.
pub fn loader() -> ConfigLoader {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .operation_timeout(CALL_LIMIT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().tls_provider(ring).build_https())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_PAUSE))
}
