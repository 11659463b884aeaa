//! What `--source` names: a server by its URL, or a secret that says where the server is.

use std::str::FromStr;

use crate::connect::secrets;
use crate::error::SourceError;
use crate::login::{Credential, DEFAULT_PORT, MySqlSource, ParseSourceError, SecretReference, Tls};
use crate::secret::LoginSecret;

/// A source as it is named: `mysql://USER@HOST:PORT/DB`, or `secretsmanager:ID_OR_ARN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceName {
    /// A server; the password is in the environment.
    Server(MySqlSource),
    /// A secret in AWS Secrets Manager.
    Secret {
        /// Its name or ARN.
        id: String,
    },
}

/// Where the server is, as far as it was said beside a secret; it goes before what the secret says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Name or address of the server.
    pub host: Option<String>,
    /// The server's TCP port.
    pub port: Option<u16>,
    /// The database a session starts in.
    pub database: Option<String>,
}

impl SourceName {
    /// Returns the server that the secret `reference` is a login to: at `place` where that says so, else where the secret
    /// says. A secret without a database leads to `database`.
    ///
    /// # Errors
    /// When the secret cannot be fetched, or nothing says where the server is.
    pub async fn of_secret(
        reference: SecretReference,
        place: Place,
        database: &str,
    ) -> Result<MySqlSource, SourceError> {
        let login = secrets().look(&reference.id).await;
        let login = login.map_err(|cause| SourceError::Secret { id: reference.id.clone(), cause })?;
        at(reference, place, &login, database)
    }
}

/// Decides where the server is.
fn at(
    reference: SecretReference,
    place: Place,
    login: &LoginSecret,
    database: &str,
) -> Result<MySqlSource, SourceError> {
    let Some(host) = place.host.or_else(|| login.host.clone()) else {
        return Err(SourceError::NoHost { id: reference.id });
    };
    let database = place.database.or_else(|| login.database.clone()).unwrap_or_else(|| database.to_owned());
    Ok(MySqlSource {
        port: place.port.or(login.port).unwrap_or(DEFAULT_PORT),
        tls: Tls::for_host(&host),
        host,
        user: String::new(),
        database,
        credential: Credential::Secret(reference),
    })
}

impl FromStr for SourceName {
    type Err = ParseSourceError;

    fn from_str(text: &str) -> Result<Self, ParseSourceError> {
        match text.strip_prefix("secretsmanager:").map(str::trim) {
            Some("") => Err(ParseSourceError::Form(text.to_owned())),
            Some(id) => Ok(Self::Secret { id: id.to_owned() }),
            None => text.parse().map(Self::Server),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::secret::Secret;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1a2b-AbCdEf";

    fn login(host: Option<&str>, port: Option<u16>, database: Option<&str>) -> LoginSecret {
        let (host, database) = (host.map(str::to_owned), database.map(str::to_owned));
        LoginSecret { user: "u".to_owned(), password: Secret::new("hunter2".to_owned()), host, port, database }
    }

    fn found(place: Place, login: &LoginSecret) -> Result<String, String> {
        let reference = SecretReference { id: "rds".to_owned(), rotation_wait: Duration::ZERO };
        at(reference, place, login, "shop").map(|source| source.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_is_named_by_id_or_arn() {
        let named = |text: &str| text.parse::<SourceName>();
        assert_eq!(named(&format!("secretsmanager:{ARN}")), Ok(SourceName::Secret { id: ARN.to_owned() }));
        assert!(named("secretsmanager:").is_err());
        assert!(matches!(named("mysql://u@h/d"), Ok(SourceName::Server(_))));
    }

    #[test]
    fn what_is_said_beside_a_secret_goes_before_what_it_says() {
        let full = login(Some("db.example"), Some(3307), Some("crime"));
        assert_eq!(found(Place::default(), &full).unwrap(), "secretsmanager:rds for mysql://db.example:3307/crime");
        let place = Place { host: Some("other".to_owned()), port: Some(1), database: Some("d".to_owned()) };
        assert_eq!(found(place, &full).unwrap(), "secretsmanager:rds for mysql://other:1/d");
    }

    #[test]
    fn the_secret_that_rds_manages_needs_a_host_beside_it() {
        let bare = login(None, None, None);
        let error = found(Place::default(), &bare).unwrap_err();
        assert_eq!(error, "secret `rds` does not say where its server is: give --host");
        let place = Place { host: Some("db.example".to_owned()), ..Place::default() };
        assert_eq!(found(place, &bare).unwrap(), "secretsmanager:rds for mysql://db.example:3306/shop");
    }
}
