//! The source: reads MySQL and MariaDB tables into Arrow, exactly, in parallel and in bounded memory.
//!
//! ```text
//! login ──▶ connect ──▶ schema (which columns, which Arrow types)
//!                          │
//!                          ▼
//!                       split (which key ranges)  ──▶ exec: one SELECT per range (select)
//!                                                        └─▶ rows (wire) ──▶ batches (decode)
//! ```
//!
//! [`MySqlTable`] is the front door for SQL, [`describe`], [`plan_splits`] and [`MySqlReadExec`] are the
//! pieces that an ingest job puts together itself.

mod ask;
mod connect;
mod consistency;
mod decode;
mod error;
mod exec;
mod field;
mod grants;
mod login;
mod name;
mod origin;
mod patience;
mod pulse;
mod query;
mod read;
mod schema;
mod seat;
mod secret;
mod select;
mod size;
mod source;
mod spec;
mod split;
mod table;
mod wire;

pub use connect::{Session, connect};
pub use consistency::{Change, Host, Mark, Meeting, compare, mark, server_second};
pub use error::SourceError;
pub use exec::MySqlReadExec;
pub use grants::grants;
pub use login::{Credential, MySqlSource, ParseSourceError, SecretReference, Tls};
pub use name::{ParseTableError, SourceTable};
pub use origin::Origin;
pub use query::{ParseQueryError, SourceQuery};
pub use schema::{
    ColumnKind, Conversion, ParseTypedColumnError, ReadAs, SourceColumn, TableKey, TableSchema, TypedColumn,
    UnsupportedColumn, describe, describe_query, retype, risk,
};
pub use seat::Seats;
pub use secret::{LoginSecret, Secret, SecretError};
pub use select::select_sql;
pub use size::table_bytes;
pub use source::{Place, SourceName};
pub use spec::{InvalidDates, ReadOptions, ReadSpec, TinyInt1};
pub use split::{
    Key, KeyColumn, KeyRange, KeyValue, Split, SplitKey, SplitPlan, plan_splits, sessions_relation, splits_relation,
};
pub use table::MySqlTable;
