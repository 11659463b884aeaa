//! Connections to the server are encrypted and its certificate is checked, as asked for; and each way of logging in works.

use crate::harness::{Certificates, MySql, Outcome, PASSWORD, Warehouse, compare_with, mysql, plugins, run};
use std::path::Path;
use std::sync::LazyLock;

/// A server with a certificate for 127.0.0.1 and no other name.
struct Protected {
    server: MySql,
    certificates: Certificates,
}

fn protected() -> &'static Protected {
    static PROTECTED: LazyLock<Protected> = LazyLock::new(|| {
        let certificates = Certificates::make("tls");
        let option = |name: &str, file: &Path| format!("--ssl-{name}={}", file.display());
        let options = [
            option("ca", &certificates.authority),
            option("cert", &certificates.certificate),
            option("key", &certificates.key),
        ];
        let server = MySql::start("protected", &options.each_ref().map(String::as_str));
        server.new_database("guarded");
        server.execute(
            "USE guarded; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_1000;
             CREATE TABLE copy AS SELECT id, 'TLSv1.3' AS tls FROM t",
        );
        Protected { server, certificates }
    });
    &PROTECTED
}

/// What is copied says itself how the session that read it was protected.
const SEEN: &str = "SELECT id, (SELECT CAST(VARIABLE_VALUE AS CHAR(20)) FROM information_schema.SESSION_STATUS \
                    WHERE VARIABLE_NAME = 'Ssl_version') AS tls FROM t";

fn ingest(warehouse: &Warehouse, host: &str, options: &[&str]) -> Outcome {
    let source = protected().server.source("guarded").replace("127.0.0.1", host);
    let all = ["--query", SEEN, "--into", "guarded.copied", "--split-column", "id", "--splits", "4"];
    run(&mut warehouse.ingest_from(&source, &[&all, options].concat()))
}

/// Panics unless the run was refused before anything was written, with all of `words` in its message.
fn refused(host: &str, options: &[&str], words: &[&str]) {
    let warehouse = Warehouse::new();
    let outcome = ingest(&warehouse, host, options);
    let message = outcome.refusal();
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
    assert_eq!(warehouse.names(), [""; 0]);
}

#[test]
fn a_server_whose_certificate_is_vouched_for_is_read_over_tls() {
    let authority = protected().certificates.authority.to_str().unwrap();
    for options in [&["--tls", "verify", "--tls-ca", authority][..], &["--tls-ca", authority], &["--tls", "require"]] {
        let warehouse = Warehouse::new();
        assert_eq!(ingest(&warehouse, "127.0.0.1", options).rows(), 1000);
        let compared = compare_with(&protected().server, &warehouse, "guarded.copy", "guarded.copied", "id", &[]);
        assert_eq!(compared.cells, 2000, "{options:?}");
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_refused() {
    let protect = "protect the connection to MySQL at `127.0.0.1:";
    refused("127.0.0.1", &["--tls", "verify"], &[protect, "UnknownIssuer", "--tls-ca"]);
    let other = Certificates::make("other");
    refused("127.0.0.1", &["--tls-ca", other.authority.to_str().unwrap()], &[protect, "--tls-ca"]);
    let no_file = other.authority.with_extension("missing");
    refused("127.0.0.1", &["--tls-ca", no_file.to_str().unwrap()], &[no_file.to_str().unwrap()]);
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let authority = protected().certificates.authority.to_str().unwrap();
    refused(
        "localhost",
        &["--tls-ca", authority],
        &["protect the connection to MySQL at `localhost:", "name the host"],
    );
}

#[test]
fn a_server_that_insists_on_encryption_is_not_read_without() {
    let server = MySql::start("insisting", &[]);
    server.execute("SET GLOBAL require_secure_transport = ON");
    let warehouse = Warehouse::new();
    let options = ["--from", "mysql.user", "--tls", "off"];
    let outcome = run(&mut warehouse.ingest_from(&server.source("mysql"), &options));
    // MariaDB 10.11 gives no other reason than that of a wrong password.
    for words in ["log in to MySQL", "not encrypted, see --tls"] {
        assert!(outcome.refusal().contains(words), "`{words}` is not in: {}", outcome.stderr);
    }
}

/// Copies a table as `user`.
fn logs_in(server: &MySql, user: &str) {
    let database = format!("{user}_data");
    server.new_database(&database);
    server.execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_100;
         GRANT SELECT ON {database}.* TO {user}"
    ));
    let warehouse = Warehouse::new();
    let source = server.source(&database).replace("springald@", &format!("{user}@"));
    let from = format!("{database}.t");
    let outcome = run(&mut warehouse.ingest_from(&source, &["--from", &from, "--splits", "2"]));
    assert_eq!(outcome.rows(), 100);
    assert_eq!(compare_with(server, &warehouse, &from, &from, "id", &[]).rows, 100);
}

#[test]
fn a_native_password_logs_in() {
    mysql().execute(&format!("CREATE USER native IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}')"));
    logs_in(mysql(), "native");
}

#[test]
fn an_ed25519_password_logs_in() {
    let directory = format!("--plugin-dir={}", plugins().display());
    let server = MySql::start("ed25519", &[&directory, "--plugin-load-add=auth_ed25519"]);
    server.execute(&format!("CREATE USER edwards IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')"));
    logs_in(&server, "edwards");
}
