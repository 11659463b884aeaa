//! Partitions in Glue, which has no versions of them: who may change one is decided in the warehouse.
//!
//! ```text
//!  put_partition ──next version, create-only──▶ _catalog/<db>/<table>/y=…/m=…/d=…/00000007.json
//!                                                    │ the highest, until it stays so
//!                                                    └──BatchCreatePartition, else BatchUpdatePartition──▶ Glue
//! ```
//!
//! Exactly one writer puts a version's document. Glue's partition follows the documents: each writer, when it has
//! written, looks whether a higher version has come meanwhile, and then writes that. So whoever writes last has written
//! the highest.

use aws_sdk_glue::types::{
    BatchUpdatePartitionRequestEntry, ErrorDetail, Partition, PartitionInput as GluePartitionInput,
};
use object_store::path::Path;
use serde_json::Map;
use springald_aws::AwsError;

use super::{EXISTS, GlueCatalog, NOT_FOUND, failed, storage, unbuilt};
use crate::catalog::{Catalog, PartitionVersion, VersionId};
use crate::{CatalogError, CatalogName, Column, PartitionInput};

/// The version of a partition that somebody else has put into Glue: it has no document.
const FOREIGN: &str = "0";

impl GlueCatalog {
    /// The current version by the documents; if there is none, what Glue has.
    pub(super) async fn current_partition(
        &self,
        table: &CatalogName,
        values: &[String],
    ) -> Result<Option<PartitionVersion>, CatalogError> {
        let Some(keys) = self.partition_keys(table).await? else { return Ok(None) };
        let dir = self.documents.partition_dir(table, &keys, values)?;
        if let Some((version, partition)) = self.documents.versions(dir).read_current().await? {
            return Ok(Some(PartitionVersion { version, partition }));
        }
        let foreign = self.find(table, values).await?;
        Ok(foreign
            .map(|partition| PartitionVersion { version: VersionId::new(FOREIGN), partition: from_glue(partition) }))
    }

    /// Puts the next version's document, and then Glue's partition.
    pub(super) async fn decide_partition(
        &self,
        table: &CatalogName,
        partition: &PartitionInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError> {
        let keys = self.partition_keys(table).await?;
        let keys = keys.ok_or_else(|| CatalogError::NoTable { table: table.clone() })?;
        let dir = self.documents.partition_dir(table, &keys, &partition.values)?;
        let entry = || partition.entry(table);
        if expected.is_none() && self.find(table, &partition.values).await?.is_some() {
            return Err(CatalogError::Stale { entry: entry() });
        }
        let expected = expected.filter(|version| version.as_str() != FOREIGN);
        self.documents.versions(dir.clone()).put_next(partition, expected, entry).await?;
        self.follow(table, dir).await
    }

    /// Returns what Glue has, with the versions of those that have a document.
    pub(super) async fn all_partitions(&self, table: &CatalogName) -> Result<Vec<PartitionVersion>, CatalogError> {
        let Some(keys) = self.partition_keys(table).await? else { return Ok(Vec::new()) };
        let call = self.client.get_partitions().database_name(table.database()).table_name(table.table());
        let found = call.into_paginator().send().try_collect().await;
        let found = found.map_err(|error| {
            failed("list partitions of table", &table.to_string(), AwsError::of("glue:GetPartitions", error))
        })?;
        let newest = self.documents.partitions(table).await?;
        let versioned = |partition: Partition| {
            let partition = from_glue(partition);
            let dir = self.documents.partition_dir(table, &keys, &partition.values)?;
            let version = newest.get(&dir).map_or_else(|| FOREIGN.to_owned(), u64::to_string);
            Ok(PartitionVersion { version: VersionId::new(version), partition })
        };
        let found = found.into_iter().flat_map(|page| page.partitions.unwrap_or_default());
        let mut partitions = found.map(versioned).collect::<Result<Vec<_>, CatalogError>>()?;
        partitions.sort_by(|a, b| a.partition.values.cmp(&b.partition.values));
        Ok(partitions)
    }

    async fn partition_keys(&self, table: &CatalogName) -> Result<Option<Vec<Column>>, CatalogError> {
        Ok(self.table(table).await?.map(|found| found.table.partition_keys))
    }

    /// Writes the highest version into Glue, until no higher one has come meanwhile.
    async fn follow(&self, table: &CatalogName, dir: Path) -> Result<(), CatalogError> {
        let mut written = None;
        loop {
            let current = self.documents.versions(dir.clone()).read_current::<PartitionInput>().await?;
            let Some((version, partition)) = current else { return Ok(()) };
            if written.as_ref() == Some(&version) {
                return Ok(());
            }
            self.write(table, &partition).await?;
            written = Some(version);
        }
    }

    async fn find(&self, table: &CatalogName, values: &[String]) -> Result<Option<Partition>, CatalogError> {
        let call = self.client.get_partition().database_name(table.database()).table_name(table.table());
        let found = call.set_partition_values(Some(values.to_vec())).send().await;
        match found.map_err(|error| AwsError::of("glue:GetPartition", error)) {
            Ok(found) => Ok(found.partition),
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(None),
            Err(source) => Err(failed("look up partition of table", &table.to_string(), source)),
        }
    }

    /// Creates or replaces a partition. A batch answers 200 and says what failed item by item (facts, 3.2).
    async fn write(&self, table: &CatalogName, partition: &PartitionInput) -> Result<(), CatalogError> {
        let entry = partition.entry(table);
        let input = to_glue(partition).map_err(|e| unbuilt("put partition", &entry, &e))?;
        let call = self.client.batch_create_partition().database_name(table.database()).table_name(table.table());
        let created = call.partition_input_list(input.clone()).send().await;
        let created =
            created.map_err(|e| failed("put partition", &entry, AwsError::of("glue:BatchCreatePartition", e)))?;
        let refusal = created.errors.unwrap_or_default().into_iter().find_map(|error| error.error_detail);
        match refusal {
            None => Ok(()),
            Some(detail) if detail.error_code.as_deref() == Some(EXISTS) => self.replace(table, &entry, input).await,
            Some(detail) => Err(refused("glue:BatchCreatePartition", &entry, detail)),
        }
    }

    async fn replace(&self, table: &CatalogName, entry: &str, input: GluePartitionInput) -> Result<(), CatalogError> {
        let values = input.values.clone();
        let change =
            BatchUpdatePartitionRequestEntry::builder().set_partition_value_list(values).partition_input(input);
        let change = change.build().map_err(|e| unbuilt("put partition", entry, &e))?;
        let call = self.client.batch_update_partition().database_name(table.database()).table_name(table.table());
        let updated = call.entries(change).send().await;
        let updated =
            updated.map_err(|e| failed("put partition", entry, AwsError::of("glue:BatchUpdatePartition", e)))?;
        match updated.errors.unwrap_or_default().into_iter().find_map(|error| error.error_detail) {
            None => Ok(()),
            Some(detail) => Err(refused("glue:BatchUpdatePartition", entry, detail)),
        }
    }
}

fn refused(action: &'static str, entry: &str, detail: ErrorDetail) -> CatalogError {
    let code = detail.error_code.unwrap_or_else(|| "unknown".to_owned());
    let message = detail.error_message.unwrap_or_else(|| "no message".to_owned());
    failed("put partition", entry, AwsError::Refused { action, code, message })
}

fn to_glue(partition: &PartitionInput) -> Result<GluePartitionInput, aws_sdk_glue::error::BuildError> {
    Ok(GluePartitionInput::builder()
        .set_values(Some(partition.values.clone()))
        .storage_descriptor(storage::to_glue(&partition.storage_descriptor)?)
        .set_parameters(Some(storage::unordered(&partition.parameters)))
        .build())
}

fn from_glue(partition: Partition) -> PartitionInput {
    PartitionInput {
        values: partition.values.unwrap_or_default(),
        storage_descriptor: partition.storage_descriptor.map(storage::from_glue).unwrap_or_default(),
        parameters: storage::ordered(partition.parameters),
        rest: Map::new(),
    }
}
