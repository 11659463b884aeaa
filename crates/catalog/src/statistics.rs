//! What a snapshot holds in a column, for those who plan queries over it.

/// The statistics of one column. Of an empty column bounds and lengths are none, or zero.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnStatistics {
    /// The column's name in the catalog.
    pub column: String,
    /// Its type as the catalog spells it.
    pub type_: String,
    /// How many values are NULL.
    pub nulls: u64,
    /// About how many different values there are.
    pub distinct: u64,
    /// What else is known, by the kind of its type.
    pub values: ValueStatistics,
}

/// What is known of values of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueStatistics {
    /// Of booleans.
    Boolean {
        /// How many are true.
        trues: u64,
        /// How many are false.
        falses: u64,
    },
    /// Of integers; of timestamps in seconds since 1970, as Hive has them.
    Long {
        /// The least and the greatest.
        bounds: Option<(i64, i64)>,
    },
    /// Of floating-point numbers.
    Double {
        /// The least and the greatest.
        bounds: Option<(f64, f64)>,
    },
    /// Of decimals.
    Decimal {
        /// The least and the greatest, without the point.
        bounds: Option<(i128, i128)>,
        /// How many digits are behind the point.
        scale: i32,
    },
    /// Of dates.
    Date {
        /// The first and the last, in days since 1970.
        bounds: Option<(i64, i64)>,
    },
    /// Of texts.
    String {
        /// Their lengths.
        lengths: Lengths,
    },
    /// Of bytes.
    Binary {
        /// Their lengths.
        lengths: Lengths,
    },
}

/// How long texts or bytes are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lengths {
    /// The length of the longest.
    pub longest: u64,
    /// The average length.
    pub average: f64,
}
