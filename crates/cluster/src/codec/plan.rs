//! `WirePlan`: a physical plan from the wire, whose decoding ends with a plan or an error, whatever the bytes are.
//!
//! The decoders of DataFusion, Ballista and Arrow panic on some plans that are incomplete. In a scheduler that would end
//! the connection without an answer, and the job's driver would take it for a lost one and submit the plan again; in an
//! executor it would end the loop that asks for tasks.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::BufMut;
use datafusion::arrow::datatypes::Schema;
use datafusion::common::{exec_datafusion_err, exec_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use datafusion_proto::physical_plan::{
    AsExecutionPlan, DefaultPhysicalProtoConverter, PhysicalExtensionCodec, PhysicalPlanDecodeContext,
    PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::physical_expr_node::ExprType;
use datafusion_proto::protobuf::physical_plan_node::PhysicalPlanType;
use datafusion_proto::protobuf::{PhysicalExprNode, PhysicalPlanNode};

use super::bounds::check_plan;
use super::depth::{check_height, too_deep};
use super::rows::{check_stream, check_values};
use crate::unharmed::said;

/// Operands of a chain of one operator.
const LONGEST_CHAIN: usize = 2000;

/// What prost says when messages lie more than a hundred deep in each other.
const TOO_DEEP: &str = "RecursionLimitReached";

/// A physical plan as it travels: DataFusion's message, decoded with care.
#[derive(Debug, Clone)]
pub struct WirePlan(PhysicalPlanNode);

impl AsExecutionPlan for WirePlan {
    fn try_decode(bytes: &[u8]) -> Result<Self> {
        check_values(bytes)?;
        let plan = unharmed(|| PhysicalPlanNode::try_decode(bytes));
        // Prost's error has no kind that can be asked for.
        plan.map(Self).map_err(|error| if error.to_string().contains(TOO_DEEP) { too_deep() } else { error })
    }

    fn try_encode<B: BufMut>(&self, bytes: &mut B) -> Result<()> {
        self.0.try_encode(bytes)
    }

    fn try_into_physical_plan(
        &self,
        context: &TaskContext,
        codec: &dyn PhysicalExtensionCodec,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let context = PhysicalPlanDecodeContext::new(context, codec);
        let plan = unharmed(|| Careful.proto_to_execution_plan(&self.0, &context))?;
        check_plan(&plan)?;
        Ok(plan)
    }

    fn try_from_physical_plan(plan: Arc<dyn ExecutionPlan>, codec: &dyn PhysicalExtensionCodec) -> Result<Self> {
        PhysicalPlanNode::try_from_physical_plan(plan, codec).map(Self)
    }
}

/// DataFusion's own way to decode and encode, which looks at the rows of a node before it reads them.
struct Careful;

impl PhysicalProtoConverterExtension for Careful {
    fn proto_to_execution_plan(
        &self,
        node: &PhysicalPlanNode,
        context: &PhysicalPlanDecodeContext<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some(PhysicalPlanType::MemoryScan(scan)) = &node.physical_plan_type {
            scan.partitions.iter().try_for_each(|partition| check_stream(partition))?;
        }
        self.default_proto_to_execution_plan(node, context)
    }

    fn execution_plan_to_proto(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        codec: &dyn PhysicalExtensionCodec,
    ) -> Result<PhysicalPlanNode> {
        DefaultPhysicalProtoConverter {}.execution_plan_to_proto(plan, codec)
    }

    fn proto_to_physical_expr(
        &self,
        expression: &PhysicalExprNode,
        input: &Schema,
        context: &PhysicalPlanDecodeContext<'_>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        if let Some(ExprType::BinaryExpr(chain)) = &expression.expr_type {
            check_chain(&chain.op, chain.operands.len())?;
        }
        self.default_proto_to_physical_expr(expression, input, context)
    }

    fn physical_expr_to_proto(
        &self,
        expression: &Arc<dyn PhysicalExpr>,
        codec: &dyn PhysicalExtensionCodec,
    ) -> Result<PhysicalExprNode> {
        DefaultPhysicalProtoConverter {}.physical_expr_to_proto(expression, codec)
    }
}

/// Looks at how long a chain of one operator is: it travels as a list, and becomes a tree as deep, which tasks walk through on
/// their stack. One that is too small for it ends the executor, and then the next one that gets the task.
fn check_chain(operator: &str, operands: usize) -> Result<()> {
    if operands > LONGEST_CHAIN {
        return exec_err!(
            "the query has a chain of {operands} operands of {operator}, and may have {LONGEST_CHAIN}: \
             use `x IN (…)` instead of a chain of OR, or ask in parts"
        );
    }
    Ok(())
}

/// Finds out whether a plan can be read where it is sent to.
///
/// # Errors
/// When it cannot.
pub(crate) fn check_travel(plan: &Arc<dyn ExecutionPlan>, codec: &dyn PhysicalExtensionCodec) -> Result<()> {
    check_height(plan)?;
    let mut bytes = Vec::new();
    WirePlan::try_from_physical_plan(Arc::clone(plan), codec)?.try_encode(&mut bytes)?;
    WirePlan::try_decode(&bytes).map(drop)
}

/// Decodes, and turns a panic into an error. What a decoder was building is dropped with it.
fn unharmed<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| Err(undecodable(panic.as_ref())))
}

fn undecodable(panic: &(dyn Any + Send)) -> DataFusionError {
    exec_datafusion_err!("the plan cannot be decoded: {}; install the same springald on every node", said(panic))
}

#[cfg(test)]
mod tests {
    use datafusion::common::ScalarValue;
    use datafusion::physical_expr::expressions::Literal;
    use datafusion_proto::protobuf::PhysicalBinaryExprNode;

    use super::super::SpringaldCodec;
    use super::*;

    #[test]
    fn a_chain_that_is_too_long_for_a_stack_is_refused() {
        let codec = SpringaldCodec::default();
        let context = TaskContext::default();
        let context = PhysicalPlanDecodeContext::new(&context, &codec);
        let decoded = |operands: usize| {
            let one = Arc::new(Literal::new(ScalarValue::from(1))) as Arc<dyn PhysicalExpr>;
            let one = Careful.physical_expr_to_proto(&one, &codec).unwrap();
            let chain =
                PhysicalBinaryExprNode { op: "Plus".to_owned(), operands: vec![one; operands], ..Default::default() };
            let chain = ExprType::BinaryExpr(Box::new(chain));
            let node = PhysicalExprNode { expr_id: None, expr_type: Some(chain) };
            Careful.proto_to_physical_expr(&node, &Schema::empty(), &context)
        };
        assert_eq!(decoded(3).unwrap().to_string(), "1 + 1 + 1");
        let refused = decoded(LONGEST_CHAIN + 1).unwrap_err().to_string();
        assert!(refused.contains("chain of 2001 operands of Plus") && refused.contains("ask in parts"), "{refused}");
    }

    #[test]
    fn a_decoder_that_panics_is_an_error() {
        let error = unharmed::<()>(|| panic!("no field {}", 7)).unwrap_err().to_string();
        assert!(error.contains("the plan cannot be decoded: no field 7"), "{error}");
        assert!(unharmed::<()>(|| panic!("plain")).unwrap_err().to_string().contains("plain"));
        assert_eq!(unharmed(|| Ok(3)).unwrap(), 3);
    }
}
