//! The promises that every catalog keeps, as checks that run against any of them.
//!
//! Each check uses tables of its own, in the database `conformance`, which have to be absent; it returns the catalog's
//! error, and panics where a promise is broken.

use futures::future::join_all;

use crate::{Catalog, CatalogError, CatalogName, Column, PartitionInput, StorageDescriptor, TableInput, VersionId};

const DATABASE: &str = "conformance";

/// How many writers change one entry at the same time.
const WRITERS: usize = 8;

/// Runs all checks.
pub async fn all(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    what_is_unknown_is_none(catalog).await?;
    what_is_put_is_read_back(catalog).await?;
    creating_twice_is_stale(catalog).await?;
    updating_a_stale_version_is_refused(catalog).await?;
    one_of_many_updates_wins(catalog).await?;
    one_of_many_creations_wins(catalog).await?;
    parameters_of_others_survive(catalog).await?;
    partitions_are_guarded_like_tables(catalog).await?;
    one_of_many_partitions_wins(catalog).await?;
    partitions_leave_their_table_alone(catalog).await
}

/// Tables, databases and partitions that nobody created are absent, not errors.
pub async fn what_is_unknown_is_none(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let unknown = CatalogName::exact("no_such_database", "no_such_table");
    assert_eq!(catalog.table(&unknown).await?, None);
    assert_eq!(catalog.tables(unknown.database()).await?, Vec::<String>::new());
    assert_eq!(catalog.partition(&unknown, &day("23")).await?, None);
    assert_eq!(catalog.partitions(&unknown).await?, vec![]);
    assert!(!catalog.databases().await?.contains(&unknown.database().to_owned()));
    let update = catalog.update_table(DATABASE, &table("never_created", "a"), &VersionId::new("1")).await;
    assert!(is_stale(&update), "an update of no table: {update:?}");
    let put = catalog.put_partition(&unknown, &partition("23", "a"), None).await;
    assert!(matches!(put, Err(CatalogError::NoTable { .. })), "a partition of no table: {put:?}");
    Ok(())
}

/// A table comes back as it was put, and is listed.
pub async fn what_is_put_is_read_back(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let put = table("read_back", "a");
    catalog.create_table(DATABASE, &put).await?;
    assert_eq!(read(catalog, "read_back").await?.1, put);
    assert!(catalog.databases().await?.contains(&DATABASE.to_owned()));
    assert!(catalog.tables(DATABASE).await?.contains(&put.name));
    Ok(())
}

/// A table is created once; the second creation changes nothing.
pub async fn creating_twice_is_stale(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let first = table("created_twice", "a");
    catalog.create_table(DATABASE, &first).await?;
    let second = catalog.create_table(DATABASE, &table("created_twice", "b")).await;
    assert!(is_stale(&second), "{second:?}");
    assert_eq!(read(catalog, "created_twice").await?.1, first);
    Ok(())
}

/// An update that names any version but the current one changes nothing.
pub async fn updating_a_stale_version_is_refused(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    catalog.create_table(DATABASE, &table("stale", "a")).await?;
    let (first, _) = read(catalog, "stale").await?;
    catalog.update_table(DATABASE, &table("stale", "b"), &first).await?;
    let (second, _) = read(catalog, "stale").await?;
    assert_ne!(first, second);
    catalog.update_table(DATABASE, &table("stale", "c"), &second).await?;
    for version in [first, second] {
        let update = catalog.update_table(DATABASE, &table("stale", "d"), &version).await;
        assert!(is_stale(&update), "version {version}: {update:?}");
    }
    assert_eq!(read(catalog, "stale").await?.1, table("stale", "c"));
    Ok(())
}

/// Of writers that read the same version exactly one changes it, and the table is that writer's.
pub async fn one_of_many_updates_wins(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    catalog.create_table(DATABASE, &table("contended", "before")).await?;
    let (version, _) = read(catalog, "contended").await?;
    let tables: Vec<TableInput> = (0..WRITERS).map(|writer| table("contended", &writer.to_string())).collect();
    let updates = tables.iter().map(|table| catalog.update_table(DATABASE, table, &version));
    let winner = only_winner(join_all(updates).await)?;
    assert_eq!(Some(&read(catalog, "contended").await?.1), tables.get(winner));
    Ok(())
}

/// Of writers that create the same table exactly one does, and the table is that writer's.
pub async fn one_of_many_creations_wins(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let tables: Vec<TableInput> = (0..WRITERS).map(|writer| table("created", &writer.to_string())).collect();
    let creations = tables.iter().map(|table| catalog.create_table(DATABASE, table));
    let winner = only_winner(join_all(creations).await)?;
    assert_eq!(Some(&read(catalog, "created").await?.1), tables.get(winner));
    Ok(())
}

/// What others set on a table survives when it is read, changed and put back.
pub async fn parameters_of_others_survive(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let mut made = table("foreign", "a");
    made.parameters.insert("crawler.key".to_owned(), "kept".to_owned());
    made.description = Some("by hand".to_owned());
    catalog.create_table(DATABASE, &made).await?;
    let (version, mut changed) = read(catalog, "foreign").await?;
    changed.storage_descriptor.location = location("b");
    catalog.update_table(DATABASE, &changed, &version).await?;
    made.storage_descriptor.location = location("b");
    assert_eq!(read(catalog, "foreign").await?.1, made);
    Ok(())
}

/// A partition is created once, replaced under the guard of its version, and read back with the others in order.
pub async fn partitions_are_guarded_like_tables(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let name = create_partitioned(catalog, "partitioned").await?;
    assert_eq!(catalog.partition(&name, &day("23")).await?, None);
    catalog.put_partition(&name, &partition("23", "a"), None).await?;
    let again = catalog.put_partition(&name, &partition("23", "b"), None).await;
    assert!(is_stale(&again), "{again:?}");
    let version = partition_version(catalog, &name, "23").await?;
    catalog.put_partition(&name, &partition("23", "c"), Some(&version)).await?;
    let late = catalog.put_partition(&name, &partition("23", "d"), Some(&version)).await;
    assert!(is_stale(&late), "{late:?}");
    let absent = catalog.put_partition(&name, &partition("24", "d"), Some(&version)).await;
    assert!(is_stale(&absent), "{absent:?}");

    catalog.put_partition(&name, &partition("22", "e"), None).await?;
    let found = catalog.partitions(&name).await?.into_iter().map(|found| found.partition);
    assert_eq!(found.collect::<Vec<_>>(), [partition("22", "e"), partition("23", "c")]);
    let short = catalog.partition(&name, &["2026".to_owned()]).await;
    assert!(matches!(short, Err(CatalogError::PartitionValues { keys: 2, values: 1, .. })), "{short:?}");
    Ok(())
}

/// Of writers that read the same version of a partition exactly one changes it.
pub async fn one_of_many_partitions_wins(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let name = create_partitioned(catalog, "partition_contended").await?;
    let tries: Vec<PartitionInput> = (0..WRITERS).map(|writer| partition("23", &writer.to_string())).collect();
    let creations = tries.iter().map(|partition| catalog.put_partition(&name, partition, None));
    only_winner(join_all(creations).await)?;
    let version = partition_version(catalog, &name, "23").await?;
    let updates = tries.iter().map(|partition| catalog.put_partition(&name, partition, Some(&version)));
    let winner = only_winner(join_all(updates).await)?;
    let found = catalog.partition(&name, &day("23")).await?.map(|found| found.partition);
    assert_eq!(found.as_ref(), tries.get(winner));
    Ok(())
}

/// Changing partitions does not change their table, nor the other way round.
pub async fn partitions_leave_their_table_alone(catalog: &dyn Catalog) -> Result<(), CatalogError> {
    let name = create_partitioned(catalog, "independent").await?;
    let (version, mut table) = read(catalog, "independent").await?;
    for day in ["21", "22", "23"] {
        catalog.put_partition(&name, &partition(day, "a"), None).await?;
    }
    assert_eq!(read(catalog, "independent").await?.0, version);
    table.description = Some("changed".to_owned());
    catalog.update_table(DATABASE, &table, &version).await?;
    assert_eq!(catalog.partitions(&name).await?.len(), 3);
    assert_eq!(catalog.tables(DATABASE).await?.iter().filter(|table| **table == name.table()).count(), 1);
    Ok(())
}

/// Returns which of the competing changes was made, after checking that it was one and that the others were stale.
fn only_winner(results: Vec<Result<(), CatalogError>>) -> Result<usize, CatalogError> {
    let mut winners = Vec::new();
    for (writer, result) in results.into_iter().enumerate() {
        match result {
            Ok(()) => winners.push(writer),
            Err(error) if error.is_stale() => {}
            Err(error) => return Err(error),
        }
    }
    assert_eq!(winners.len(), 1, "writers {winners:?} have succeeded");
    Ok(winners.into_iter().sum())
}

async fn read(catalog: &dyn Catalog, table: &str) -> Result<(VersionId, TableInput), CatalogError> {
    let found = catalog.table(&CatalogName::exact(DATABASE, table)).await?;
    assert!(found.is_some(), "table `{table}` has gone");
    found.map(|found| (found.version, found.table)).ok_or_else(|| stale(table))
}

async fn partition_version(catalog: &dyn Catalog, name: &CatalogName, d: &str) -> Result<VersionId, CatalogError> {
    let found = catalog.partition(name, &day(d)).await?;
    assert!(found.is_some(), "partition {d} of `{name}` has gone");
    found.map(|found| found.version).ok_or_else(|| stale(name.table()))
}

async fn create_partitioned(catalog: &dyn Catalog, name: &str) -> Result<CatalogName, CatalogError> {
    let mut table = table(name, "");
    table.partition_keys = vec![Column::new("m", "string"), Column::new("d", "string")];
    catalog.create_table(DATABASE, &table).await?;
    Ok(CatalogName::exact(DATABASE, name))
}

fn stale(entry: &str) -> CatalogError {
    CatalogError::Stale { entry: entry.to_owned() }
}

fn is_stale(result: &Result<(), CatalogError>) -> bool {
    result.as_ref().is_err_and(CatalogError::is_stale)
}

fn table(name: &str, run: &str) -> TableInput {
    TableInput::external(name, descriptor(run))
}

fn partition(d: &str, run: &str) -> PartitionInput {
    PartitionInput::new(day(d), descriptor(run), [("springald.run".to_owned(), run.to_owned())].into())
}

fn day(d: &str) -> Vec<String> {
    vec!["11".to_owned(), d.to_owned()]
}

fn descriptor(run: &str) -> StorageDescriptor {
    StorageDescriptor::parquet(vec![Column::new("id", "bigint")], location(run))
}

fn location(run: &str) -> String {
    format!("s3://bucket/{run}/")
}
