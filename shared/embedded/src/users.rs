//! Users in SQLite.

use crate::error::{sql, unreadable};
use crate::store::Store;
use async_trait::async_trait;
use domain::ports::{self, PortError};
use domain::user::User;
use domain::{TenantId, UserId};
use rusqlite::OptionalExtension;

/// The users of a data directory.
#[derive(Clone)]
pub struct Users {
    store: Store,
}

impl Users {
    /// The users of `store`.
    pub fn new(store: &Store) -> Self {
        Users { store: store.clone() }
    }
}

#[async_trait]
impl ports::Users for Users {
    async fn create(&self, user: User) -> Result<(), PortError> {
        let json = serde_json::to_string(&user).map_err(unreadable)?;
        self.store
            .write(move |turn| {
                turn.connection
                    .prepare_cached("INSERT INTO user VALUES (?1, ?2, ?3)")
                    .and_then(|mut insert| {
                        insert.execute((user.tenant_id.as_str(), user.user_id.as_str(), json))
                    })
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }

    async fn get(&self, tenant: &TenantId, user: &UserId) -> Result<Option<User>, PortError> {
        let key = (tenant.to_string(), user.to_string());
        self.store
            .read(move |connection| {
                let json: Option<String> = connection
                    .prepare_cached("SELECT user FROM user WHERE tenant_id = ?1 AND user_id = ?2")
                    .and_then(|mut select| select.query_row(key, |row| row.get(0)).optional())
                    .map_err(sql)?;
                json.map(|json| serde_json::from_str(&json).map_err(unreadable)).transpose()
            })
            .await
    }
}
