//! The wire form of an operator: a mark, a version, and as JSON its specification and which springald wrote it. It never
//! holds a secret.
//!
//! A scheduler or executor of another version refuses the plan with a message instead of guessing.

use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;
use serde::{Deserialize, Serialize};
use springald_mysql::ReadSpec;
use springald_snapshot::WriteSpec;

use crate::version::{refused_plan, version};

/// Stands before our operators' bytes; no protobuf message of Ballista's starts with it (0x53 would be a group).
const MARK: &[u8] = b"SPRINGALD";

/// Changes whenever this form changes. Specifications change with springald's own version, which must be the reader's.
const VERSION: u8 = 3;

/// What follows the mark and the version.
#[derive(Deserialize)]
struct Head {
    springald: String,
}

#[derive(Serialize, Deserialize)]
struct Whole<Node> {
    springald: String,
    node: Node,
}

/// One of our operators, without its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum WireNode {
    MySqlRead(ReadSpec),
    SnapshotWrite(WriteSpec),
}

impl WireNode {
    /// Returns the node that `bytes` hold, or `None` if they are not ours.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>> {
        let Some((form, json)) = bytes.strip_prefix(MARK).and_then(<[u8]>::split_first) else {
            return Ok(None);
        };
        if *form != VERSION {
            return Err(exec_datafusion_err!(
                "the plan has operators of version {form} and this node knows version {VERSION}: install the same \
                 springald on every node"
            ));
        }
        let damaged = |error| exec_datafusion_err!("decode operator: {error}");
        let head: Head = serde_json::from_slice(json).map_err(damaged)?;
        if head.springald != version() {
            return Err(refused_plan(&head.springald));
        }
        let whole: Whole<Self> = serde_json::from_slice(json).map_err(damaged)?;
        Ok(Some(whole.node))
    }

    /// Appends the node's bytes.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        bytes.extend_from_slice(MARK);
        bytes.push(VERSION);
        serde_json::to_writer(bytes, &Whole { springald: version().to_owned(), node: self })
    }
}
