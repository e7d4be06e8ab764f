//! Face rows in SQLite.

use crate::error::{sql, unreadable};
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::face::MAX_FACES;
use domain::ports::{self, PortError};
use domain::{Face, UploadId};

#[derive(Clone)]
pub struct Faces {
    store: Store,
}

impl Faces {
    pub fn new(store: &Store) -> Self {
        Faces { store: store.clone() }
    }
}

fn put(txn: &WriteTxn<'_>, upload: UploadId, attempt: u32, faces: &[String]) -> Result<(), rusqlite::Error> {
    let upload = upload.to_string();
    txn.connection
        .prepare_cached("DELETE FROM face WHERE upload_id = ?1 AND attempt = ?2")?
        .execute((&upload, attempt))?;
    let mut insert = txn.connection.prepare_cached("INSERT INTO face VALUES (?1, ?2, ?3, ?4)")?;
    for (number, face) in faces.iter().enumerate() {
        insert.execute((&upload, attempt, number, face))?;
    }
    Ok(())
}

#[async_trait]
impl ports::Faces for Faces {
    async fn put(&self, upload: UploadId, attempt: u32, faces: &[Face]) -> Result<(), PortError> {
        if faces.len() > MAX_FACES {
            return Err(PortError::denied(format!("{} faces; the limit is {MAX_FACES}", faces.len())));
        }
        let faces: Result<Vec<String>, _> = faces.iter().map(serde_json::to_string).collect();
        let faces = faces.map_err(unreadable)?;
        self.store.write(move |txn| put(txn, upload, attempt, &faces).map_err(sql)).await
    }

    async fn get(&self, upload: UploadId, attempt: u32, count: u32) -> Result<Vec<Face>, PortError> {
        self.store
            .read(move |connection| {
                let mut select = connection
                    .prepare_cached(
                        "SELECT face FROM face WHERE upload_id = ?1 AND attempt = ?2 AND number < ?3 ORDER BY number",
                    )
                    .map_err(sql)?;
                let rows = select
                    .query_map((upload.to_string(), attempt, count), |row| row.get::<_, String>(0))
                    .map_err(sql)?;
                rows.map(|json| serde_json::from_str(&json.map_err(sql)?).map_err(unreadable)).collect()
            })
            .await
    }

    async fn delete(&self, upload: UploadId, last_attempt: u32) -> Result<(), PortError> {
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("DELETE FROM face WHERE upload_id = ?1 AND attempt <= ?2")
                    .and_then(|mut delete| delete.execute((upload.to_string(), last_attempt)))
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }
}
