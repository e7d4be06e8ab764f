//! Gallery rows in SQLite, ordered by their primary key: a page is one range.

use crate::clock::to_ms;
use crate::error::{sql, unreadable};
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::ports::gallery::{GalleryFilter, GalleryPage, GalleryPlace, MAX_PAGE};
use domain::ports::{self, PortError};
use domain::{GalleryRow, TenantId, Upload, UserId};
use rusqlite::{Connection, OptionalExtension};

/// The most rows that one page reads when its filter matches few of them.
const MAX_SCANNED: usize = 1000;

/// One range of the primary key, read backwards. The place is compared as a row value; otherwise SQLite sorts all rows of the
/// owner.
const PAGE: &str = "SELECT row FROM gallery
    WHERE tenant_id = ?1 AND user_id = ?2 AND created_at >= ?3 AND (created_at, upload_id) < (?4, ?5)
    ORDER BY created_at DESC, upload_id DESC LIMIT ?6";

#[derive(Clone)]
pub struct Gallery {
    store: Store,
}

impl Gallery {
    pub fn new(store: &Store) -> Self {
        Gallery { store: store.clone() }
    }
}

/// Writes a row as part of a command.
pub(crate) fn put_in(txn: &WriteTxn<'_>, row: &GalleryRow) -> Result<(), PortError> {
    let json = serde_json::to_string(row).map_err(unreadable)?;
    let key =
        (row.tenant_id.as_str(), row.user_id.as_str(), to_ms(row.created_at), row.upload_id.to_string());
    txn.connection
        .prepare_cached("INSERT OR REPLACE INTO gallery VALUES (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut insert| insert.execute((key.0, key.1, key.2, key.3, json)))
        .map(drop)
        .map_err(sql)
}

/// Removes an upload's row as part of a command.
pub(crate) fn remove_in(txn: &WriteTxn<'_>, upload: &Upload) -> Result<(), PortError> {
    txn.connection
        .prepare_cached(
            "DELETE FROM gallery WHERE tenant_id = ?1 AND user_id = ?2 AND created_at = ?3 AND upload_id = ?4",
        )
        .and_then(|mut delete| {
            delete.execute((
                upload.tenant_id.as_str(),
                upload.user_id.as_str(),
                to_ms(upload.created_at),
                upload.upload_id.to_string(),
            ))
        })
        .map(drop)
        .map_err(sql)
}

fn matches(filter: &GalleryFilter, row: &GalleryRow) -> bool {
    filter.emotion.is_none_or(|emotion| row.emotion == Some(emotion))
        && filter.state.is_none_or(|state| row.state == state)
}

/// The owner's rows behind `after` and within the filter's time range, newest first, until the page is full.
fn page(
    connection: &Connection,
    owner: &(TenantId, UserId),
    filter: &GalleryFilter,
    after: Option<GalleryPlace>,
    most: usize,
) -> Result<GalleryPage, PortError> {
    let from = filter.from.map_or(i64::MIN, to_ms);
    let behind = after
        .map_or((i64::MAX, String::new()), |place| (to_ms(place.created_at), place.upload_id.to_string()));
    let (before_ms, before_id) = match filter.to {
        Some(to) => behind.min((to_ms(to), String::new())),
        None => behind,
    };
    let mut select = connection.prepare_cached(PAGE).map_err(sql)?;
    let mut found = select
        .query((owner.0.as_str(), owner.1.as_str(), from, before_ms, before_id, MAX_SCANNED + 1))
        .map_err(sql)?;
    let mut page = GalleryPage::default();
    let mut last: Option<GalleryPlace> = None;
    let mut scanned = 0;
    while let Some(row) = found.next().map_err(sql)? {
        if page.rows.len() == most || scanned == MAX_SCANNED {
            page.next = last;
            break;
        }
        let json: String = row.get(0).map_err(sql)?;
        let row: GalleryRow = serde_json::from_str(&json).map_err(unreadable)?;
        last = Some(GalleryPlace { created_at: row.created_at, upload_id: row.upload_id });
        scanned += 1;
        if matches(filter, &row) {
            page.rows.push(row);
        }
    }
    Ok(page)
}

#[async_trait]
impl ports::Gallery for Gallery {
    async fn page(
        &self,
        tenant: &TenantId,
        user: &UserId,
        filter: &GalleryFilter,
        after: Option<GalleryPlace>,
        most: usize,
    ) -> Result<GalleryPage, PortError> {
        let (owner, filter) = ((tenant.clone(), user.clone()), filter.clone());
        let most = most.clamp(1, MAX_PAGE);
        self.store.read(move |connection| page(connection, &owner, &filter, after, most)).await
    }

    async fn row(
        &self,
        tenant: &TenantId,
        user: &UserId,
        place: GalleryPlace,
    ) -> Result<Option<GalleryRow>, PortError> {
        let (tenant, user) = (tenant.to_string(), user.to_string());
        self.store
            .read(move |connection| {
                let key = (tenant, user, to_ms(place.created_at), place.upload_id.to_string());
                let json: Option<String> = connection
                    .prepare_cached(
                        "SELECT row FROM gallery
                         WHERE tenant_id = ?1 AND user_id = ?2 AND created_at = ?3 AND upload_id = ?4",
                    )
                    .and_then(|mut select| select.query_row(key, |row| row.get(0)).optional())
                    .map_err(sql)?;
                json.map(|json| serde_json::from_str(&json).map_err(unreadable)).transpose()
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_page_is_one_range_and_nothing_is_sorted() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::schema::migrate(&mut connection, Path::new("x.db")).unwrap();
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {PAGE}")).unwrap();
        let steps = explain.query_map(("t", "u", 0, 0, "", 1), |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        let expected = "SEARCH gallery USING PRIMARY KEY (tenant_id=? AND user_id=? AND created_at>? AND (created_at,upload_id)<(?,?))";
        assert_eq!(steps, [expected]);
    }
}
