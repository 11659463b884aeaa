//! Splits: disjoint ranges of a key that together hold every row, with about the same number of rows each.
//!
//! ```text
//! schema ──choose──▶ key ──walk, gather (exact) or estimate (cheap)──▶ boundaries ──confirm──▶ ranges ──▶ relation
//! ```

mod axis;
mod choose;
mod condition;
mod confirm;
mod estimate;
mod explain;
mod gather;
mod key;
mod moment;
mod plan;
mod probe;
mod relation;
mod size;
mod value;
mod walk;

pub use key::{Key, KeyColumn, KeyRange, KeyValue, SplitKey};
pub use plan::{SplitPlan, plan_splits};
pub use relation::{sessions_relation, splits_relation};
pub use size::default_splits;

pub(crate) use condition::{range_condition, text_literal};
pub(crate) use relation::splits_of;

use serde::{Deserialize, Serialize};

/// A part of a table that is read by one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The split's number; a plan's splits are numbered from 0 without a gap.
    pub number: u32,
    /// The keys of its rows.
    pub range: KeyRange,
    /// About how many rows it has.
    pub estimated_rows: u64,
}
