//! Our storage descriptors and columns ⇄ Glue's.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_glue::error::BuildError;
use aws_sdk_glue::types as glue;
use serde_json::{Map, Value, json};

use crate::{Column, SerdeInfo, StorageDescriptor};

/// Members of others, as they are named in documents.
const PARAMETERS: &str = "Parameters";
const NAME: &str = "Name";

/// Returns Glue's form of a descriptor.
///
/// # Errors
/// When a member is missing that Glue insists on.
pub(super) fn to_glue(descriptor: &StorageDescriptor) -> Result<glue::StorageDescriptor, BuildError> {
    let serde = &descriptor.serde_info;
    let serde_info = glue::SerDeInfo::builder()
        .set_name(serde.rest.get(NAME).and_then(Value::as_str).map(str::to_owned))
        .serialization_library(&serde.serialization_library)
        .set_parameters(Some(unordered(&serde.parameters)))
        .build();
    Ok(glue::StorageDescriptor::builder()
        .set_columns(Some(columns_to_glue(&descriptor.columns)?))
        .location(&descriptor.location)
        .input_format(&descriptor.input_format)
        .output_format(&descriptor.output_format)
        .compressed(descriptor.compressed)
        .number_of_buckets(descriptor.number_of_buckets)
        .serde_info(serde_info)
        .set_bucket_columns(Some(descriptor.bucket_columns.clone()))
        .set_sort_columns(Some(descriptor.sort_columns.iter().map(order).collect::<Result<_, _>>()?))
        .set_parameters(Some(unordered(&descriptor.parameters)))
        .stored_as_sub_directories(descriptor.stored_as_sub_directories)
        .build())
}

/// Returns a descriptor as Glue has it. What belongs to schema registries and skewed tables is left behind: each
/// snapshot comes with a descriptor of its own.
pub(super) fn from_glue(descriptor: glue::StorageDescriptor) -> StorageDescriptor {
    let serde = descriptor.serde_info;
    let serde_info = serde.map_or_else(SerdeInfo::default, |serde| SerdeInfo {
        serialization_library: serde.serialization_library.unwrap_or_default(),
        parameters: ordered(serde.parameters),
        rest: serde
            .name
            .filter(|name| !name.is_empty())
            .map(|name| (NAME.to_owned(), Value::from(name)))
            .into_iter()
            .collect(),
    });
    let orders = descriptor.sort_columns.unwrap_or_default().into_iter();
    StorageDescriptor {
        columns: columns_from_glue(descriptor.columns),
        location: descriptor.location.unwrap_or_default(),
        input_format: descriptor.input_format.unwrap_or_default(),
        output_format: descriptor.output_format.unwrap_or_default(),
        compressed: descriptor.compressed,
        number_of_buckets: descriptor.number_of_buckets,
        serde_info,
        bucket_columns: descriptor.bucket_columns.unwrap_or_default(),
        sort_columns: orders.map(|order| json!({ "Column": order.column, "SortOrder": order.sort_order })).collect(),
        parameters: ordered(descriptor.parameters),
        stored_as_sub_directories: descriptor.stored_as_sub_directories,
        rest: Map::new(),
    }
}

/// Returns Glue's form of columns or partition keys.
pub(super) fn columns_to_glue(columns: &[Column]) -> Result<Vec<glue::Column>, BuildError> {
    let column = |column: &Column| {
        glue::Column::builder()
            .name(&column.name)
            .r#type(&column.type_)
            .set_comment(column.comment.clone())
            .set_parameters(column.rest.get(PARAMETERS).and_then(texts))
            .build()
    };
    columns.iter().map(column).collect()
}

/// Returns columns or partition keys as Glue has them.
pub(super) fn columns_from_glue(columns: Option<Vec<glue::Column>>) -> Vec<Column> {
    let column = |found: glue::Column| {
        let parameters = found.parameters.filter(|parameters| !parameters.is_empty());
        Column {
            name: found.name,
            type_: found.r#type.unwrap_or_default(),
            comment: found.comment.filter(|comment| !comment.is_empty()),
            rest: parameters.map(|texts| (PARAMETERS.to_owned(), json!(texts))).into_iter().collect(),
        }
    };
    columns.unwrap_or_default().into_iter().map(column).collect()
}

/// Returns Glue's form of parameters.
pub(super) fn unordered(parameters: &BTreeMap<String, String>) -> HashMap<String, String> {
    parameters.clone().into_iter().collect()
}

/// Returns parameters as Glue has them.
pub(super) fn ordered(parameters: Option<HashMap<String, String>>) -> BTreeMap<String, String> {
    parameters.unwrap_or_default().into_iter().collect()
}

fn texts(parameters: &Value) -> Option<HashMap<String, String>> {
    serde_json::from_value(parameters.clone()).ok()
}

fn order(sorted: &Value) -> Result<glue::Order, BuildError> {
    let number = sorted.get("SortOrder").and_then(Value::as_i64).and_then(|order| i32::try_from(order).ok());
    let column = sorted.get("Column").and_then(Value::as_str).map(str::to_owned);
    glue::Order::builder().set_column(column).set_sort_order(number).build()
}
