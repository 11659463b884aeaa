//! scratch
use mysql_async::prelude::Queryable;
use springald_mysql::*;
use std::num::NonZeroUsize;
#[tokio::test]
async fn scratch() {
    let source: MySqlSource = "mysql://root@127.0.0.1:23399/crime_data".parse().unwrap();
    let table: SourceTable = std::env::var("T").unwrap_or("crime_data.Crimes_2001_to_Present".into()).parse().unwrap();
    let mut s = connect(&source).await.unwrap();
    let schema = describe(&mut s, &table).await.unwrap();
    let spec = ReadSpec::new(source, table, schema.all_columns().unwrap());
    for n in [2usize, 8, 16, 64, 256] {
        let q0: (String, u64) = s.query_first("show session status like 'Questions'").await.unwrap().unwrap();
        let b = std::time::Instant::now();
        let plan = plan_splits(&mut s, &schema, &spec, NonZeroUsize::new(n).unwrap(), None).await.unwrap();
        let t = b.elapsed();
        let q1: (String, u64) = s.query_first("show session status like 'Questions'").await.unwrap().unwrap();
        let mut sizes = vec![];
        if n <= 64 {
        for sp in &plan.splits {
            let c = ReadSpec { columns: vec![], ..spec.clone() }.with_key(plan.key.clone());
            let sql = select_sql(&c, &sp.range).replace("SELECT 1", "SELECT COUNT(*)");
            let r: u64 = s.query_first(sql).await.unwrap().unwrap();
            sizes.push((r, sp.estimated_rows));
        }}
        println!("n={n} got={} {:?} queries={} sizes={:?}", plan.splits.len(), t, q1.1 - q0.1, sizes);
    }
}
