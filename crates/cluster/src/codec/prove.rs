//! The proof that this build reads the plans it writes, made by every service before it takes work.
//!
//! A task that cannot be decoded kills the executor that gets it, and the next one, and the job hangs.

use std::sync::Arc;

use anyhow::{Context, ensure};
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::prelude::SessionContext;
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;
use springald_mysql::{KeyRange, MySqlReadExec, ReadSpec, SourceTable, Split, splits_relation};
use springald_snapshot::{RunLayout, SnapshotWriteExec, StatisticsDetail, WriteSpec};

use crate::SpringaldCodec;

/// Encodes and decodes a plan with every operator of ours.
///
/// # Errors
/// When what comes back is not what went in: this build must not serve.
pub fn prove_codec() -> anyhow::Result<()> {
    let plan = sample().context("make a sample plan")?;
    let codec = SpringaldCodec::default();
    let node = PhysicalPlanNode::try_from_physical_plan(Arc::clone(&plan), &codec).context("encode a sample plan")?;
    let context = SessionContext::new().task_ctx();
    let decoded = node.try_into_physical_plan(&context, &codec).context("decode a sample plan")?;
    let text = |plan: &Arc<dyn ExecutionPlan>| displayable(plan.as_ref()).indent(true).to_string();
    ensure!(text(&plan) == text(&decoded), "a sample plan came back as\n{}", text(&decoded));
    Ok(())
}

pub(crate) fn sample() -> anyhow::Result<Arc<dyn ExecutionPlan>> {
    let source = "mysql://user@localhost:3306/db".parse()?;
    let spec = ReadSpec::new(source, SourceTable::new("db", "t"), vec![]);
    let splits = splits_relation(&[Split { number: 0, range: KeyRange::ALL, estimated_rows: 0 }])?;
    let read = MySqlReadExec::try_new(splits, Arc::new(spec))?;
    let layout = RunLayout {
        warehouse: "file:///warehouse".parse()?,
        table: "db.t".parse()?,
        date: "2026-11-23".parse()?,
        run: "20261123T063000Z-0a1b2c".parse()?,
    };
    let write = SnapshotWriteExec::try_new(
        Arc::new(read),
        WriteSpec { layout, target_file_bytes: 1, statistics: StatisticsDetail::Values },
    )?;
    Ok(Arc::new(write))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_come_back_as_they_went() {
        prove_codec().unwrap();
    }

    #[test]
    fn bytes_of_another_version_are_refused() {
        let mut bytes = b"SPRINGALD".to_vec();
        bytes.push(9);
        let error = super::super::wire::WireNode::decode(&bytes).unwrap_err();
        assert!(error.to_string().contains("version 9"), "{error}");
    }

    #[test]
    fn a_plan_by_another_springald_is_refused_before_it_is_read() {
        let mut bytes = b"SPRINGALD\x03".to_vec();
        bytes.extend_from_slice(br#"{"springald": "9.9.9", "node": "of a kind that is not known yet"}"#);
        let error = super::super::wire::WireNode::decode(&bytes).unwrap_err();
        assert!(error.to_string().contains("by springald 9.9.9"), "{error}");
    }
}
