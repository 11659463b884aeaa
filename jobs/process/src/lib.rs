//! `springald process`: a query over the catalog's tables becomes the next snapshot of a table.

mod args;
mod chance;
mod inputs;
mod job;
mod query;

pub use args::ProcessArgs;
pub use job::run;
