//! What a user sees when something is wrong: which thing, and the way out.

use crate::fixture::{Database, operator, rows};
use crate::server;
use datafusion::error::DataFusionError;
use insta::assert_snapshot;
use mysql_async::prelude::Queryable;
use springald_mysql::{MySqlSource, SourceError, Tls, connect, describe, plan_splits};
use std::num::NonZeroUsize;

/// Prints a message with its causes and its hint, as a user sees them.
pub(crate) fn shown(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    match error.hint() {
        Some(hint) => format!("{text}\nhint: {hint}"),
        None => text,
    }
}

#[tokio::test]
async fn an_unknown_table_suggests_similar_ones() {
    let mut db = Database::new("e_unknown").await;
    db.run(&["CREATE TABLE Crimes (id INT PRIMARY KEY)", "CREATE TABLE other (id INT PRIMARY KEY)"]).await;
    let table = db.table("crimez");
    let error = describe(&mut db.session, &table).await.unwrap_err();
    assert_eq!(error.to_string(), "table `e_unknown.crimez` does not exist; did you mean `Crimes`?");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn an_unknown_database_is_named() {
    let source = MySqlSource { database: "e_no_such".to_owned(), ..server::source().clone() };
    let error = connect(&source).await.unwrap_err();
    assert!(shown(&error).starts_with("open database `e_no_such`"), "{}", shown(&error));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn unknown_columns_list_those_there_are() {
    let mut db = Database::new("e_columns").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY, name TEXT)"]).await;
    let schema = db.describe("t").await;
    let error = schema.select(["id", "nome"]).unwrap_err();
    assert_eq!(error.to_string(), "table `e_columns.t` has no column `nome`; its columns are `id`, `name`");
    let spec = db.spec("t").await;
    for (column, problem) in [("nome", "has no column `nome`"), ("name", "no index begins with it")] {
        let planned = plan_splits(&mut db.session, &schema, &spec, NonZeroUsize::MIN, Some(column)).await;
        assert!(planned.unwrap_err().to_string().contains(problem), "{column}");
    }
}

#[tokio::test]
async fn encryption_that_is_not_to_be_had_is_no_lost_connection() {
    let source = server::source().clone();
    let verify = |authorities| Tls::Verify { authorities };
    let missing = connect(&source.clone().with_tls(verify(Some("no-such.pem".into())))).await.unwrap_err();
    assert!(shown(&missing).starts_with("read the certificates of authorities in `no-such.pem`"), "{missing}");
    let unknown = connect(&source.with_tls(verify(None))).await.unwrap_err();
    assert!(shown(&unknown).starts_with("protect the connection to MySQL at `127.0.0.1:"), "{}", shown(&unknown));
    assert!(shown(&unknown).contains("--tls-ca") && !unknown.is_transient() && !missing.is_transient());
}

#[tokio::test]
async fn a_refused_login_says_what_to_check() {
    let mut db = Database::new("e_login").await;
    db.run(&[
        "DROP USER IF EXISTS e_login_user",
        "CREATE USER e_login_user IDENTIFIED BY 'another password, not the one in the environment'",
    ])
    .await;
    let source = MySqlSource { user: "e_login_user".to_owned(), ..db.source() };
    let error = connect(&source).await.unwrap_err();
    assert!(matches!(error, SourceError::Login { .. }), "{error:?}");
    assert!(shown(&error).contains("MYSQL_PWD") && !error.is_transient());
}

#[tokio::test]
async fn a_table_without_permission_says_how_to_grant_it() {
    let mut db = Database::new("e_denied").await;
    let password = std::env::var("MYSQL_PWD").unwrap_or_default();
    db.run(&[
        "CREATE TABLE secret (id INT PRIMARY KEY)",
        "CREATE TABLE shared (id INT PRIMARY KEY)",
        "DROP USER IF EXISTS e_denied_user",
        &format!("CREATE USER e_denied_user IDENTIFIED BY '{password}'"),
        "GRANT SELECT ON e_denied.shared TO e_denied_user",
    ])
    .await;
    let source = MySqlSource { user: "e_denied_user".to_owned(), ..db.source() };
    let mut session = connect(&source).await.unwrap();
    describe(&mut session, &db.table("shared")).await.unwrap();
    let error = describe(&mut session, &db.table("secret")).await.unwrap_err();
    assert_eq!(error.to_string(), "no permission to read table `e_denied.secret`");
    assert!(shown(&error).ends_with("hint: let the user read it: `GRANT SELECT ON `e_denied`.`secret` TO …`"));
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let source = MySqlSource { port: closed, ..server::source().clone() };
    let error = connect(&source).await.unwrap_err();
    assert_eq!(error.to_string(), format!("connect to MySQL at `127.0.0.1:{closed}`"));
    assert!(error.is_transient() && shown(&error).contains("check host and port"));
}

#[tokio::test]
async fn a_crowded_server_is_asked_again() {
    let mut db = Database::new("e_crowded").await;
    let password = std::env::var("MYSQL_PWD").unwrap_or_default();
    db.run(&[
        "DROP USER IF EXISTS e_crowded_user",
        &format!("CREATE USER e_crowded_user IDENTIFIED BY '{password}' WITH MAX_USER_CONNECTIONS 1"),
        "GRANT SELECT ON e_crowded.* TO e_crowded_user",
    ])
    .await;
    let source = MySqlSource { user: "e_crowded_user".to_owned(), ..db.source() };
    let first = connect(&source).await.unwrap();
    let refused = "SELECT CAST(VARIABLE_VALUE AS CHAR) FROM STATUS WHERE VARIABLE_NAME = 'Aborted_connects'";
    let schema = if db.is_mariadb().await { "information_schema.GLOBAL" } else { "performance_schema.global" };
    let refused = refused.replace("STATUS", &format!("{schema}_status"));
    let before = db.ask(&refused).await;
    let second = tokio::spawn(async move { connect(&source).await });
    while db.ask(&refused).await == before {
        tokio::task::yield_now().await;
    }
    drop(first);
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_condition_that_is_no_sql_is_the_users_fault() {
    let mut db = Database::new("e_where").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
    let schema = db.describe("t").await;
    for filter in ["id = = 1", "nome = 1", "id = 1) OR (id = 2"] {
        let spec = db.spec("t").await.with_filter(Some(filter.to_owned()));
        let two = NonZeroUsize::new(2).unwrap();
        let error = plan_splits(&mut db.session, &schema, &spec, two, None).await.unwrap_err();
        assert!(shown(&error).contains("check the condition of `--where`"), "{}", shown(&error));
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_table_that_stays_locked_is_not_waited_for_without_end() {
    let mut db = Database::new("e_locked").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
    let mut locker = connect(&db.source()).await.unwrap();
    locker.query_drop("LOCK TABLES t WRITE").await.unwrap();
    db.run(&["SET SESSION lock_wait_timeout = 1"]).await;
    let table = db.table("t");
    let error = describe(&mut db.session, &table).await.unwrap_err();
    assert!(shown(&error).contains("somebody holds a lock of it"), "{}", shown(&error));
}

#[tokio::test]
async fn a_killed_connection_is_tried_again() {
    let mut db = Database::new("e_killed").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"]).await;
    let spec = db.spec("t").await;
    let plan = db.plan(&spec, 1, None).await;
    let reading = tokio::spawn(rows(operator(&plan, spec.with_filter(Some("SLEEP(60) = 0".to_owned())))));
    let find = "SELECT CAST(COALESCE(MAX(ID), 0) AS CHAR) FROM information_schema.PROCESSLIST \
                WHERE DB = 'e_killed' AND INFO LIKE '%SLEEP(60)%' AND ID <> CONNECTION_ID()";
    let mut id = db.ask(find).await;
    while id == "0" {
        id = db.ask(find).await;
    }
    db.run(&[&format!("KILL CONNECTION {id}")]).await;
    let error = reading.await.unwrap().unwrap_err();
    assert!(matches!(error.find_root(), DataFusionError::IoError(_)), "{error:?}");
}

#[tokio::test]
async fn messages_read_well() {
    let mut db = Database::new("e_messages").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
    let schema = db.describe("t").await;
    let spec = db.spec("t").await.with_filter(Some("nome = 1".to_owned()));
    let error = plan_splits(&mut db.session, &schema, &spec, NonZeroUsize::new(2).unwrap(), None).await.unwrap_err();
    assert_snapshot!(error.to_string(), @"plan splits of table `e_messages.t`");
}
