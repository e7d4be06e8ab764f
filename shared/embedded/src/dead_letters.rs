//! Dead letters in SQLite.

use crate::clock::to_ms;
use crate::error::{sql, unreadable};
use crate::store::Store;
use async_trait::async_trait;
use domain::ports::dead_letters::DeadLetterPlace;
use domain::ports::{self, PortError};
use domain::{DeadLetter, TenantId, UploadId};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

#[derive(Clone)]
pub struct DeadLetters {
    store: Store,
}

impl DeadLetters {
    pub fn new(store: &Store) -> Self {
        DeadLetters { store: store.clone() }
    }
}

fn list(
    connection: &Connection,
    tenant: Option<&str>,
    after: Option<DeadLetterPlace>,
    most: usize,
) -> Result<Vec<DeadLetter>, PortError> {
    let (seen, id) = after.map_or((i64::MAX, String::new()), |(seen, id)| (to_ms(seen), id.to_string()));
    let of_tenant = if tenant.is_some() { "tenant_id = ?1" } else { "?1 IS NULL" };
    let mut select = connection
        .prepare_cached(&format!(
            "SELECT row FROM dead_letter WHERE {of_tenant} AND first_seen <= ?2
                 AND (first_seen < ?2 OR id < ?3)
             ORDER BY first_seen DESC, id DESC LIMIT ?4"
        ))
        .map_err(sql)?;
    let rows = select.query_map((tenant, seen, id, most), |row| row.get::<_, String>(0)).map_err(sql)?;
    rows.map(|json| serde_json::from_str(&json.map_err(sql)?).map_err(unreadable)).collect()
}

#[async_trait]
impl ports::DeadLetters for DeadLetters {
    async fn put(&self, letter: DeadLetter) -> Result<(), PortError> {
        let json = serde_json::to_string(&letter).map_err(unreadable)?;
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("INSERT OR IGNORE INTO dead_letter VALUES (?1, ?2, ?3, ?4, ?5)")
                    .and_then(|mut insert| {
                        insert.execute((
                            letter.id.to_string(),
                            to_ms(letter.first_seen),
                            letter.tenant_id.as_ref().map(TenantId::as_str),
                            letter.upload_id.map(|id| id.to_string()),
                            json,
                        ))
                    })
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }

    async fn list(
        &self,
        tenant: Option<&TenantId>,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> Result<Vec<DeadLetter>, PortError> {
        let tenant = tenant.map(TenantId::to_string);
        let most = most.clamp(1, 100);
        self.store.read(move |connection| list(connection, tenant.as_deref(), after, most)).await
    }

    async fn get(&self, id: Uuid) -> Result<Option<DeadLetter>, PortError> {
        self.store
            .read(move |connection| {
                let json: Option<String> = connection
                    .prepare_cached("SELECT row FROM dead_letter WHERE id = ?1")
                    .and_then(|mut select| select.query_row([id.to_string()], |row| row.get(0)).optional())
                    .map_err(sql)?;
                json.map(|json| serde_json::from_str(&json).map_err(unreadable)).transpose()
            })
            .await
    }

    async fn delete(&self, id: Uuid) -> Result<(), PortError> {
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("DELETE FROM dead_letter WHERE id = ?1")
                    .and_then(|mut delete| delete.execute([id.to_string()]))
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }

    async fn delete_of(&self, tenant: &TenantId, upload: UploadId) -> Result<(), PortError> {
        let tenant = tenant.to_string();
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("DELETE FROM dead_letter WHERE tenant_id = ?1 AND upload_id = ?2")
                    .and_then(|mut delete| delete.execute((tenant, upload.to_string())))
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }
}
