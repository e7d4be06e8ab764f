//! The contract of [`crate::ports::Uploads`].

use super::Elapse;
use crate::due::GRACE;
use crate::file_name::{FileName, MAX_FILE_NAME_BYTES};
use crate::fixture::{self, later, now, owner, upload_id};
use crate::gallery_row::GalleryRow;
use crate::outcome::Code;
use crate::owner::{TenantId, UserId};
use crate::ports::gallery::GalleryPlace;
use crate::ports::uploads::{ChangePlace, Created, GalleryWrite, MAX_RECORD_BYTES};
use crate::ports::{Gallery, PortErrorKind, Uploads};
use crate::record::{Record, Tombstone};
use crate::status::{EndState, Status};
use crate::upload::Upload;
use crate::upload_id::UploadId;
use std::time::Duration;

async fn create(uploads: &dyn Uploads, upload: Upload) -> Upload {
    match uploads.create(upload).await.expect("creating works") {
        Created::New(upload) => upload,
        Created::Duplicate(upload) => panic!("{} holds this content", upload.upload_id),
    }
}

async fn save(uploads: &dyn Uploads, upload: Upload) -> Upload {
    uploads.save(upload, GalleryWrite::Keep).await.expect("saving works")
}

async fn live(uploads: &dyn Uploads, upload: &Upload) -> Upload {
    let record = uploads.get(&upload.tenant_id, upload.upload_id).await.expect("reading works");
    record.and_then(Record::live).expect("the upload is there")
}

fn tombstone(upload: &Upload) -> Tombstone {
    Tombstone { tenant_id: upload.tenant_id.clone(), upload_id: upload.upload_id, erased_at: later(9) }
}

/// A record is read back, by its own tenant only.
pub async fn reads_back_what_was_written(uploads: &dyn Uploads) {
    let created = create(uploads, fixture::awaiting()).await;
    assert_eq!(live(uploads, &created).await, created);
    let stranger = TenantId::parse("stranger").expect("a legal id");
    assert_eq!(uploads.get(&stranger, created.upload_id).await.expect("reading works"), None);
    let again = uploads.create(fixture::awaiting_of(7, b"another")).await.expect_err("the id is taken");
    assert_eq!(again.kind, PortErrorKind::Conflict);
}

/// A save that does not know the newest version is refused and changes nothing.
pub async fn the_newest_version_wins(uploads: &dyn Uploads) {
    let first = create(uploads, fixture::awaiting()).await;
    let newest = save(uploads, fixture::stored_from(first.clone())).await;
    assert!(newest.version > first.version);
    let mut stale = first;
    stale.expire(now());
    let refused = uploads.save(stale, GalleryWrite::Keep).await.expect_err("a stale version");
    assert_eq!(refused.kind, PortErrorKind::Conflict);
    assert_eq!(live(uploads, &newest).await, newest);
}

/// The same content of the same owner is one upload, until the holder fails, expires or is erased.
pub async fn content_is_reserved_once(uploads: &dyn Uploads) {
    let same = |number: u128| fixture::awaiting_of(number, b"same");
    let holder = create(uploads, same(1)).await;
    let Created::Duplicate(found) = uploads.create(same(2)).await.expect("creating works") else {
        panic!("two uploads hold one content")
    };
    assert_eq!(found, holder);
    assert_eq!(uploads.get(&holder.tenant_id, upload_id(2)).await.expect("reading works"), None);
    let elsewhere = Upload { tenant_id: TenantId::parse("zoo").expect("a legal id"), ..same(3) };
    create(uploads, elsewhere).await;

    let mut expired = holder;
    assert!(expired.expire(now()));
    save(uploads, expired).await;
    let mut failed = create(uploads, same(4)).await;
    assert!(failed.refuse(Code::no_answer(), now()));
    save(uploads, failed).await;
    let erased = create(uploads, same(5)).await;
    uploads.erase(tombstone(&erased)).await.expect("erasing works");
    create(uploads, same(6)).await;
}

/// An expired upload whose content meanwhile belongs to another keeps its own record.
pub async fn a_freed_reservation_moves(uploads: &dyn Uploads) {
    let mut expired = create(uploads, fixture::awaiting_of(1, b"same")).await;
    expired.expire(now());
    let expired = save(uploads, expired).await;
    let holder = create(uploads, fixture::awaiting_of(2, b"same")).await;
    save(uploads, fixture::stored_from(expired)).await;
    let Created::Duplicate(found) =
        uploads.create(fixture::awaiting_of(3, b"same")).await.expect("creating works")
    else {
        panic!("the content is held")
    };
    assert_eq!(found.upload_id, holder.upload_id);
}

/// A closing and its gallery row are one write; a refused save leaves the row alone.
pub async fn a_closing_writes_its_gallery_row(uploads: &dyn Uploads, gallery: &dyn Gallery) {
    let stored = save(uploads, fixture::stored_from(create(uploads, fixture::awaiting()).await)).await;
    let closed = fixture::closed_from(stored.clone(), EndState::Complete);
    let row = GalleryRow::of(&closed, EndState::Complete);
    let place = GalleryPlace { created_at: row.created_at, upload_id: row.upload_id };
    let (tenant, user) = owner();
    uploads.save(closed, GalleryWrite::Put(Box::new(row.clone()))).await.expect("saving works");
    assert_eq!(gallery.row(&tenant, &user, place).await.expect("reading works"), Some(row.clone()));
    let late = fixture::closed_from(stored, EndState::Failed);
    let worse = GalleryRow { state: EndState::Failed, ..row.clone() };
    assert!(uploads.save(late, GalleryWrite::Put(Box::new(worse))).await.is_err());
    assert_eq!(gallery.row(&tenant, &user, place).await.expect("reading works"), Some(row));
}

/// An erased upload leaves a tombstone; no save and no creation brings it back.
pub async fn nothing_erased_comes_back(uploads: &dyn Uploads, gallery: &dyn Gallery) {
    let stored = save(uploads, fixture::stored_from(create(uploads, fixture::awaiting()).await)).await;
    let closed = fixture::closed_from(stored, EndState::Complete);
    let row = GalleryRow::of(&closed, EndState::Complete);
    let place = GalleryPlace { created_at: row.created_at, upload_id: row.upload_id };
    let closed = uploads.save(closed, GalleryWrite::Put(Box::new(row.clone()))).await.expect("saving works");
    let erased = uploads.erase(tombstone(&closed)).await.expect("erasing works");
    assert_eq!(erased.as_ref(), Some(&closed));
    let (tenant, user) = owner();
    let found = uploads.get(&tenant, closed.upload_id).await.expect("reading works");
    assert_eq!(found, Some(Record::Erased(tombstone(&closed))));
    assert_eq!(gallery.row(&tenant, &user, place).await.expect("reading works"), None);
    assert_eq!(uploads.erase(tombstone(&closed)).await.expect("erasing twice works"), None);
    let late =
        uploads.save(closed.clone(), GalleryWrite::Put(Box::new(row))).await.expect_err("it is erased");
    assert_eq!(late.kind, PortErrorKind::Conflict);
    assert_eq!(gallery.row(&tenant, &user, place).await.expect("reading works"), None);
    let anew = uploads.create(Upload { version: 0, ..closed }).await.expect_err("the id has a tombstone");
    assert_eq!(anew.kind, PortErrorKind::Conflict);
}

/// An erasure of what has no record yet leaves a tombstone all the same.
pub async fn a_tombstone_needs_no_record(uploads: &dyn Uploads) {
    let upload = fixture::awaiting();
    assert_eq!(uploads.erase(tombstone(&upload)).await.expect("erasing works"), None);
    assert!(uploads.create(upload).await.is_err());
}

/// A record over the limit is refused; the largest legal attempt is far below it, also with the longest file name.
pub async fn records_stay_small(uploads: &dyn Uploads) {
    let mut awaiting = fixture::awaiting();
    let longest = FileName::of(&"\"".repeat(MAX_FILE_NAME_BYTES));
    awaiting.declared.iter_mut().for_each(|declared| declared.filename.clone_from(&longest));
    let full = fixture::closed_from(
        save(uploads, fixture::stored_from(create(uploads, awaiting).await)).await,
        EndState::Complete,
    );
    let full = save(uploads, full).await;
    assert_eq!(full.status, Status::Complete);
    let bloated = Upload { traceparent: Some("x".repeat(MAX_RECORD_BYTES)), ..full.clone() };
    let refused = uploads.save(bloated, GalleryWrite::Keep).await.expect_err("over the limit");
    assert_eq!(refused.kind, PortErrorKind::Denied);
    assert_eq!(live(uploads, &full).await, full);
}

/// How often a listing that may be late is read again before it counts as wrong, and how long each time.
const MAX_READS: usize = 20;
const BETWEEN_READS: Duration = Duration::from_millis(500);

/// Reads until every one of `wanted` was listed; returns the last place and all uploads listed.
async fn told(
    uploads: &dyn Uploads,
    time: &dyn Elapse,
    after: Option<ChangePlace>,
    wanted: &[UploadId],
) -> (ChangePlace, Vec<Upload>) {
    let (tenant, user) = owner();
    let (mut place, mut seen) = (after, Vec::<Upload>::new());
    for _ in 0..MAX_READS {
        let page = uploads.changed(&tenant, &user, None, place, 2).await.expect("reading works");
        assert!(page.uploads.len() <= 2);
        assert!(place <= Some(page.next), "places grow");
        place = Some(page.next);
        seen.extend(page.uploads);
        if wanted.iter().all(|id| seen.iter().any(|upload| upload.upload_id == *id)) {
            return (page.next, seen);
        }
        if !page.more {
            time.elapse(BETWEEN_READS).await;
        }
    }
    panic!("not told: {wanted:?} beside {seen:?}")
}

/// Every upload is listed, page by page; later changes are listed after the place, as they are then.
pub async fn changes_are_told(uploads: &dyn Uploads, time: &dyn Elapse) {
    let mut ids = Vec::new();
    for number in 1..=5 {
        ids.push(create(uploads, fixture::awaiting_of(number, &number.to_be_bytes())).await.upload_id);
    }
    let (place, _) = told(uploads, time, None, &ids).await;
    let second = uploads.get(&owner().0, ids[1]).await.expect("reading works");
    let stored =
        save(uploads, fixture::stored_from(second.and_then(Record::live).expect("it is there"))).await;
    let (_, seen) = told(uploads, time, Some(place), &[stored.upload_id]).await;
    assert_eq!(seen.last(), Some(&stored));
}

/// A filter lists one status; another user sees nothing; erased uploads are not listed.
pub async fn changes_are_the_owners_own(uploads: &dyn Uploads, time: &dyn Elapse) {
    let awaiting = create(uploads, fixture::awaiting_of(1, b"one")).await;
    let stored =
        save(uploads, fixture::stored_from(create(uploads, fixture::awaiting_of(2, b"two")).await)).await;
    let erased = create(uploads, fixture::awaiting_of(3, b"three")).await;
    uploads.erase(tombstone(&erased)).await.expect("erasing works");
    let (_, seen) = told(uploads, time, None, &[awaiting.upload_id, stored.upload_id]).await;
    assert!(seen.iter().all(|upload| upload.upload_id != erased.upload_id));
    let (tenant, user) = owner();
    let page = uploads.changed(&tenant, &user, Some(Status::Stored), None, 10).await.expect("reading works");
    assert_eq!(page.uploads, [stored]);
    let stranger = TenantId::parse("stranger").expect("a legal id");
    for (tenant, user) in [(&stranger, &user), (&tenant, &UserId::parse("eve").expect("a legal id"))] {
        let page = uploads.changed(tenant, user, None, None, 10).await.expect("reading works");
        assert_eq!(page.uploads, []);
    }
}

/// Uploads are listed once they are due, earliest first, until they are maintained.
pub async fn what_is_due_is_listed(uploads: &dyn Uploads, time: &dyn Elapse) {
    let late =
        create(uploads, Upload { url_expires_at: Some(later(2000)), ..fixture::awaiting_of(1, b"late") })
            .await;
    let early = create(uploads, fixture::awaiting_of(2, b"early")).await;
    let closed = fixture::stored_from(create(uploads, fixture::awaiting_of(3, b"closed")).await);
    save(uploads, fixture::closed_from(closed, EndState::Complete)).await;
    let list = async |at, wanted: &[&Upload]| {
        let ids: Vec<UploadId> = wanted.iter().map(|upload| upload.upload_id).collect();
        for _ in 0..MAX_READS {
            let mut seen = Vec::new();
            let mut after = None;
            while let Some(upload) = uploads.due(at, after, 1).await.expect("reading works").pop() {
                after = upload.due_place();
                seen.push(upload.upload_id);
            }
            if seen == ids {
                return;
            }
            time.elapse(BETWEEN_READS).await;
        }
        panic!("{ids:?} are due and were not listed")
    };
    let due = later(900) + GRACE;
    list(due - Duration::from_secs(1), &[]).await;
    list(due, &[&early]).await;
    list(due + Duration::from_secs(5000), &[&early, &late]).await;
    let mut expired = early;
    expired.expire(due);
    save(uploads, expired).await;
    list(due + Duration::from_secs(5000), &[&late]).await;
    uploads.erase(tombstone(&late)).await.expect("erasing works");
    list(due + Duration::from_secs(5000), &[]).await;
}
