//! `MySqlTable`: a MySQL table as a table of DataFusion, with projection, filters and limit pushed into MySQL.

mod filter;

use crate::connect::connect;
use crate::error::SourceError;
use crate::exec::MySqlReadExec;
use crate::login::MySqlSource;
use crate::name::SourceTable;
use crate::schema::{TableSchema, describe};
use crate::spec::{ReadOptions, ReadSpec};
use crate::split::{plan_splits, splits_relation};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use filter::pushed_filter;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A MySQL table or view, read in parallel splits.
#[derive(Debug)]
pub struct MySqlTable {
    schema: TableSchema,
    spec: ReadSpec,
    arrow_schema: SchemaRef,
    splits: Option<NonZeroUsize>,
}

impl MySqlTable {
    /// Describes `table`, which takes one connection for a moment.
    ///
    /// # Errors
    /// If the server cannot be reached, the table cannot be read, or a column's type is unknown.
    pub async fn try_new(source: MySqlSource, table: SourceTable, options: ReadOptions) -> Result<Self, SourceError> {
        let mut session = connect(&source).await?;
        let schema = describe(&mut session, &table).await?;
        session.close();
        let spec = ReadSpec::new(source, table, schema.all_columns()?).with_options(options);
        let arrow_schema = spec.arrow_schema();
        Ok(Self { schema, spec, arrow_schema, splits: None })
    }

    /// Returns the same table, read in about `splits` splits instead of one for each of the session's target
    /// partitions.
    #[must_use]
    pub fn with_splits(self, splits: NonZeroUsize) -> Self {
        Self { splits: Some(splits), ..self }
    }

    /// Returns how the server describes the table.
    #[must_use]
    pub fn table_schema(&self) -> &TableSchema {
        &self.schema
    }

    fn scanned(&self, projection: Option<&Vec<usize>>, filters: &[Expr], limit: Option<usize>) -> ReadSpec {
        let mut spec = self.spec.clone();
        if let Some(projection) = projection {
            let columns = projection.iter().filter_map(|index| self.spec.columns.get(*index));
            spec.columns = columns.cloned().collect();
        }
        let pushed = filters.iter().filter_map(|filter| pushed_filter(filter, &self.spec));
        spec.pushed = pushed.map(|pushed| pushed.sql).collect();
        spec.limit = limit.and_then(|limit| u64::try_from(limit).ok());
        spec
    }
}

#[async_trait]
impl TableProvider for MySqlTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.arrow_schema)
    }

    fn table_type(&self) -> TableType {
        if self.schema.is_view { TableType::View } else { TableType::Base }
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match pushed_filter(filter, &self.spec) {
            Some(pushed) if pushed.is_exact => TableProviderFilterPushDown::Exact,
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let spec = self.scanned(projection, filters, limit);
        let target = NonZeroUsize::new(state.config().target_partitions()).unwrap_or(NonZeroUsize::MIN);
        // The first rows of one split are as good as those of many.
        let requested = if limit.is_some() { NonZeroUsize::MIN } else { self.splits.unwrap_or(target) };
        let mut session = connect(&spec.source).await?;
        let plan = plan_splits(&mut session, &self.schema, &spec, requested, None).await?;
        session.close();
        for warning in &plan.warnings {
            tracing::warn!(origin = %spec.origin, "{warning}");
        }
        let relation = splits_relation(&plan.splits)?;
        Ok(Arc::new(MySqlReadExec::try_new(relation, Arc::new(spec.with_key(plan.key)))?))
    }
}
