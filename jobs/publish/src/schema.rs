//! A run's columns against those of the last snapshot: which differences its readers bear. Pure.

use std::fmt;

use clap::ValueEnum;
use springald_catalog::{CatalogName, Column, is_widening};

/// What becomes of columns that are not as in the table's last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaMode {
    /// New columns at the end are taken, and types that hold all that the old ones held; anything else stops the run
    Evolve,
    /// Any difference stops the run
    Freeze,
    /// They are taken as they are; readers of several days may meet columns of two types
    Replace,
}

/// One thing that is not as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    /// A column that was there.
    Gone { column: String, was: String },
    /// A column that was not, behind all others.
    New { column: String, is: String },
    /// A column that was not, and stands before one that was.
    Inserted { column: String, is: String, before: String },
    /// A type that holds all that the old one held.
    Widened { column: String, was: String, is: String },
    /// Another type.
    Retyped { column: String, was: String, is: String },
    /// The columns that are there still stand in another order.
    Reordered { were: Vec<String>, are: Vec<String> },
}

/// Decides whether columns that were `old` in the last snapshot may be `new` in the next; returns what is different.
///
/// # Errors
/// With each difference that `mode` does not bear.
pub(crate) fn decide(
    table: &CatalogName,
    old: &[Column],
    new: &[Column],
    mode: SchemaMode,
) -> Result<Vec<Difference>, SchemaChanged> {
    let all = differences(old, new);
    let refused: Vec<Difference> = all.iter().filter(|difference| !difference.is_borne(mode)).cloned().collect();
    if refused.is_empty() { Ok(all) } else { Err(SchemaChanged { table: table.clone(), refused, mode }) }
}

/// Comments are no difference: readers do not need them.
fn differences(old: &[Column], new: &[Column]) -> Vec<Difference> {
    let gone = old.iter().filter(|column| find(new, &column.name).is_none());
    let gone = gone.map(|column| Difference::Gone { column: column.name.clone(), was: column.type_.clone() });
    let changed = new.iter().enumerate().filter_map(|(place, column)| match find(old, &column.name) {
        Some(before) => retyped(before, column),
        None => Some(added(column, new[place..].iter().find(|next| find(old, &next.name).is_some()))),
    });
    gone.chain(changed).chain(reordered(old, new)).collect()
}

fn find<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name == name)
}

fn retyped(old: &Column, new: &Column) -> Option<Difference> {
    let (column, was, is) = (new.name.clone(), old.type_.clone(), new.type_.clone());
    match (was == is, is_widening(&was, &is)) {
        (true, _) => None,
        (false, true) => Some(Difference::Widened { column, was, is }),
        (false, false) => Some(Difference::Retyped { column, was, is }),
    }
}

fn added(new: &Column, next: Option<&Column>) -> Difference {
    let (column, is) = (new.name.clone(), new.type_.clone());
    match next {
        None => Difference::New { column, is },
        Some(next) => Difference::Inserted { column, is, before: next.name.clone() },
    }
}

fn reordered(old: &[Column], new: &[Column]) -> Option<Difference> {
    let kept = |columns: &[Column], others: &[Column]| -> Vec<String> {
        let kept = columns.iter().filter(|column| find(others, &column.name).is_some());
        kept.map(|column| column.name.clone()).collect()
    };
    let (were, are) = (kept(old, new), kept(new, old));
    (were != are).then_some(Difference::Reordered { were, are })
}

impl Difference {
    fn is_borne(&self, mode: SchemaMode) -> bool {
        match mode {
            SchemaMode::Replace => true,
            SchemaMode::Freeze => false,
            SchemaMode::Evolve => matches!(self, Self::New { .. } | Self::Widened { .. }),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone { column, was } => write!(f, "column `{column}` ({was}) is gone"),
            Self::New { column, is } => write!(f, "column `{column}` ({is}) is new"),
            Self::Inserted { column, is, before } => {
                write!(f, "column `{column}` ({is}) is new, and not at the end but before `{before}`")
            }
            Self::Widened { column, was, is } | Self::Retyped { column, was, is } => {
                write!(f, "column `{column}` is {is} and was {was}")
            }
            Self::Reordered { were, are } => {
                write!(f, "columns stand in the order {} and stood in the order {}", are.join(", "), were.join(", "))
            }
        }
    }
}

/// Columns that readers of the table do not expect.
#[derive(Debug, thiserror::Error)]
#[error("columns are not those of the last snapshot of `{table}`:{}\n{}", lines(refused), way_out(*mode))]
pub struct SchemaChanged {
    table: CatalogName,
    refused: Vec<Difference>,
    mode: SchemaMode,
}

fn lines(refused: &[Difference]) -> String {
    refused.iter().map(|difference| format!("\n  {difference}")).collect()
}

fn way_out(mode: SchemaMode) -> &'static str {
    match mode {
        SchemaMode::Freeze => {
            "nothing was written; --schema evolve takes new columns at the end and wider types, and \
                               --schema replace takes the columns as they are"
        }
        SchemaMode::Evolve | SchemaMode::Replace => {
            "nothing was written; choose, order or type the columns so that they are as before, or take them as they are \
             with --schema replace: a renamed column is NULL in older snapshots, and one of another type cannot be read \
             across them"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns from `name type; name type`.
    fn columns(text: &str) -> Vec<Column> {
        let column = |text: &str| {
            let (name, kind) = text.trim().split_once(' ').unwrap();
            Column::new(name, kind)
        };
        text.split(';').map(column).collect()
    }

    fn decided(old: &str, new: &str, mode: SchemaMode) -> Result<Vec<String>, String> {
        let table = CatalogName::exact("db", "t");
        let decided = decide(&table, &columns(old), &columns(new), mode);
        let texts = |differences: Vec<Difference>| differences.iter().map(ToString::to_string).collect();
        decided.map(texts).map_err(|refused| refused.to_string())
    }

    const OLD: &str = "id int; price decimal(8,2); name string";

    #[test]
    fn the_same_columns_are_borne_by_all() {
        for mode in [SchemaMode::Evolve, SchemaMode::Freeze, SchemaMode::Replace] {
            assert_eq!(decided(OLD, OLD, mode), Ok(vec![]));
        }
        let commented = vec![Column::new("id", "int").with_comment("the key")];
        assert_eq!(differences(&columns("id int"), &commented), []);
    }

    #[test]
    fn new_columns_at_the_end_and_wider_types_evolve_and_do_not_freeze() {
        let new = "id bigint; price decimal(12,2); name string; note string; more int";
        let all = [
            "column `id` is bigint and was int",
            "column `price` is decimal(12,2) and was decimal(8,2)",
            "column `note` (string) is new",
            "column `more` (int) is new",
        ];
        assert_eq!(decided(OLD, new, SchemaMode::Evolve).unwrap(), all);
        assert_eq!(decided(OLD, new, SchemaMode::Replace).unwrap(), all);
        let refused = decided(OLD, new, SchemaMode::Freeze).unwrap_err();
        assert!(all.iter().all(|difference| refused.contains(difference)), "{refused}");
    }

    #[test]
    fn a_refusal_lists_each_difference_and_the_way_out() {
        let refused = decided(OLD, "note int; name string; id smallint; more int", SchemaMode::Evolve).unwrap_err();
        assert_eq!(
            refused.lines().collect::<Vec<_>>()[..5],
            [
                "columns are not those of the last snapshot of `db.t`:",
                "  column `price` (decimal(8,2)) is gone",
                "  column `note` (int) is new, and not at the end but before `name`",
                "  column `id` is smallint and was int",
                "  columns stand in the order name, id and stood in the order id, name",
            ]
        );
        assert!(refused.contains("--schema replace") && !refused.contains("`more`"), "{refused}");
        assert_eq!(decided(OLD, "note int; name string", SchemaMode::Replace).unwrap().len(), 3);
    }

    #[test]
    fn a_renamed_column_is_gone_and_new() {
        let refused = decided(OLD, "id int; price decimal(8,2); title string", SchemaMode::Evolve).unwrap_err();
        assert!(refused.contains("column `name` (string) is gone"), "{refused}");
    }
}
