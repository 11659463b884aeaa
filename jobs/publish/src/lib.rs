//! What the publishing jobs share: where to publish, the run itself, its commit and its report.

mod args;
mod job;
mod report;
mod resume;
mod run;
mod schema;
mod target;

pub use args::TargetArgs;
pub use job::{Work, is_overtaken, publish};
pub use report::Report;
pub use resume::ResumeError;
pub use schema::{SchemaChanged, SchemaMode};
pub use springald_snapshot::commit::Known;
pub use target::Target;
