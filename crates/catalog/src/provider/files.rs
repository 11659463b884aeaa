//! A table's catalog entry → the Parquet files it names, listed once.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::catalog::Session;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::datasource::listing::{ListingTableUrl, PartitionedFile};
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};

use crate::{Catalog, CatalogName, Column, TableInput};

/// The files of a table, in one store.
#[derive(Debug)]
pub(super) struct TableFiles {
    pub(super) store: ObjectStoreUrl,
    /// At least one, in the order of partitions and paths, each with the values of its partition.
    pub(super) files: Vec<PartitionedFile>,
    pub(super) partition_columns: Vec<FieldRef>,
}

/// Lists the files of `table`: those of each partition, for a table with partition keys, and else the table's own.
///
/// # Errors
/// When there is no file, since then nothing tells the table's schema, or the locations cannot be read.
pub(super) async fn list(
    session: &dyn Session,
    catalog: &dyn Catalog,
    name: &CatalogName,
    table: &TableInput,
) -> Result<TableFiles> {
    let partition_columns = table.partition_keys.iter().map(|key| partition_column(name, key));
    let partition_columns = partition_columns.collect::<Result<Vec<_>>>()?;
    let locations = locations(catalog, name, table).await?;
    let mut store = None;
    let mut files = Vec::new();
    for (location, values) in &locations {
        let (its_store, dir) = place(location)?;
        if store.get_or_insert_with(|| its_store.clone()) != &its_store {
            return plan_err!("table `{name}` has partitions in several stores, one of them {its_store}");
        }
        let objects = data_files(&session.runtime_env().object_store(&its_store)?, &dir).await?;
        let partitioned = |object| PartitionedFile::new_from_meta(object).with_partition_values(values.clone());
        files.extend(objects.into_iter().map(partitioned));
    }
    match store {
        Some(store) if !files.is_empty() => Ok(TableFiles { store, files, partition_columns }),
        _ => plan_err!("table `{name}` has no Parquet file at its location {}", table.storage_descriptor.location),
    }
}

fn partition_column(name: &CatalogName, key: &Column) -> Result<FieldRef> {
    if key.type_ != "string" {
        return plan_err!("partition key `{}` of table `{name}` is not a string but {}", key.name, key.type_);
    }
    Ok(Arc::new(Field::new(&key.name, DataType::Utf8, false)))
}

/// Returns the directories that hold the table's files, each with the values of its partition.
async fn locations(
    catalog: &dyn Catalog,
    name: &CatalogName,
    table: &TableInput,
) -> Result<Vec<(String, Vec<ScalarValue>)>> {
    if table.partition_keys.is_empty() {
        return Ok(vec![(table.storage_descriptor.location.clone(), Vec::new())]);
    }
    let partitions = catalog.partitions(name).await.map_err(super::external)?;
    let location = |found: crate::PartitionVersion| {
        let values = found.partition.values.into_iter().map(ScalarValue::from).collect();
        (found.partition.storage_descriptor.location, values)
    };
    Ok(partitions.into_iter().map(location).collect())
}

/// Returns the store and the directory that a location names. One on S3 is a key as it is, where a URL would be encoded.
fn place(location: &str) -> Result<(ObjectStoreUrl, Path)> {
    if let Some((bucket, key)) = location.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
        let key = Path::parse(key).map_err(object_store::Error::from)?;
        return Ok((ObjectStoreUrl::parse(format!("s3://{bucket}"))?, key));
    }
    let url = ListingTableUrl::parse(location)?;
    Ok((url.object_store(), url.prefix().clone()))
}

/// Returns the Parquet files directly in the directory `dir`, in the order of their names, without the hidden ones.
async fn data_files(store: &Arc<dyn ObjectStore>, dir: &Path) -> Result<Vec<ObjectMeta>> {
    let is_data = |object: &ObjectMeta| {
        let name = object.location.filename().unwrap_or_default();
        name.ends_with(".parquet") && !name.starts_with(['_', '.'])
    };
    let mut objects = store.list_with_delimiter(Some(dir)).await?.objects;
    objects.retain(is_data);
    objects.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(objects)
}
