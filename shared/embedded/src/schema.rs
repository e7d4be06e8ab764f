//! The database's schema: migrations in order, each run once. Later releases append to them.

use crate::error::StoreError;
use rusqlite::Connection;
use std::path::Path;

/// "Semb": `PRAGMA application_id` of our databases.
const APPLICATION_ID: i64 = 0x5365_6d62;

const MIGRATIONS: [&str; 3] = [FIRST, TENANTS, ENROLMENTS];

const FIRST: &str = "
CREATE TABLE clock (latest_ms INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (0);

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    replay INTEGER NOT NULL,
    message_group TEXT NOT NULL,
    ready INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    boot INTEGER,
    delivery INTEGER,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX message_ready ON message (queue, replay, message_group, id) WHERE ready = 1;
CREATE INDEX message_hidden ON message (queue, visible_at) WHERE ready = 0;

CREATE TABLE object (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    content_type TEXT NOT NULL,
    metadata TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX object_version ON object (version);

CREATE TABLE upload (
    tenant_id TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    record TEXT,
    erased_at INTEGER,
    user_id TEXT,
    change INTEGER,
    due_at INTEGER,
    status TEXT,
    held_bytes INTEGER,
    PRIMARY KEY (tenant_id, upload_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_usage ON upload (tenant_id, user_id, status, held_bytes) WHERE record IS NOT NULL;
CREATE INDEX upload_changed ON upload (tenant_id, user_id, change) WHERE record IS NOT NULL;
CREATE INDEX upload_due ON upload (due_at, tenant_id, upload_id) WHERE due_at IS NOT NULL;

-- Counts the saves of all uploads: `upload.change`.
CREATE TABLE change_counter (latest INTEGER NOT NULL) STRICT;
INSERT INTO change_counter VALUES (0);

CREATE TABLE reservation (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    upload_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE gallery (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    upload_id TEXT NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, created_at, upload_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE face (
    upload_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,
    face TEXT NOT NULL,
    PRIMARY KEY (upload_id, attempt, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id TEXT PRIMARY KEY,
    first_seen INTEGER NOT NULL,
    tenant_id TEXT,
    upload_id TEXT,
    row TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letter_newest ON dead_letter (first_seen, id);
CREATE INDEX dead_letter_of_tenant ON dead_letter (tenant_id, first_seen, id);
CREATE INDEX dead_letter_of_upload ON dead_letter (tenant_id, upload_id);

CREATE TABLE definition (
    hash TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE execution (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    status TEXT NOT NULL,
    input TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    frame BLOB,
    deadline INTEGER,
    ended_at INTEGER,
    output TEXT,
    error TEXT,
    cause TEXT
) STRICT;
CREATE INDEX execution_deadline ON execution (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX execution_ended ON execution (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE task (
    token TEXT PRIMARY KEY,
    execution INTEGER NOT NULL,
    task INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_of_execution ON task (execution, task);

CREATE TABLE history (
    execution INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (execution, first_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    email TEXT,
    user TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_email ON user (tenant_id, email) WHERE email IS NOT NULL;

CREATE TABLE session (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    session TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, session_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE session_token (
    digest BLOB PRIMARY KEY,
    session_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    sealed_until INTEGER,
    token TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_token_of_session ON session_token (session_id);
CREATE INDEX session_token_expires ON session_token (expires_at);
CREATE INDEX session_token_sealed ON session_token (sealed_until) WHERE sealed_until IS NOT NULL;

CREATE TABLE throttle (
    key BLOB PRIMARY KEY,
    count INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_expires ON throttle (expires_at);

CREATE TABLE domain_event (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE INDEX domain_event_at ON domain_event (at);
";

/// Tenants that were founded by their first user.
const TENANTS: &str = "
CREATE TABLE tenant (tenant_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
";

/// Faces under e-mail addresses.
const ENROLMENTS: &str = "
CREATE TABLE enrolment (
    tenant_id TEXT NOT NULL,
    email TEXT NOT NULL,
    version INTEGER NOT NULL,
    owner TEXT,
    last_used_at INTEGER NOT NULL,
    enrolment TEXT NOT NULL,
    PRIMARY KEY (tenant_id, email)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_of_owner ON enrolment (tenant_id, owner) WHERE owner IS NOT NULL;
CREATE INDEX enrolment_used ON enrolment (last_used_at);
";

pub const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Brings a database to the newest schema. Errors: [`StoreError::NewerSchema`], [`StoreError::Foreign`].
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |connection: &Connection, name: &str| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let (id, found) = (pragma(connection, "application_id")?, pragma(connection, "user_version")?);
    let empty = pragma(connection, "schema_version")? == 0;
    if id != APPLICATION_ID && !empty {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    if found > NEWEST {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, known: NEWEST });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_run_once_and_newer_or_foreign_files_are_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("x.db");
        migrate(&mut connection, path).unwrap();
        migrate(&mut connection, path).unwrap();
        connection.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        assert!(matches!(migrate(&mut connection, path), Err(StoreError::NewerSchema { .. })));
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE t (x)").unwrap();
        assert!(matches!(migrate(&mut foreign, path), Err(StoreError::Foreign(_))));
    }
}
