//! Which columns a table is split by.

use super::key::{KeyColumn, SplitKey};
use crate::error::SourceError;
use crate::name::SourceTable;
use crate::origin::Origin;
use crate::query::depends_on_clock;
use crate::schema::{ColumnKind, SourceColumn, TableKey, TableSchema};

/// The key to split by, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Split by this.
    Key(SplitKey),
    /// Read as one split, and warn with this text.
    Whole(String),
}

/// Chooses what to split `schema`'s table by: `wanted` if given, else the primary key, else a unique index. Rows for which
/// `condition` holds are one split if it may hold for others each time.
///
/// # Errors
/// If `wanted` does not exist, has no index of its own, or is of a type that cannot be split by.
pub(super) fn choose(
    schema: &TableSchema,
    wanted: Option<&str>,
    condition: Option<&str>,
) -> Result<Choice, SourceError> {
    let varying = varying(&schema.origin).or_else(|| varying_condition(condition?));
    if let Some(wanted) = wanted {
        let key = wanted_key(schema, schema.column(wanted)?)?;
        return Ok(varying.map_or(Choice::Key(key), Choice::Whole));
    }
    if let Some(varying) = varying {
        return Ok(Choice::Whole(varying));
    }
    let mut candidates: Vec<SplitKey> =
        schema.keys.iter().filter(|key| key.unique).filter_map(|key| split_key(schema, key)).collect();
    // The sort is stable: the primary key stays first, and keys without NULLs come before the others.
    candidates.sort_by_key(is_nullable);
    Ok(candidates.into_iter().next().map_or_else(|| Choice::Whole(no_key(schema)), Choice::Key))
}

fn wanted_key(schema: &TableSchema, column: &SourceColumn) -> Result<SplitKey, SourceError> {
    let refused =
        |reason| SourceError::SplitColumn { origin: schema.origin.clone(), column: column.name.clone(), reason };
    if !can_split(column.kind) {
        return Err(refused(format!("its type is `{}`", column.declared)));
    }
    if schema.is_view || schema.origin.table().is_none() {
        // The inner side of an outer join has NULLs, whatever is said of the column.
        return Ok(SplitKey { index: None, columns: vec![KeyColumn { nullable: true, ..key_column(column) }] });
    }
    let starts_with_it = |key: &&TableKey| key.columns.first() == Some(&column.name);
    let key = schema.keys.iter().find(starts_with_it).and_then(|key| split_key(schema, key));
    key.ok_or_else(|| {
        refused(format!("no index begins with it, so each split would read the whole table; {}", indexed(schema)))
    })
}

/// Returns the usable first columns of an index. A NULL in a column of a longer key would make its comparisons
/// neither true nor false, so only a key of a single column may hold NULLs.
fn split_key(schema: &TableSchema, key: &TableKey) -> Option<SplitKey> {
    let columns = key.columns.iter().map_while(|name| schema.columns.iter().find(|column| column.name == *name));
    let mut columns = columns.take_while(|column| can_split(column.kind)).peekable();
    let first = columns.next_if(|column| column.nullable);
    let columns: Vec<KeyColumn> = match first {
        Some(nullable) => vec![key_column(nullable)],
        None => columns.take_while(|column| !column.nullable).map(key_column).collect(),
    };
    (!columns.is_empty()).then(|| SplitKey { index: Some(key.name.clone()), columns })
}

fn key_column(column: &SourceColumn) -> KeyColumn {
    KeyColumn { name: column.name.clone(), kind: column.kind, nullable: column.nullable }
}

fn is_nullable(key: &SplitKey) -> bool {
    key.columns.iter().any(|column| column.nullable)
}

/// Returns whether MySQL orders values of this type as it compares them with a literal. It does not for `ENUM`
/// and `SET` (ordered by number, compared as text), and not reliably for floating point.
fn can_split(kind: ColumnKind) -> bool {
    match kind {
        ColumnKind::Flag
        | ColumnKind::TinyInt { .. }
        | ColumnKind::SmallInt { .. }
        | ColumnKind::MediumInt { .. }
        | ColumnKind::Int { .. }
        | ColumnKind::BigInt { .. }
        | ColumnKind::Decimal { .. }
        | ColumnKind::Date
        | ColumnKind::DateTime { .. }
        | ColumnKind::Timestamp { .. }
        | ColumnKind::Year
        | ColumnKind::Text
        | ColumnKind::Token
        | ColumnKind::Binary => true,
        ColumnKind::Float
        | ColumnKind::Double
        | ColumnKind::Bit { .. }
        | ColumnKind::Time { .. }
        | ColumnKind::Enum
        | ColumnKind::Set
        | ColumnKind::Json
        | ColumnKind::Geometry
        | ColumnKind::Vector => false,
    }
}

fn no_key(schema: &TableSchema) -> String {
    match &schema.origin {
        Origin::Table(table) if schema.is_view => format!(
            "`{table}` is a view, so it is read in one split; name a column of it that is indexed with `--split-column`"
        ),
        Origin::Table(table) => no_index(schema, table),
        Origin::Query(_) => {
            "the query is read in one split; name a column of its result, best one that a table has an index on, with \
             `--split-column`"
                .to_owned()
        }
    }
}

/// Says why a query must not be read in several parts.
fn varying(origin: &Origin) -> Option<String> {
    let Origin::Query(query) = origin else { return None };
    query.varying().map(|word| {
        format!("the query is read in one split: with `{word}` it may have another result each time it is run")
    })
}

/// Says why the rows of a condition must not be read in several parts.
fn varying_condition(condition: &str) -> Option<String> {
    depends_on_clock(condition).then(|| {
        "rows are read in one split: with `SYSDATE` the condition may hold for others each time; write `NOW`, which is one \
         time for the whole run"
            .to_owned()
    })
}

fn no_index(schema: &TableSchema, table: &SourceTable) -> String {
    format!(
        "table `{table}` has no primary key or unique index to split by, so it is read in one split; add one \
         (`ALTER TABLE {} ADD PRIMARY KEY (…)`) or name an indexed column with `--split-column` ({})",
        table.quoted(),
        indexed(schema)
    )
}

fn indexed(schema: &TableSchema) -> String {
    let keys = schema.keys.iter().filter_map(|key| split_key(schema, key));
    let mut names: Vec<String> = keys.filter_map(|key| Some(format!("`{}`", key.columns.first()?.name))).collect();
    names.dedup();
    if names.is_empty() { "no column is indexed".to_owned() } else { format!("indexed are {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: ColumnKind, nullable: bool) -> SourceColumn {
        let name = name.to_owned();
        let declared = format!("{kind:?}").to_lowercase();
        SourceColumn { field_name: name.clone(), name, kind, conversion: None, declared, nullable, comment: None }
    }

    fn key(name: &str, unique: bool, columns: &[&str]) -> TableKey {
        TableKey { name: name.to_owned(), unique, columns: columns.iter().map(|&name| name.to_owned()).collect() }
    }

    fn table(keys: Vec<TableKey>) -> TableSchema {
        let columns = vec![
            column("id", ColumnKind::Int { unsigned: false }, false),
            column("name", ColumnKind::Text, false),
            column("parent", ColumnKind::Int { unsigned: false }, true),
            column("mood", ColumnKind::Enum, false),
        ];
        let unsupported = Vec::new();
        TableSchema {
            origin: SourceTable::new("db", "t").into(),
            columns,
            unsupported,
            keys,
            is_view: false,
            comment: None,
        }
    }

    fn chosen(keys: Vec<TableKey>, wanted: Option<&str>) -> String {
        chosen_of(&table(keys), wanted)
    }

    fn chosen_of(schema: &TableSchema, wanted: Option<&str>) -> String {
        match choose(schema, wanted, None) {
            Ok(Choice::Key(key)) => {
                let columns: Vec<_> = key.columns.iter().map(|column| column.name.as_str()).collect();
                format!("{}: {}", key.index.unwrap_or_default(), columns.join(", "))
            }
            Ok(Choice::Whole(warning)) => warning,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_primary_key_is_preferred_then_unique_keys_without_nulls() {
        let primary = key("PRIMARY", true, &["id", "name"]);
        let optional = key("a_parent", true, &["parent"]);
        let unique = key("b_name", true, &["name"]);
        assert_eq!(chosen(vec![primary, optional.clone()], None), "PRIMARY: id, name");
        assert_eq!(chosen(vec![optional.clone(), unique], None), "b_name: name");
        assert_eq!(chosen(vec![optional], None), "a_parent: parent");
    }

    #[test]
    fn a_key_ends_before_what_cannot_be_compared() {
        assert_eq!(chosen(vec![key("k", true, &["id", "mood", "name"])], None), "k: id");
        assert_eq!(chosen(vec![key("k", true, &["id", "parent"])], None), "k: id");
        assert_eq!(chosen(vec![key("k", true, &["parent", "id"])], None), "k: parent");
    }

    #[test]
    fn a_table_without_a_key_says_what_to_add() {
        insta::assert_snapshot!(chosen(vec![key("by_parent", false, &["parent"])], None), @"table `db.t` has no primary key or unique index to split by, so it is read in one split; add one (`ALTER TABLE `db`.`t` ADD PRIMARY KEY (…)`) or name an indexed column with `--split-column` (indexed are `parent`)");
        insta::assert_snapshot!(chosen(vec![key("by_mood", true, &["mood"])], None), @"table `db.t` has no primary key or unique index to split by, so it is read in one split; add one (`ALTER TABLE `db`.`t` ADD PRIMARY KEY (…)`) or name an indexed column with `--split-column` (no column is indexed)");
    }

    #[test]
    fn a_query_is_split_by_a_wanted_column_unless_it_varies() {
        let query = |sql: &str| TableSchema { origin: Origin::Query(sql.parse().unwrap()), ..table(Vec::new()) };
        assert_eq!(chosen_of(&query("SELECT * FROM t"), Some("name")), ": name");
        insta::assert_snapshot!(chosen_of(&query("SELECT * FROM t"), None), @"the query is read in one split; name a column of its result, best one that a table has an index on, with `--split-column`");
        insta::assert_snapshot!(chosen_of(&query("SELECT * FROM t LIMIT 5"), Some("name")), @"the query is read in one split: with `LIMIT` it may have another result each time it is run");
        insta::assert_snapshot!(chosen_of(&query("SELECT * FROM t LIMIT 5"), Some("nome")), @"the query has no column `nome`; its columns are `id`, `name`, `parent`, `mood`");
    }

    #[test]
    fn a_wanted_column_must_begin_an_index() {
        let keys = || vec![key("PRIMARY", true, &["id"]), key("by_parent", false, &["parent"])];
        assert_eq!(chosen(keys(), Some("PARENT")), "by_parent: parent");
        insta::assert_snapshot!(chosen(keys(), Some("name")), @"column `name` of table `db.t` cannot be split on: no index begins with it, so each split would read the whole table; indexed are `id`, `parent`");
        insta::assert_snapshot!(chosen(keys(), Some("mood")), @"column `mood` of table `db.t` cannot be split on: its type is `enum`");
        insta::assert_snapshot!(chosen(keys(), Some("nome")), @"table `db.t` has no column `nome`; its columns are `id`, `name`, `parent`, `mood`");
    }
}
