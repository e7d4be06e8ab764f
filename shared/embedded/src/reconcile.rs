//! What a crash can leave behind between files and rows, put right at start.

use crate::StoreError;
use crate::error::sql;
use crate::objects::Objects;
use domain::ports::PortError;
use domain::{Bucket, ObjectKey};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What was found between files and rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Files without a row that were removed: puts that died before their commit, deletes that died after it.
    pub removed_files: u64,
    /// Rows without a file: objects that are lost. Nothing of ours leaves one; reported, never deleted.
    pub lost_objects: Vec<(Bucket, ObjectKey)>,
}

impl Objects {
    /// Empties the drafts and removes files without rows that are at least `age` old. Call it before anybody puts.
    pub async fn reconcile(&self, age: Duration) -> Result<Reconciled, PortError> {
        let mut reconciled = Reconciled::default();
        for bucket in Bucket::ALL {
            let rows = self.rows(bucket).await?;
            let files = self.writer.files.clone();
            let task = tokio::task::spawn_blocking(move || {
                files.clear_drafts()?;
                let known: BTreeSet<PathBuf> =
                    rows.iter().map(|(key, version)| files.path(bucket, key, version)).collect();
                let mut removed = 0;
                for path in files.older_than(bucket, age)?.into_iter().filter(|path| !known.contains(path)) {
                    std::fs::remove_file(&path).map_err(|source| StoreError::file("remove", path, source))?;
                    removed += 1;
                }
                let lost =
                    rows.into_iter().filter(|(key, version)| !files.path(bucket, key, version).is_file());
                Ok::<_, StoreError>((removed, lost.map(|(key, _)| (bucket, key)).collect::<Vec<_>>()))
            });
            let (removed, lost) = task.await.map_err(|_| StoreError::Panicked("reconciling"))??;
            reconciled.removed_files += removed;
            reconciled.lost_objects.extend(lost);
        }
        Ok(reconciled)
    }

    async fn rows(&self, bucket: Bucket) -> Result<Vec<(ObjectKey, String)>, PortError> {
        self.writer
            .store
            .read(move |connection| {
                let mut select = connection
                    .prepare_cached("SELECT key, version FROM object WHERE bucket = ?1")
                    .map_err(sql)?;
                let rows = select
                    .query_map([bucket.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
                    .map_err(sql)?;
                rows.map(|row| {
                    let (key, version) = row.map_err(sql)?;
                    Ok((ObjectKey::parse(&key).map_err(crate::error::unreadable)?, version))
                })
                .collect()
            })
            .await
    }
}
