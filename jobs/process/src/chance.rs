//! Whether two runs of a query over the same tables may give different rows.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

/// Functions that, of rows which are equal in their order, take one before the other as they come.
const OF_ORDER: [&str; 10] = [
    "any_value",
    "array_agg",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "row_number",
    "string_agg",
];

/// Returns whether two runs of the plan over the same tables may give different rows.
///
/// Splits of different attempts may stand side by side in one snapshot, so such a result is gathered into one split:
/// then it is the result of one attempt, whole. What a function makes of the order of equal rows counts only where it goes on
/// to other splits: where nothing is put together after it, all rows that it looks at are in one.
pub(crate) fn depends_on_chance(plan: &LogicalPlan) -> Result<bool, DataFusionError> {
    let mut walk = Walk::default();
    plan.visit_with_subqueries(&mut walk)?;
    Ok(walk.is_chancy)
}

#[derive(Default)]
struct Walk {
    is_chancy: bool,
    /// How many of the nodes above put rows of several splits together.
    joined: usize,
}

impl<'n> TreeNodeVisitor<'n> for Walk {
    type Node = LogicalPlan;

    fn f_down(&mut self, node: &'n LogicalPlan) -> Result<TreeNodeRecursion, DataFusionError> {
        let is_joined = self.joined > 0;
        let takes_some = matches!(node, LogicalPlan::Limit(_));
        let takes_first = is_joined && matches!(node, LogicalPlan::Distinct(Distinct::On(_)));
        self.is_chancy |= takes_some || takes_first;
        node.apply_expressions(|expression| {
            self.is_chancy |=
                expression.is_volatile() || is_joined && expression.exists(|part| Ok(is_of_order(part)))?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        self.joined += usize::from(joins(node)?);
        Ok(TreeNodeRecursion::Continue)
    }

    fn f_up(&mut self, node: &'n LogicalPlan) -> Result<TreeNodeRecursion, DataFusionError> {
        self.joined -= usize::from(joins(node)?);
        Ok(TreeNodeRecursion::Continue)
    }
}

/// Returns whether a node puts rows of several splits together; a subquery in an expression becomes a join.
fn joins(node: &LogicalPlan) -> Result<bool, DataFusionError> {
    let mut has_subquery = false;
    node.apply_expressions(|expression| {
        has_subquery |= expression.exists(|part| {
            let is_set = matches!(part, Expr::SetComparison(_));
            Ok(is_set || matches!(part, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_)))
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    let is_join = matches!(node, LogicalPlan::Join(_) | LogicalPlan::Window(_));
    Ok(has_subquery || is_join || matches!(node, LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_)))
}

fn is_of_order(part: &Expr) -> bool {
    let name = if let Expr::AggregateFunction(aggregate) = part {
        aggregate.func.name()
    } else if let Expr::WindowFunction(window) = part {
        window.fun.name()
    } else {
        return false;
    };
    OF_ORDER.contains(&name)
}
