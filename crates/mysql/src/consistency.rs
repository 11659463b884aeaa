//! One point in time: whether the table stood still while it was read, or how many sessions read it as of one moment.

mod log;
mod mark;
mod meeting;

pub use mark::{Change, Mark, compare, mark, server_second};
pub use meeting::{Host, Meeting};
