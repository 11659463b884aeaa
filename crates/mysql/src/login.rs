//! Where a MySQL server is and as whom to log in: the URL of a source, without its password.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The port of a MySQL server unless the URL or the secret says otherwise.
pub(crate) const DEFAULT_PORT: u16 = 3306;

/// Where a MySQL server is and as whom to log in.
///
/// The password is never part of it, so it may travel in a plan and stand in a log. Parses
/// `mysql://USER@HOST:PORT/DB` (port 3306 if absent) and prints the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MySqlSource {
    /// Name or address of the server; an IPv6 address without brackets.
    pub host: String,
    /// The server's TCP port.
    pub port: u16,
    /// The user to log in as; empty if the credential is a secret, which names the user too.
    pub user: String,
    /// The database the session starts in.
    pub database: String,
    /// Where the password is found by the process that connects.
    pub credential: Credential,
    /// Whether the connection is encrypted, and whom it trusts.
    pub tls: Tls,
}

/// Where the process that connects, the driver and each executor, finds the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    /// In its own environment, as `MYSQL_PWD`.
    Environment,
    /// In AWS Secrets Manager, together with the user.
    Secret(SecretReference),
}

/// A secret in AWS Secrets Manager: all of it that travels in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretReference {
    /// Its name or ARN.
    pub id: String,
    /// How long a refused login waits for the secret's next version.
    pub rotation_wait: Duration,
}

/// How a connection to the server is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tls {
    /// Not at all: the default for a server on this machine.
    Off,
    /// Encrypted, but whoever answers is believed.
    Require,
    /// Encrypted, and the server's certificate must be valid for its host name: the default for any other
    /// server.
    Verify {
        /// A PEM file of authorities to trust besides the well-known ones, on every machine that connects.
        authorities: Option<PathBuf>,
    },
}

/// Says why a text is not a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseSourceError {
    /// The text is no URL at all, or lacks a part.
    #[error("`{0}` is not of the form `mysql://USER@HOST:PORT/DB` or `secretsmanager:ID`")]
    Form(String),
    /// The URL holds a password. The URL is not repeated.
    #[error("the source URL holds a password: put it into MYSQL_PWD instead")]
    Password,
}

impl MySqlSource {
    /// Returns the same source with another protection of its connections.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    /// Returns who logs in, as people write it.
    #[must_use]
    pub fn login(&self) -> String {
        match &self.credential {
            Credential::Environment => format!("`{}`", self.user),
            Credential::Secret(secret) => format!("the user of secret `{}`", secret.id),
        }
    }

    /// Returns host and port, as people write them.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Tls {
    /// Returns the default for a server at `host`: off on this machine, verified anywhere else.
    #[must_use]
    pub fn for_host(host: &str) -> Self {
        let local = match host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        };
        if local { Self::Off } else { Self::Verify { authorities: None } }
    }
}

impl fmt::Display for MySqlSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.credential {
            Credential::Environment => write!(f, "mysql://{}@", encoded(&self.user))?,
            Credential::Secret(secret) => write!(f, "secretsmanager:{} for mysql://", secret.id)?,
        }
        write!(f, "{}/{}", self.address(), encoded(&self.database))
    }
}

impl FromStr for MySqlSource {
    type Err = ParseSourceError;

    fn from_str(text: &str) -> Result<Self, ParseSourceError> {
        if holds_password(text) {
            return Err(ParseSourceError::Password);
        }
        parts(text).ok_or_else(|| ParseSourceError::Form(text.to_owned()))
    }
}

/// Returns whether what stands before the last `@` has a colon after the scheme. Looked at before anything
/// else, so that no later message repeats a password.
fn holds_password(text: &str) -> bool {
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    after_scheme.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'))
}

fn parts(text: &str) -> Option<MySqlSource> {
    let (login, rest) = text.strip_prefix("mysql://")?.split_once('@')?;
    let (address, database) = rest.split_once('/')?;
    let (host, port) = host_and_port(address)?;
    let (user, database) = (decoded(login)?, decoded(database)?);
    if user.is_empty() || database.is_empty() || host.is_empty() {
        return None;
    }
    let tls = Tls::for_host(&host);
    Some(MySqlSource { host, port, user, database, credential: Credential::Environment, tls })
}

fn host_and_port(address: &str) -> Option<(String, u16)> {
    let (host, rest) = match address.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').filter(|(host, _)| host.parse::<Ipv6Addr>().is_ok())?,
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok()?,
        None if rest.is_empty() => DEFAULT_PORT,
        None => return None,
    };
    Some((decoded(host)?, port))
}

/// Undoes percent-encoding. Nothing if the text has characters that a URL must encode, such as those that would
/// begin a query, or if the bytes are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '%' => {
                bytes.push(u8::from_str_radix(rest.get(..2)?, 16).ok()?);
                rest = rest.get(2..)?;
            }
            '/' | '?' | '#' | '@' | '[' | ']' => return None,
            other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    String::from_utf8(bytes).ok()
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> MySqlSource {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_names_user_host_port_and_database() {
        let source = parse("mysql://reader@db.example.org:3307/crime_data");
        assert_eq!(source.address(), "db.example.org:3307");
        assert_eq!((source.user.as_str(), source.database.as_str()), ("reader", "crime_data"));
        assert_eq!(source.tls, Tls::Verify { authorities: None });
        assert_eq!(source.to_string(), "mysql://reader@db.example.org:3307/crime_data");
    }

    #[test]
    fn the_port_defaults_and_addresses_may_be_ipv6() {
        assert_eq!(parse("mysql://u@localhost/d").port, 3306);
        let source = parse("mysql://u@[::1]:3310/d");
        assert_eq!((source.host.as_str(), source.tls.clone()), ("::1", Tls::Off));
        assert_eq!(source.to_string(), "mysql://u@[::1]:3310/d");
    }

    #[test]
    fn parts_are_percent_decoded() {
        let source = parse("mysql://a%40b+c@127.0.0.1:1/my%20db%2F%C3%A9");
        assert_eq!((source.user.as_str(), source.database.as_str()), ("a@b+c", "my db/é"));
        assert_eq!(parse(&source.to_string()), source);
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        for text in ["mysql://u:hunter2@h/d", "mysql://u:@h/d", "postgres://u:hunter2@h", "u:hunter2@h"] {
            let error = text.parse::<MySqlSource>().unwrap_err();
            assert_eq!(error, ParseSourceError::Password, "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn anything_else_says_what_a_source_looks_like() {
        for text in [
            "",
            "h/d",
            "mysql://h/d",
            "mysql://u@h",
            "mysql://u@h/",
            "http://u@h/d",
            "mysql://u@/d",
            "mysql://u@h/d?x=1",
            "mysql://u@h:x/d",
            "mysql://u@[h]/d",
            "mysql://u@h/%f",
        ] {
            let error = text.parse::<MySqlSource>().unwrap_err();
            let expected = format!("`{text}` is not of the form `mysql://USER@HOST:PORT/DB` or `secretsmanager:ID`");
            assert_eq!(error.to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(user in "\\PC{1,9}", database in "\\PC{1,9}", port in 1u16..) {
            let credential = Credential::Environment;
            let source = MySqlSource { host: "::1".to_owned(), port, user, database, credential, tls: Tls::Off };
            prop_assert_eq!(source.to_string().parse::<MySqlSource>(), Ok(source));
        }
    }
}
