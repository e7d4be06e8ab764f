//! Lists of upload records: an owner's changes, and due uploads. Each reads a range of an index that holds keys only, and
//! then the records as they are now.

use crate::items::{Condition, Item, Items, Range, item, number, number_of, ordered, owner, text, text_of};
use crate::tables::{CHANGES, DUE};
use crate::upload_items::record;
use domain::due::DuePlace;
use domain::ports::PortError;
use domain::ports::uploads::{ChangePlace, Changes, MAX_UPLOADS};
use domain::{Record, Status, TenantId, Timestamp, Upload, UploadId, UserId};
use std::collections::HashMap;

/// A change's place is the period in which it was written, then the upload. An index is written only when its key changes,
/// so an upload that runs through in a few seconds is written to it once or twice, not nine times.
const PERIOD_MS: i64 = 4000;
/// A period is listed when it has been over for so long: by then the index has all of it, whichever clock wrote it.
const SETTLED_MS: i64 = 2000;
/// Bits of a place that distinguish uploads of one period.
const UPLOAD_BITS: u32 = 34;
/// Partitions of the due index, so that no single one takes every write.
const SHARDS: u128 = 8;

/// The key attributes of a record in both indexes.
pub(crate) fn places(upload: &Upload, now: Timestamp) -> Item {
    let mut places = item([
        ("owner", text(owner(&upload.tenant_id, &upload.user_id))),
        ("change", number(change(upload.upload_id, now))),
    ]);
    if let Some(place) = upload.due_place() {
        places.insert("shard".into(), text(shard(upload.upload_id.uuid().as_u128() % SHARDS)));
        places.insert("due".into(), text(due_text(&place)));
    }
    places
}

fn period(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond().div_euclid(PERIOD_MS)).unwrap_or(0)
}

fn change(upload: UploadId, now: Timestamp) -> u64 {
    // The last bits of an id are random in every version.
    let low = upload.uuid().as_u128() as u64 & ((1 << UPLOAD_BITS) - 1);
    period(now) << UPLOAD_BITS | low
}

fn shard(number: u128) -> String {
    format!("due#{number}")
}

fn due_text(place: &DuePlace) -> String {
    format!("{}#{}#{}", ordered(place.due_at), place.tenant_id, place.upload_id)
}

fn page_size(most: usize) -> Result<usize, PortError> {
    match most {
        1..=MAX_UPLOADS => Ok(most),
        _ => Err(PortError::denied(format!("a page of {most}; 1 to {MAX_UPLOADS} are allowed"))),
    }
}

/// The records of index entries, in the entries' order. Uploads that were erased meanwhile are left out.
async fn records(uploads: &Items, entries: &[Item]) -> Result<Vec<Upload>, PortError> {
    let mut keys = Vec::new();
    for entry in entries {
        keys.push(item([("key", text(text_of(entry, "key")?))]));
    }
    let mut by_key = HashMap::new();
    for found in uploads.get_all(keys).await? {
        if let Record::Live(upload) = record(&found)? {
            by_key.insert(text_of(&found, "key")?.to_owned(), *upload);
        }
    }
    entries
        .iter()
        .map(|entry| Ok(by_key.remove(text_of(entry, "key")?)))
        .filter_map(Result::transpose)
        .collect()
}

/// The owner's records that changed after `after`; reads at most `most` of them.
pub(crate) async fn changed(
    uploads: &Items,
    (tenant, user): (&TenantId, &UserId),
    status: Option<Status>,
    after: Option<ChangePlace>,
    most: usize,
    now: Timestamp,
) -> Result<Changes, PortError> {
    let settled = Timestamp::from_millisecond(now.as_millisecond().saturating_sub(SETTLED_MS));
    let end = period(settled.unwrap_or(now)) << UPLOAD_BITS;
    let first = after.map_or(0, |place| place.0.saturating_add(1));
    let nothing = Changes { uploads: Vec::new(), next: after.unwrap_or(ChangePlace(0)), more: false };
    let Some(last) = end.checked_sub(1).filter(|last| first <= *last) else { return Ok(nothing) };
    let condition = Condition::new("#owner = :owner AND #change BETWEEN :first AND :last")
        .with(":owner", text(owner(tenant, user)))
        .with(":first", number(first))
        .with(":last", number(last));
    let range = Range { index: Some(CHANGES), condition, most: page_size(most)?, ..Range::default() };
    let (entries, more) = uploads.query(range).await?;
    let Some(newest) = entries.last() else { return Ok(nothing) };
    let next = ChangePlace(number_of(newest, "change")?);
    let mut changed = records(uploads, &entries).await?;
    changed.retain(|upload| status.is_none_or(|status| upload.status == status));
    Ok(Changes { uploads: changed, next, more })
}

/// Records that are due by `now`, after `after`: the earliest among the first of each shard.
pub(crate) async fn due(
    uploads: &Items,
    now: Timestamp,
    after: Option<DuePlace>,
    most: usize,
) -> Result<Vec<Upload>, PortError> {
    let most = page_size(most)?;
    let after = after.map_or(String::new(), |place| due_text(&place));
    // '$' sorts after '#', and so after every place of this moment.
    let last = format!("{}$", ordered(now));
    let mut entries = Vec::new();
    for number in 0..SHARDS {
        let condition = Condition::new("#shard = :shard AND #due BETWEEN :after AND :last")
            .with(":shard", text(shard(number)))
            // '!' makes the range begin after the place itself.
            .with(":after", text(format!("{after}!")))
            .with(":last", text(&last));
        if format!("{after}!") > last {
            break;
        }
        let range = Range { index: Some(DUE), condition, most, ..Range::default() };
        entries.extend(uploads.query(range).await?.0);
    }
    entries.sort_by(|one, other| text_of(one, "due").unwrap_or("").cmp(text_of(other, "due").unwrap_or("")));
    entries.truncate(most);
    let mut due = records(uploads, &entries).await?;
    // An index entry may be older than its record.
    due.retain(|upload| upload.due_at().is_some_and(|at| at <= now));
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture::{later, now, stored, upload_id};
    use std::time::Duration;

    #[test]
    fn a_place_moves_with_its_period_only() {
        let at = |ms: u64| change(upload_id(7), now() + Duration::from_millis(ms));
        assert_eq!(at(0), at(3999));
        assert!(at(4000) > at(0));
        assert!(
            change(upload_id(u128::MAX), now()) < at(4000),
            "another upload's place of an earlier period"
        );
    }

    #[test]
    fn closed_uploads_are_not_in_the_due_index() {
        assert!(places(&stored(), now()).contains_key("due"));
        let closed = domain::fixture::closed(domain::status::EndState::Complete);
        assert!(!places(&closed, now()).contains_key("due"));
    }

    #[test]
    fn due_places_sort_by_time() {
        let place = |seconds: u64, tenant: &str, number: u128| DuePlace {
            due_at: later(seconds),
            tenant_id: TenantId::parse(tenant).unwrap(),
            upload_id: upload_id(number),
        };
        let places =
            [place(1, "b", 1), place(2, "a", 9), place(2, "a-b", 3), place(2, "b", 1), place(2, "b", 2)];
        assert!(places.is_sorted());
        assert!(places.map(|place| due_text(&place)).is_sorted());
    }
}
