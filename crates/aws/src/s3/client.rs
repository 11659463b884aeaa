//! How the client of a bucket is made.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::{BackoffConfig, ClientOptions, Result, RetryConfig};

use super::credentials::SharedCredentials;
use super::way::WatchedConnector;
use crate::{AwsError, sdk_config};

use std::sync::Arc;

/// How long a connection may take, and a request with its answer: a stall of seconds passes by itself.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const REQUEST_LIMIT: Duration = Duration::from_secs(60);

/// How often and for how long a request is repeated that met 5xx (503 SlowDown among them), 429 or a lost connection.
/// The credentials that it was signed with must last as long.
const RETRIES: usize = 12;
const RETRY_LIMIT: Duration = Duration::from_secs(180);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How objects are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Options {
    /// The KMS key that encrypts new objects (SSE-KMS), by its id or ARN; nothing leaves it to the bucket's own default.
    pub kms_key: Option<String>,
    /// Whether a request fails soon when nobody answers: for those who can leave their work to others. A driver cannot.
    pub gives_up_soon: bool,
}

/// Makes the client of `bucket` with the process's configuration.
pub(super) async fn connect(bucket: &str, options: &S3Options) -> Result<AmazonS3> {
    client(sdk_config().await.map_err(unusable)?, bucket, options)
}

/// Makes the client of `bucket`: path-style where an endpoint is configured, since few other servers know buckets as
/// host names, with SHA-256 checksums that the server verifies, and conditional puts.
fn client(config: &SdkConfig, bucket: &str, options: &S3Options) -> Result<AmazonS3> {
    let provider = config.credentials_provider().ok_or_else(|| unusable(AwsError::NoRegion))?;
    let builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_credentials(Arc::new(SharedCredentials::new(provider)))
        .with_checksum_algorithm(Checksum::SHA256)
        .with_retry(retries())
        .with_region(config.region().map_or_else(String::new, ToString::to_string));
    let builder = match endpoint(config) {
        Some(endpoint) => builder.with_client_options(limits(endpoint.starts_with("http://"))).with_endpoint(endpoint),
        // A certificate for `*.s3.REGION.amazonaws.com` covers no name with another dot.
        None => builder.with_client_options(limits(false)).with_virtual_hosted_style_request(!bucket.contains('.')),
    };
    let builder = if options.gives_up_soon { builder.with_http_connector(WatchedConnector) } else { builder };
    match &options.kms_key {
        Some(key) => builder.with_sse_kms_encryption(key).build(),
        None => builder.build(),
    }
}

/// Returns how long a request may take, and whether it may go without TLS.
pub(super) fn limits(allow_http: bool) -> ClientOptions {
    let limits = ClientOptions::new().with_timeout(REQUEST_LIMIT).with_connect_timeout(CONNECT_LIMIT);
    limits.with_allow_http(allow_http)
}

/// What is missing here is missing for the next request too, so it must not look like a failed one.
fn unusable(error: AwsError) -> object_store::Error {
    object_store::Error::NotSupported { source: Box::new(error) }
}

fn retries() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2.0 };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_LIMIT }
}

/// Returns the endpoint that the environment or the profile configures: `AWS_ENDPOINT_URL_S3`, or `AWS_ENDPOINT_URL`.
fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_s3 = key.ok().and_then(|key| config.service_config()?.load_config(key));
    of_s3.or_else(|| config.endpoint_url().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use aws_config::Region;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use object_store::path::Path;
    use object_store::signer::Signer;

    use super::*;

    /// Returns where the client of a bucket looks for the object `x`.
    async fn place(bucket: &str, endpoint: Option<&str>) -> String {
        let keys = Credentials::new("key", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys));
        let config = match endpoint {
            Some(endpoint) => config.endpoint_url(endpoint).build(),
            None => config.build(),
        };
        let client = client(&config, bucket, &S3Options::default()).unwrap();
        let signed = client.signed_url(http::Method::GET, &Path::from("x"), Duration::from_secs(60)).await.unwrap();
        signed.as_str().split('?').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_bucket_is_a_host_at_aws_and_a_directory_elsewhere() {
        assert_eq!(place("lake", None).await, "https://lake.s3.eu-west-1.amazonaws.com/x");
        assert_eq!(place("my.lake", None).await, "https://s3.eu-west-1.amazonaws.com/my.lake/x");
        assert_eq!(place("lake", Some("http://127.0.0.1:9000")).await, "http://127.0.0.1:9000/lake/x");
    }
}
