//! Boundaries as the server compares them: each must be greater than the one before, or rows would be in two ranges.
//!
//! Text is ordered by its column's collation, which only the server knows, and a character that Unicode lacks arrives as
//! another. Long values without an index are put in order by their first bytes. So the server is asked, with the boundaries as literals of a statement, as they will stand when rows are read.

use super::key::{Key, SplitKey};
use super::probe::Probe;
use super::walk::Cuts;
use crate::error::SourceError;
use crate::name::quote_name;
use crate::schema::ColumnKind;
use mysql_async::prelude::Queryable;

/// How many pairs of boundaries a statement compares.
const PAIRS: usize = 100;

/// How often what is left is asked for again before all is given up.
const ROUNDS: usize = 16;

/// Takes out the boundaries that do not ascend. The rows before and after one that is taken out are then in one range.
///
/// # Errors
/// If the connection fails.
pub(super) async fn confirm(probe: &mut Probe<'_>, mut cuts: Cuts) -> Result<Cuts, SourceError> {
    if !needs_confirmation(probe.key) {
        return Ok(cuts);
    }
    for _ in 0..ROUNDS {
        let ascends = ascends(probe, &cuts.boundaries).await?;
        if ascends.iter().all(|ascends| *ascends) {
            return Ok(cuts);
        }
        tracing::debug!(origin = %probe.spec.origin, "boundaries do not ascend as the server compares them");
        cuts = without(cuts, &ascends);
    }
    Ok(Cuts::none(cuts.rows.iter().sum()))
}

/// Returns whether boundaries that came in the server's order may stand in another as literals. Of a key of several columns
/// a day that no month has does so: it becomes the next one, while what follows stays as it is.
fn needs_confirmation(key: &SplitKey) -> bool {
    let may_move = |kind| matches!(kind, ColumnKind::Date | ColumnKind::DateTime { .. }) && key.columns.len() > 1;
    key.columns
        .iter()
        .any(|column| is_collated(column.kind) || column.kind == ColumnKind::Binary || may_move(column.kind))
}

/// Returns whether only the server knows how values of this type are ordered.
fn is_collated(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Text | ColumnKind::Token)
}

/// Returns for each boundary but the first whether it is greater than the one before.
async fn ascends(probe: &mut Probe<'_>, boundaries: &[Key]) -> Result<Vec<bool>, SourceError> {
    let mut answers = Vec::new();
    let pairs: Vec<(&Key, &Key)> = boundaries.iter().zip(boundaries.iter().skip(1)).collect();
    for pairs in pairs.chunks(PAIRS) {
        let sql = comparison_sql(&probe.spec.origin.sql(), probe.key, pairs);
        let compared: Result<Vec<(u64, Option<i64>)>, _> = probe.conn.query(sql).await;
        match compared {
            Ok(rows) => answers.extend(rows.into_iter().map(|(_, is_less)| is_less == Some(1))),
            Err(cause) => {
                let is_refused = matches!(cause, mysql_async::Error::Server(_));
                let error = probe.failed(cause);
                if !is_refused || error.is_transient() {
                    return Err(error);
                }
                // What cannot be compared here cannot be compared when rows are read.
                answers.extend(pairs.iter().map(|_| false));
            }
        }
    }
    Ok(answers)
}

/// Leaves out the boundaries of which `ascends` says no, which has an answer for each but the first.
fn without(cuts: Cuts, ascends: &[bool]) -> Cuts {
    let mut kept = Cuts { boundaries: Vec::new(), rows: Vec::new() };
    let mut before = 0;
    let verdicts = std::iter::once(true).chain(ascends.iter().copied());
    let mut rows = cuts.rows.into_iter();
    for ((boundary, ascends), rows) in cuts.boundaries.into_iter().zip(verdicts).zip(rows.by_ref()) {
        before += rows;
        if ascends {
            kept.boundaries.push(boundary);
            kept.rows.push(std::mem::take(&mut before));
        }
    }
    kept.rows.push(before + rows.sum::<u64>());
    kept
}

/// Writes the statement that numbers `pairs` and compares each. Its literals get the columns' own types and collations by
/// standing below them in a UNION, of which the first part has no rows.
fn comparison_sql(from: &str, key: &SplitKey, pairs: &[(&Key, &Key)]) -> String {
    let columns = || key.columns.iter().enumerate();
    let typed = columns().map(|(number, column)| {
        // Other values are ordered as literals are.
        let value = if is_collated(column.kind) { quote_name(&column.name) } else { "NULL".to_owned() };
        format!("{value} AS a{number}, {value} AS b{number}")
    });
    let typed =
        format!("SELECT 0 AS n, {}, FALSE AS longer FROM {from} WHERE FALSE", typed.collect::<Vec<_>>().join(", "));
    let pairs = pairs.iter().enumerate().map(|(number, (low, high))| {
        let values = low.0.iter().zip(&high.0).map(|(low, high)| format!("{}, {}", low.sql(), high.sql()));
        let missing = columns().skip(low.0.len().min(high.0.len())).map(|_| "NULL, NULL".to_owned());
        let longer = if low.0.len() < high.0.len() { "TRUE" } else { "FALSE" };
        format!("SELECT {number}, {}, {longer}", values.chain(missing).collect::<Vec<_>>().join(", "))
    });
    let rows = std::iter::once(typed).chain(pairs).collect::<Vec<_>>().join(" UNION ALL ");
    format!("SELECT n, {} FROM ({rows}) AS boundaries ORDER BY n", less(key.columns.len()))
}

/// Writes that the values `a0, a1, …` are less than `b0, b1, …`: the first that differ, or else there are more of the latter.
fn less(columns: usize) -> String {
    let equal_so_far = "longer".to_owned();
    (0..columns)
        .rev()
        .fold(equal_so_far, |less, number| format!("(a{number} < b{number} OR a{number} <=> b{number} AND {less})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::{KeyColumn, KeyValue};
    use insta::assert_snapshot;

    fn text(text: &str) -> Key {
        Key(vec![KeyValue::Text(text.to_owned())])
    }

    #[test]
    fn pairs_are_compared_as_the_columns_are() {
        let column = |name: &str, kind| KeyColumn { name: name.to_owned(), kind, nullable: false };
        let name = SplitKey { index: None, columns: vec![column("name", ColumnKind::Text)] };
        let (a, b, c) = (text("a"), text("b"), text("ç"));
        assert_snapshot!(comparison_sql("t", &name, &[(&a, &b), (&b, &c)]), @"SELECT n, (a0 < b0 OR a0 <=> b0 AND longer) FROM (SELECT 0 AS n, `name` AS a0, `name` AS b0, FALSE AS longer FROM t WHERE FALSE UNION ALL SELECT 0, 'a', 'b', FALSE UNION ALL SELECT 1, 'b', _utf8mb4 X'C3A7', FALSE) AS boundaries ORDER BY n");
        let number = column("id", ColumnKind::Int { unsigned: false });
        let both = SplitKey { index: None, columns: vec![number, column("name", ColumnKind::Text)] };
        let long = Key(vec![KeyValue::Int(2), KeyValue::Text("b".to_owned())]);
        let short = Key(vec![KeyValue::Int(2)]);
        assert_snapshot!(comparison_sql("t", &both, &[(&short, &long)]), @"SELECT n, (a0 < b0 OR a0 <=> b0 AND (a1 < b1 OR a1 <=> b1 AND longer)) FROM (SELECT 0 AS n, NULL AS a0, NULL AS b0, `name` AS a1, `name` AS b1, FALSE AS longer FROM t WHERE FALSE UNION ALL SELECT 0, 2, 2, NULL, NULL, TRUE) AS boundaries ORDER BY n");
    }

    #[test]
    fn what_does_not_ascend_joins_its_neighbours() {
        let cuts = || Cuts { boundaries: ["a", "?", "c"].map(text).to_vec(), rows: vec![1, 20, 300, 4000] };
        let left = without(cuts(), &[false, true]);
        assert_eq!((left.boundaries, left.rows), (vec![text("a"), text("c")], vec![1, 320, 4000]));
        let left = without(cuts(), &[true, false]);
        assert_eq!((left.boundaries, left.rows), (vec![text("a"), text("?")], vec![1, 20, 4300]));
    }
}
