//! Secrets Manager as the store.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use springald_aws::{AwsError, sdk_config};
use tokio::sync::OnceCell;
use zeroize::Zeroize;

use super::{Secret, SecretError, SecretStore, SecretVersion};

/// The version that is in force. While a rotation is under way MySQL may have the next one's password already
/// (facts, 2.4).
const CURRENT: &str = "AWSCURRENT";

/// AWS Secrets Manager, asked with the role of this machine.
#[derive(Debug, Default)]
pub(crate) struct AwsSecrets {
    client: OnceCell<Client>,
}

impl AwsSecrets {
    async fn client(&self) -> Result<&Client, AwsError> {
        self.client.get_or_try_init(|| async { Ok(Client::new(sdk_config().await?)) }).await
    }
}

#[async_trait]
impl SecretStore for AwsSecrets {
    async fn fetch(&self, id: &str) -> Result<SecretVersion, SecretError> {
        let call = self.client().await?.get_secret_value().secret_id(id).version_stage(CURRENT);
        let found = call.send().await.map_err(|error| AwsError::of("secretsmanager:GetSecretValue", error))?;
        let text = match (found.secret_string, found.secret_binary) {
            (Some(text), _) => text,
            (None, Some(bytes)) => String::from_utf8(bytes.into_inner()).map_err(|error| {
                error.into_bytes().zeroize();
                SecretError::Form { reason: "it is no text".to_owned() }
            })?,
            (None, None) => return Err(SecretError::Form { reason: "it is empty".to_owned() }),
        };
        let version = found.version_id.unwrap_or_default();
        Ok(SecretVersion { version, text: Secret::new(text) })
    }
}
