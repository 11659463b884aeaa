//! Users of a server whose login is a secret in MiniStack, rotated as Secrets Manager does it: first the server gets the
//! new password, then the secret.

use super::aws::{Services, ministack};
use super::mysql::{MySql, mysql};
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
        create_secret(name, &user.text());
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
        put_secret(self.name, &self.text());
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

/// Two users of a server, of which one is the secret's at a time: a rotation gives the other a new password, and then the
/// secret. So the login before stays good until the rotation after the next.
#[derive(Debug)]
pub(crate) struct AlternatingUsers<'a> {
    server: &'a MySql,
    name: &'static str,
    rotations: usize,
}

impl<'a> AlternatingUsers<'a> {
    /// Creates the users, who may read everything, and the secret.
    pub(crate) fn new(server: &'a MySql, name: &'static str) -> Self {
        let users = Self { server, name, rotations: 0 };
        for user in [users.user(0), users.user(1)] {
            let password = users.password(0);
            server.execute(&format!(
                "CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'; GRANT SELECT ON *.* TO '{user}'@'%'"
            ));
        }
        create_secret(name, &users.text());
        users
    }

    /// Returns the source as it is given to an ingest job.
    pub(crate) fn source(&self) -> String {
        format!("secretsmanager:{}", self.name)
    }

    /// Returns the users.
    pub(crate) fn users(&self) -> [String; 2] {
        [self.user(0), self.user(1)]
    }

    /// Takes the first step of a rotation: the user whom the secret does not name has another password.
    pub(crate) fn change_password(&mut self) {
        self.rotations += 1;
        let (user, password) = (self.user(self.rotations), self.password(self.rotations));
        self.server.execute(&format!("ALTER USER '{user}'@'%' IDENTIFIED BY '{password}'"));
    }

    /// Returns the user whom the secret names between the steps of a rotation.
    pub(crate) fn still_named(&self) -> String {
        self.user(self.rotations - 1)
    }

    /// Takes the second step of a rotation.
    pub(crate) fn publish_password(&self) {
        put_secret(self.name, &self.text());
    }

    fn user(&self, rotation: usize) -> String {
        let clone = if rotation.is_multiple_of(2) { "" } else { "_clone" };
        format!("{}{clone}", self.name)
    }

    fn password(&self, rotation: usize) -> String {
        format!("pass-word-{}-{rotation}", self.name)
    }

    fn text(&self) -> String {
        serde_json::json!({
            "engine": "mysql", "host": "127.0.0.1", "port": self.server.port(), "masterarn": "arn:of:another",
            "username": self.user(self.rotations), "password": self.password(self.rotations),
        })
        .to_string()
    }
}

/// Creates a secret with a text.
pub(crate) fn create_secret(name: &str, text: &str) {
    block_on(async {
        let client = client(ministack()).await;
        client.create_secret().name(name).secret_string(text).send().await.unwrap()
    });
}

/// Gives a secret a new current version.
fn put_secret(name: &str, text: &str) {
    block_on(async {
        let client = client(ministack()).await;
        client.put_secret_value().secret_id(name).secret_string(text).send().await.unwrap()
    });
}

/// Creates a secret whose first version is `before`, and rotates it as AWS's functions do: `now` is there first beside it, and
/// then its label is moved.
pub(crate) fn create_rotated_secret(at: &Services, name: &str, before: &str, now: &str) {
    block_on(async {
        let client = client(at).await;
        let created = client.create_secret().name(name).secret_string(before).send().await.unwrap();
        let pending = client.put_secret_value().secret_id(name).secret_string(now).version_stages("AWSPENDING");
        let pending = pending.send().await.unwrap();
        let moved = client.update_secret_version_stage().secret_id(name).version_stage("AWSCURRENT");
        let moved = moved.set_remove_from_version_id(created.version_id).set_move_to_version_id(pending.version_id);
        moved.send().await.unwrap()
    });
}

async fn client(at: &Services) -> Client {
    let keys = aws_credential_types::Credentials::new("key", "secret", None, None, "tests");
    let region = aws_config::Region::new("us-east-1");
    let config = loader().endpoint_url(at.endpoint()).region(region).credentials_provider(keys).load().await;
    Client::new(&config)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}
