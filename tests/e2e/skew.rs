//! Splits hold about the same number of rows, though the ids do not lie evenly.

use crate::harness::{CRIMES, Warehouse, crimes};

#[test]
fn no_split_holds_more_than_twice_the_mean() {
    let rows = crimes();
    let warehouse = Warehouse::new();
    let report = warehouse.ingest(CRIMES, &["--splits", "16"]).report();
    let splits = warehouse.splits(&report);
    let held: Vec<u64> = splits.iter().map(|split| split["rows"].as_u64().unwrap()).collect();
    assert_eq!((held.len(), held.iter().sum::<u64>()), (16, rows));
    assert!(held.iter().all(|split| split * 16 <= rows * 2), "{held:?}");
}
