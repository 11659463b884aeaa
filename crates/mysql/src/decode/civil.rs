//! Days of the Gregorian calendar, as MySQL counts them in both directions.

/// Returns the days from 1970-01-01 to a day, or nothing if there is no such day in the years 1 to 9999.
pub(super) fn days(year: u16, month: u8, day: u8) -> Option<i32> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > last_day(year, month) {
        return None;
    }
    // Years begin in March here, so that a leap day is the last of its year.
    let (year, month, day) = (i32::from(year), i32::from(month), i32::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month <= 2 { month + 9 } else { month - 3 };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn last_day(year: u16, month: u8) -> u8 {
    let leaps = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u8::from(leaps),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::days;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn days_are_those_of_the_calendar(year in 0..10_000u16, month in 0..14u8, day in 0..33u8) {
            let expected = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
                .filter(|_| year > 0)
                .map(|date| date.signed_duration_since(NaiveDate::default()).num_days());
            prop_assert_eq!(days(year, month, day).map(i64::from), expected);
        }
    }
}
