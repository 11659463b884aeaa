//! Planning with few rights, and where the optimizer knows nothing: never a failure, and every row once.

use crate::fixture::{Database, operator, rows};
use crate::splits::sizes;
use insta::assert_snapshot;
use springald_mysql::{MySqlSource, ReadSpec, connect, describe, plan_splits};
use std::num::NonZeroUsize;

/// A table of 3,000 rows, and a user who has been granted `grant`.
async fn restricted(name: &str, grants: &[&str]) -> (Database, MySqlSource) {
    let mut db = Database::new(name).await;
    let password = std::env::var("MYSQL_PWD").unwrap_or_default();
    let rows: Vec<String> = (0..3000).map(|n| format!("({n}, {}, 'secret')", n * 2)).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, k INT NOT NULL, hidden VARCHAR(9), KEY hidden_first (hidden, k))",
        &format!("INSERT INTO t VALUES {}", rows.join(", ")),
        "CREATE VIEW v AS SELECT id, k FROM t",
        &format!("DROP USER IF EXISTS {name}_user"),
        &format!("CREATE USER {name}_user IDENTIFIED BY '{password}'"),
    ])
    .await;
    for grant in grants {
        db.run(&[&format!("GRANT {grant} TO {name}_user")]).await;
    }
    let source = MySqlSource { user: format!("{name}_user"), ..db.source() };
    (db, source)
}

/// Plans 8 splits as that user and returns their sizes and what was warned of.
async fn read_as(db: &Database, source: MySqlSource, table: &str, column: Option<&str>) -> (Vec<usize>, Vec<String>) {
    let mut session = connect(&source).await.unwrap();
    let schema = describe(&mut session, &db.table(table)).await.unwrap();
    let spec = ReadSpec::new(source, db.table(table), schema.all_columns().unwrap());
    let plan = plan_splits(&mut session, &schema, &spec, NonZeroUsize::new(8).unwrap(), column).await.unwrap();
    let warnings = plan.warnings.clone();
    let mut sizes = Vec::new();
    for split in &plan.splits {
        let one = springald_mysql::SplitPlan { splits: vec![split.clone()], ..plan.clone() };
        let batches = rows(operator(&one, spec.clone())).await.unwrap();
        sizes.push(batches.iter().map(|batch| batch.num_rows()).sum());
    }
    (sizes, warnings)
}

#[tokio::test]
async fn a_view_that_may_be_read_but_not_explained_is_split() {
    let (db, source) = restricted("a_view", &["SELECT ON a_view.v"]).await;
    let (sizes, warnings) = read_as(&db, source.clone(), "v", Some("k")).await;
    assert_eq!(sizes, [375; 8]);
    assert_snapshot!(warnings.join("\n"), @"to find the splits of table `a_view.v` the keys of all of its rows were read, for the server does not let the user explain it (for a view that takes the right SHOW VIEW); --splits 1 needs none");
    assert_eq!(read_as(&db, source, "v", None).await.0, [3000]);
}

#[tokio::test]
async fn a_user_who_may_read_some_columns_only_splits_by_them() {
    let (db, source) = restricted("a_columns", &["SELECT (id, k) ON a_columns.t"]).await;
    let (sizes, warnings) = read_as(&db, source, "t", None).await;
    assert_eq!((sizes.as_slice(), warnings.len()), ([375; 8].as_slice(), 0));
}

#[tokio::test]
async fn an_index_whose_first_column_is_hidden_is_none() {
    let (db, source) = restricted("a_hidden", &["SELECT (k) ON a_hidden.t"]).await;
    let (sizes, warnings) = read_as(&db, source, "t", None).await;
    assert_eq!((sizes.as_slice(), warnings.len()), ([3000].as_slice(), 1));
    assert!(warnings[0].contains("no column is indexed"), "{warnings:?}");
}

#[tokio::test]
async fn a_join_of_more_rows_than_there_are_numbers_is_planned() {
    let mut db = Database::new("a_product").await;
    let rows: Vec<String> = (0..2000).map(|n| format!("({n}, {n})")).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, v INT)",
        &format!("INSERT INTO t VALUES {}", rows.join(", ")),
        "ANALYZE TABLE t",
    ])
    .await;
    // 2000 to the power of 7 are more than 2 to the power of 63; there is but one row.
    let tables: Vec<String> = (1..8).map(|n| format!("t t{n}")).collect();
    let conditions: Vec<String> = (2..8).map(|n| format!("t{n}.v + 0 = t1.v")).collect();
    let sql =
        format!("SELECT t1.id FROM {} WHERE t1.id = 5 AND {}", tables.join(" CROSS JOIN "), conditions.join(" AND "));
    let spec = db.query(&sql).await;
    let plan = db.plan(&spec, 4, None).await;
    assert!(springald_mysql::splits_relation(&plan.splits).is_ok(), "{:?}", plan.splits);
    let few =
        format!("SELECT t1.id FROM {} WHERE t1.id < 3 AND {}", tables.join(" CROSS JOIN "), conditions.join(" AND "));
    let spec = db.query(&few).await;
    assert_eq!(sizes(&mut db, spec, 1, Some("id")).await, [3]);
}
