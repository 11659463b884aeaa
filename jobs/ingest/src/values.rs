//! How values are carried over, as it was typed.

use clap::{Args, ValueEnum};
use springald_mysql::{InvalidDates, ReadOptions, TinyInt1};

/// Options on values that mean different things to different users.
#[derive(Debug, Clone, Copy, Args)]
pub struct ValueArgs {
    /// What a TINYINT(1), which is what MySQL makes of BOOLEAN, becomes
    #[arg(long, env = "SPRINGALD_TINYINT1", value_name = "AS", default_value = "boolean", help_heading = "Values")]
    tinyint1: TinyInt1As,
    /// What becomes of a date like 2024-00-10. One of nothing but zeros is always NULL
    #[arg(long, env = "SPRINGALD_INVALID_DATES", value_name = "DO", default_value = "stop", help_heading = "Values")]
    invalid_dates: InvalidDatesDo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TinyInt1As {
    /// A boolean; a value other than 0 and 1 stops the run
    Boolean,
    /// The number
    Int,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InvalidDatesDo {
    /// It stops the run
    Stop,
    /// It becomes NULL
    Null,
}

impl From<ValueArgs> for ReadOptions {
    fn from(args: ValueArgs) -> Self {
        let tiny_int1 = match args.tinyint1 {
            TinyInt1As::Boolean => TinyInt1::Boolean,
            TinyInt1As::Int => TinyInt1::Int,
        };
        let invalid_dates = match args.invalid_dates {
            InvalidDatesDo::Stop => InvalidDates::Stop,
            InvalidDatesDo::Null => InvalidDates::Null,
        };
        Self { tiny_int1, invalid_dates, ..Self::default() }
    }
}
