//! The wire form of an operator: a mark, a version, and its specification as JSON. It never holds a secret.
//!
//! A scheduler or executor of another version refuses the plan with a message instead of guessing.

use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;
use serde::{Deserialize, Serialize};
use springald_mysql::ReadSpec;
use springald_snapshot::WriteSpec;

/// Stands before our operators' bytes; no protobuf message of Ballista's starts with it (0x53 would be a group).
const MARK: &[u8] = b"SPRINGALD";

/// Changes whenever a specification changes in a way that an older reader would misread.
const VERSION: u8 = 2;

/// One of our operators, without its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum WireNode {
    MySqlRead(ReadSpec),
    SnapshotWrite(WriteSpec),
}

impl WireNode {
    /// Returns the node that `bytes` hold, or `None` if they are not ours.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>> {
        let Some((version, json)) = bytes.strip_prefix(MARK).and_then(<[u8]>::split_first) else {
            return Ok(None);
        };
        if *version != VERSION {
            return Err(exec_datafusion_err!(
                "the plan has operators of version {version} and this node knows version {VERSION}: install the same \
                 springald on every node"
            ));
        }
        let node = serde_json::from_slice(json).map_err(|error| exec_datafusion_err!("decode operator: {error}"))?;
        Ok(Some(node))
    }

    /// Appends the node's bytes.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        bytes.extend_from_slice(MARK);
        bytes.push(VERSION);
        serde_json::to_writer(bytes, self)
    }
}
