//! The JSON in which RDS and Secrets Manager keep a login to a database (facts, 2.4).

use serde_json::Value;

use super::{Secret, SecretError};

/// A login, and where the secret says it is good for. Its `Debug` form shows no password.
#[derive(Debug, Clone)]
pub struct LoginSecret {
    /// The user, which may change with a rotation (alternating users).
    pub user: String,
    /// The password.
    pub password: Secret,
    /// The server's host; the secret that RDS manages itself has none.
    pub host: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// The database.
    pub database: Option<String>,
}

impl LoginSecret {
    /// Reads a secret's text. Keys that it does not know are left alone: anyone may add some.
    ///
    /// # Errors
    /// When it is no JSON object, has no user or password, or is of a database that is not MySQL. The error repeats
    /// nothing of the text.
    pub(crate) fn parse(text: &Secret) -> Result<Self, SecretError> {
        let form = |reason: &str| SecretError::Form { reason: reason.to_owned() };
        let document: Value = serde_json::from_str(text.expose()).map_err(|_| form("it is no JSON"))?;
        let string = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(engine) = string("engine")
            && !matches!(engine.as_str(), "mysql" | "mariadb" | "aurora-mysql" | "aurora")
        {
            return Err(form("its `engine` is not mysql or mariadb"));
        }
        let port = match document.get("port") {
            None | Some(Value::Null) => None,
            Some(port) => Some(number(port).ok_or_else(|| form("its `port` is no port"))?),
        };
        Ok(Self {
            user: string("username").ok_or_else(|| form("it has no `username`"))?,
            password: string("password").map(Secret::new).ok_or_else(|| form("it has no `password`"))?,
            host: string("host"),
            port,
            database: string("dbname"),
        })
    }
}

/// AWS's own rotation functions take a port as a number or as a string.
fn number(port: &Value) -> Option<u16> {
    match port {
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::String(digits) => digits.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<LoginSecret, String> {
        LoginSecret::parse(&Secret::new(text.to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_port_is_a_number_or_a_string_or_absent() {
        let port = |port: &str| parse(&format!(r#"{{"username": "u", "password": "p"{port}}}"#)).unwrap().port;
        assert_eq!(port(r#", "port": 3307"#), Some(3307));
        assert_eq!(port(r#", "port": "3307""#), Some(3307));
        assert_eq!(port(""), None);
    }

    #[test]
    fn the_secret_that_rds_manages_has_only_user_and_password() {
        let login = parse(r#"{"username": "admin", "password": "p", "anything": {"else": []}}"#).unwrap();
        assert_eq!((login.user.as_str(), login.password.expose()), ("admin", "p"));
        assert_eq!((login.host, login.database), (None, None));
    }

    #[test]
    fn a_flaw_is_named_and_nothing_of_the_secret_repeated() {
        for (text, reason) in [
            ("hunter2", "it is no JSON"),
            (r#"["hunter2"]"#, "it has no `username`"),
            (r#"{"username": "hunter2"}"#, "it has no `password`"),
            (r#"{"username": "u", "password": 42}"#, "it has no `password`"),
            (
                r#"{"engine": "postgres", "username": "u", "password": "hunter2"}"#,
                "its `engine` is not mysql or mariadb",
            ),
            (r#"{"username": "u", "password": "hunter2", "port": "many"}"#, "its `port` is no port"),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("it is not an RDS secret: {reason}"));
        }
    }
}
