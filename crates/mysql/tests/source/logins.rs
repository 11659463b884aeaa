//! Logging in to MySQL: `caching_sha2_password` in the clear and over TLS. (MariaDB, whose certificates are given at its
//! start, is tested end to end.)

use crate::errors::shown;
use crate::fixture::Database;
use mysql_async::prelude::Queryable;
use springald_mysql::{MySqlSource, Tls, connect};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a user whose password the server has in no cache, as whom to log in.
async fn stranger(db: &mut Database, user: &str) -> MySqlSource {
    let password = std::env::var("MYSQL_PWD").unwrap_or_default();
    db.run(&[
        &format!("DROP USER IF EXISTS {user}"),
        &format!("CREATE USER {user} IDENTIFIED WITH caching_sha2_password BY '{password}'"),
        &format!("GRANT SELECT ON {}.* TO {user}", db.name),
    ])
    .await;
    MySqlSource { user: user.to_owned(), ..db.source() }
}

async fn tls_version(source: &MySqlSource) -> String {
    let mut session = connect(source).await.unwrap();
    let row: Option<(String, String)> = session.query_first("SHOW SESSION STATUS LIKE 'Ssl_version'").await.unwrap();
    row.unwrap().1
}

#[tokio::test]
async fn a_password_that_the_server_has_not_cached_goes_over_the_wire_encrypted() {
    let mut db = Database::new("l_sha2").await;
    if db.is_mariadb().await {
        return;
    }
    let source = stranger(&mut db, "l_sha2_clear").await;
    assert_eq!(tls_version(&source).await, "");
    let source = stranger(&mut db, "l_sha2_tls").await.with_tls(Tls::Require);
    assert_eq!(tls_version(&source).await, "TLSv1.3");
}

fn openssl(directory: &Path, arguments: &str, others: &[&str]) {
    let output =
        Command::new("openssl").args(arguments.split(' ')).args(others).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Makes an authority and a certificate by it for 127.0.0.1; returns their directory.
fn certificates(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("springald-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let new_key = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout";
    openssl(&directory, &format!("{new_key} authority.key -out authority.pem -subj /CN={name}"), &[]);
    let signed =
        format!("{new_key} server.key -out server.pem -CA authority.pem -CAkey authority.key -subj /CN=server");
    openssl(&directory, &signed, &["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]);
    directory
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_authority_that_is_given() {
    let mut db = Database::new("l_tls").await;
    if db.is_mariadb().await {
        return;
    }
    let (ours, other) = (certificates("l-tls"), certificates("l-tls-other"));
    let file = |name: &str| ours.join(name).display().to_string();
    db.run(&[
        &format!("SET GLOBAL ssl_ca = '{}'", file("authority.pem")),
        &format!("SET GLOBAL ssl_cert = '{}'", file("server.pem")),
        &format!("SET GLOBAL ssl_key = '{}'", file("server.key")),
        "ALTER INSTANCE RELOAD TLS",
    ])
    .await;
    let trusting = |directory: &Path| Tls::Verify { authorities: Some(directory.join("authority.pem")) };
    assert_eq!(tls_version(&db.source().with_tls(trusting(&ours))).await, "TLSv1.3");
    let wrong = connect(&db.source().with_tls(trusting(&other))).await.unwrap_err();
    assert!(shown(&wrong).contains("--tls-ca") && !wrong.is_transient(), "{}", shown(&wrong));
    let named = MySqlSource { host: "localhost".to_owned(), ..db.source() };
    let wrong = connect(&named.with_tls(trusting(&ours))).await.unwrap_err();
    assert!(shown(&wrong).contains("name the host as its certificate does"), "{}", shown(&wrong));
    for directory in [ours, other] {
        std::fs::remove_dir_all(directory).unwrap();
    }
}
