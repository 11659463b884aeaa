//! The business analysis in `sql/athena` says on Athena what MySQL says of its own table.

use crate::harness::{CRIMES, Warehouse, ask_athena, crimes, in_project, ministack, mysql};

const DETAILS: &str = "crime_type_details";
const ALL: &str = "crimes_2001_to_present";

#[test]
fn athena_says_what_mysql_says() {
    crimes();
    ministack();
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest(CRIMES, &[]).report();
    warehouse.process(&in_project("sql/crime_type_details.sql"), &format!("crime_data.{DETAILS}")).report();
    for (file, tables, mysql_says) in [
        (
            "types_without_arrest",
            &[DETAILS][..],
            "SELECT `Primary Type`, COUNT(*) AS cases FROM t WHERE NOT Arrest GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
        ),
        (
            "without_arrest_by_year",
            &[DETAILS, ALL],
            "SELECT Year, SUM(NOT Arrest), COUNT(*), ROUND(100 * SUM(NOT Arrest) / COUNT(*), 1) FROM t GROUP BY 1 ORDER BY 1",
        ),
        (
            "without_arrest_by_district",
            &[DETAILS],
            "SELECT District, COUNT(*) FROM t WHERE NOT Arrest GROUP BY 1 ORDER BY District IS NULL, 1",
        ),
    ] {
        let rows = ask_athena("crime_data", &format!("sql/athena/{file}.sql"), tables);
        let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
        let lines: Vec<String> =
            rows.into_iter().map(|row| row.into_iter().map(text).collect::<Vec<_>>().join("\t")).collect();
        assert_eq!(lines.join("\n"), mysql().query(&mysql_says.replace("FROM t", &format!("FROM {CRIMES}"))), "{file}");
    }
}
