//! The local catalog on a disk and in memory: the conformance suite, the layout, and what a killed writer leaves.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::TempDir;

use super::*;
use crate::{Column, StorageDescriptor, conformance};

/// A catalog in a directory of its own.
struct OnDisk {
    dir: TempDir,
    catalog: LocalCatalog,
}

impl OnDisk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(LocalFileSystem::new());
        let root = Path::from_absolute_path(dir.path()).unwrap();
        Self { catalog: LocalCatalog::new(store, root), dir }
    }

    fn document(&self, below: &str) -> PathBuf {
        self.dir.path().join("_catalog").join(below)
    }

    async fn location(&self) -> Result<String, CatalogError> {
        let found = self.catalog.table(&orders()).await?;
        Ok(found.expect("the table is there").table.storage_descriptor.location)
    }
}

fn orders() -> CatalogName {
    CatalogName::exact("shop", "orders")
}

fn table(location: &str) -> TableInput {
    let mut table = TableInput::external("orders", StorageDescriptor::parquet(vec![], location));
    table.partition_keys = ["y", "m", "d"].map(|key| Column::new(key, "string")).to_vec();
    table
}

async fn update(catalog: &LocalCatalog, location: &str) -> Result<(), CatalogError> {
    let found = catalog.table(&orders()).await?.expect("the table is there");
    catalog.update_table("shop", &table(location), &found.version).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_catalog_on_disk_keeps_every_promise() {
    conformance::all(&OnDisk::new().catalog).await.unwrap();
}

#[tokio::test]
async fn a_catalog_in_memory_keeps_every_promise() {
    conformance::all(&LocalCatalog::new(Arc::new(InMemory::new()), Path::from("lake/raw"))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_in_a_loop_lose_no_update() {
    let on_disk = OnDisk::new();
    on_disk.catalog.create_table("shop", &table("0")).await.unwrap();
    let increment = |catalog: LocalCatalog| async move {
        for _ in 0..10 {
            loop {
                let found = catalog.table(&orders()).await.unwrap().unwrap();
                let count: u32 = found.table.storage_descriptor.location.parse().unwrap();
                match catalog.update_table("shop", &table(&(count + 1).to_string()), &found.version).await {
                    Ok(()) => break,
                    Err(error) => assert!(error.is_stale(), "{error}"),
                }
            }
        }
    };
    let writers: Vec<_> = (0..4).map(|_| tokio::spawn(increment(on_disk.catalog.clone()))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(on_disk.location().await.unwrap(), "40");
    assert!(on_disk.document("shop/orders/00000041.json").exists());
}

#[tokio::test]
async fn documents_lie_where_the_contract_says() {
    let on_disk = OnDisk::new();
    on_disk.catalog.create_table("Shop", &TableInput { name: "Orders".to_owned(), ..table("a") }).await.unwrap();
    update(&on_disk.catalog, "b").await.unwrap();
    let values = ["2026", "11", "23"].map(str::to_owned).to_vec();
    let partition = PartitionInput::new(values, StorageDescriptor::default(), BTreeMap::new());
    on_disk.catalog.put_partition(&orders(), &partition, None).await.unwrap();

    let documents = ["shop/orders/00000001.json", "shop/orders/00000002.json"];
    let locations = documents.map(|document| {
        let text = std::fs::read(on_disk.document(document)).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        (json["Name"].clone(), json["StorageDescriptor"]["Location"].clone())
    });
    assert_eq!(locations, [("orders".into(), "a".into()), ("orders".into(), "b".into())]);
    assert!(on_disk.document("shop/orders/y=2026/m=11/d=23/00000001.json").exists());
}

#[tokio::test]
async fn a_number_with_more_digits_is_still_higher() {
    let on_disk = OnDisk::new();
    on_disk.catalog.create_table("shop", &table("a")).await.unwrap();
    let first = on_disk.document("shop/orders/00000001.json");
    std::fs::rename(&first, on_disk.document("shop/orders/99999999.json")).unwrap();
    update(&on_disk.catalog, "b").await.unwrap();
    assert!(on_disk.document("shop/orders/100000000.json").exists());
    assert_eq!(on_disk.location().await.unwrap(), "b");
}

#[tokio::test]
async fn a_writer_killed_while_writing_leaves_nothing_that_counts() {
    let on_disk = OnDisk::new();
    on_disk.catalog.create_table("shop", &table("a")).await.unwrap();
    std::fs::write(on_disk.document("shop/orders/00000002.json#1"), r#"{"Name":"or"#).unwrap();
    assert_eq!(on_disk.location().await.unwrap(), "a");
    assert_eq!(on_disk.catalog.tables("shop").await.unwrap(), ["orders"]);
    assert_eq!(on_disk.catalog.partitions(&orders()).await.unwrap(), []);
    update(&on_disk.catalog, "b").await.unwrap();
    assert_eq!(on_disk.location().await.unwrap(), "b");

    let unborn = on_disk.document("shop/unborn");
    std::fs::create_dir(&unborn).unwrap();
    std::fs::write(unborn.join("00000001.json#1"), "").unwrap();
    assert_eq!(on_disk.catalog.tables("shop").await.unwrap(), ["orders"]);
    let name = CatalogName::exact("shop", "unborn");
    assert_eq!(on_disk.catalog.table(&name).await.unwrap(), None);
}

/// A document that appears under its name before all of it is there shows up here as an error of some read.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_never_sees_half_a_document() {
    let on_disk = OnDisk::new();
    let long = |round: usize| format!("{round}/{}", "x".repeat(2_000_000));
    on_disk.catalog.create_table("shop", &table(&long(0))).await.unwrap();
    let writer = on_disk.catalog.clone();
    let writing = tokio::spawn(async move {
        for round in 1..10 {
            update(&writer, &long(round)).await.unwrap();
        }
    });
    while !writing.is_finished() {
        on_disk.location().await.unwrap();
    }
    writing.await.unwrap();
    assert_eq!(on_disk.location().await.unwrap(), long(9));
}

#[tokio::test]
async fn a_document_that_lost_its_bytes_is_named_and_not_passed_over() {
    for bytes in ["", r#"{"Name": "orders", "Sto"#] {
        let on_disk = OnDisk::new();
        on_disk.catalog.create_table("shop", &table("a")).await.unwrap();
        let damaged = on_disk.document("shop/orders/00000002.json");
        std::fs::write(&damaged, bytes).unwrap();
        let error = on_disk.location().await.unwrap_err();
        assert!(matches!(error, CatalogError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("_catalog/shop/orders/00000002.json` is damaged: remove it"), "{error}");
        std::fs::remove_file(damaged).unwrap();
        assert_eq!(on_disk.location().await.unwrap(), "a");
    }
}

#[tokio::test]
async fn files_of_others_are_no_versions() {
    let store = Arc::new(InMemory::new());
    let catalog = LocalCatalog::new(Arc::clone(&store) as Arc<dyn ObjectStore>, Path::from("lake"));
    catalog.create_table("shop", &table("a")).await.unwrap();
    for name in ["notes.json", "99.json", "00000009.json.bak", "0000000x.json"] {
        store.put(&Path::from(format!("lake/_catalog/shop/orders/{name}")), "{}".into()).await.unwrap();
    }
    let found = catalog.table(&orders()).await.unwrap().unwrap();
    assert_eq!((found.version.as_str(), found.table), ("1", table("a")));
    assert_eq!(catalog.partitions(&orders()).await.unwrap(), []);
}

#[tokio::test]
async fn a_warehouse_that_cannot_be_written_is_named() {
    let on_disk = OnDisk::new();
    std::fs::write(on_disk.dir.path().join("_catalog"), "").unwrap(); // a file where the directory would be: fails for root, too
    let error = on_disk.catalog.create_table("shop", &table("a")).await.unwrap_err();
    assert!(matches!(error, CatalogError::Store { .. }), "{error:?}");
    assert!(error.to_string().contains("_catalog/shop/orders"), "{error}");
    assert!(!error.is_transient() && !error.is_stale());
}
