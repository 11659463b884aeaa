//! What a query's result looks like: the definitions of its columns, which the server sends when it prepares it.

use super::charset::text_conversion;
use super::{ColumnKind, SourceColumn, TableSchema, UnsupportedColumn};
use crate::error::SourceError;
use crate::origin::Origin;
use crate::query::SourceQuery;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable;
use mysql_async::{Column, Conn};
use std::collections::{BTreeMap, BTreeSet};

const ACTION: &str = "prepare";

/// The character set of what is no text.
const BINARY: u16 = 63;

/// From here on MariaDB numbers the collations of UCA 14.0.0, which only Unicode's character sets have.
const UNICODE_ONLY: u16 = 2048;

/// Reads the columns of `query`'s result. Nothing is executed; may be repeated.
///
/// # Errors
/// If the server refuses the query, or its result cannot be read like a table: it is no `SELECT`, has parameters, or
/// columns of the same name or of none.
pub async fn describe_query(conn: &mut Conn, query: &SourceQuery) -> Result<TableSchema, SourceError> {
    let origin = Origin::Query(query.clone());
    let failed = |cause| SourceError::from_query(ACTION, &origin, cause);
    let alone = conn.prep(query.sql()).await.map_err(failed)?;
    let problem = problem(alone.num_params(), &names(&alone.columns()));
    if let Some(problem) = problem {
        return Err(SourceError::BadQuery { problem });
    }
    // The parts are read from the query as a table of another, which only a SELECT can be.
    let derived = conn.prep(format!("SELECT * FROM {}", origin.sql())).await.map_err(failed)?;
    let (mut columns, mut unsupported) = (Vec::new(), Vec::new());
    let character_sets = character_sets(conn, &origin).await?;
    for (column, character_set) in derived.columns().iter().zip(character_sets) {
        match source_column(column) {
            Ok(column) => {
                let conversion = text_conversion(column.kind, character_set.as_deref());
                columns.push(SourceColumn { conversion, ..column });
            }
            Err(unknown) => unsupported.push(unknown),
        }
    }
    for statement in [alone, derived] {
        conn.close(statement).await.map_err(failed)?;
    }
    Ok(TableSchema { origin, columns, unsupported, keys: Vec::new(), is_view: false, comment: None })
}

/// Returns the character set that each column has before its text is converted. The server tells it to who wants none
/// converted.
async fn character_sets(conn: &mut Conn, origin: &Origin) -> Result<Vec<Option<String>>, SourceError> {
    let failed = |cause| SourceError::from_query(ACTION, origin, cause);
    conn.query_drop("SET character_set_results = NULL").await.map_err(failed)?;
    // Not the very text of another statement: the driver would return that one, which was prepared before.
    let prepared = conn.prep(format!("SELECT * FROM {} LIMIT 0", origin.sql())).await;
    conn.query_drop("SET character_set_results = utf8mb4").await.map_err(failed)?;
    let prepared = prepared.map_err(failed)?;
    let ids: BTreeSet<u16> = prepared.columns().iter().map(Column::character_set).collect();
    let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IN ({ids})");
    let known: BTreeMap<u64, String> = conn.query(sql).await.map_err(failed)?.into_iter().collect();
    let name = |column: &Column| match column.character_set() {
        UNICODE_ONLY.. => Some("utf8mb4".to_owned()),
        id => known.get(&u64::from(id)).cloned(),
    };
    let names = prepared.columns().iter().map(name).collect();
    conn.close(prepared).await.map_err(failed)?;
    Ok(names)
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name_str().into_owned()).collect()
}

/// Says why a statement with these parameters and columns cannot be read like a table.
fn problem(parameters: u16, names: &[String]) -> Option<String> {
    if names.is_empty() {
        return Some("it returns no rows: write a SELECT".to_owned());
    }
    if parameters > 0 {
        return Some("it has parameters (`?`): write values in their place".to_owned());
    }
    for (number, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return Some(format!("its column {} has no name: give it one with AS", number + 1));
        }
        if names[..number].iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
            return Some(format!("two of its columns are called `{name}`: give each a name of its own with AS"));
        }
    }
    None
}

/// A column of a result may always be NULL: an outer join makes it so, whatever the table below says.
fn source_column(column: &Column) -> Result<SourceColumn, UnsupportedColumn> {
    let name = column.name_str().into_owned();
    let Some(kind) = kind(column) else {
        let declared = format!("{:?}", column.column_type()).trim_start_matches("MYSQL_TYPE_").to_lowercase();
        return Err(UnsupportedColumn { column: name, declared });
    };
    let declared = declared(kind);
    Ok(SourceColumn { field_name: name.clone(), name, kind, conversion: None, declared, nullable: true, comment: None })
}

/// Returns the type of a column, or nothing if it is unknown.
fn kind(column: &Column) -> Option<ColumnKind> {
    let flags = column.flags();
    let unsigned = flags.contains(ColumnFlags::UNSIGNED_FLAG);
    // Of a second's digits the server says more than 6 where it does not know.
    let digits = column.decimals().min(6);
    Some(match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY if column.column_length() == 1 && !unsigned => ColumnKind::Flag,
        ColumnType::MYSQL_TYPE_TINY => ColumnKind::TinyInt { unsigned },
        ColumnType::MYSQL_TYPE_SHORT => ColumnKind::SmallInt { unsigned },
        ColumnType::MYSQL_TYPE_INT24 => ColumnKind::MediumInt { unsigned },
        ColumnType::MYSQL_TYPE_LONG => ColumnKind::Int { unsigned },
        ColumnType::MYSQL_TYPE_LONGLONG => ColumnKind::BigInt { unsigned },
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => decimal(column, unsigned)?,
        ColumnType::MYSQL_TYPE_FLOAT => ColumnKind::Float,
        ColumnType::MYSQL_TYPE_DOUBLE => ColumnKind::Double,
        ColumnType::MYSQL_TYPE_BIT => ColumnKind::Bit { length: u8::try_from(column.column_length()).ok()? },
        ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => ColumnKind::Date,
        ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_DATETIME2 => ColumnKind::DateTime { digits },
        ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => ColumnKind::Timestamp { digits },
        ColumnType::MYSQL_TYPE_TIME | ColumnType::MYSQL_TYPE_TIME2 => ColumnKind::Time { digits },
        ColumnType::MYSQL_TYPE_YEAR => ColumnKind::Year,
        ColumnType::MYSQL_TYPE_JSON => ColumnKind::Json,
        ColumnType::MYSQL_TYPE_GEOMETRY => ColumnKind::Geometry,
        ColumnType::MYSQL_TYPE_VECTOR => ColumnKind::Vector,
        ColumnType::MYSQL_TYPE_ENUM => ColumnKind::Enum,
        ColumnType::MYSQL_TYPE_SET => ColumnKind::Set,
        ColumnType::MYSQL_TYPE_VARCHAR
        | ColumnType::MYSQL_TYPE_VAR_STRING
        | ColumnType::MYSQL_TYPE_STRING
        | ColumnType::MYSQL_TYPE_TINY_BLOB
        | ColumnType::MYSQL_TYPE_MEDIUM_BLOB
        | ColumnType::MYSQL_TYPE_LONG_BLOB
        | ColumnType::MYSQL_TYPE_BLOB => characters(column),
        ColumnType::MYSQL_TYPE_NULL | ColumnType::MYSQL_TYPE_TYPED_ARRAY | ColumnType::MYSQL_TYPE_UNKNOWN => {
            return None;
        }
    })
}

/// The length counts the digits, the point and the sign.
fn decimal(column: &Column, unsigned: bool) -> Option<ColumnKind> {
    let scale = column.decimals();
    let others = u32::from(scale > 0) + u32::from(!unsigned);
    let precision = u8::try_from(column.column_length().saturating_sub(others)).ok()?;
    Some(ColumnKind::Decimal { precision, scale })
}

fn characters(column: &Column) -> ColumnKind {
    if column.flags().contains(ColumnFlags::ENUM_FLAG) {
        ColumnKind::Enum
    } else if column.flags().contains(ColumnFlags::SET_FLAG) {
        ColumnKind::Set
    } else if column.character_set() == BINARY {
        ColumnKind::Binary
    } else {
        ColumnKind::Text
    }
}

/// Names a type as MySQL would.
fn declared(kind: ColumnKind) -> String {
    let integer = |name: &str, unsigned| if unsigned { format!("{name} unsigned") } else { name.to_owned() };
    let timed = |name: &str, digits| if digits == 0 { name.to_owned() } else { format!("{name}({digits})") };
    match kind {
        ColumnKind::Flag => "tinyint(1)".to_owned(),
        ColumnKind::TinyInt { unsigned } => integer("tinyint", unsigned),
        ColumnKind::SmallInt { unsigned } => integer("smallint", unsigned),
        ColumnKind::MediumInt { unsigned } => integer("mediumint", unsigned),
        ColumnKind::Int { unsigned } => integer("int", unsigned),
        ColumnKind::BigInt { unsigned } => integer("bigint", unsigned),
        ColumnKind::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        ColumnKind::Float => "float".to_owned(),
        ColumnKind::Double => "double".to_owned(),
        ColumnKind::Bit { length } => format!("bit({length})"),
        ColumnKind::Date => "date".to_owned(),
        ColumnKind::DateTime { digits } => timed("datetime", digits),
        ColumnKind::Timestamp { digits } => timed("timestamp", digits),
        ColumnKind::Time { digits } => timed("time", digits),
        ColumnKind::Year => "year".to_owned(),
        ColumnKind::Text | ColumnKind::Token => "text".to_owned(),
        ColumnKind::Enum => "enum".to_owned(),
        ColumnKind::Set => "set".to_owned(),
        ColumnKind::Json => "json".to_owned(),
        ColumnKind::Binary => "binary".to_owned(),
        ColumnKind::Geometry => "geometry".to_owned(),
        ColumnKind::Vector => "vector".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    fn said(parameters: u16, names: &[&str]) -> Option<String> {
        problem(parameters, &names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn columns_need_names_of_their_own() {
        assert_eq!(said(0, &["id", "name"]), None);
        let twice = "two of its columns are called `ID`: give each a name of its own with AS";
        assert_eq!(said(0, &["id", "name", "ID"]).as_deref(), Some(twice));
        assert_eq!(said(0, &["id", " "]).as_deref(), Some("its column 2 has no name: give it one with AS"));
    }

    #[test]
    fn only_rows_can_be_copied() {
        assert_eq!(said(0, &[]).as_deref(), Some("it returns no rows: write a SELECT"));
        assert_eq!(said(1, &["id"]).as_deref(), Some("it has parameters (`?`): write values in their place"));
    }
}
