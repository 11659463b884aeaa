//! A run's name and its date: the two things that order snapshots.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// One run of a job: `20261123T063000Z-` and six hex digits.
///
/// Runs are ordered by the moment they started, in UTC: the hex digits are the fraction of the second, in steps of 60 ns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// Returns the name of a run that starts at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        let nanoseconds = u64::from(now.timestamp_subsec_nanos()).min(999_999_999); // a leap second counts as its end
        let fraction = (nanoseconds << 24) / 1_000_000_000;
        Self(format!("{}-{fraction:06x}", now.format(STAMP)))
    }

    /// Returns the name of a run that starts now.
    pub fn start() -> Self {
        Self::new(Utc::now())
    }

    /// Returns when the run started, to the second.
    pub fn started(&self) -> DateTime<Utc> {
        let stamp = self.0.split_once('-').map_or("", |(stamp, _)| stamp);
        NaiveDateTime::parse_from_str(stamp, STAMP).map_or(DateTime::UNIX_EPOCH, |started| started.and_utc())
    }

    /// Returns the run's name as it stands in paths and catalog parameters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = ParseRunError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let not_a_run = || ParseRunError::Run(text.to_owned());
        let (stamp, salt) = text.split_once('-').ok_or_else(not_a_run)?;
        let hex = salt.len() == 6 && salt.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hex || NaiveDateTime::parse_from_str(stamp, STAMP).is_err() {
            return Err(not_a_run());
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RunId {
    type Error = ParseRunError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.0
    }
}

/// The day a snapshot stands for, in UTC; printed as `2026-11-23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SnapshotDate(NaiveDate);

impl SnapshotDate {
    /// Returns today's date in UTC.
    pub fn today() -> Self {
        Self(Utc::now().date_naive())
    }

    /// Returns the values of the history table's partition keys `y`, `m`, `d`: month and day have two digits.
    pub fn partition_values(&self) -> [String; 3] {
        ["%Y", "%m", "%d"].map(|part| self.0.format(part).to_string())
    }
}

impl fmt::Display for SnapshotDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for SnapshotDate {
    type Err = ParseRunError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.len() == 10 && text.is_ascii();
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) if plain => Ok(Self(date)),
            Ok(_) | Err(_) => Err(ParseRunError::Date(text.to_owned())),
        }
    }
}

/// Why a text is no run and no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseRunError {
    /// Not a run's name.
    #[error("`{0}` is not a run: a run looks like `20261123T063000Z-0a1b2c`")]
    Run(String),
    /// Not a calendar date.
    #[error("`{0}` is not a date: write YYYY-MM-DD, e.g. 2026-11-23")]
    Date(String),
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn a_run_is_named_after_its_start() {
        let start = Utc.with_ymd_and_hms(2026, 11, 23, 6, 30, 0).unwrap();
        let run = RunId::new(start + chrono::TimeDelta::milliseconds(500));
        assert_eq!(run.as_str(), "20261123T063000Z-800000");
        assert_eq!(run.as_str().parse::<RunId>().unwrap(), run);
        assert_eq!(run.started(), start);
    }

    #[test]
    fn later_runs_are_greater() {
        let start = Utc.with_ymd_and_hms(2026, 11, 23, 6, 30, 0).unwrap();
        let runs =
            [0, 1, 999_999, 1_000_000, 59_999_999].map(|us| RunId::new(start + chrono::TimeDelta::microseconds(us)));
        assert!(runs.is_sorted_by(|a, b| a < b), "{runs:?}");
    }

    #[test]
    fn what_is_no_run_is_refused() {
        for text in ["", "x", "20261123T063000Z", "20261123T063000Z-0A1B2C", "20261123T063000Z-0a1b2", "../x-0a1b2c"] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }

    #[test]
    fn dates_are_written_one_way() {
        assert_eq!("2026-01-02".parse::<SnapshotDate>().unwrap().partition_values(), ["2026", "01", "02"]);
        for text in ["2026-02-30", "2026-1-2", "23.11.2026", "", "2026-11-23T00:00"] {
            assert!(text.parse::<SnapshotDate>().is_err(), "{text}");
        }
    }
}
