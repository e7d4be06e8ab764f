//! Users in SQLite. A tombstone is a row without a user.

use crate::error::{sql, unreadable};
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::ports::users::MAX_USERS;
use domain::ports::{self, PortError};
use domain::user::User;
use domain::{Email, TenantId, UserId};
use rusqlite::{Connection, OptionalExtension, Params};

#[derive(Clone)]
pub struct Users {
    store: Store,
}

impl Users {
    pub fn new(store: &Store) -> Self {
        Users { store: store.clone() }
    }
}

fn find(connection: &Connection, query: &str, key: impl Params) -> Result<Option<User>, PortError> {
    let json: Option<String> = connection
        .prepare_cached(query)
        .and_then(|mut select| select.query_row(key, |row| row.get(0)).optional())
        .map_err(sql)?;
    json.map(|json| serde_json::from_str(&json).map_err(unreadable)).transpose()
}

fn page(connection: &Connection, key: impl Params) -> Result<Vec<User>, PortError> {
    let mut select = connection
        .prepare_cached(
            "SELECT user FROM user WHERE tenant_id = ?1 AND user_id > ?2 AND user <> ''
             ORDER BY user_id LIMIT ?3",
        )
        .map_err(sql)?;
    let rows = select.query_map(key, |row| row.get::<_, String>(0)).map_err(sql)?;
    rows.map(|json| serde_json::from_str(&json.map_err(sql)?).map_err(unreadable)).collect()
}

fn create(txn: &WriteTxn<'_>, mut user: User) -> Result<(), PortError> {
    user.version = 1;
    let json = serde_json::to_string(&user).map_err(unreadable)?;
    let email = user.email.as_ref().map(Email::as_str);
    txn.connection
        .prepare_cached("INSERT INTO user VALUES (?1, ?2, 1, ?3, ?4)")
        .and_then(|mut insert| insert.execute((user.tenant_id.as_str(), user.user_id.as_str(), email, json)))
        .map(drop)
        .map_err(sql)
}

fn found_tenant(txn: &WriteTxn<'_>, first: User) -> Result<(), PortError> {
    let founded = txn
        .connection
        .prepare_cached(
            "INSERT INTO tenant SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM user WHERE tenant_id = ?1)",
        )
        .and_then(|mut insert| insert.execute([first.tenant_id.as_str()]))
        .map_err(sql)?;
    if founded == 0 {
        return Err(PortError::conflict("the tenant has users"));
    }
    create(txn, first)
}

fn save(txn: &mut WriteTxn<'_>, mut user: User) -> Result<User, PortError> {
    let known = user.version;
    user.version += 1;
    let json = serde_json::to_string(&user).map_err(unreadable)?;
    let changed = txn
        .connection
        .prepare_cached(
            "UPDATE user SET version = ?3, email = ?4, user = ?5
             WHERE tenant_id = ?1 AND user_id = ?2 AND version = ?6 AND user <> ''",
        )
        .and_then(|mut update| {
            let email = user.email.as_ref().map(Email::as_str);
            let (tenant, id) = (user.tenant_id.as_str(), user.user_id.as_str());
            update.execute((tenant, id, user.version, email, json, known))
        })
        .map_err(sql)?;
    if changed == 0 {
        return Err(PortError::conflict("the user has another version, or is not there"));
    }
    Ok(user)
}

#[async_trait]
impl ports::Users for Users {
    async fn create(&self, user: User) -> Result<(), PortError> {
        self.store.write(move |txn| create(txn, user)).await
    }

    async fn found_tenant(&self, first: User) -> Result<(), PortError> {
        self.store.write(move |txn| found_tenant(txn, first)).await
    }

    async fn is_founded(&self, tenant: &TenantId) -> Result<bool, PortError> {
        let tenant = tenant.to_string();
        let query = "SELECT EXISTS (SELECT 1 FROM tenant WHERE tenant_id = ?1)";
        let read = move |connection: &Connection| {
            let found = connection.prepare_cached(query);
            found.and_then(|mut select| select.query_row([tenant], |row| row.get(0))).map_err(sql)
        };
        self.store.read(read).await
    }

    async fn get(&self, tenant: &TenantId, user: &UserId) -> Result<Option<User>, PortError> {
        let key = (tenant.to_string(), user.to_string());
        let query = "SELECT user FROM user WHERE tenant_id = ?1 AND user_id = ?2 AND user <> ''";
        self.store.read(move |connection| find(connection, query, key)).await
    }

    async fn by_email(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>, PortError> {
        let key = (tenant.to_string(), email.as_str().to_owned());
        let query = "SELECT user FROM user WHERE tenant_id = ?1 AND email = ?2";
        self.store.read(move |connection| find(connection, query, key)).await
    }

    async fn page(
        &self,
        tenant: &TenantId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<User>, PortError> {
        // Every id sorts after the empty text.
        let key =
            (tenant.to_string(), after.map_or_else(String::new, UserId::to_string), most.clamp(1, MAX_USERS));
        self.store.read(move |connection| page(connection, key)).await
    }

    async fn save(&self, user: User) -> Result<User, PortError> {
        self.store.write(move |txn| save(txn, user)).await
    }

    async fn erase(&self, tenant: &TenantId, user: &UserId) -> Result<(), PortError> {
        let key = (tenant.to_string(), user.to_string());
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("INSERT OR REPLACE INTO user VALUES (?1, ?2, 0, NULL, '')")
                    .and_then(|mut insert| insert.execute(key))
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }
}
