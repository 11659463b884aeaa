//! When it was done, reported and last updated, and the case numbers that follow from it.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The two moments of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// When it was done: mostly on the hour or half of it, many rows one minute into a year.
    pub(crate) date: NaiveDateTime,
    /// When the row was last changed: for nearly all rows the same second of one day.
    pub(crate) updated_on: NaiveDateTime,
}

/// Picks moments that rise, with exceptions, over the six years that the table covers.
#[derive(Debug)]
pub(crate) struct Moments {
    rows: u64,
}

/// How many days the table covers, from [`first_day`] on.
const DAYS: u64 = 2192;
const MINUTES_A_DAY: i64 = 24 * 60;
/// How many rows in a thousand were updated with all the others.
const UPDATED_TOGETHER_PER_MILLE: u32 = 985;
/// How many rows in a thousand are dated to the first minute of their year, for want of a better date.
const START_OF_YEAR_PER_MILLE: u32 = 3;
/// How many rows in a thousand have a date with seconds.
const SECONDS_PER_MILLE: u32 = 2;

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2012, 1, 1).unwrap_or_default()
}

fn day_of_the_great_update() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2018, 2, 10).unwrap_or_default().and_time(chrono::NaiveTime::MIN)
}

impl Moments {
    /// Returns the moments of a table of `rows` rows.
    pub(crate) fn new(rows: u64) -> Self {
        Self { rows: rows.max(1) }
    }

    /// Returns the moments of row number `row`.
    pub(crate) fn pick(&self, row: u64, random: &mut ChaCha8Rng) -> Moment {
        let reported = self.reported(row);
        let date = done(reported, random);
        let updated_on = if random.random_ratio(UPDATED_TOGETHER_PER_MILLE, 1000) {
            day_of_the_great_update() + TimeDelta::seconds(15 * 3600 + 50 * 60 + 1)
        } else {
            let afternoon = TimeDelta::seconds(random.random_range(15 * 3600 + 40 * 60..16 * 3600));
            reported.and_time(chrono::NaiveTime::MIN) + TimeDelta::days(random.random_range(2..40)) + afternoon
        };
        Moment { date, updated_on }
    }

    /// Returns a case number: two letters for the year it was reported in, and six digits that are not quite unique.
    pub(crate) fn case_number(&self, row: u64, random: &mut ChaCha8Rng) -> String {
        let reported = self.reported(row);
        let prefix = match reported.year() {
            2012 => "HV",
            2013 => "HW",
            2014 => "HX",
            2015 => "HY",
            2016 => "HZ",
            _ => "JA",
        };
        let number = 100_000 + reported.ordinal0() * 1500 + random.random_range(0..1500);
        let suffix = if random.random_ratio(1, 10_000) { "A" } else { "" };
        format!("{prefix}{number}{suffix}")
    }

    fn reported(&self, row: u64) -> NaiveDate {
        let days = u128::from(row) * u128::from(DAYS) / u128::from(self.rows);
        first_day() + Days::new(u64::try_from(days).unwrap_or(DAYS))
    }
}

/// Returns when something reported on day `reported` was done: the same day, seldom weeks or months before.
fn done(reported: NaiveDate, random: &mut ChaCha8Rng) -> NaiveDateTime {
    let days_before = match random.random_range(0..100) {
        0..80 => 0,
        80..95 => random.random_range(1..4),
        95..99 => random.random_range(4..60),
        _ => random.random_range(60..700),
    };
    let day = reported - Days::new(days_before);
    if random.random_ratio(START_OF_YEAR_PER_MILLE, 1000) {
        return day.with_ordinal(1).unwrap_or(day).and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(1);
    }
    let minute = random.random_range(0..MINUTES_A_DAY);
    let minute = match random.random_range(0..100) {
        0..36 => minute - minute % 60,
        36..51 => minute - minute % 60 + 30,
        51..61 => minute - minute % 15,
        61..80 => minute - minute % 5,
        _ => minute,
    };
    let seconds = if random.random_ratio(SECONDS_PER_MILLE, 1000) { random.random_range(1..60) } else { 0 };
    day.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(minute) + TimeDelta::seconds(seconds)
}
