//! Upload records and the gallery rows that they write.

use crate::account::{Account, Winder};
use aws::{Gallery, Uploads};
use domain::contract;
use std::sync::Arc;

struct Fresh {
    uploads: Uploads,
    gallery: Gallery,
    time: Arc<Winder>,
}

async fn fresh() -> Fresh {
    let account = Account::with_tables().await;
    let time = Arc::new(Winder::default());
    Fresh {
        uploads: Uploads::new(&account.clients, &account.resources, time.clone()),
        gallery: Gallery::new(&account.clients, &account.resources),
        time,
    }
}

#[tokio::test]
async fn reads_back_what_was_written() {
    contract::uploads::reads_back_what_was_written(&fresh().await.uploads).await;
}

#[tokio::test]
async fn the_newest_version_wins() {
    contract::uploads::the_newest_version_wins(&fresh().await.uploads).await;
}

#[tokio::test]
async fn content_is_reserved_once() {
    contract::uploads::content_is_reserved_once(&fresh().await.uploads).await;
}

#[tokio::test]
async fn a_freed_reservation_moves() {
    contract::uploads::a_freed_reservation_moves(&fresh().await.uploads).await;
}

#[tokio::test]
async fn a_closing_writes_its_gallery_row() {
    let Fresh { uploads, gallery, .. } = fresh().await;
    contract::uploads::a_closing_writes_its_gallery_row(&uploads, &gallery).await;
}

#[tokio::test]
async fn nothing_erased_comes_back() {
    let Fresh { uploads, gallery, .. } = fresh().await;
    contract::uploads::nothing_erased_comes_back(&uploads, &gallery).await;
}

#[tokio::test]
async fn a_tombstone_needs_no_record() {
    contract::uploads::a_tombstone_needs_no_record(&fresh().await.uploads).await;
}

#[tokio::test]
async fn records_stay_small() {
    contract::uploads::records_stay_small(&fresh().await.uploads).await;
}

#[tokio::test]
async fn changes_are_told() {
    let Fresh { uploads, time, .. } = fresh().await;
    contract::uploads::changes_are_told(&uploads, &*time).await;
}

#[tokio::test]
async fn usage_follows_the_uploads() {
    let Fresh { uploads, time, .. } = fresh().await;
    contract::uploads::usage_follows_the_uploads(&uploads, &*time).await;
}

#[tokio::test]
async fn changes_are_the_owners_own() {
    let Fresh { uploads, time, .. } = fresh().await;
    contract::uploads::changes_are_the_owners_own(&uploads, &*time).await;
}

#[tokio::test]
async fn what_is_due_is_listed() {
    let Fresh { uploads, time, .. } = fresh().await;
    contract::uploads::what_is_due_is_listed(&uploads, &*time).await;
}

#[tokio::test]
async fn pages_are_newest_first() {
    let Fresh { uploads, gallery, .. } = fresh().await;
    contract::gallery::pages_are_newest_first(&uploads, &gallery).await;
}

#[tokio::test]
async fn filters_and_owners() {
    let Fresh { uploads, gallery, .. } = fresh().await;
    contract::gallery::filters_and_owners(&uploads, &gallery).await;
}

#[tokio::test]
async fn an_upload_has_one_row() {
    let Fresh { uploads, gallery, .. } = fresh().await;
    contract::gallery::an_upload_has_one_row(&uploads, &gallery).await;
}
