//! Our table ⇄ Glue's.
//!
//! `UpdateTable` replaces the whole table and loses what it is not given, so every member that others may have set goes
//! there and back: all of `TableInput` but the times, which Glue keeps itself, and what only views have (facts, 3.3).

use aws_sdk_glue::error::BuildError;
use aws_sdk_glue::types as glue;
use serde_json::{Map, Value};

use super::storage;
use crate::TableInput;

/// Members of others, as they are named in documents.
const ORIGINAL_TEXT: &str = "ViewOriginalText";
const EXPANDED_TEXT: &str = "ViewExpandedText";

/// Returns Glue's form of a table. The list of partition keys is always there: Athena wants it, even if it is empty
/// (facts, 3.1).
///
/// # Errors
/// When a member is missing that Glue insists on.
pub(super) fn to_glue(table: &TableInput) -> Result<glue::TableInput, BuildError> {
    let text = |member| table.rest.get(member).and_then(Value::as_str).map(str::to_owned);
    glue::TableInput::builder()
        .name(&table.name)
        .set_description(table.description.clone())
        .set_owner(table.owner.clone())
        .set_retention(table.retention)
        .set_table_type(table.table_type.clone())
        .set_parameters(Some(storage::unordered(&table.parameters)))
        .set_partition_keys(Some(storage::columns_to_glue(&table.partition_keys)?))
        .storage_descriptor(storage::to_glue(&table.storage_descriptor)?)
        .set_view_original_text(text(ORIGINAL_TEXT))
        .set_view_expanded_text(text(EXPANDED_TEXT))
        .build()
}

/// Returns a table as Glue has it.
pub(super) fn from_glue(table: glue::Table) -> TableInput {
    let mut rest = Map::new();
    for (member, text) in [(ORIGINAL_TEXT, table.view_original_text), (EXPANDED_TEXT, table.view_expanded_text)] {
        if let Some(text) = some_text(text) {
            rest.insert(member.to_owned(), text.into());
        }
    }
    TableInput {
        name: table.name,
        description: some_text(table.description),
        owner: some_text(table.owner),
        retention: Some(table.retention),
        table_type: table.table_type,
        parameters: storage::ordered(table.parameters),
        partition_keys: storage::columns_from_glue(table.partition_keys),
        storage_descriptor: table.storage_descriptor.map(storage::from_glue).unwrap_or_default(),
        rest,
    }
}

/// A text that is empty says nothing.
fn some_text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, StorageDescriptor};

    /// What Glue returns for what it was given.
    fn stored(input: glue::TableInput) -> glue::Table {
        glue::Table::builder()
            .name(input.name)
            .set_description(input.description)
            .retention(input.retention)
            .set_parameters(input.parameters)
            .set_partition_keys(input.partition_keys)
            .set_storage_descriptor(input.storage_descriptor)
            .set_table_type(input.table_type)
            .set_view_original_text(input.view_original_text)
            .build()
            .unwrap()
    }

    #[test]
    fn a_table_comes_back_as_it_was_put() {
        let mut column = Column::new("id", "bigint").with_comment("the key");
        column.rest.insert("Parameters".to_owned(), serde_json::json!({ "tag": "1" }));
        let mut table = TableInput::external("orders", StorageDescriptor::parquet(vec![column], "s3://lake/orders/"));
        table.description = Some("by hand".to_owned());
        table.storage_descriptor.sort_columns = vec![serde_json::json!({ "Column": "id", "SortOrder": 1 })];
        table.storage_descriptor.serde_info.rest.insert("Name".to_owned(), "serde".into());
        table.rest.insert("ViewOriginalText".to_owned(), "x".into());
        assert_eq!(from_glue(stored(to_glue(&table).unwrap())), table);
    }

    #[test]
    fn athena_finds_an_empty_list_of_partition_keys() {
        let table = TableInput::external("orders", StorageDescriptor::default());
        assert_eq!(to_glue(&table).unwrap().partition_keys, Some(vec![]));
    }
}
