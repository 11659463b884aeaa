//! Reading: streams, bounded batches, ends when nobody listens, and SQL over a table.

use crate::fixture::{Database, operator, printed, rows};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use insta::assert_snapshot;
use springald_mysql::{MySqlTable, ReadOptions};
use std::sync::Arc;

async fn numbers(name: &str, rows: u32) -> Database {
    let mut db = Database::new(name).await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), born DATE, price DECIMAL(9,2))"]).await;
    let row = |n: u32| format!("({n}, 'n{}', '2024-01-01' + INTERVAL {} DAY, {n}.50)", n % 10, n % 30);
    for start in (0..rows).step_by(1000) {
        let values: Vec<String> = (start..rows.min(start + 1000)).map(row).collect();
        db.run(&[&format!("INSERT INTO t VALUES {}", values.join(", "))]).await;
    }
    db
}

async fn context(db: &Database) -> SessionContext {
    let table = MySqlTable::try_new(db.source(), db.table("t"), ReadOptions::default()).await.unwrap();
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4));
    context.register_table("t", Arc::new(table)).unwrap();
    context
}

#[tokio::test]
async fn batches_are_bounded_by_rows() {
    let mut db = numbers("r_rows", 2500).await;
    let options = ReadOptions { batch_rows: 1000, ..ReadOptions::default() };
    let spec = db.spec("t").await.with_options(options);
    let plan = db.plan(&spec, 1, None).await;
    let sizes: Vec<_> = rows(operator(&plan, spec)).await.unwrap().iter().map(|batch| batch.num_rows()).collect();
    assert_eq!(sizes, [1000, 1000, 500]);
}

#[tokio::test]
async fn a_huge_value_has_a_batch_for_itself() {
    let mut db = Database::new("r_huge").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, REPEAT('x', 100000000)), (4, 'c')",
    ])
    .await;
    let spec = db.spec("t").await;
    let plan = db.plan(&spec, 1, None).await;
    let batches = rows(operator(&plan, spec)).await.unwrap();
    let sizes: Vec<_> = batches.iter().map(|batch| batch.num_rows()).collect();
    assert_eq!(sizes, [2, 1, 1]);
    assert!(batches[1].get_array_memory_size() < 101_000_000, "{}", batches[1].get_array_memory_size());
}

#[tokio::test]
async fn a_dropped_stream_ends_its_query() {
    let mut db = numbers("r_dropped", 1000).await;
    // A million rows, far more than fit the buffers between server and client.
    db.run(&["CREATE VIEW many AS SELECT a.* FROM t a, t b"]).await;
    let spec = db.spec("many").await;
    let plan = operator(&db.plan(&spec, 1, None).await, spec);
    let mut stream = plan.execute(0, SessionContext::new().task_ctx()).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 2048);
    let running = "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.PROCESSLIST WHERE DB = 'r_dropped'";
    assert_eq!(db.ask(running).await, "2");
    drop(stream);
    while db.ask(running).await != "1" {
        tokio::task::yield_now().await;
    }
    let read = plan.metrics().unwrap().output_rows().unwrap();
    assert!(read < 100_000, "{read} rows were read");
}

#[tokio::test]
async fn each_partition_reads_its_own_split() {
    let mut db = numbers("r_partitions", 1000).await;
    let spec = db.spec("t").await;
    let plan = operator(&db.plan(&spec, 4, None).await, spec);
    let mut total = 0;
    for partition in 0..4 {
        let mut stream = plan.execute(partition, SessionContext::new().task_ctx()).unwrap();
        while let Some(batch) = stream.next().await {
            let batch = batch.unwrap();
            total += batch.num_rows();
            assert_eq!(batch.num_rows(), 250);
        }
    }
    assert_eq!(total, 1000);
}

#[tokio::test]
async fn sql_is_pushed_into_mysql() {
    let db = numbers("r_sql", 1000).await;
    let context = context(&db).await;
    let plan = |sql: &'static str| {
        let context = context.clone();
        async move {
            let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
            datafusion::physical_plan::displayable(plan.as_ref()).indent(true).to_string()
        }
    };
    assert_snapshot!(plan("SELECT name FROM t WHERE id < 10").await, @r"
    MySqlReadExec: table=r_sql.t, columns=[name], splits=4, where=`id` < 10
      DataSourceExec: partitions=4, partition_sizes=[1, 1, 1, 1]
    ");
    assert_snapshot!(plan("SELECT id FROM t WHERE name = 'n1'").await, @r"
    FilterExec: name@1 = n1, projection=[id@0]
      MySqlReadExec: table=r_sql.t, columns=[id, name], splits=4, where=`name` = 'n1'
        DataSourceExec: partitions=4, partition_sizes=[1, 1, 1, 1]
    ");
    assert_snapshot!(plan("SELECT id FROM t LIMIT 3").await, @r"
    GlobalLimitExec: skip=0, fetch=3
      MySqlReadExec: table=r_sql.t, columns=[id], splits=1, limit=3
        DataSourceExec: partitions=1, partition_sizes=[1]
    ");
    assert_snapshot!(plan("SELECT count(*) FROM t").await, @r"
    ProjectionExec: expr=[count(Int64(1))@0 as count(*)]
      AggregateExec: mode=Final, gby=[], aggr=[count(Int64(1))]
        CoalescePartitionsExec
          AggregateExec: mode=Partial, gby=[], aggr=[count(Int64(1))]
            MySqlReadExec: table=r_sql.t, columns=[], splits=4
              DataSourceExec: partitions=4, partition_sizes=[1, 1, 1, 1]
    ");
}

#[tokio::test]
async fn sql_answers_are_right() {
    let db = numbers("r_answers", 1000).await;
    let context = context(&db).await;
    for (sql, answer) in [
        ("SELECT count(*) FROM t", "1000"),
        ("SELECT count(*) FROM t WHERE name = 'n1'", "100"),
        ("SELECT count(*) FROM t WHERE name = 'N1'", "0"),
        ("SELECT sum(id) FROM t WHERE id >= 998 OR id IN (1, 2)", "2000"),
        ("SELECT max(price) FROM t WHERE price < 10.50", "9.50"),
        ("SELECT count(*) FROM t WHERE born > DATE '2024-01-29'", "33"),
        ("SELECT count(*) FROM (SELECT id FROM t LIMIT 7)", "7"),
        ("SELECT count(*) FROM t WHERE id IS NULL", "0"),
    ] {
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        let printed = printed(&batches);
        let value = printed.lines().nth(3).unwrap().trim_matches(['|', ' ']);
        assert_eq!(value, answer, "{sql}");
    }
}
