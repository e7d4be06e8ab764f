//! Lists of upload records: an owner's changes, and due uploads. Each reads one range of an index.

use crate::clock::to_ms;
use crate::error::{sql, unreadable};
use domain::due::DuePlace;
use domain::ports::PortError;
use domain::ports::uploads::{ChangePlace, Changes, MAX_UPLOADS};
use domain::{Status, TenantId, Timestamp, Upload, UserId};
use rusqlite::Connection;

fn page_size(most: usize) -> Result<i64, PortError> {
    match most {
        1..=MAX_UPLOADS => Ok(most as i64),
        _ => Err(PortError::denied(format!("a page of {most}; 1 to {MAX_UPLOADS} are allowed"))),
    }
}

/// The owner's records that were saved after `after`; reads at most `most` of them.
pub(crate) fn changed(
    connection: &Connection,
    (tenant, user): (&TenantId, &UserId),
    status: Option<Status>,
    after: ChangePlace,
    most: usize,
) -> Result<Changes, PortError> {
    let size = page_size(most)?;
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    let rows: Vec<(i64, String)> = connection
        .prepare_cached(
            "SELECT change, record FROM upload
             WHERE tenant_id = ?1 AND user_id = ?2 AND change > ?3 AND record IS NOT NULL
             ORDER BY change LIMIT ?4",
        )
        .and_then(|mut select| {
            let key = (tenant.as_str(), user.as_str(), after, size);
            select.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(sql)?;
    let next = ChangePlace(rows.last().map_or(after, |(change, _)| *change).unsigned_abs());
    let more = rows.len() == most;
    let read: Result<Vec<Upload>, _> =
        rows.iter().map(|(_, record)| serde_json::from_str(record).map_err(unreadable)).collect();
    let mut uploads = read?;
    uploads.retain(|upload| status.is_none_or(|status| upload.status == status));
    Ok(Changes { uploads, next, more })
}

/// Records that are due by `now`, after `after`.
pub(crate) fn due(
    connection: &Connection,
    now: Timestamp,
    after: Option<&DuePlace>,
    most: usize,
) -> Result<Vec<Upload>, PortError> {
    let size = page_size(most)?;
    let (due_ms, tenant, id) = match after {
        Some(place) => (to_ms(place.due_at), place.tenant_id.as_str(), place.upload_id.to_string()),
        None => (i64::MIN, "", String::new()),
    };
    let records: Vec<String> = connection
        .prepare_cached(
            "SELECT record FROM upload
             WHERE due_at IS NOT NULL AND due_at <= ?1 AND (due_at, tenant_id, upload_id) > (?2, ?3, ?4)
             ORDER BY due_at, tenant_id, upload_id LIMIT ?5",
        )
        .and_then(|mut select| {
            select.query_map((to_ms(now), due_ms, tenant, id, size), |row| row.get(0))?.collect()
        })
        .map_err(sql)?;
    records.iter().map(|record| serde_json::from_str(record).map_err(unreadable)).collect()
}
