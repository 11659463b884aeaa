//! Column statistics in Glue, which are objects of their own: they stay what they were when a table's snapshot changes
//! (facts, 3.3, 3.4).

use aws_sdk_glue::error::BuildError;
use aws_sdk_glue::primitives::{Blob, DateTime};
use aws_sdk_glue::types as glue;
use aws_sdk_glue::types::ColumnStatisticsType as Kind;
use springald_aws::AwsError;

use super::{GlueCatalog, NOT_FOUND, failed, unbuilt};
use crate::{CatalogError, CatalogName, ColumnStatistics, ValueStatistics};

/// How many columns Glue takes statistics of at a call, and how many it tells of (facts, 3.4).
const PUT_AT_ONCE: usize = 25;
const GOT_AT_ONCE: usize = 100;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// What a call is about: a table, or one of its partitions.
pub(super) struct Place<'a> {
    pub(super) table: &'a CatalogName,
    pub(super) partition: Option<&'a [String]>,
}

impl Place<'_> {
    fn entry(&self) -> String {
        match self.partition {
            Some(values) => format!("{} ({})", self.table, values.join("/")),
            None => self.table.to_string(),
        }
    }
}

impl GlueCatalog {
    /// Puts statistics, and looks at what is said of each column: a batch answers 200 whatever became of them.
    pub(super) async fn put(&self, place: &Place<'_>, statistics: &[ColumnStatistics]) -> Result<(), CatalogError> {
        let (action, entry) = ("put column statistics of", place.entry());
        let built: Result<Vec<_>, _> = statistics.iter().map(to_glue).collect();
        let built = built.map_err(|error| unbuilt(action, &entry, &error))?;
        for chunk in built.chunks(PUT_AT_ONCE) {
            let (right, errors) = match place.partition {
                Some(values) => {
                    let call = self.client.update_column_statistics_for_partition();
                    let call = call.database_name(place.table.database()).table_name(place.table.table());
                    let call = call.set_partition_values(Some(values.to_vec()));
                    let put = call.set_column_statistics_list(Some(chunk.to_vec())).send().await;
                    let right = "glue:UpdatePartition";
                    (right, put.map_err(|error| failed(action, &entry, AwsError::of(right, error)))?.errors)
                }
                None => {
                    let call = self.client.update_column_statistics_for_table();
                    let call = call.database_name(place.table.database()).table_name(place.table.table());
                    let put = call.set_column_statistics_list(Some(chunk.to_vec())).send().await;
                    let right = "glue:UpdateTable";
                    (right, put.map_err(|error| failed(action, &entry, AwsError::of(right, error)))?.errors)
                }
            };
            if let Some(refused) = errors.unwrap_or_default().into_iter().next() {
                return Err(refusal(right, &entry, refused));
            }
        }
        Ok(())
    }

    /// Returns which of `columns` have statistics.
    pub(super) async fn with_statistics(
        &self,
        place: &Place<'_>,
        columns: &[String],
    ) -> Result<Vec<String>, CatalogError> {
        let (action, entry) = ("look up column statistics of", place.entry());
        let mut names = Vec::new();
        for chunk in columns.chunks(GOT_AT_ONCE) {
            let found = match place.partition {
                Some(values) => {
                    let call = self.client.get_column_statistics_for_partition();
                    let call = call.database_name(place.table.database()).table_name(place.table.table());
                    let call = call.set_partition_values(Some(values.to_vec()));
                    let found = call.set_column_names(Some(chunk.to_vec())).send().await;
                    found
                        .map(|found| found.column_statistics_list)
                        .map_err(|error| AwsError::of("glue:GetPartition", error))
                }
                None => {
                    let call = self.client.get_column_statistics_for_table();
                    let call = call.database_name(place.table.database()).table_name(place.table.table());
                    let found = call.set_column_names(Some(chunk.to_vec())).send().await;
                    found
                        .map(|found| found.column_statistics_list)
                        .map_err(|error| AwsError::of("glue:GetTable", error))
                }
            };
            match found {
                Ok(found) => names.extend(found.unwrap_or_default().into_iter().map(|found| found.column_name)),
                Err(error) if error.code() == Some(NOT_FOUND) => {}
                Err(source) => return Err(failed(action, &entry, source)),
            }
        }
        Ok(names)
    }

    /// Removes the statistics of a column. They may be gone already.
    pub(super) async fn remove(&self, place: &Place<'_>, column: &str) -> Result<(), CatalogError> {
        let removed = match place.partition {
            Some(values) => {
                let call = self.client.delete_column_statistics_for_partition();
                let call = call.database_name(place.table.database()).table_name(place.table.table());
                let call = call.set_partition_values(Some(values.to_vec())).column_name(column);
                call.send().await.map(|_| ()).map_err(|error| AwsError::of("glue:DeletePartition", error))
            }
            None => {
                let call = self.client.delete_column_statistics_for_table();
                let call = call.database_name(place.table.database()).table_name(place.table.table());
                let removed = call.column_name(column).send().await;
                removed.map(|_| ()).map_err(|error| AwsError::of("glue:DeleteTable", error))
            }
        };
        match removed {
            Ok(()) => Ok(()),
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(()),
            Err(source) => Err(failed("remove column statistics of", &place.entry(), source)),
        }
    }
}

fn refusal(action: &'static str, entry: &str, refused: glue::ColumnStatisticsError) -> CatalogError {
    let column = refused.column_statistics.map_or_else(|| "a column".to_owned(), |of| format!("`{}`", of.column_name));
    let detail = refused.error;
    let code = detail.as_ref().and_then(|detail| detail.error_code.clone()).unwrap_or_else(|| "unknown".to_owned());
    let message = detail.and_then(|detail| detail.error_message).unwrap_or_else(|| "no message".to_owned());
    let source = AwsError::Refused { action, code, message: format!("{column}: {message}") };
    failed("put column statistics of", entry, source)
}

fn to_glue(statistics: &ColumnStatistics) -> Result<glue::ColumnStatistics, BuildError> {
    glue::ColumnStatistics::builder()
        .column_name(&statistics.column)
        .column_type(&statistics.type_)
        .analyzed_time(DateTime::from(std::time::SystemTime::now()))
        .statistics_data(data(statistics)?)
        .build()
}

fn data(statistics: &ColumnStatistics) -> Result<glue::ColumnStatisticsData, BuildError> {
    let (nulls, distinct) = (number(statistics.nulls), number(statistics.distinct));
    let data = glue::ColumnStatisticsData::builder();
    let data = match &statistics.values {
        ValueStatistics::Boolean { trues, falses } => {
            let of = glue::BooleanColumnStatisticsData::builder();
            let of = of.number_of_trues(number(*trues)).number_of_falses(number(*falses)).number_of_nulls(nulls);
            data.r#type(Kind::Boolean).boolean_column_statistics_data(of.build())
        }
        ValueStatistics::Long { bounds } => {
            let of = glue::LongColumnStatisticsData::builder();
            let of = of.number_of_nulls(nulls).number_of_distinct_values(distinct);
            let (least, greatest) = bounds.unwrap_or_default();
            let of = of.minimum_value(least).maximum_value(greatest);
            data.r#type(Kind::Long).long_column_statistics_data(of.build())
        }
        ValueStatistics::Double { bounds } => {
            let of = glue::DoubleColumnStatisticsData::builder();
            let of = of.number_of_nulls(nulls).number_of_distinct_values(distinct);
            let (least, greatest) = bounds.unwrap_or_default();
            let of = of.minimum_value(least).maximum_value(greatest);
            data.r#type(Kind::Double).double_column_statistics_data(of.build())
        }
        ValueStatistics::Decimal { bounds, scale } => {
            let of = glue::DecimalColumnStatisticsData::builder();
            let of = of.number_of_nulls(nulls).number_of_distinct_values(distinct);
            let (least, greatest) =
                bounds.map(|(least, greatest)| (decimal(least, *scale), decimal(greatest, *scale))).unzip();
            let of = of.set_minimum_value(least.transpose()?).set_maximum_value(greatest.transpose()?);
            data.r#type(Kind::Decimal).decimal_column_statistics_data(of.build())
        }
        ValueStatistics::Date { bounds } => {
            let of = glue::DateColumnStatisticsData::builder();
            let of = of.number_of_nulls(nulls).number_of_distinct_values(distinct);
            let midnight = |day: i64| DateTime::from_secs(day.saturating_mul(SECONDS_OF_A_DAY));
            let (first, last) = bounds.map(|(first, last)| (midnight(first), midnight(last))).unzip();
            let of = of.set_minimum_value(first).set_maximum_value(last);
            data.r#type(Kind::Date).date_column_statistics_data(of.build())
        }
        ValueStatistics::String { lengths } => {
            let of = glue::StringColumnStatisticsData::builder();
            let of = of.maximum_length(number(lengths.longest)).average_length(lengths.average);
            let of = of.number_of_nulls(nulls).number_of_distinct_values(distinct);
            data.r#type(Kind::String).string_column_statistics_data(of.build())
        }
        ValueStatistics::Binary { lengths } => {
            let of = glue::BinaryColumnStatisticsData::builder();
            let of = of.maximum_length(number(lengths.longest)).average_length(lengths.average).number_of_nulls(nulls);
            data.r#type(Kind::Binary).binary_column_statistics_data(of.build())
        }
    };
    data.build()
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Glue has a decimal's digits in two's complement, the highest byte first and as few bytes as hold it.
fn decimal(unscaled: i128, scale: i32) -> Result<glue::DecimalNumber, BuildError> {
    let bytes = unscaled.to_be_bytes();
    let filler = if unscaled < 0 { 0xff } else { 0 };
    let spare = |byte: &u8, next: &u8| *byte == filler && (byte ^ next) & 0x80 == 0;
    let start = bytes.windows(2).take_while(|pair| spare(&pair[0], &pair[1])).count();
    glue::DecimalNumber::builder().unscaled_value(Blob::new(&bytes[start..])).scale(scale).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_takes_as_few_bytes_as_hold_it() {
        let bytes = |unscaled| decimal(unscaled, 2).unwrap().unscaled_value.into_inner();
        assert_eq!(bytes(0), [0]);
        assert_eq!(bytes(127), [0x7f]);
        assert_eq!(bytes(128), [0, 0x80]);
        assert_eq!(bytes(-1), [0xff]);
        assert_eq!(bytes(-128), [0x80]);
        assert_eq!(bytes(-129), [0xff, 0x7f]);
        assert_eq!(bytes(i128::MAX).len(), 16);
    }

    #[test]
    fn each_kind_has_the_members_that_glue_insists_on() {
        let lengths = crate::Lengths { longest: 7, average: 2.5 };
        for values in [
            ValueStatistics::Boolean { trues: 1, falses: 2 },
            ValueStatistics::Long { bounds: None },
            ValueStatistics::Double { bounds: Some((-0.5, 1.5)) },
            ValueStatistics::Decimal { bounds: Some((-1, 1)), scale: 2 },
            ValueStatistics::Date { bounds: Some((0, 20_000)) },
            ValueStatistics::String { lengths },
            ValueStatistics::Binary { lengths },
        ] {
            let (column, type_) = ("x".to_owned(), "any".to_owned());
            let built = to_glue(&ColumnStatistics { column, type_, nulls: 1, distinct: 2, values: values.clone() });
            assert!(built.is_ok(), "{values:?}: {built:?}");
        }
    }
}
