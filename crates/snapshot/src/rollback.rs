//! Rollback: the catalog's pointer goes to an earlier run, until the next ordinary run moves on from there.

use springald_catalog::{Catalog, CatalogName, TableInput};

use crate::commit::describe::{Description, warn_undescribed};
use crate::commit::{CommitError, TRIES, complete, sweep};
use crate::publish::{Published, table_entry};
use crate::{CommitRecord, RunLayout, RunStore};

/// Points the catalog at the run of `records`, after proof that all its files are there. May be repeated.
///
/// The run's day comes with it: an ordinary run of that day or a later one moves the pointer on, as always.
///
/// # Errors
/// When the run was never published, a file of it is gone, the catalog does not have the table, or `snapshots expire` is just
/// removing the run; then the pointer is where it was.
pub async fn rollback(records: &RunStore, catalog: &dyn Catalog) -> Result<CommitRecord, CommitError> {
    let layout = records.layout();
    let not_published = || CommitError::NotPublished { run: layout.run.clone() };
    let plan = records.plan().await?.ok_or_else(not_published)?;
    let record = records.commit().await?.filter(|record| !record.columns.is_empty()).ok_or_else(not_published)?;
    let manifests = records.splits().await?;
    complete(&manifests, plan.splits)?;
    sweep::settle(records, &manifests).await?;

    let name = layout.table.catalog_name();
    for _ in 0..TRIES {
        let Some(found) = catalog.table(&name).await? else {
            return Err(CommitError::NotInCatalog { table: name });
        };
        if Published::of(&found.table.parameters).is(&layout.run) {
            return Ok(record);
        }
        let entry = table_entry(Some(found.table.clone()), &name, layout, record.columns.clone(), &record);
        match catalog.update_table(name.database(), &entry, &found.version).await {
            Ok(()) => {
                // See `remove`.
                if records.commit().await?.is_none() {
                    take_back(catalog, &name, layout, &found.table).await?;
                    return Err(CommitError::Expired { run: layout.run.clone() });
                }
                let description = Description::try_new(layout, catalog, &record.columns, &manifests);
                let described = async { description?.put_for_table(&name).await };
                warn_undescribed(&name, described.await);
                return Ok(record);
            }
            Err(error) if error.is_stale() => tracing::info!(table = %name, "catalog moved on, looking again"),
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Contended { table: name })
}

/// Lets the entry name again what it did before, unless somebody else has changed it meanwhile.
async fn take_back(
    catalog: &dyn Catalog,
    name: &CatalogName,
    layout: &RunLayout,
    before: &TableInput,
) -> Result<(), CommitError> {
    match catalog.table(name).await? {
        Some(found) if Published::of(&found.table.parameters).is(&layout.run) => {
            Ok(catalog.update_table(name.database(), before, &found.version).await?)
        }
        Some(_) | None => Ok(()),
    }
}
