//! Gives the catalog the columns' statistics of a run that it points at, or removes those of an earlier one.
//!
//! Statistics are objects of their own in Glue, and nothing guards them: so whoever puts some looks afterwards whether the
//! table still points at its run, and else leaves none, for none is better than a wrong one.

use springald_catalog::{Catalog, CatalogName, Column, ColumnStatistics};

use super::CommitError;
use crate::publish::Published;
use crate::statistics::merged;
use crate::{RunLayout, SnapshotError, SplitManifest};

/// A run's columns, and what its splits have found out about them.
pub(crate) struct Description<'a> {
    layout: &'a RunLayout,
    catalog: &'a dyn Catalog,
    columns: Vec<String>,
    statistics: Vec<ColumnStatistics>,
}

impl<'a> Description<'a> {
    /// Puts together what the splits say.
    ///
    /// # Errors
    /// When a manifest's sketch is damaged.
    pub(crate) fn try_new(
        layout: &'a RunLayout,
        catalog: &'a dyn Catalog,
        columns: &[Column],
        manifests: &[SplitManifest],
    ) -> Result<Self, CommitError> {
        let statistics = merged(manifests, columns).map_err(SnapshotError::Statistics)?;
        let columns = columns.iter().map(|column| column.name.clone()).collect();
        Ok(Self { layout, catalog, columns, statistics })
    }

    /// Describes the table, which was made to point at the run.
    pub(crate) async fn put_for_table(&self, table: &CatalogName) -> Result<(), CommitError> {
        self.catalog.put_statistics(table, None, &self.columns, &self.statistics).await?;
        let now = self.catalog.table(table).await?;
        if now.is_some_and(|found| Published::of(&found.table.parameters).is(&self.layout.run)) {
            return Ok(());
        }
        Ok(self.catalog.put_statistics(table, None, &self.columns, &[]).await?)
    }

    /// Describes the day's partition of the history, if it points at the run.
    pub(crate) async fn put_for_day(&self, history: &CatalogName) -> Result<(), CommitError> {
        let day = self.layout.date.partition_values();
        let found = self.catalog.partition(history, &day).await?;
        if found.is_none_or(|found| !Published::of(&found.partition.parameters).is(&self.layout.run)) {
            return Ok(());
        }
        Ok(self.catalog.put_statistics(history, Some(&day), &self.columns, &self.statistics).await?)
    }
}

/// Says that a run which is published could not be described.
pub(crate) fn warn_undescribed(table: &CatalogName, described: Result<(), CommitError>) {
    if let Err(error) = described {
        let error = &error as &(dyn std::error::Error + 'static);
        tracing::warn!(%table, error, "column statistics in the catalog may be those of an earlier run");
    }
}
