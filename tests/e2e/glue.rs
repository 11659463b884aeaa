//! The Glue catalog keeps every catalog's promises on servers that others wrote, and AWS's own ways on a double of ours.

use crate::harness::{GlueDouble, glue_catalog, glue_catalog_with, ministack, moto};
use serde_json::Value;
use springald_catalog::{
    Catalog, CatalogName, Column, GlueOptions, PartitionInput, StorageDescriptor, TableInput, conformance,
};
use springald_snapshot::commit::{Known, Pointer, commit};
use springald_snapshot::{PlanRecord, RunLayout, RunStore, SplitManifest};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

#[test]
fn ministack_keeps_every_promise() {
    run(async { conformance::all(&glue_catalog(ministack().endpoint()).await).await.unwrap() });
}

#[test]
fn moto_keeps_every_promise_that_needs_no_versions() {
    run(async {
        let catalog = glue_catalog(moto().endpoint()).await;
        conformance::what_is_put_is_read_back(&catalog).await.unwrap();
        conformance::creating_twice_is_stale(&catalog).await.unwrap();
        conformance::one_of_many_creations_wins(&catalog).await.unwrap();
        conformance::parameters_of_others_survive(&catalog).await.unwrap();
        conformance::partitions_are_guarded_like_tables(&catalog).await.unwrap();
        conformance::one_of_many_partitions_wins(&catalog).await.unwrap();
        conformance::what_is_unknown_is_none(&catalog).await.unwrap();
    });
}

#[test]
fn a_catalog_that_counts_from_zero_and_folds_names_keeps_every_promise() {
    run(async { conformance::all(&glue_catalog(GlueDouble::start().endpoint()).await).await.unwrap() });
}

#[test]
fn names_are_folded_and_long_comments_cut() {
    run(async {
        let catalog = glue_catalog(GlueDouble::start().endpoint()).await;
        let comment = "é\n".repeat(400);
        let columns = vec![Column::new("id", "bigint").with_comment(&comment)];
        let table = TableInput::external("Orders", StorageDescriptor::parquet(columns, "s3://lake/orders/"));
        catalog.create_table("Shop", &table).await.unwrap();
        let found = catalog.table(&CatalogName::folded("Shop", "Orders")).await.unwrap().unwrap();
        assert_eq!((found.version.as_str(), found.table.name.as_str()), ("0", "orders"));
        let kept = found.table.storage_descriptor.columns[0].comment.clone().unwrap();
        assert!(kept.chars().count() <= 255 && !kept.contains('\n'), "{kept}");
    });
}

/// The update takes effect, its answer never arrives, and the SDK's repetition is told that somebody else was faster.
#[test]
fn a_commit_whose_answer_was_lost_has_succeeded() {
    run(async {
        let double = GlueDouble::start();
        let catalog = glue_catalog(double.endpoint()).await;
        publish(&catalog, "20261123T060000Z-000001").await;
        double.lose_next_answer();
        publish(&catalog, "20261123T070000Z-000002").await;
        assert_eq!(double.updates(), 2, "the lost request, and its repetition");
        let found = catalog.table(&CatalogName::exact("db", "t")).await.unwrap().unwrap();
        assert_eq!(found.table.parameters["springald.run"], "20261123T070000Z-000002");
        assert_eq!(found.version.as_str(), "1");
    });
}

/// The day's document is put, and Glue refuses the partition: a second try of the same run makes good for it.
#[test]
fn a_day_that_has_not_come_as_far_as_glue_does_so_when_the_commit_is_repeated() {
    run(async {
        let double = GlueDouble::start();
        let catalog = glue_catalog(double.endpoint()).await;
        let history = CatalogName::exact("db", "t_history");
        let run = "20261123T060000Z-000001";
        double.refuse_items(true);
        publish(&catalog, run).await;
        assert_eq!(catalog.partitions(&history).await.unwrap(), []);
        double.refuse_items(false);
        publish(&catalog, run).await;
        let days = catalog.partitions(&history).await.unwrap();
        assert_eq!(
            days.iter().map(|day| day.partition.parameters["springald.run"].as_str()).collect::<Vec<_>>(),
            [run]
        );
    });
}

/// Glue takes at most 100,000 versions of a table, and then refuses changes (facts, 3.2).
#[test]
fn versions_are_kept_only_when_they_are_asked_for() {
    run(async {
        for (keep_versions, kept) in [(false, 0), (true, 1)] {
            let double = GlueDouble::start();
            let options = GlueOptions { create_database: true, keep_versions };
            let catalog = glue_catalog_with(double.endpoint(), options).await;
            publish(&catalog, "20261123T060000Z-000001").await;
            publish(&catalog, "20261123T070000Z-000002").await;
            assert_eq!((double.updates(), double.archived()), (1, kept), "--glue-versions: {keep_versions}");
        }
    });
}

/// A batch call answers 200 and says of each item whether it failed (facts, 3.2).
#[test]
fn an_item_that_a_batch_call_refuses_is_an_error() {
    run(async {
        let double = GlueDouble::start();
        let catalog = glue_catalog(double.endpoint()).await;
        let keys = vec![Column::new("y", "string")];
        let storage = |year: &str| StorageDescriptor::parquet(vec![], format!("s3://lake/days/{year}/"));
        let mut table = TableInput::external("days", storage(""));
        table.partition_keys = keys;
        catalog.create_table("db", &table).await.unwrap();
        let name = CatalogName::exact("db", "days");
        let partition = |year: &str| PartitionInput::new(vec![year.to_owned()], storage(year), BTreeMap::new());
        catalog.put_partition(&name, &partition("2025"), None).await.unwrap();

        double.refuse_items(true);
        let known = catalog.partition(&name, &["2025".to_owned()]).await.unwrap().unwrap();
        for (year, version, action) in
            [("2026", None, "glue:BatchCreatePartition"), ("2025", Some(&known.version), "glue:BatchUpdatePartition")]
        {
            let error = catalog.put_partition(&name, &partition(year), version).await.unwrap_err();
            let chain = format!("{:#}", anyhow::Error::from(error));
            assert!(chain.contains(action) && chain.contains("ResourceNumberLimitExceededException"), "{chain}");
        }
    });
}

/// Commits a run of one split without rows.
async fn publish(catalog: &dyn Catalog, run: &str) {
    let layout = RunLayout {
        warehouse: "s3://lake/x".parse().unwrap(),
        table: "db.T".parse().unwrap(),
        date: "2026-11-23".parse().unwrap(),
        run: run.parse().unwrap(),
    };
    let records = RunStore::new(Arc::new(object_store::memory::InMemory::new()), layout.clone());
    records.put_plan(&PlanRecord::new("ingest", layout, 1, Value::Null)).await.unwrap();
    let manifest = serde_json::json!({
        "version": 1, "split": 0, "attempt": "a", "files": [], "rows": 0, "bytes": 0, "columns": [],
    });
    records.put_split(serde_json::from_value::<SplitManifest>(manifest).unwrap()).await.unwrap();
    let columns = vec![Column::new("id", "bigint")];
    let committed = commit(&records, catalog, 1, columns, Known::default()).await.unwrap();
    assert_eq!(committed.pointer, Pointer::Moved);
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(test)
}
