//! Statements: one range of one table or query becomes one `SELECT`.

use crate::name::quote_name;
use crate::query::parenthesized;
use crate::schema::{SourceColumn, loss_check};
use crate::spec::ReadSpec;
use crate::split::{KeyRange, range_condition};

/// Writes the statement that reads `range` of what `spec` describes.
///
/// Every row of the table for which the spec's conditions hold is returned by the statement of exactly one of
/// a plan's ranges. Where characters may be lost a last column says of which column, by its number, one was.
#[must_use]
pub fn select_sql(spec: &ReadSpec, range: &KeyRange) -> String {
    let columns: Vec<String> = spec.columns.iter().map(expression).chain(loss_check(&spec.columns)).collect();
    // Where only the rows count, each must still be sent.
    let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
    let in_range = spec.key.as_ref().and_then(|key| range_condition(key, range));
    let limit = spec.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
    format!("SELECT {columns} FROM {}{}{limit}", spec.origin.sql(), where_clause(spec, in_range))
}

/// Writes the column, or what it is converted to.
fn expression(column: &SourceColumn) -> String {
    match column.conversion {
        Some(conversion) => conversion.sql(&column.name),
        None => quote_name(&column.name),
    }
}

/// Writes ` WHERE …` of the spec's own conditions and one more; nothing if there is no condition at all.
pub(crate) fn where_clause(spec: &ReadSpec, more: Option<String>) -> String {
    let given = spec.filter.iter().chain(&spec.pushed).map(|condition| parenthesized(condition));
    let conditions: Vec<String> = given.chain(more).collect();
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::SourceTable;
    use crate::query::SourceQuery;
    use crate::schema::{ColumnKind, Conversion};
    use crate::split::{Key, KeyColumn, KeyValue, SplitKey};
    use insta::assert_snapshot;

    fn spec(columns: &[&str]) -> ReadSpec {
        let column = |name: &&str| SourceColumn {
            name: (*name).to_owned(),
            field_name: name.to_lowercase(),
            kind: ColumnKind::Text,
            conversion: None,
            declared: "text".to_owned(),
            nullable: true,
            comment: None,
        };
        let source = "mysql://reader@localhost/crime_data".parse().unwrap();
        let table = SourceTable::new("crime_data", "Crimes");
        let id = KeyColumn { name: "ID".to_owned(), kind: ColumnKind::Int { unsigned: false }, nullable: false };
        let key = SplitKey { index: Some("PRIMARY".to_owned()), columns: vec![id] };
        ReadSpec::new(source, table, columns.iter().map(column).collect()).with_key(Some(key))
    }

    fn range() -> KeyRange {
        let key = |number| Some(Key(vec![KeyValue::Int(number)]));
        KeyRange { start: key(10), end: key(20) }
    }

    #[test]
    fn a_range_becomes_one_select() {
        assert_snapshot!(select_sql(&spec(&["ID", "Primary Type"]), &range()), @"SELECT `ID`, `Primary Type` FROM `crime_data`.`Crimes` WHERE `ID` >= 10 AND `ID` < 20");
        assert_snapshot!(select_sql(&spec(&["a`b"]), &KeyRange::ALL), @"SELECT `a``b` FROM `crime_data`.`Crimes`");
    }

    #[test]
    fn a_column_may_be_converted() {
        let mut spec = spec(&["ID", "Date"]);
        spec.columns[1].conversion = Some(Conversion::Text);
        assert_snapshot!(select_sql(&spec, &KeyRange::ALL), @"SELECT `ID`, CAST(`Date` AS CHAR) FROM `crime_data`.`Crimes`");
    }

    #[test]
    fn text_is_checked_where_unicode_may_lack_a_character() {
        let mut spec = spec(&["ID", "n"]);
        spec.columns[1].conversion = Some(Conversion::CheckedText);
        assert_snapshot!(select_sql(&spec, &KeyRange::ALL), @"SELECT `ID`, `n`, CASE WHEN LOCATE(X'3F', CAST(CONVERT(`n` USING utf8mb4) AS BINARY)) > 0 AND LENGTH(CAST(CONVERT(`n` USING utf8mb4) AS BINARY)) - LENGTH(REPLACE(CAST(CONVERT(`n` USING utf8mb4) AS BINARY), X'3F', X'')) <> LENGTH(CAST(`n` AS BINARY)) - LENGTH(REPLACE(CAST(`n` AS BINARY), X'3F', X'')) OR LOCATE(X'EFBFBD', CAST(CONVERT(`n` USING utf8mb4) AS BINARY)) > 0 THEN 1 END FROM `crime_data`.`Crimes`");
    }

    #[test]
    fn a_query_is_read_like_a_table() {
        let mut spec = spec(&["ID"]).with_filter(Some("n > 1".to_owned()));
        spec.origin = "SELECT ID, n FROM t;".parse::<SourceQuery>().unwrap().into();
        assert_snapshot!(select_sql(&spec, &range()), @"SELECT `ID` FROM (SELECT ID, n FROM t) AS q WHERE (n > 1) AND `ID` >= 10 AND `ID` < 20");
    }

    #[test]
    fn conditions_stay_apart() {
        let mut spec = spec(&["ID"]).with_filter(Some("a = 1 OR b = 2".to_owned()));
        spec.pushed = vec!["`ID` IN (1, 2)".to_owned()];
        spec.limit = Some(5);
        assert_snapshot!(select_sql(&spec, &range()), @"SELECT `ID` FROM `crime_data`.`Crimes` WHERE (a = 1 OR b = 2) AND (`ID` IN (1, 2)) AND `ID` >= 10 AND `ID` < 20 LIMIT 5");
    }

    #[test]
    fn a_comment_does_not_swallow_the_range() {
        let spec = spec(&["ID"]).with_filter(Some("a = 1 -- only these".to_owned()));
        assert_snapshot!(select_sql(&spec, &range()), @r"
        SELECT `ID` FROM `crime_data`.`Crimes` WHERE (a = 1 -- only these
        ) AND `ID` >= 10 AND `ID` < 20
        ");
    }

    #[test]
    fn counting_rows_needs_no_column() {
        assert_snapshot!(select_sql(&spec(&[]), &KeyRange::ALL), @"SELECT 1 FROM `crime_data`.`Crimes`");
    }
}
