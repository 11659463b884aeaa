//! SQL text → a physical plan whose partitions are functions of the tables alone.

use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::SessionContext;

/// Plans one query.
///
/// # Errors
/// When the text is not one query, or names what is not there.
pub(crate) async fn plan(context: &SessionContext, sql: &str) -> Result<Arc<dyn ExecutionPlan>> {
    let state = context.state();
    let logical = state.create_logical_plan(sql).await?;
    let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reads_only.verify_plan(&logical)?;
    let chancy = depends_on_chance(&logical)?;
    let physical = state.create_physical_plan(&logical).await?;
    if chancy && physical.output_partitioning().partition_count() > 1 {
        return Ok(Arc::new(CoalescePartitionsExec::new(physical)));
    }
    Ok(physical)
}

/// Returns whether two runs of the plan over the same tables may give different rows.
///
/// Splits of different attempts may stand side by side in one snapshot, so such a result is gathered into one split:
/// then it is the result of one attempt, whole.
fn depends_on_chance(plan: &LogicalPlan) -> Result<bool> {
    let mut chancy = false;
    plan.apply_with_subqueries(|node| {
        chancy |= matches!(node, LogicalPlan::Limit(_));
        node.apply_expressions(|expression| {
            chancy |= expression.is_volatile();
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(chancy)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionConfig;

    use super::*;

    async fn partitions(sql: &str) -> Result<usize> {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4));
        context.sql("CREATE TABLE t AS VALUES (1, 2), (3, 4), (5, 6)").await?.collect().await?;
        Ok(plan(&context, sql).await?.output_partitioning().partition_count())
    }

    #[tokio::test]
    async fn what_depends_on_chance_is_one_split() {
        assert_eq!(partitions("SELECT column1, count(*) FROM t GROUP BY column1").await.unwrap(), 4);
        for sql in [
            "SELECT column1, count(*) FROM (SELECT * FROM t LIMIT 2) GROUP BY column1",
            "SELECT column1, max(random()) FROM t GROUP BY column1",
            "SELECT column1, count(*) FROM t WHERE column2 IN (SELECT column2 FROM t LIMIT 1) GROUP BY column1",
        ] {
            assert_eq!(partitions(sql).await.unwrap(), 1, "{sql}");
        }
    }

    #[tokio::test]
    async fn only_queries_are_taken() {
        for sql in ["DROP TABLE t", "INSERT INTO t VALUES (1, 2)", "SET a.b = 1", "SELECT 1; SELECT 2", "SELEC 1", ""] {
            assert!(partitions(sql).await.is_err(), "{sql}");
        }
    }
}
