//! Where one run's files lie: the only place that builds a path.
//!
//! ```text
//! <warehouse>/<db>/<Table>/y=2026/m=11/d=23/<run>/part-00012-<attempt>.parquet
//! <warehouse>/<db>/<Table>/_runs/<run>/{plan.json, split-00012.json, commit.json}
//! ```

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use springald_catalog::TableName;

use crate::{RunId, SnapshotDate, Warehouse};

/// One run's place in the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLayout {
    /// The warehouse's root.
    pub warehouse: Warehouse,
    /// The table the run writes, in the case the user typed.
    pub table: TableName,
    /// The day the snapshot stands for.
    pub date: SnapshotDate,
    /// The run.
    pub run: RunId,
}

impl RunLayout {
    /// Returns the directory that holds the run's data files, and nothing else.
    pub fn data_dir(&self) -> Path {
        let [y, m, d] = self.date.partition_values();
        self.table_dir().join(format!("y={y}")).join(format!("m={m}")).join(format!("d={d}")).join(self.run.as_str())
    }

    /// Returns the URL of the data directory, with a trailing slash: the catalog's `Location`.
    pub fn location(&self) -> String {
        self.warehouse.url_of(&self.data_dir())
    }

    /// Returns the directory of the run's records, hidden from readers of the table by its name.
    pub fn records_dir(&self) -> Path {
        Self::runs_dir(&self.warehouse, &self.table).join(self.run.as_str())
    }

    /// Returns the name of the `roll`-th file (from 0) that an attempt at a split writes.
    pub fn data_file(split: u32, attempt: &str, roll: usize) -> String {
        match roll {
            0 => format!("part-{split:05}-{attempt}.parquet"),
            _ => format!("part-{split:05}-{attempt}-{roll}.parquet"),
        }
    }

    /// Returns the path of what the run set out to do.
    pub fn plan(&self) -> Path {
        self.records_dir().join("plan.json")
    }

    /// Returns the path of a split's manifest.
    pub fn split(&self, split: u32) -> Path {
        self.records_dir().join(format!("split-{split:05}.json"))
    }

    /// Returns the path of the run's totals.
    pub fn commit(&self) -> Path {
        self.records_dir().join("commit.json")
    }

    /// Returns the URL of the directory that holds all of the table's snapshots, with a trailing slash.
    pub fn table_location(&self) -> String {
        self.warehouse.url_of(&self.table_dir())
    }

    /// Returns the directory that holds a directory of records for each run of `table`.
    pub(crate) fn runs_dir(warehouse: &Warehouse, table: &TableName) -> Path {
        Self::dir_of(warehouse, table).join("_runs")
    }

    /// Returns the directory that holds all that there is of `table`.
    pub(crate) fn dir_of(warehouse: &Warehouse, table: &TableName) -> Path {
        warehouse.root().clone().join(table.database()).join(table.table())
    }

    fn table_dir(&self) -> Path {
        Self::dir_of(&self.warehouse, &self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_contract() {
        let layout = RunLayout {
            warehouse: "s3://bucket/lake".parse().unwrap(),
            table: "crime_data.Crimes_2001_to_Present".parse().unwrap(),
            date: "2026-11-03".parse().unwrap(),
            run: "20261103T063000Z-0a1b2c".parse().unwrap(),
        };
        let table = "lake/crime_data/Crimes_2001_to_Present";
        let run = "20261103T063000Z-0a1b2c";
        assert_eq!(layout.location(), format!("s3://bucket/{table}/y=2026/m=11/d=03/{run}/"));
        assert_eq!(layout.plan().as_ref(), format!("{table}/_runs/{run}/plan.json"));
        assert_eq!(layout.split(12).as_ref(), format!("{table}/_runs/{run}/split-00012.json"));
        assert_eq!(layout.commit().as_ref(), format!("{table}/_runs/{run}/commit.json"));
        assert_eq!(RunLayout::data_file(12, "9f3c", 0), "part-00012-9f3c.parquet");
        assert_eq!(RunLayout::data_file(12, "9f3c", 2), "part-00012-9f3c-2.parquet");
    }
}
