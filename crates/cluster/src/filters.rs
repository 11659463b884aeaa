//! How large a query's filters become on their way down to its tables, where a column is what it is computed from: one that is
//! made of another twice, and that of another, doubles with each, and so do the planner's time and memory.

use std::collections::HashMap;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::common::{Column, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};

/// Looks at the filters of a query, and at the keys of its joins: those of one side filter the other, too. None may have more
/// than `most` parts: to plan one of 100,000 takes a second, of sixteen times as many half a minute and a gigabyte.
///
/// # Errors
/// When one becomes too large.
pub fn check_filters(plan: &LogicalPlan, most: u64) -> Result<()> {
    plan.visit_with_subqueries(&mut Walk { most, open: vec![], done: vec![] }).map(drop)
}

/// A walk through a plan and its subqueries, which DataFusion gives a larger stack where the plan is deep.
struct Walk {
    most: u64,
    /// Where what lies below each open node begins in `done`.
    open: Vec<usize>,
    /// Of how many parts the columns are made, of each node that no one above it has taken up yet.
    done: Vec<Vec<u64>>,
}

impl<'n> TreeNodeVisitor<'n> for Walk {
    type Node = LogicalPlan;

    fn f_down(&mut self, _plan: &'n LogicalPlan) -> Result<TreeNodeRecursion> {
        self.open.push(self.done.len());
        Ok(TreeNodeRecursion::Continue)
    }

    fn f_up(&mut self, plan: &'n LogicalPlan) -> Result<TreeNodeRecursion> {
        let below = self.done.split_off(self.open.pop().unwrap_or_default());
        // Subqueries are visited before inputs.
        let subqueries = below.len().saturating_sub(plan.inputs().len());
        self.done.push(parts(plan, &below[subqueries..], self.most)?);
        Ok(TreeNodeRecursion::Continue)
    }
}

/// Returns of how many parts each column of a plan is made, those of its inputs being made of `below`.
fn parts(plan: &LogicalPlan, below: &[Vec<u64>], most: u64) -> Result<Vec<u64>> {
    let inputs = plan.inputs();
    let mut named = HashMap::<Column, u64>::new();
    for (column, parts) in inputs.iter().flat_map(|input| input.schema().columns()).zip(below.iter().flatten()) {
        let known = named.entry(column).or_default();
        *known = (*known).max(*parts);
    }
    let size = |expression: &Expr| size(expression, &named);
    let columns = plan.schema().columns().into_iter();
    if let LogicalPlan::Filter(filter) = plan {
        check(size(&filter.predicate)?, most)?;
    }
    if let LogicalPlan::Join(join) = plan {
        for expression in join.on.iter().flat_map(|(left, right)| [left, right]).chain(&join.filter) {
            check(size(expression)?, most)?;
        }
    }
    if let LogicalPlan::Projection(projection) = plan {
        return projection.expr.iter().map(size).collect();
    }
    if let LogicalPlan::Aggregate(aggregate) = plan {
        let keys = aggregate.group_expr.iter().map(size).collect::<Result<Vec<_>>>()?;
        return Ok(keys.into_iter().chain(std::iter::repeat(1)).take(columns.len()).collect());
    }
    if let LogicalPlan::SubqueryAlias(_) | LogicalPlan::Union(_) = plan {
        let largest = |at: usize| below.iter().filter_map(|parts| parts.get(at)).max();
        return Ok((0..columns.len()).map(|at| largest(at).copied().unwrap_or(1)).collect());
    }
    Ok(columns.map(|column| named.get(&column).copied().unwrap_or(1)).collect())
}

/// Returns how many parts an expression has over such columns, its constants not counted: lists of them are long, and grow no
/// further.
fn size(expression: &Expr, columns: &HashMap<Column, u64>) -> Result<u64> {
    let mut parts = 0u64;
    expression.apply(|part| {
        parts = parts.saturating_add(if let Expr::Column(column) = part {
            columns.get(column).copied().unwrap_or(1)
        } else {
            u64::from(!matches!(part, Expr::Literal(..)))
        });
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(parts)
}

fn check(parts: u64, most: u64) -> Result<()> {
    if parts > most {
        return exec_err!(
            "a filter of the query has {parts} parts when each column is replaced by what it is computed from, and may have \
             {most}: let a `springald process` compute the columns into a table, and ask that"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{LogicalPlanBuilder, in_list};
    use datafusion::prelude::{SessionContext, col, lit};

    use super::*;

    async fn checked(sql: &str) -> Result<()> {
        check_filters(&SessionContext::new().state().create_logical_plan(sql).await.unwrap(), 100_000)
    }

    /// Defines `q`, whose column `x` is made of another twice, and that of another, and so on.
    fn doubled(times: usize) -> String {
        let first = "WITH q0 AS (SELECT column1 AS x, 1 AS one FROM (VALUES (1), (2)) v)".to_owned();
        let doubled = |with, n: usize| format!("{with}, q{n} AS (SELECT x + x AS x, one FROM q{})", n - 1);
        (1..=times).fold(first, doubled) + &format!(", q AS (SELECT * FROM q{times})")
    }

    #[tokio::test]
    async fn a_filter_that_doubles_too_often_is_refused_wherever_it_stands() {
        for (times, is_planned) in [(10, true), (20, false), (40, false)] {
            let with = doubled(times);
            for sql in [
                format!("{with} SELECT x FROM q WHERE x > 1"),
                format!("EXPLAIN {with} SELECT x FROM q WHERE x > 1"),
                format!("{with} SELECT q.x FROM q JOIN (VALUES (1)) b (y) ON q.x = b.y WHERE b.y > 1"),
                format!("{with} SELECT x AS k, count(*) FROM q GROUP BY x HAVING k > 1"),
                format!("{with} SELECT * FROM (SELECT x FROM q UNION ALL SELECT 1) WHERE x > 1"),
                format!("{with} SELECT 1 WHERE 1 IN (SELECT x FROM q WHERE x > 1)"),
                format!("{with} SELECT * FROM (SELECT x, rank() OVER (PARTITION BY x) r FROM q) WHERE x > 1"),
            ] {
                let refusal = checked(&sql).await.map_err(|error| error.to_string());
                assert_eq!(refusal.is_ok(), is_planned, "{sql}");
                assert!(is_planned || refusal.unwrap_err().contains("may have 100000"), "{sql}");
            }
            checked(&format!("{with} SELECT x FROM q WHERE one = 1 ORDER BY x LIMIT 3")).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_deep_plan_is_walked_through() {
        checked(&format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(600))).await.unwrap();
    }

    #[test]
    fn a_long_list_of_constants_is_none() {
        let rows = LogicalPlanBuilder::values(vec![vec![lit(1)]]).unwrap();
        let listed = rows.filter(in_list(col("column1"), vec![lit(1); 200_000], false)).unwrap().build().unwrap();
        check_filters(&listed, 100_000).unwrap();
    }
}
