//! A server that sends nothing: at work it is waited for; else it is given up, and its session ended.

use crate::fixture::{Database, operator, rows};
use datafusion::error::DataFusionError;
use springald_mysql::{ReadOptions, ReadSpec};
use std::time::Duration;

/// Makes a table of one row, and returns how it is read with a limit of a tenth of a second on silence.
async fn impatient(db: &mut Database) -> ReadSpec {
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"]).await;
    let silence = Duration::from_millis(100);
    db.spec("t").await.with_options(ReadOptions { silence, ..ReadOptions::default() })
}

/// Waits until as many sessions as `count` run a statement that has `text` in it.
async fn wait_for_sessions(db: &mut Database, text: &str, count: &str) {
    let running = format!(
        "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.PROCESSLIST \
         WHERE DB = '{}' AND INFO LIKE '%{text}%' AND ID <> CONNECTION_ID()",
        db.name
    );
    while db.ask(&running).await != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_at_work_is_waited_for() {
    let mut db = Database::new("s_at_work").await;
    let spec = impatient(&mut db).await;
    let plan = db.plan(&spec, 1, None).await;
    let read = rows(operator(&plan, spec.with_filter(Some("SLEEP(1) = 0".to_owned())))).await.unwrap();
    assert_eq!(read.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
}

#[tokio::test]
async fn a_server_that_waits_for_others_is_given_up_and_tried_again() {
    let mut db = Database::new("s_waiting").await;
    let spec = impatient(&mut db).await;
    let plan = db.plan(&spec, 1, None).await;
    db.run(&["LOCK TABLES t WRITE"]).await;
    let error = rows(operator(&plan, spec)).await.unwrap_err();
    assert!(matches!(error.find_root(), DataFusionError::IoError(_)), "{error:?}");
    assert!(error.to_string().contains("the server sent nothing"), "{error}");
    // The table is locked still, so only its end on the server ends the session.
    wait_for_sessions(&mut db, "`t`", "0").await;
}

#[tokio::test]
async fn what_nobody_wants_any_more_is_ended_on_the_server() {
    let mut db = Database::new("s_dropped").await;
    let spec = impatient(&mut db).await;
    let plan = db.plan(&spec, 1, None).await;
    let reading = tokio::spawn(rows(operator(&plan, spec.with_filter(Some("SLEEP(3600) = 0".to_owned())))));
    wait_for_sessions(&mut db, "SLEEP(3600)", "1").await;
    reading.abort();
    wait_for_sessions(&mut db, "SLEEP(3600)", "0").await;
}
