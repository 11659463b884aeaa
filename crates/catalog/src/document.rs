//! What the catalog holds: documents in exactly the shape of Glue's `TableInput` and `PartitionInput`.
//!
//! Members that are not named here survive in `rest`, so that what others set on a table is not lost by a commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::CatalogName;

const INPUT_FORMAT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
const OUTPUT_FORMAT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
const SERDE: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";

/// The longest comment that Glue takes, in characters.
const MAX_COMMENT_CHARS: usize = 255;

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableInput {
    /// The folded name, without its database.
    pub name: String,
    /// What the table is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who owns the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How many days the table is kept; no reader uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<i32>,
    /// `EXTERNAL_TABLE` for a table whose files lie where `Location` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_type: Option<String>,
    /// Properties: ours start with `springald.`, the others belong to their readers and writers.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// The partition columns, which are not repeated among the columns. Athena wants the list even if it is empty.
    #[serde(default)]
    pub partition_keys: Vec<Column>,
    /// The columns, where the files lie and how they are read.
    #[serde(default)]
    pub storage_descriptor: StorageDescriptor,
    /// Members that only others use.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl TableInput {
    /// Returns an external table of zstd Parquet files, without partitions.
    pub fn external(name: impl Into<String>, storage_descriptor: StorageDescriptor) -> Self {
        let mut parameters = parquet_parameters();
        parameters.insert("EXTERNAL".to_owned(), "TRUE".to_owned());
        parameters.insert("parquet.compression".to_owned(), "ZSTD".to_owned());
        Self {
            name: name.into(),
            description: None,
            owner: None,
            retention: Some(0),
            table_type: Some("EXTERNAL_TABLE".to_owned()),
            parameters,
            partition_keys: Vec::new(),
            storage_descriptor,
            rest: Map::new(),
        }
    }
}

/// A column of a table, or a partition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Column {
    /// The folded name.
    pub name: String,
    /// The type as [`hive_type`](crate::hive_type) spells it.
    #[serde(rename = "Type", default)]
    pub type_: String,
    /// What the column means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Members that only others use.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Column {
    /// Returns a column without a comment.
    pub fn new(name: impl Into<String>, type_: impl Into<String>) -> Self {
        Self { name: name.into(), type_: type_.into(), comment: None, rest: Map::new() }
    }

    /// Sets the comment: cut to 255 characters, on one line, and left out if it is blank.
    #[must_use]
    pub fn with_comment(mut self, comment: &str) -> Self {
        let visible = |c: char| if c.is_control() { ' ' } else { c };
        let line: String = comment.trim().chars().take(MAX_COMMENT_CHARS).map(visible).collect();
        self.comment = (!line.is_empty()).then_some(line);
        self
    }
}

/// The columns of a table or partition, where its files lie, and how they are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StorageDescriptor {
    /// The columns, without the partition keys.
    pub columns: Vec<Column>,
    /// URL of the directory that holds the data files and nothing else, with a trailing slash.
    pub location: String,
    /// Hive's class that reads a file.
    pub input_format: String,
    /// Hive's class that writes a file.
    pub output_format: String,
    /// Whether the files are compressed.
    pub compressed: bool,
    /// How many buckets the rows are hashed into; -1 for none.
    pub number_of_buckets: i32,
    /// Hive's class that turns bytes into rows.
    pub serde_info: SerdeInfo,
    /// The columns the rows are bucketed by.
    pub bucket_columns: Vec<String>,
    /// The columns the rows are sorted by within a bucket.
    pub sort_columns: Vec<Value>,
    /// Properties of the storage.
    pub parameters: BTreeMap<String, String>,
    /// Whether the files may lie in directories below the location.
    pub stored_as_sub_directories: bool,
    /// Members that only others use.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl StorageDescriptor {
    /// Returns the descriptor of zstd Parquet files that lie directly in the directory `location`.
    pub fn parquet(columns: Vec<Column>, location: impl Into<String>) -> Self {
        Self {
            columns,
            location: location.into(),
            input_format: INPUT_FORMAT.to_owned(),
            output_format: OUTPUT_FORMAT.to_owned(),
            compressed: true,
            number_of_buckets: -1,
            serde_info: SerdeInfo::parquet(),
            bucket_columns: Vec::new(),
            sort_columns: Vec::new(),
            parameters: parquet_parameters(),
            stored_as_sub_directories: false,
            rest: Map::new(),
        }
    }
}

fn parquet_parameters() -> BTreeMap<String, String> {
    let parameters = [("classification", "parquet"), ("compressionType", "zstd"), ("typeOfData", "file")];
    parameters.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// How Hive turns bytes into rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SerdeInfo {
    /// The class.
    pub serialization_library: String,
    /// Its properties.
    pub parameters: BTreeMap<String, String>,
    /// Members that only others use.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl SerdeInfo {
    fn parquet() -> Self {
        let parameters = BTreeMap::from([("serialization.format".to_owned(), "1".to_owned())]);
        Self { serialization_library: SERDE.to_owned(), parameters, rest: Map::new() }
    }
}

/// A partition: the values of the table's partition keys, and a storage descriptor of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PartitionInput {
    /// The values of the partition keys, in the keys' order.
    pub values: Vec<String>,
    /// The columns, where the partition's files lie and how they are read.
    #[serde(default)]
    pub storage_descriptor: StorageDescriptor,
    /// Properties, as of a table.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Members that only others use.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl PartitionInput {
    /// Returns the partition of the key `values`.
    pub fn new(
        values: Vec<String>,
        storage_descriptor: StorageDescriptor,
        parameters: BTreeMap<String, String>,
    ) -> Self {
        Self { values, storage_descriptor, parameters, rest: Map::new() }
    }

    /// Returns how messages name the partition of `table`.
    pub(crate) fn entry(&self, table: &CatalogName) -> String {
        format!("{table} ({})", self.values.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_exactly_glues_table_input() {
        let columns = vec![Column::new("id", "bigint").with_comment("the key")];
        let table = TableInput::external("orders", StorageDescriptor::parquet(columns, "s3://bucket/orders/"));
        insta::assert_snapshot!(serde_json::to_string_pretty(&table).unwrap(), @r#"
        {
          "Name": "orders",
          "Retention": 0,
          "TableType": "EXTERNAL_TABLE",
          "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": "parquet",
            "compressionType": "zstd",
            "parquet.compression": "ZSTD",
            "typeOfData": "file"
          },
          "PartitionKeys": [],
          "StorageDescriptor": {
            "Columns": [
              {
                "Name": "id",
                "Type": "bigint",
                "Comment": "the key"
              }
            ],
            "Location": "s3://bucket/orders/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "Compressed": true,
            "NumberOfBuckets": -1,
            "SerdeInfo": {
              "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
              "Parameters": {
                "serialization.format": "1"
              }
            },
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": {
              "classification": "parquet",
              "compressionType": "zstd",
              "typeOfData": "file"
            },
            "StoredAsSubDirectories": false
          }
        }
        "#);
    }

    #[test]
    fn a_partition_has_a_descriptor_of_its_own() {
        let values = vec!["2026".to_owned(), "11".to_owned()];
        let partition = PartitionInput::new(values, StorageDescriptor::default(), BTreeMap::new());
        let json = serde_json::to_value(&partition).unwrap();
        assert_eq!(json["Values"], serde_json::json!(["2026", "11"]));
        assert_eq!(serde_json::from_value::<PartitionInput>(json).unwrap(), partition);
    }

    #[test]
    fn members_of_others_survive() {
        let json = serde_json::json!({
            "Name": "orders",
            "ViewOriginalText": "x",
            "StorageDescriptor": {
                "Columns": [{"Name": "id", "Type": "int", "Parameters": {"tag": "1"}}],
                "SkewedInfo": {"SkewedColumnNames": ["id"]},
                "SerdeInfo": {"Name": "serde"},
            },
        });
        let table: TableInput = serde_json::from_value(json.clone()).unwrap();
        let back = serde_json::to_value(&table).unwrap();
        let descriptor = &back["StorageDescriptor"];
        assert_eq!(back["ViewOriginalText"], json["ViewOriginalText"]);
        assert_eq!(descriptor["SkewedInfo"], json["StorageDescriptor"]["SkewedInfo"]);
        assert_eq!(descriptor["Columns"], json["StorageDescriptor"]["Columns"]);
        assert_eq!(descriptor["SerdeInfo"]["Name"], "serde");
    }

    #[test]
    fn a_comment_is_one_short_line() {
        let comment = |text: &str| Column::new("c", "int").with_comment(text).comment;
        assert_eq!(comment("two\r\nlines\n").as_deref(), Some("two  lines"));
        assert_eq!(comment(&"ü".repeat(300)), Some("ü".repeat(255)));
        assert_eq!(comment(" \n"), None);
    }
}
