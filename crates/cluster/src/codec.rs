//! Our two operators on the wire: one codec for scheduler, executors and drivers.

use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::common::{exec_datafusion_err, internal_err};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use springald_mysql::MySqlReadExec;
use springald_snapshot::SnapshotWriteExec;

mod bounds;
mod depth;
mod logical;
#[cfg(test)]
mod noise;
mod plan;
mod prove;
mod rows;
mod wire;

pub(crate) use depth::check_stages;
pub(crate) use logical::NoLogicalPlan;
pub use plan::WirePlan;
pub(crate) use plan::check_travel;
pub use prove::prove_codec;
#[cfg(test)]
pub(crate) use prove::sample;
use wire::WireNode;

/// Encodes and decodes [`MySqlReadExec`] and [`SnapshotWriteExec`]; everything else is Ballista's.
#[derive(Debug, Default)]
pub struct SpringaldCodec {
    ballista: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for SpringaldCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(node) = WireNode::decode(bytes)? else {
            bounds::check_node(bytes, inputs)?;
            return self.ballista.try_decode(bytes, inputs, context, converter);
        };
        match (node, inputs) {
            (WireNode::MySqlRead(spec), [splits]) => {
                Ok(Arc::new(MySqlReadExec::try_new(Arc::clone(splits), Arc::new(spec))?))
            }
            (WireNode::SnapshotWrite(spec), [input, numbers]) => {
                let (input, numbers) = (Arc::clone(input), Arc::clone(numbers));
                Ok(Arc::new(SnapshotWriteExec::try_new_with_numbers(input, numbers, Arc::new(spec))?))
            }
            (WireNode::MySqlRead(_) | WireNode::SnapshotWrite(_), _) => {
                internal_err!("an operator of the plan has {} inputs", inputs.len())
            }
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let wire = if let Some(read) = node.downcast_ref::<MySqlReadExec>() {
            WireNode::MySqlRead(read.spec().as_ref().clone())
        } else if let Some(write) = node.downcast_ref::<SnapshotWriteExec>() {
            WireNode::SnapshotWrite(write.spec().clone())
        } else {
            return self.ballista.try_encode(node, bytes, converter);
        };
        wire.encode(bytes).map_err(|error| exec_datafusion_err!("encode {}: {error}", node.name()))
    }
}
