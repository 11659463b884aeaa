//! Whether two runs of a query over the same tables may give different rows.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Distinct, Expr, ExprSchemable, LogicalPlan, WindowFrameUnits};

/// Functions that take one row before the other as they come, of rows which are equal in their order, or of all.
const OF_ORDER: [&str; 13] = [
    "any_value",
    "approx_median",
    "approx_percentile_cont",
    "approx_percentile_cont_with_weight",
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

/// Functions for which rows that are equal in their order are one.
const RANKS: [&str; 4] = ["cume_dist", "dense_rank", "percent_rank", "rank"];

/// Those that are the same in whatever order rows come, also where they are floating-point numbers: of others the last digit
/// is not.
const OF_NO_ORDER: [&str; 3] = ["count", "max", "min"];

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
                expression.is_volatile() || is_joined && expression.exists(|part| is_of_order(part, node))?;
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

/// Returns whether a function of `node` depends on the order in which rows come.
fn is_of_order(part: &Expr, node: &LogicalPlan) -> Result<bool, DataFusionError> {
    let (name, cuts_rows) = if let Expr::AggregateFunction(aggregate) = part {
        (aggregate.func.name(), false)
    } else if let Expr::WindowFunction(window) = part {
        let frame = &window.params.window_frame;
        let has_all = frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
        (window.fun.name(), frame.units == WindowFrameUnits::Rows && !has_all)
    } else {
        return Ok(false);
    };
    if RANKS.contains(&name) {
        return Ok(false);
    }
    if OF_ORDER.contains(&name) || cuts_rows {
        return Ok(true);
    }
    let is_floating = || {
        let inputs = node.inputs();
        let kind = inputs.first().map(|input| part.get_type(input.schema())).transpose()?;
        Ok::<_, DataFusionError>(kind.is_some_and(|kind| kind.is_floating()))
    };
    Ok(!OF_NO_ORDER.contains(&name) && is_floating()?)
}
