//! What was typed about a source whose login is a secret.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use springald_mysql::{MySqlSource, Place, SecretReference, SourceName};

/// Options of a source in AWS Secrets Manager. The secret that RDS manages itself holds only user and password.
#[derive(Debug, Clone, Args)]
pub struct SecretArgs {
    /// Host of the server, where a secretsmanager: source does not say it or says another
    #[arg(long, env = "SPRINGALD_HOST", value_name = "HOST", help_heading = "Source")]
    host: Option<String>,
    /// Port of the server, for a secretsmanager: source; default: the secret's, else 3306
    #[arg(long, env = "SPRINGALD_PORT", value_name = "PORT", help_heading = "Source")]
    port: Option<u16>,
    /// Database that sessions start in, for a secretsmanager: source; default: the secret's, else that of --from or, for a
    /// --query, of --into
    #[arg(long, env = "SPRINGALD_DATABASE", value_name = "DB", help_heading = "Source")]
    database: Option<String>,
    /// How long a refused login waits for the secret's next version, e.g. 180s: while a secret is being rotated, the
    /// server has the new password first
    #[arg(long, env = "SPRINGALD_ROTATION_WAIT", value_name = "TIME", default_value = "180s",
        value_parser = humantime::parse_duration, help_heading = "Source")]
    rotation_wait: Duration,
}

impl SecretArgs {
    /// Returns the server that `name` names; `database` is where its sessions start if nothing else says it.
    ///
    /// # Errors
    /// When a secret cannot be read, or these options stand beside a URL, which says all of it itself.
    pub(crate) async fn source(&self, name: SourceName, database: &str) -> anyhow::Result<MySqlSource> {
        let place = Place { host: self.host.clone(), port: self.port, database: self.database.clone() };
        match name {
            SourceName::Server(source) if place == Place::default() => Ok(source),
            SourceName::Server(_) => {
                bail!(
                    "--host, --port and --database belong to a secretsmanager: source: a URL says these things itself"
                )
            }
            SourceName::Secret { id } => {
                let reference = SecretReference { id, rotation_wait: self.rotation_wait };
                Ok(SourceName::of_secret(reference, place, database).await?)
            }
        }
    }
}
