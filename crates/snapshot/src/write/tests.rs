//! The operator against a real local store.

use arrow::array::{ArrayRef, Int64Array, StringArray};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

use super::*;

struct Fixture {
    _dir: TempDir,
    spec: WriteSpec,
    records: RunStore,
    context: SessionContext,
}

fn fixture() -> Fixture {
    let dir = TempDir::new().unwrap();
    let layout = RunLayout {
        warehouse: dir.path().to_str().unwrap().parse().unwrap(),
        table: "db.T".parse().unwrap(),
        date: "2026-11-23".parse().unwrap(),
        run: "20261123T063000Z-0a1b2c".parse().unwrap(),
    };
    let context = SessionContext::new();
    let store = context.runtime_env().object_store(layout.warehouse.store_url()).unwrap();
    let records = RunStore::new(store, layout.clone());
    Fixture {
        _dir: dir,
        spec: WriteSpec { layout, target_file_bytes: 1 << 30, statistics: StatisticsDetail::Footers },
        records,
        context,
    }
}

/// One partition per entry, with that many rows.
fn rows(partitions: &[i64]) -> Arc<dyn ExecutionPlan> {
    let batch = |count: &i64| {
        let id = Arc::new(Int64Array::from_iter_values(0..*count)) as ArrayRef;
        let name = Arc::new(StringArray::from_iter((0..*count).map(|i| (i % 2 == 0).then(|| format!("n{i}")))));
        vec![RecordBatch::try_from_iter_with_nullable([("Id", id, false), ("Full Name", name, true)]).unwrap()]
    };
    let partitions: Vec<_> = partitions.iter().map(batch).collect();
    let schema = partitions[0][0].schema();
    MemorySourceConfig::try_new_exec(&partitions, schema, None).unwrap()
}

async fn run(fixture: &Fixture, write: &SnapshotWriteExec, partition: usize) -> Vec<RecordBatch> {
    let stream = write.execute(partition, fixture.context.task_ctx()).unwrap();
    stream.map(|batch| batch.unwrap()).collect().await
}

async fn data_files(fixture: &Fixture) -> Vec<String> {
    let dir = fixture.spec.layout.data_dir();
    let listed: Vec<_> = fixture.records.store().list(Some(&dir)).try_collect().await.unwrap();
    listed.iter().map(|meta| meta.location.filename().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_partition_becomes_a_file_and_a_manifest() {
    let fixture = fixture();
    let write = SnapshotWriteExec::try_new(rows(&[3, 0, 5]), fixture.spec.clone()).unwrap();
    for partition in 0..3 {
        assert_eq!(run(&fixture, &write, partition).await[0].num_rows(), 1);
    }
    let manifests = fixture.records.splits().await.unwrap();
    assert_eq!(manifests.iter().map(|m| (m.split, m.rows)).collect::<Vec<_>>(), [(0, 3), (1, 0), (2, 5)]);
    assert_eq!(data_files(&fixture).await.len(), 2, "a split without rows has no file");
    let names = &manifests[2].columns[1];
    assert_eq!((names.name.as_str(), names.nulls), ("full_name", 2));
    assert_eq!((names.min.as_deref(), names.max.as_deref()), (Some("n0"), Some("n4")));
}

#[tokio::test]
async fn a_snapshot_without_rows_is_one_valid_file() {
    let fixture = fixture();
    let write = SnapshotWriteExec::try_new(rows(&[0]), fixture.spec.clone()).unwrap();
    run(&fixture, &write, 0).await;
    let files = data_files(&fixture).await;
    let path = fixture.spec.layout.data_dir().join(files[0].as_str());
    let frame = fixture.context.read_parquet(format!("/{path}"), Default::default()).await.unwrap();
    assert_eq!(frame.schema().fields().len(), 2);
    assert_eq!(frame.count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_restricted_task_writes_the_split_it_was_given() {
    let fixture = fixture();
    let write = Arc::new(SnapshotWriteExec::try_new(rows(&[3, 4, 5]), fixture.spec.clone()).unwrap());
    let restricted = write.children().into_iter().map(|child| {
        let scan = child.downcast_ref::<DataSourceExec>().unwrap();
        let source: &dyn std::any::Any = scan.data_source().as_ref();
        let memory = source.downcast_ref::<MemorySourceConfig>().unwrap();
        let kept = vec![memory.partitions()[2].clone()];
        MemorySourceConfig::try_new_exec(&kept, memory.original_schema(), None).unwrap() as Arc<dyn ExecutionPlan>
    });
    let restricted = restricted.collect();
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    let task = write.replace_children(restricted, options).unwrap();
    let stream = task.execute(0, fixture.context.task_ctx()).unwrap();
    stream.map(|batch| batch.unwrap()).collect::<Vec<_>>().await;
    let manifests = fixture.records.splits().await.unwrap();
    assert_eq!(manifests.iter().map(|m| (m.split, m.rows)).collect::<Vec<_>>(), [(2, 5)]);
}

#[tokio::test]
async fn attempts_at_the_same_time_leave_one() {
    let fixture = fixture();
    let write = SnapshotWriteExec::try_new(rows(&[10_000]), fixture.spec.clone()).unwrap();
    futures::future::join_all((0..8).map(|_| run(&fixture, &write, 0))).await;
    let manifests = fixture.records.splits().await.unwrap();
    assert_eq!(manifests.len(), 1);
    assert_eq!(data_files(&fixture).await, [manifests[0].files[0].file.clone()]);
}

#[tokio::test]
async fn a_finished_split_is_not_read_again() {
    let fixture = fixture();
    let write = SnapshotWriteExec::try_new(rows(&[3]), fixture.spec.clone()).unwrap();
    let first = run(&fixture, &write, 0).await;
    let other = SnapshotWriteExec::try_new(rows(&[7]), fixture.spec.clone()).unwrap();
    assert_eq!(run(&fixture, &other, 0).await, first);
}

#[tokio::test]
async fn batches_too_small_to_tell_are_looked_at_together() {
    let fixture = fixture();
    let batches: Vec<_> = rows(&[3000]).execute(0, fixture.context.task_ctx()).unwrap().try_collect().await.unwrap();
    let small: Vec<_> = (0..30).map(|piece| batches[0].slice(piece * 100, 100)).collect();
    let input = MemorySourceConfig::try_new_exec(&[small], batches[0].schema(), None).unwrap();
    run(&fixture, &SnapshotWriteExec::try_new(input, fixture.spec.clone()).unwrap(), 0).await;
    let path = fixture.spec.layout.data_dir().join(data_files(&fixture).await[0].as_str());
    let file = std::fs::File::open(format!("/{path}")).unwrap();
    let read = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(read.metadata().file_metadata().num_rows(), 3000);
    let [group] = read.metadata().row_groups() else { panic!("one row group") };
    assert!(group.columns().iter().all(|column| column.dictionary_page_offset().is_none()), "{group:?}");
}

#[tokio::test]
async fn a_large_split_goes_on_in_another_file() {
    let fixture = fixture();
    let spec = WriteSpec { target_file_bytes: 1, ..fixture.spec.clone() };
    let batch = || rows(&[100]).execute(0, fixture.context.task_ctx()).unwrap();
    let batches: Vec<_> = batch().chain(batch()).map(|batch| batch.unwrap()).collect().await;
    let input = MemorySourceConfig::try_new_exec(std::slice::from_ref(&batches), batches[0].schema(), None).unwrap();
    let write = SnapshotWriteExec::try_new(input, spec).unwrap();
    run(&fixture, &write, 0).await;
    let manifest = fixture.records.split(0).await.unwrap().unwrap();
    assert_eq!(manifest.files.iter().map(|file| file.rows).collect::<Vec<_>>(), [100, 100]);
    assert_eq!((manifest.rows, data_files(&fixture).await.len()), (200, 2));
}
