//! Enrolments in SQLite.

use crate::error::{sql, unreadable};
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::ports::enrolments::MAX_ENROLMENTS;
use domain::ports::{self, PortError};
use domain::{Email, Enrolment, TenantId, Timestamp, UserId};
use rusqlite::{Connection, Params};

#[derive(Clone)]
pub struct Enrolments {
    store: Store,
}

impl Enrolments {
    pub fn new(store: &Store) -> Self {
        Enrolments { store: store.clone() }
    }
}

fn list(connection: &Connection, query: &str, key: impl Params) -> Result<Vec<Enrolment>, PortError> {
    let mut select = connection.prepare_cached(query).map_err(sql)?;
    let rows = select.query_map(key, |row| row.get::<_, String>(0)).map_err(sql)?;
    rows.map(|json| serde_json::from_str(&json.map_err(sql)?).map_err(unreadable)).collect()
}

fn save(txn: &WriteTxn<'_>, mut enrolment: Enrolment) -> Result<Enrolment, PortError> {
    let known = enrolment.version;
    enrolment.version += 1;
    let json = serde_json::to_string(&enrolment).map_err(unreadable)?;
    let query = match known {
        0 => "INSERT OR IGNORE INTO enrolment SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?7 = 0",
        _ => {
            "UPDATE enrolment SET version = ?3, owner = ?4, last_used_at = ?5, enrolment = ?6
             WHERE tenant_id = ?1 AND email = ?2 AND version = ?7"
        }
    };
    let Enrolment { tenant_id, email, owner, last_used_at, version, .. } = &enrolment;
    let owner = owner.as_ref().map(UserId::as_str);
    let used_at = last_used_at.as_millisecond();
    let changed = txn
        .connection
        .prepare_cached(query)
        .and_then(|mut write| {
            write.execute((tenant_id.as_str(), email.as_str(), version, owner, used_at, json, known))
        })
        .map_err(sql)?;
    if changed == 0 {
        return Err(PortError::conflict("the enrolment has another version, or is not there"));
    }
    Ok(enrolment)
}

fn delete(txn: &WriteTxn<'_>, enrolment: &Enrolment) -> Result<(), PortError> {
    let key = (enrolment.tenant_id.as_str(), enrolment.email.as_str());
    let is_changed =
        "SELECT EXISTS (SELECT 1 FROM enrolment WHERE tenant_id = ?1 AND email = ?2 AND version <> ?3)";
    let mut select = txn.connection.prepare_cached(is_changed).map_err(sql)?;
    if select.query_row((key.0, key.1, enrolment.version), |row| row.get(0)).map_err(sql)? {
        return Err(PortError::conflict("the enrolment has another version"));
    }
    txn.connection
        .prepare_cached("DELETE FROM enrolment WHERE tenant_id = ?1 AND email = ?2")
        .and_then(|mut delete| delete.execute(key))
        .map(drop)
        .map_err(sql)
}

#[async_trait]
impl ports::Enrolments for Enrolments {
    async fn get(&self, tenant: &TenantId, email: &Email) -> Result<Option<Enrolment>, PortError> {
        let key = (tenant.to_string(), email.as_str().to_owned());
        let query = "SELECT enrolment FROM enrolment WHERE tenant_id = ?1 AND email = ?2";
        let found = self.store.read(move |connection| list(connection, query, key)).await?;
        Ok(found.into_iter().next())
    }

    async fn save(&self, enrolment: Enrolment) -> Result<Enrolment, PortError> {
        self.store.write(move |txn| save(txn, enrolment)).await
    }

    async fn delete(&self, enrolment: &Enrolment) -> Result<(), PortError> {
        let enrolment = enrolment.clone();
        self.store.write(move |txn| delete(txn, &enrolment)).await
    }

    async fn of_owner(&self, tenant: &TenantId, owner: &UserId) -> Result<Vec<Enrolment>, PortError> {
        let key = (tenant.to_string(), owner.to_string());
        let query = "SELECT enrolment FROM enrolment WHERE tenant_id = ?1 AND owner = ?2 ORDER BY email";
        self.store.read(move |connection| list(connection, query, key)).await
    }

    async fn unused(&self, before: Timestamp, most: usize) -> Result<Vec<Enrolment>, PortError> {
        let key = (before.as_millisecond(), most.clamp(1, MAX_ENROLMENTS));
        let query = "SELECT enrolment FROM enrolment WHERE last_used_at < ?1 ORDER BY last_used_at, tenant_id, email LIMIT ?2";
        self.store.read(move |connection| list(connection, query, key)).await
    }
}
