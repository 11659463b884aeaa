//! A user of the server whose login is a secret in MiniStack, rotated as Secrets Manager does it: first the server gets
//! the new password, then the secret.

use super::aws::ministack;
use super::mysql::mysql;
use aws_sdk_secretsmanager::Client;
use springald_aws::loader;

/// The user, and the secret of the same name.
#[derive(Debug)]
pub(crate) struct RotatedUser {
    name: &'static str,
    rotations: u32,
}

impl RotatedUser {
    /// Creates the user, who may read everything, and the secret.
    pub(crate) fn new(name: &'static str) -> Self {
        let user = Self { name, rotations: 0 };
        let password = user.password();
        mysql().execute(&format!(
            "CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'; GRANT SELECT ON *.* TO '{name}'@'%'"
        ));
        block_on(async { client().await.create_secret().name(name).secret_string(user.text()).send().await.unwrap() });
        user
    }

    /// Returns the source as it is given to an ingest job.
    pub(crate) fn source(&self) -> String {
        format!("secretsmanager:{}", self.name)
    }

    /// Returns the password that the server has now.
    pub(crate) fn password(&self) -> String {
        format!("pass-word-{}-{}", self.name, self.rotations)
    }

    /// Takes the first step: the server has the new password, and the secret is wrong.
    pub(crate) fn change_password(&mut self) {
        self.rotations += 1;
        mysql().execute(&format!("ALTER USER '{}'@'%' IDENTIFIED BY '{}'", self.name, self.password()));
    }

    /// Takes the second step: the secret's current version is the server's.
    pub(crate) fn publish_password(&self) {
        block_on(async {
            client().await.put_secret_value().secret_id(self.name).secret_string(self.text()).send().await.unwrap()
        });
    }

    /// RDS's JSON, with the port as a string, as some have it.
    fn text(&self) -> String {
        let (port, user, password) = (mysql().port().to_string(), self.name, self.password());
        serde_json::json!({
            "engine": "mysql", "host": "127.0.0.1", "port": port, "username": user, "password": password, "x": [1],
        })
        .to_string()
    }
}

async fn client() -> Client {
    let keys = aws_credential_types::Credentials::new("key", "secret", None, None, "tests");
    let region = aws_config::Region::new("us-east-1");
    let config = loader().endpoint_url(ministack().endpoint()).region(region).credentials_provider(keys).load().await;
    Client::new(&config)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}
