//! `GlueCatalog`: tables in AWS Glue's Data Catalog, where Athena, Spark and Redshift Spectrum look them up.
//!
//! A table's change is one `UpdateTable` that names the version it replaces; Glue answers a stale one with
//! `ConcurrentModificationException` (facts, 3.3). Partitions have no versions in Glue, so their changes are decided in
//! the warehouse: see [`partitions`].

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_glue::Client;
use aws_sdk_glue::types::{DatabaseInput, Table};
use object_store::ObjectStore;
use object_store::path::Path;
use springald_aws::AwsError;

use crate::catalog::{Catalog, PartitionVersion, TableVersion, VersionId};
use crate::documents::Documents;
use crate::{CatalogError, CatalogName, ColumnStatistics, PartitionInput, TableInput};

mod partitions;
mod statistics;
mod storage;
mod table;

use statistics::Place;

/// The codes of Glue's refusals that are told apart here (facts, 3.3).
const NOT_FOUND: &str = "EntityNotFoundException";
const EXISTS: &str = "AlreadyExistsException";
const STALE: &str = "ConcurrentModificationException";

/// How tables are put into Glue.
#[derive(Debug, Clone, Copy, Default)]
pub struct GlueOptions {
    /// Whether a database that is missing is created; else it is an error.
    pub create_database: bool,
    /// Whether Glue keeps the table's versions before each change. It keeps at most 100,000 of a table, and then refuses
    /// any change (facts, 3.2); a rollback needs none of them.
    pub keep_versions: bool,
}

/// The Data Catalog of the account and region that the process works in.
#[derive(Debug, Clone)]
pub struct GlueCatalog {
    client: Client,
    documents: Documents,
    options: GlueOptions,
}

impl GlueCatalog {
    /// Returns the catalog of tables whose warehouse is at the path `root` of `store`; asks nothing yet.
    pub fn new(config: &SdkConfig, store: Arc<dyn ObjectStore>, root: Path, options: GlueOptions) -> Self {
        Self { client: Client::new(config), documents: Documents::new(store, root), options }
    }

    async fn create_database(&self, database: &str) -> Result<(), CatalogError> {
        let action = "create database";
        let input = DatabaseInput::builder().name(database).build().map_err(|e| unbuilt(action, database, &e))?;
        let created = self.client.create_database().database_input(input).send().await;
        match created.map_err(|error| AwsError::of("glue:CreateDatabase", error)) {
            Ok(_) => {
                tracing::info!(database, "created database in Glue");
                Ok(())
            }
            Err(error) if error.code() == Some(EXISTS) => Ok(()),
            Err(source) => Err(failed(action, database, source)),
        }
    }

    /// Creates a table; `Ok(false)` says that its database is missing.
    async fn try_create(&self, database: &str, table: &TableInput) -> Result<bool, CatalogError> {
        let (action, entry) = ("create table", format!("{database}.{}", table.name));
        let input = table::to_glue(table).map_err(|e| unbuilt(action, &entry, &e))?;
        let created = self.client.create_table().database_name(database).table_input(input).send().await;
        match created.map_err(|error| AwsError::of("glue:CreateTable", error)) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some(EXISTS) => Err(CatalogError::Stale { entry }),
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(false),
            Err(source) => Err(failed(action, &entry, source)),
        }
    }
}

#[async_trait]
impl Catalog for GlueCatalog {
    async fn databases(&self) -> Result<Vec<String>, CatalogError> {
        let found = self.client.get_databases().into_paginator().send().try_collect().await;
        let found = found.map_err(|error| failed("list", "databases", AwsError::of("glue:GetDatabases", error)))?;
        let mut names: Vec<String> =
            found.into_iter().flat_map(|page| page.database_list).map(|database| database.name).collect();
        names.sort_unstable();
        Ok(names)
    }

    async fn tables(&self, database: &str) -> Result<Vec<String>, CatalogError> {
        let found = self.client.get_tables().database_name(database).into_paginator().send().try_collect().await;
        match found.map_err(|error| AwsError::of("glue:GetTables", error)) {
            Ok(found) => {
                let tables = found.into_iter().flat_map(|page| page.table_list.unwrap_or_default());
                let mut names: Vec<String> = tables.map(|table| table.name).collect();
                names.sort_unstable();
                Ok(names)
            }
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(Vec::new()),
            Err(source) => Err(failed("list tables of database", database, source)),
        }
    }

    async fn table(&self, name: &CatalogName) -> Result<Option<TableVersion>, CatalogError> {
        let found = self.client.get_table().database_name(name.database()).name(name.table()).send().await;
        match found.map_err(|error| AwsError::of("glue:GetTable", error)) {
            Ok(found) => found.table.map(|table| versioned(name, table)).transpose(),
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(None),
            Err(source) => Err(failed("look up table", &name.to_string(), source)),
        }
    }

    async fn create_table(&self, database: &str, table: &TableInput) -> Result<(), CatalogError> {
        if self.try_create(database, table).await? {
            return Ok(());
        }
        if self.options.create_database {
            self.create_database(database).await?;
            if self.try_create(database, table).await? {
                return Ok(());
            }
        }
        Err(CatalogError::NoDatabase { database: database.to_owned() })
    }

    async fn update_table(&self, database: &str, table: &TableInput, expected: &VersionId) -> Result<(), CatalogError> {
        let (action, entry) = ("update table", format!("{database}.{}", table.name));
        let input = table::to_glue(table).map_err(|e| unbuilt(action, &entry, &e))?;
        let call = self.client.update_table().database_name(database).table_input(input);
        let updated = call.version_id(expected.as_str()).skip_archive(!self.options.keep_versions).send().await;
        match updated.map_err(|error| AwsError::of("glue:UpdateTable", error)) {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), Some(STALE | NOT_FOUND)) => Err(CatalogError::Stale { entry }),
            Err(source) => Err(failed(action, &entry, source)),
        }
    }

    async fn partition(
        &self,
        table: &CatalogName,
        values: &[String],
    ) -> Result<Option<PartitionVersion>, CatalogError> {
        self.current_partition(table, values).await
    }

    async fn put_partition(
        &self,
        table: &CatalogName,
        partition: &PartitionInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError> {
        self.decide_partition(table, partition, expected).await
    }

    async fn put_statistics(
        &self,
        table: &CatalogName,
        partition: Option<&[String]>,
        columns: &[String],
        statistics: &[ColumnStatistics],
    ) -> Result<(), CatalogError> {
        let place = Place { table, partition };
        let is_put = |column: &String| statistics.iter().any(|put| put.column == *column);
        let others: Vec<String> = columns.iter().filter(|column| !is_put(column)).cloned().collect();
        for column in self.with_statistics(&place, &others).await? {
            self.remove(&place, &column).await?;
        }
        self.put(&place, statistics).await
    }

    async fn partitions(&self, table: &CatalogName) -> Result<Vec<PartitionVersion>, CatalogError> {
        self.all_partitions(table).await
    }
}

/// A version means nothing here but to be given back: real Glue counts from "0", its doubles from "1" (facts, 3.3).
fn versioned(name: &CatalogName, table: Table) -> Result<TableVersion, CatalogError> {
    let Some(version) = table.version_id.clone() else {
        return Err(CatalogError::NoVersion { table: name.clone() });
    };
    Ok(TableVersion { version: VersionId::new(version), table: table::from_glue(table) })
}

fn failed(action: &'static str, entry: &str, source: AwsError) -> CatalogError {
    CatalogError::Service { action, entry: entry.to_owned(), source }
}

/// A request that the SDK does not even build lacks a member, which is our fault.
fn unbuilt(action: &'static str, entry: &str, error: &aws_sdk_glue::error::BuildError) -> CatalogError {
    let source = AwsError::Refused { action: "request", code: "BuildError".to_owned(), message: error.to_string() };
    failed(action, entry, source)
}
