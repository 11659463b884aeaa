//! A login in Secrets Manager, as RDS and people write it there.

use crate::harness::{
    MySql, Outcome, PASSWORD, Warehouse, clean_command, compare, create_rotated_secret, create_secret, ministack, moto,
    mysql, run,
};
use serde_json::{Value, json};

const ROWS: u64 = 100;

/// Creates a table of 100 rows in a database of its own.
fn small_table(server: &MySql, database: &str) -> String {
    server.new_database(database);
    server.execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
    ));
    format!("{database}.t")
}

/// Copies a table with the login in a new secret.
fn ingest(warehouse: &Warehouse, name: &str, text: &str, from: &str, options: &[&str]) -> Outcome {
    create_secret(name, text);
    let options = [&["--from", from], options].concat();
    run(&mut warehouse.ingest_from(&format!("secretsmanager:{name}"), &options))
}

#[test]
fn a_secret_says_where_the_server_is_and_who_logs_in() {
    ministack();
    let table = small_table(mysql(), "secret_forms");
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let port = mysql().port();
    let login = json!({ "username": "springald", "password": PASSWORD, "host": "127.0.0.1" });
    for (name, more) in [
        ("forms-all", json!({ "engine": "mysql", "port": port, "dbname": "secret_forms" })),
        ("forms-text", json!({ "engine": "mysql", "port": port.to_string(), "dbname": null })),
        (
            "forms-more",
            json!({ "port": port, "ssl": "true", "dbInstanceIdentifier": "prod", "my own": [1, { "a": 2 }] }),
        ),
        ("forms-mariadb", json!({ "engine": "mariadb", "port": port })),
    ] {
        let text = merged(&login, &more).to_string();
        assert_eq!(ingest(&warehouse, name, &text, &table, &["--splits", "2"]).rows(), ROWS, "{name}");
    }
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, ROWS);
}

#[test]
fn the_secret_that_rds_manages_wants_the_server_beside_it() {
    ministack();
    let table = small_table(mysql(), "secret_of_rds");
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let text = json!({ "username": "springald", "password": PASSWORD }).to_string();
    let port = mysql().port().to_string();
    let place = ["--host", "127.0.0.1", "--port", &port, "--database", "secret_of_rds"];
    assert_eq!(ingest(&warehouse, "rds!db-0a1b", &text, &table, &place).rows(), ROWS);

    let outcome = ingest(&warehouse, "rds!db-0a1c", &text, &table, &[]);
    assert!(outcome.refusal().contains("--host"), "{}", outcome.stderr);
    // Nobody listens there.
    let outcome = ingest(&warehouse, "rds!db-0a1d", &text, &table, &["--host", "127.0.0.9"]);
    assert!(outcome.refusal().contains("127.0.0.9:3306"), "{}", outcome.stderr);
}

#[test]
fn a_secret_that_is_none_says_what_it_lacks() {
    ministack();
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let login = json!({ "username": "springald", "password": PASSWORD, "host": "127.0.0.1" });
    for (name, text, said) in [
        ("lacks-engine", merged(&login, &json!({ "engine": "postgres" })), "its `engine` is not mysql or mariadb"),
        ("lacks-user", json!({ "password": PASSWORD, "host": "127.0.0.1" }), "it has no `username`"),
        ("lacks-password", json!({ "username": "springald", "host": "127.0.0.1" }), "it has no `password`"),
        ("lacks-port", merged(&login, &json!({ "port": "the usual" })), "its `port` is no port"),
    ] {
        let outcome = ingest(&warehouse, name, &text.to_string(), "any.t", &[]);
        assert!(outcome.refusal().contains(said) && outcome.stderr.contains(name), "{}", outcome.stderr);
    }
    let mut command = warehouse.ingest_from("secretsmanager:not-there", &["--from", "any.t"]);
    let outcome = run(&mut command);
    assert!(outcome.refusal().contains("ResourceNotFoundException") && outcome.stderr.contains("`not-there`"));
}

#[test]
fn a_wrong_password_is_tried_once_and_not_again_and_again() {
    ministack();
    let server = MySql::start("refusing", &[]);
    let table = small_table(&server, "refusing");
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let refused = || -> u64 {
        let counted = server.query("SHOW GLOBAL STATUS LIKE 'Access_denied_errors'");
        counted.split_once('\t').unwrap().1.parse().unwrap()
    };
    let before = refused();
    let text = json!({
        "username": "springald", "password": "not the one", "host": "127.0.0.1", "port": server.port(),
    });
    let outcome = ingest(&warehouse, "wrong", &text.to_string(), &table, &["--rotation-wait", "5s"]);
    let said = "with secret `wrong`: refused, and no new version came within 5 s";
    assert!(outcome.refusal().contains(said) && !outcome.stderr.contains("not the one"), "{}", outcome.stderr);
    assert_eq!(refused() - before, 1);
}

/// moto answers with an old version whoever does not say which he wants.
#[test]
fn the_version_that_is_in_force_is_asked_for_by_its_label() {
    let table = small_table(mysql(), "labelled");
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let text = |password: &str| {
        let port = mysql().port();
        json!({ "username": "springald", "password": password, "host": "127.0.0.1", "port": port }).to_string()
    };
    create_rotated_secret(moto(), "labelled", &text("the one before"), &text(PASSWORD));
    let options = ["--from", &table, "--rotation-wait", "1s"];
    let mut command = clean_command(&["ingest", "--source", "secretsmanager:labelled", "--warehouse", warehouse.url()]);
    command.args(["--catalog", "local"]).args(options).envs(warehouse.environment());
    command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto().endpoint());
    assert_eq!(run(&mut command).rows(), ROWS);
}

fn merged(first: &Value, second: &Value) -> Value {
    let members = |value: &Value| value.as_object().unwrap().clone();
    members(first).into_iter().chain(members(second)).collect::<serde_json::Map<_, _>>().into()
}
