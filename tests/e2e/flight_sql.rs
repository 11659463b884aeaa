//! Analysts query a cluster with a client of Flight SQL: exactly, the live snapshot, and with the cluster's certificate only.

use crate::harness::{Authority, ClosedCluster, FlightSql, Warehouse, ministack, mysql, wait_until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const NAME: &str = "analysts.internal";
const ROWS: u64 = 20_000;
const LONG: i32 = 2099;
const DATABASE: &str = "analysts";

/// How soon who is refused must know it.
const SOON: Duration = Duration::from_secs(30);

/// A cluster with certificates on two executors, whose scheduler serves the tables of a warehouse on S3 with Glue.
struct Fixture {
    authority: Authority,
    bundle: PathBuf,
    warehouse: Warehouse,
    cluster: ClosedCluster,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
        mysql().new_database(DATABASE);
        mysql().execute(&format!(
            "USE {DATABASE}; CREATE TABLE t (id INT PRIMARY KEY, k INT, name VARCHAR(20), price DECIMAL(9,2));
             INSERT INTO t SELECT seq, IF(seq % 100 = 0, NULL, seq % 40), CONCAT('näme ', seq), seq / 100 FROM seq_1_to_{ROWS};
             CREATE TABLE some (k INT PRIMARY KEY); INSERT INTO some SELECT seq FROM seq_0_to_9;
             CREATE TABLE moving (id INT PRIMARY KEY); INSERT INTO moving VALUES (1), (2)"
        ));
        ministack();
        let authority = Authority::new(DATABASE);
        let bundle = authority.bundle(NAME, LONG);
        let warehouse = Warehouse::on_s3(&["--create-database"]);
        let cluster = ClosedCluster::start_with(DATABASE, Some(&bundle), &["--warehouse", warehouse.url()]);
        for table in ["t", "some"] {
            warehouse.ingest(&format!("{DATABASE}.{table}"), &["--splits", "4"]).report();
        }
        Fixture { authority, bundle, warehouse, cluster }
    });
    &FIXTURE
}

impl Fixture {
    fn port(&self) -> u16 {
        self.cluster.ports()[0]
    }

    /// A client that trusts the cluster, and shows the certificate of `bundle`, if any.
    fn client_with(&self, bundle: Option<&Path>) -> FlightSql {
        FlightSql::client(self.port(), Some((&self.bundle, bundle, NAME)))
    }

    fn client(&self) -> FlightSql {
        self.client_with(Some(&self.bundle))
    }
}

/// The column `k` of the row `id`.
fn k(id: u64) -> Option<u64> {
    (!id.is_multiple_of(100)).then_some(id % 40)
}

fn rows_with_k(k_is: u64) -> u64 {
    u64::try_from((1..=ROWS).filter(|id| k(*id) == Some(k_is)).count()).unwrap()
}

#[test]
fn rows_are_exact_on_two_executors() {
    let fixture = fixture();
    let mut client = fixture.client();
    let before = fixture.cluster.finished_tasks();

    let mut rows = client.rows("SELECT id, k, name, price FROM analysts.t");
    rows.sort_by_key(|row| row[0].as_u64());
    let expected = |id: u64| vec![json!(id), json!(k(id)), json!(format!("näme {id}")), json!(price(id))];
    assert_eq!(rows.len(), usize::try_from(ROWS).unwrap());
    assert!((1..=ROWS).zip(&rows).all(|(id, row)| *row == expected(id)), "{:?}", &rows[..5]);

    let pairs = "SELECT a.k, count(*) AS pairs FROM analysts.t a JOIN springald.analysts.t b ON a.k = b.k GROUP BY a.k ORDER BY a.k";
    let expected: Vec<_> =
        (0..40).filter(|k| rows_with_k(*k) > 0).map(|k| vec![json!(k), json!(rows_with_k(k).pow(2))]).collect();
    assert_eq!(client.rows(pairs), expected);

    let totals = "SELECT count(*), count(k), sum(id), sum(price), count(DISTINCT name), min(name) FROM analysts.t";
    let (sum, price) = (ROWS * (ROWS + 1) / 2, price(ROWS * (ROWS + 1) / 2));
    let expected = [json!(ROWS), json!(ROWS - ROWS / 100), json!(sum), json!(price), json!(ROWS), json!("näme 1")];
    assert_eq!(client.rows(totals), [expected]);

    let after = fixture.cluster.finished_tasks();
    assert!(after.iter().zip(before).all(|(after, before)| *after > before), "{before:?} {after:?}");
}

fn price(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Joins that decide at their end which rows had no match: tasks apart would each decide from their own part.
#[test]
fn joins_are_exact_whose_tasks_know_only_their_own_part() {
    let mut client = fixture().client();
    let unmatched = "SELECT s.k, count(*) FROM analysts.some s LEFT JOIN analysts.t t ON t.id > s.k * 4000 GROUP BY s.k ORDER BY s.k";
    let expected: Vec<_> = (0..10).map(|k: u64| vec![json!(k), json!(ROWS.saturating_sub(k * 4000).max(1))]).collect();
    assert_eq!(client.rows(unmatched), expected);
    let in_none = "SELECT count(*) FROM analysts.some WHERE k NOT IN (SELECT k FROM analysts.t)";
    assert_eq!(client.rows(in_none), [[json!(0)]], "a NULL may be any of them");
    let others = "SELECT count(*) FROM analysts.t WHERE k NOT IN (SELECT k FROM analysts.some)";
    assert_eq!(client.rows(others), [[json!((10..40).map(rows_with_k).sum::<u64>())]]);
}

#[test]
fn each_query_of_a_connection_reads_the_live_snapshot() {
    let fixture = fixture();
    let mut client = fixture.client();
    let count = "SELECT count(*), sum(id) FROM analysts.moving";
    assert!(client.refusal(count).contains("analysts.moving' not found"));
    for (id, sum) in [(2, 3), (3, 6), (4, 10)] {
        mysql().execute(&format!("REPLACE INTO analysts.moving VALUES ({id})"));
        fixture.warehouse.ingest("analysts.moving", &[]).report();
        for statement in [count.to_owned(), format!("@prepare {count}")] {
            assert_eq!(client.rows(&statement), [[json!(id), json!(sum)]]);
        }
    }
}

#[test]
fn only_the_clusters_own_certificate_is_let_in() {
    let fixture = fixture();
    let expired = fixture.authority.bundle(NAME, 2020);
    let other = fixture.authority.bundle("others.internal", LONG);
    let foreign = Authority::new("analysts-foreign").bundle(NAME, LONG);
    let port = fixture.port();
    for (whose, mut client, word) in [
        ("none", fixture.client_with(None), "--tls-bundle"),
        ("expired", fixture.client_with(Some(&expired)), "Unavailable"),
        ("another cluster's", fixture.client_with(Some(&other)), "Unavailable"),
        ("foreign", fixture.client_with(Some(&foreign)), "Unavailable"),
        (
            "one that trusts others",
            FlightSql::client(port, Some((&foreign, Some(&fixture.bundle), NAME))),
            "certificate",
        ),
        (
            "one that means another",
            FlightSql::client(port, Some((&fixture.bundle, Some(&fixture.bundle), "x.y"))),
            "x.y",
        ),
        ("plain text", FlightSql::client(port, None), "Unavailable"),
    ] {
        for statement in ["SELECT 1", "@tables", "@prepare SELECT 1", "@update SET a.b = 1"] {
            let begun = Instant::now();
            let refusal = client.refusal(statement);
            assert!(refusal.contains(word), "{whose}, {statement}: {refusal}");
            assert!(begun.elapsed() < SOON, "{whose}: {:?}", begun.elapsed());
        }
    }
    fixture.cluster.must_answer();
    assert_eq!(fixture.client().rows("SELECT 1 + 1"), [[json!(2)]]);
}

#[test]
fn nothing_is_changed_from_there() {
    let fixture = fixture();
    let mut client = fixture.client();
    let published = fixture.warehouse.published();
    for statement in [
        "SET datafusion.execution.batch_size = 1",
        "CREATE EXTERNAL TABLE passwd (line VARCHAR) STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE VIEW analysts.v AS SELECT 1",
        "CREATE DATABASE d",
        "DROP TABLE analysts.t",
        "INSERT INTO analysts.some VALUES (11)",
        "DELETE FROM analysts.t",
        "COPY analysts.t TO '/tmp/rows.parquet'",
        "EXPLAIN ANALYZE INSERT INTO analysts.some VALUES (11)",
    ] {
        for way in ["", "@prepare ", "@update "] {
            let refusal = client.refusal(&format!("{way}{statement}"));
            assert!(refusal.contains("Flight SQL only reads here"), "{way}{statement}: {refusal}");
        }
    }
    // A query that writes does not look like one from outside.
    for statement in ["SELECT * INTO analysts.copy FROM analysts.some", "SELECT * FROM '/etc/passwd'"] {
        client.refusal(statement);
    }
    assert_eq!(client.rows("SELECT count(*) FROM analysts.some"), [[json!(10)]]);
    assert_eq!(fixture.warehouse.published(), published);
}

#[test]
fn drivers_find_the_tables_and_their_columns() {
    let mut client = fixture().client();
    let found: Vec<Value> = client.rows("@tables").concat();
    assert!(found.contains(&json!("analysts.t")) && found.contains(&json!("analysts.some")), "{found:?}");
    let shown = client.rows("SHOW TABLES");
    let t = ["springald", "analysts", "t", "BASE TABLE"].map(Value::from).to_vec();
    assert!(shown.contains(&t), "{shown:?}");
    let columns: Vec<_> = client.rows("DESCRIBE analysts.t").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(columns, ["id", "k", "name", "price"]);
    assert_eq!(client.rows("@name"), [[json!("Springald")]]);
    let plan = client.rows("EXPLAIN SELECT count(*) FROM analysts.t WHERE k = 1");
    assert!(plan.concat().iter().any(|text| text.as_str().unwrap_or_default().contains("DataSourceExec")), "{plan:?}");
}

/// The scheduler plans, and all jobs depend on it.
#[test]
fn no_statement_costs_the_scheduler_more_than_its_share() {
    let fixture = fixture();
    let mut client = fixture.client();
    let long = |term: &str, times: usize| format!("SELECT count(*) FROM analysts.t WHERE id = 1{}", term.repeat(times));
    for (term, rows) in [(" OR id = 7", 2), (" AND id < 5", 1)] {
        assert_eq!(client.rows(&long(term, 600)), [[json!(rows)]], "{term}");
    }
    assert_eq!(client.rows(&format!("SELECT 1{}", " + 1".repeat(1900))), [[json!(1901)]]);
    assert_eq!(client.rows(&format!("SELECT length('a'{})", " || 'a'".repeat(1900))), [[json!(1901)]]);
    // Nothing of this can be worked out before it is on an executor.
    let chain = format!("SELECT max(0{}) FROM analysts.t WHERE k < 5", " + k".repeat(1900));
    assert_eq!(client.rows(&chain), [[json!(4 * 1900)]]);
    for statement in [long(" OR id = 7", 20_000), format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(20_000))] {
        assert!(client.refusal(&statement).contains("operators and keywords, and may have 2000"));
    }
    assert!(client.refusal(&format!("SELECT '{}'", "x".repeat(2 << 20))).contains("too large"));
    for statement in [
        "SELECT generate_series(1, 3000000000)",
        "SELECT range(3000000000)",
        "SELECT repeat(arrow_cast('x', 'LargeUtf8'), 30000000000)",
        "SELECT list_repeat(1, 3000000000)",
        "SELECT array_resize([1], 3000000000)",
    ] {
        assert!(client.refusal(statement).contains("Invalid function"), "{statement}");
    }
    assert!(client.refusal("SELECT * FROM generate_series(1, 3000000000)").contains("generate_series"));
    let lengthened = "SELECT replace('abba', 'b', name) AS r, lpad('7', 3, '0'), rpad('7', 2, 'x'), regexp_replace('aa', 'a', 'ab'), \
                      count(*) FROM analysts.t WHERE replace(name, 'ä', 'ae') = 'naeme 7' GROUP BY r";
    let row = ["anäme 7näme 7a", "007", "7x", "aba"].map(Value::from).into_iter().chain([json!(1)]).collect::<Vec<_>>();
    assert_eq!(client.rows(lengthened), [row]);
    for made in ["lpad('7', 3, '0')", "replace('abba', 'b', 'c')", "list_join(['a', 'b'], '-')", "encode('a', 'hex')"] {
        let plan = client.rows(&format!("EXPLAIN SELECT {made}")).concat();
        let name = made.split_once('(').unwrap().0.replace("list_join", "array_to_string");
        assert!(plan.iter().any(|text| text.as_str().unwrap_or_default().contains(&format!("{name}("))), "{plan:?}");
        assert_eq!(client.rows(&format!("SELECT {made} = {made}")), [[json!(true)]]);
    }
    let joined = |tables: usize| {
        let rest = (1..tables).map(|n| format!(" JOIN analysts.t t{n} ON t{n}.id = t0.id")).collect::<String>();
        format!("SELECT count(*) FROM analysts.t t0{rest}")
    };
    let doubled = (1..40).map(|n| format!(", d{n} AS (SELECT a.id FROM d{0} a JOIN d{0} b ON a.id = b.id)", n - 1));
    let doubled = format!("WITH d0 AS (SELECT id FROM analysts.t){} SELECT * FROM d39", doubled.collect::<String>());
    for statement in [joined(51), joined(300), doubled] {
        assert!(client.refusal(&statement).contains("reads more than 50 tables"));
    }
    let sorted = |times: u64| {
        let ranks = (1..=times).map(|n| format!(", rank() OVER (ORDER BY id % {n}, k DESC)")).collect::<String>();
        format!("SELECT id{ranks} FROM analysts.t")
    };
    for statement in [joined(20), sorted(150)] {
        assert!(client.refusal(&statement).contains("too deep to be sent through a cluster"));
    }
    assert_eq!(client.rows(&sorted(8)).len(), 20_000);
    assert_eq!(client.rows(&joined(8)), [[json!(20_000)]]);
    let doubled = |times: usize| {
        let first = "WITH q0 AS (SELECT k FROM analysts.t)".to_owned();
        let with = (1..=times).fold(first, |with, n| format!("{with}, q{n} AS (SELECT k + k AS k FROM q{})", n - 1));
        format!("{with} SELECT count(*) FROM q{times} WHERE k > 0")
    };
    assert!(client.refusal(&doubled(40)).contains("parts when each column is replaced"));
    assert_eq!(client.rows(&doubled(10)), client.rows("SELECT count(*) FROM analysts.t WHERE k > 0"));
    let joined = "SELECT count(*) FROM information_schema.df_settings a, information_schema.df_settings b";
    assert!(client.refusal(joined).contains("at a time"));
    fixture.cluster.must_answer();
}

#[test]
fn a_query_whose_client_has_gone_is_cancelled() {
    let (cluster, _warehouse) = open_cluster("analysts_gone", 20_000);
    let port = cluster.ports()[0];
    let is_idle = || cluster.look(port, "/work", &[]).1 == r#"{"waiting":0,"running":0}"#;
    let mut client = FlightSql::client(port, None);
    let before = cluster.finished_tasks().iter().sum::<usize>();
    // 8 * 10^12 sums.
    client.send(
        "SELECT sum(a.id + b.id + c.id) FROM analysts_gone.t a, analysts_gone.t b, analysts_gone.t c WHERE a.id + b.id > c.id",
    );
    // Two tables are sent to every task, and then all four slots add up.
    let finished = || cluster.finished_tasks().iter().sum::<usize>();
    wait_until(|| finished() >= before + 8 && cluster.look(port, "/work", &[]).1.contains(r#""running":4"#));
    client.kill();
    wait_until(is_idle);
    let mut next = FlightSql::client(port, None);
    assert_eq!(next.rows("SELECT count(*) FROM analysts_gone.t WHERE id > 1"), [[json!(19_999)]]);
}

#[test]
fn what_fails_says_why() {
    let mut client = fixture().client();
    for (statement, word) in [
        ("@bind SELECT * FROM analysts.t WHERE id = ?", "no parameters here: write the values into the statement"),
        ("WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a) SELECT * FROM a", "WITH RECURSIVE"),
        ("EXPLAIN ANALYZE SELECT * FROM analysts.t", "EXPLAIN ANALYZE would measure one task"),
        ("SHOW COLUMNS FROM analysts.t", "`DESCRIBE database.table`"),
        ("SELEC 1", "not one statement of SQL"),
        ("SELECT 1; SELECT 2", "not one statement of SQL"),
        ("SELECT * FROM analysts.nothing", "table 'springald.analysts.nothing' not found"),
        ("SELECT nothing FROM analysts.t", "nothing"),
        ("SELECT sum(1 / (id - 1)) FROM analysts.t", "DivideByZero"),
    ] {
        let refusal = client.refusal(statement);
        assert!(refusal.contains(word) && !refusal.contains("panicked"), "{statement}: {refusal}");
    }
    assert_eq!(client.rows("SELECT 'again'"), [[json!("again")]]);
}

#[test]
fn it_is_served_where_there_is_a_warehouse_for_it() {
    let (open, _warehouse) = open_cluster("analysts_here", 2);
    assert_eq!(FlightSql::client(open.ports()[0], None).rows("SELECT sum(id) FROM analysts_here.t"), [[json!(3)]]);

    let without = ClosedCluster::start("analysts-nowhere", None);
    let refusal = FlightSql::client(without.ports()[0], None).refusal("SELECT 1");
    assert!(refusal.contains("`springald scheduler --warehouse`"), "{refusal}");
}

/// A cluster without certificates that serves a warehouse of its own, with a table `t` of so many rows in the database `name`.
fn open_cluster(name: &'static str, rows: u64) -> (ClosedCluster, Warehouse) {
    let warehouse = Warehouse::new();
    mysql().new_database(name);
    mysql().execute(&format!(
        "USE {name}; CREATE TABLE {name}.t (id INT PRIMARY KEY); INSERT INTO {name}.t SELECT seq FROM seq_1_to_{rows}"
    ));
    let cluster = ClosedCluster::start_with(name, None, &["--warehouse", warehouse.url()]);
    let (source, table) = (mysql().source(name), format!("{name}.t"));
    let ingest = ["ingest", "--source", &source, "--from", &table, "--splits", "4"];
    assert_eq!(cluster.job(&warehouse, None, &ingest).rows(), rows);
    (cluster, warehouse)
}
