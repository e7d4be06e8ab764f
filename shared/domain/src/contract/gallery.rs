//! The contract of [`crate::ports::Gallery`]. Rows are written through [`crate::ports::Uploads`].

use crate::emotion::Emotion;
use crate::fixture::{self, later, owner};
use crate::gallery_row::GalleryRow;
use crate::owner::TenantId;
use crate::ports::gallery::{GalleryFilter, GalleryPage, GalleryPlace};
use crate::ports::uploads::{Created, GalleryWrite};
use crate::ports::{Gallery, Uploads};
use crate::status::EndState;
use crate::upload::Upload;

async fn fill(uploads: &dyn Uploads, number: u128, created_after_s: u64, end: EndState) -> GalleryRow {
    let awaiting = fixture::awaiting_of(number, &number.to_be_bytes());
    let awaiting = Upload { created_at: later(created_after_s), ..awaiting };
    let Created::New(upload) = uploads.create(awaiting).await.expect("creating works") else {
        panic!("a duplicate")
    };
    let closed = fixture::closed_from(fixture::stored_from(upload), end);
    let row = GalleryRow::of(&closed, end);
    uploads.save(closed, GalleryWrite::Put(Box::new(row.clone()))).await.expect("saving works");
    row
}

async fn page(
    gallery: &dyn Gallery,
    filter: &GalleryFilter,
    after: Option<GalleryPlace>,
    most: usize,
) -> GalleryPage {
    let (tenant, user) = owner();
    gallery.page(&tenant, &user, filter, after, most).await.expect("reading works")
}

/// Every row, newest first, page by page; rows of the same moment by id.
pub async fn pages_are_newest_first(uploads: &dyn Uploads, gallery: &dyn Gallery) {
    let mut rows = Vec::new();
    for (number, seconds) in [(3, 10), (1, 20), (2, 20), (5, 30), (4, 5)] {
        rows.push(fill(uploads, number, seconds, EndState::Complete).await);
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.upload_id)));
    for most in [1, 2, 5, 100] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = page(gallery, &GalleryFilter::default(), after, most).await;
            assert!(page.rows.len() <= most);
            seen.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, rows, "pages of {most}");
    }
}

/// Filters by emotion, state and time; owners see only their own rows.
pub async fn filters_and_owners(uploads: &dyn Uploads, gallery: &dyn Gallery) {
    let complete = fill(uploads, 1, 10, EndState::Complete).await;
    let faceless = fill(uploads, 2, 20, EndState::NoFace).await;
    let ids = |rows: &[GalleryRow]| rows.iter().map(|row| row.upload_id).collect::<Vec<_>>();
    let rows = |filter: GalleryFilter| async move { ids(&page(gallery, &filter, None, 10).await.rows) };
    let (complete, faceless) = (complete.upload_id, faceless.upload_id);
    let all = GalleryFilter::default;
    assert_eq!(rows(GalleryFilter { state: Some(EndState::NoFace), ..all() }).await, [faceless]);
    assert_eq!(rows(GalleryFilter { emotion: Some(Emotion::Happy), ..all() }).await, [complete]);
    assert_eq!(rows(GalleryFilter { emotion: Some(Emotion::Sad), ..all() }).await, []);
    assert_eq!(rows(GalleryFilter { from: Some(later(20)), ..all() }).await, [faceless]);
    assert_eq!(rows(GalleryFilter { to: Some(later(20)), ..all() }).await, [complete]);
    let stranger = TenantId::parse("stranger").expect("a legal id");
    let theirs = gallery.page(&stranger, &owner().1, &all(), None, 10).await.expect("reading works");
    assert_eq!(theirs, GalleryPage::default());
}

/// A second row of an upload replaces the first.
pub async fn an_upload_has_one_row(uploads: &dyn Uploads, gallery: &dyn Gallery) {
    let row = fill(uploads, 1, 10, EndState::Partial).await;
    let found = uploads.get(&row.tenant_id, row.upload_id).await.expect("reading works");
    let upload = found.and_then(crate::Record::live).expect("the upload is there");
    let better = GalleryRow { state: EndState::Complete, attempt: 2, ..row };
    uploads.save(upload, GalleryWrite::Put(Box::new(better.clone()))).await.expect("saving works");
    assert_eq!(page(gallery, &GalleryFilter::default(), None, 10).await.rows, [better]);
}
