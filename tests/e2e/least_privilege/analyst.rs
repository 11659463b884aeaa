//! What somebody asks for who analyses a table with awswrangler and Athena.

use super::{actions_on, granted, with_unseen};
use crate::harness::{Road, Warehouse, analyse, ministack, mysql, prepare_analysis};

/// What Athena asks for in the name of whoever queries: the table's database (Athena's guide, "Configure access to databases
/// and tables in the AWS Glue Data Catalog"), where buckets are, and the writing of the result (facts, 4).
const BY_ATHENA: [&str; 3] = ["glue:GetDatabase", "s3:GetBucketLocation", "s3:PutObject"];

#[test]
fn an_analyst_may_do_what_an_analysis_takes_and_nothing_else() {
    mysql().new_database("analysed");
    mysql().execute("USE analysed; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_70");
    ministack();
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest("analysed.t", &[]).report();
    prepare_analysis("analysed", "t");

    let road = Road::to(ministack().endpoint());
    let counted = analyse(road.endpoint(), "analysed", "t");
    assert_eq!((counted["files"], counted["athena"]), (70, 70));
    assert_eq!(with_unseen(actions_on(&road), &BY_ATHENA), granted("analyst.json"));
}
