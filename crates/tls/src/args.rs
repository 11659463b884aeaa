//! What was typed about a service's security, and whether it may listen where it was told to.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::{ApiToken, Security};

/// Options of both services.
#[derive(Debug, Clone, Args)]
pub struct ServiceArgs {
    /// The cluster's certificates, made by `springald tls init`; without them a service listens on loopback only
    #[arg(long, env = "SPRINGALD_TLS_BUNDLE", value_name = "FILE", help_heading = "Security")]
    tls_bundle: Option<PathBuf>,
    /// Listen beyond loopback without certificates: whoever reaches the port may use the cluster
    #[arg(long, env = "SPRINGALD_INSECURE", help_heading = "Security")]
    insecure: bool,
    /// File with a token; who sends it (`Authorization: Bearer …`) may read the REST API and /metrics without a certificate
    #[arg(long, env = "SPRINGALD_API_TOKEN_FILE", value_name = "FILE", help_heading = "Security")]
    api_token_file: Option<PathBuf>,
}

impl ServiceArgs {
    /// Returns the security of a service that listens on `bind`, and the token that opens its REST API; warns where
    /// everybody may use the service.
    ///
    /// # Errors
    /// When the bundle or the token cannot be used, or the service would be open to other machines and was not told to be.
    pub fn open(&self, bind: SocketAddr) -> anyhow::Result<(Security, Option<ApiToken>)> {
        let security = Security::read(self.tls_bundle.as_deref())?;
        let token = self.api_token_file.as_deref().map(ApiToken::read).transpose()?;
        may_listen(bind, security.is_mutual(), self.insecure)?;
        match &security {
            Security::Mutual(bundle) => tracing::info!(cluster = bundle.name(), "connections need certificates"),
            Security::Open if bind.ip().is_loopback() => {}
            Security::Open => tracing::warn!(%bind, "INSECURE: whoever reaches this port may use the cluster"),
        }
        Ok((security, token))
    }
}

/// Decides whether a service may listen on `bind`.
///
/// # Errors
/// When other machines reach it, it has no certificates, and was not told to go without.
pub fn may_listen(bind: SocketAddr, has_certificates: bool, insecure: bool) -> Result<(), OpenPortError> {
    if has_certificates || insecure || bind.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(OpenPortError { bind })
}

/// A service that would be open to other machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "listen on {bind}: other machines reach it, and there are no certificates; give --tls-bundle (see `springald tls init`), \
     or --insecure where everybody who reaches the port may use the cluster"
)]
pub struct OpenPortError {
    bind: SocketAddr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_goes_without_saying() {
        for (bind, has_certificates, insecure, may) in [
            ("127.0.0.1:7050", false, false, true),
            ("127.8.0.1:7050", false, false, true),
            ("[::1]:7050", false, false, true),
            ("0.0.0.0:7050", false, false, false),
            ("[::]:7050", false, false, false),
            ("10.0.1.23:7050", false, false, false),
            ("10.0.1.23:7050", true, false, true),
            ("10.0.1.23:7050", false, true, true),
        ] {
            let decided = may_listen(bind.parse().unwrap(), has_certificates, insecure);
            assert_eq!(decided.is_ok(), may, "{bind}");
        }
    }
}
