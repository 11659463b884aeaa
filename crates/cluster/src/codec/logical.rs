//! `NoLogicalPlan`: a plan that is not made yet, of which none travels.
//!
//! A plan is made by who submits it, and for Flight SQL by the scheduler itself. One that came from elsewhere would be planned
//! with settings that nobody here knows.

use bytes::BufMut;
use datafusion::common::not_impl_err;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion_proto::logical_plan::{AsLogicalPlan, LogicalExtensionCodec};

/// The message of a logical plan, for services that take none.
#[derive(Debug, Clone)]
pub(crate) enum NoLogicalPlan {}

impl AsLogicalPlan for NoLogicalPlan {
    fn try_decode(_bytes: &[u8]) -> Result<Self> {
        not_impl_err!(
            "this scheduler takes physical plans only: submit jobs with springald, or queries over Flight SQL"
        )
    }

    fn try_encode<B: BufMut>(&self, _bytes: &mut B) -> Result<()> {
        match *self {}
    }

    fn try_into_logical_plan(&self, _context: &TaskContext, _codec: &dyn LogicalExtensionCodec) -> Result<LogicalPlan> {
        match *self {}
    }

    fn try_from_logical_plan(_plan: &LogicalPlan, _codec: &dyn LogicalExtensionCodec) -> Result<Self> {
        not_impl_err!("logical plans do not travel")
    }
}
