//! Every contract suite on the embedded backend.

mod queue;

use async_trait::async_trait;
use domain::contract::orchestrator::Runtime;
use domain::contract::{self, Elapse};
use domain::fixture;
use domain::ports::throttle::ThrottleKey;
use domain::ports::{Clock, Throttle as _};
use embedded::{
    DeadLetters, Enrolments, Events, Faces, Gallery, ManualClock, Objects, Options, Orchestrator, Policy,
    Queue, Secrets, Sessions, Store, Throttle, Uploads, Users,
};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A store of a test's own, whose time stands still.
struct Fresh {
    store: Store,
    clock: Winder,
    _root: TempDir,
}

struct Winder(Arc<ManualClock>);

#[async_trait]
impl Elapse for Winder {
    async fn elapse(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

impl Fresh {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let options = Options { clock: Some(clock.clone() as Arc<dyn Clock>), ..Options::default() };
        Fresh {
            store: Store::open(root.path(), options).expect("a fresh directory opens"),
            clock: Winder(clock),
            _root: root,
        }
    }

    fn queue(&self) -> Queue {
        Queue::new(&self.store, Policy::default())
    }

    async fn runtime(&self) -> (Orchestrator, Queue) {
        (Orchestrator::open(&self.store).await.expect("the pipeline loads"), self.queue())
    }

    fn objects(&self) -> Objects {
        Objects::new(&self.store, "http://127.0.0.1:8080")
    }

    fn uploads(&self) -> (Uploads, Gallery) {
        (Uploads::new(&self.store), Gallery::new(&self.store))
    }
}

#[tokio::test]
async fn uploads_reads_back_what_was_written() {
    contract::uploads::reads_back_what_was_written(&Fresh::new().uploads().0).await;
}

#[tokio::test]
async fn uploads_the_newest_version_wins() {
    contract::uploads::the_newest_version_wins(&Fresh::new().uploads().0).await;
}

#[tokio::test]
async fn uploads_content_is_reserved_once() {
    contract::uploads::content_is_reserved_once(&Fresh::new().uploads().0).await;
}

#[tokio::test]
async fn uploads_a_freed_reservation_moves() {
    contract::uploads::a_freed_reservation_moves(&Fresh::new().uploads().0).await;
}

#[tokio::test]
async fn uploads_a_closing_writes_its_gallery_row() {
    let fresh = Fresh::new();
    let (uploads, gallery) = fresh.uploads();
    contract::uploads::a_closing_writes_its_gallery_row(&uploads, &gallery).await;
}

#[tokio::test]
async fn uploads_nothing_erased_comes_back() {
    let fresh = Fresh::new();
    let (uploads, gallery) = fresh.uploads();
    contract::uploads::nothing_erased_comes_back(&uploads, &gallery).await;
}

#[tokio::test]
async fn uploads_a_tombstone_needs_no_record() {
    contract::uploads::a_tombstone_needs_no_record(&Fresh::new().uploads().0).await;
}

#[tokio::test]
async fn uploads_changes_are_told() {
    let fresh = Fresh::new();
    contract::uploads::changes_are_told(&fresh.uploads().0, &fresh.clock).await;
}

#[tokio::test]
async fn uploads_usage_follows_the_uploads() {
    let fresh = Fresh::new();
    contract::uploads::usage_follows_the_uploads(&fresh.uploads().0, &fresh.clock).await;
}

#[tokio::test]
async fn uploads_changes_are_the_owners_own() {
    let fresh = Fresh::new();
    contract::uploads::changes_are_the_owners_own(&fresh.uploads().0, &fresh.clock).await;
}

#[tokio::test]
async fn uploads_what_is_due_is_listed() {
    let fresh = Fresh::new();
    contract::uploads::what_is_due_is_listed(&fresh.uploads().0, &fresh.clock).await;
}

#[tokio::test]
async fn uploads_records_stay_small() {
    contract::uploads::records_stay_small(&Fresh::new().uploads().0).await;
}

#[tokio::test]
async fn gallery_pages_are_newest_first() {
    let fresh = Fresh::new();
    let (uploads, gallery) = fresh.uploads();
    contract::gallery::pages_are_newest_first(&uploads, &gallery).await;
}

#[tokio::test]
async fn gallery_filters_and_owners() {
    let fresh = Fresh::new();
    let (uploads, gallery) = fresh.uploads();
    contract::gallery::filters_and_owners(&uploads, &gallery).await;
}

#[tokio::test]
async fn gallery_an_upload_has_one_row() {
    let fresh = Fresh::new();
    let (uploads, gallery) = fresh.uploads();
    contract::gallery::an_upload_has_one_row(&uploads, &gallery).await;
}

#[tokio::test]
async fn faces() {
    contract::faces::keeps_faces_by_attempt(&Faces::new(&Fresh::new().store)).await;
    contract::faces::deletes_every_attempt(&Faces::new(&Fresh::new().store)).await;
    contract::faces::refuses_too_many(&Faces::new(&Fresh::new().store)).await;
}

#[tokio::test]
async fn dead_letters() {
    contract::dead_letters::lists_newest_first(&DeadLetters::new(&Fresh::new().store)).await;
    contract::dead_letters::repeats_do_no_harm(&DeadLetters::new(&Fresh::new().store)).await;
    contract::dead_letters::deletes_those_of_an_upload(&DeadLetters::new(&Fresh::new().store)).await;
}

#[tokio::test]
async fn enrolments() {
    contract::enrolments::an_address_is_enrolled_once(&Enrolments::new(&Fresh::new().store)).await;
    contract::enrolments::an_owner_finds_theirs(&Enrolments::new(&Fresh::new().store)).await;
    contract::enrolments::unused_ones_are_listed(&Enrolments::new(&Fresh::new().store)).await;
}

#[tokio::test]
async fn users() {
    contract::users::users_belong_to_a_tenant(&Users::new(&Fresh::new().store)).await;
    contract::users::an_address_has_one_owner(&Users::new(&Fresh::new().store)).await;
    contract::users::the_newest_version_is_saved(&Users::new(&Fresh::new().store)).await;
    contract::users::an_erased_user_does_not_come_back(&Users::new(&Fresh::new().store)).await;
    contract::users::a_tenant_is_founded_once(&Users::new(&Fresh::new().store)).await;
    contract::users::pages_go_through_a_tenant(&Users::new(&Fresh::new().store)).await;
}

#[tokio::test]
async fn secrets() {
    contract::secrets::seeds_stay_what_they_are(&Secrets::new(&Fresh::new().store)).await;
}

#[tokio::test]
async fn sessions() {
    contract::sessions::what_expired_is_not_there(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::a_beginning_is_whole(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::a_token_is_spent_once(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::a_sealed_successor_is_forgotten(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::kinds_read_back(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::an_ended_session_stays_ended(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::a_user_has_their_sessions_listed(&Sessions::new(&Fresh::new().store)).await;
    contract::sessions::all_of_a_user_end(&Sessions::new(&Fresh::new().store)).await;
}

#[tokio::test]
async fn throttle() {
    contract::throttle::delays_grow(&Throttle::new(&Fresh::new().store)).await;
    contract::throttle::forgiving_begins_anew(&Throttle::new(&Fresh::new().store)).await;
    contract::throttle::counts_are_read(&Throttle::new(&Fresh::new().store)).await;
    let fresh = Fresh::new();
    let throttle = Throttle::new(&fresh.store);
    let tries: Vec<_> = (0..40)
        .map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move {
                let (key, rule) = (ThrottleKey::of(&["a"]), contract::throttle::many_at_once_rule());
                throttle.take(key, &rule, fixture::now()).await.unwrap().is_ok()
            })
        })
        .collect();
    let mut passed = 0;
    for one in tries {
        passed += usize::from(one.await.unwrap());
    }
    contract::throttle::many_at_once_pass_by_the_rule(passed);
}

#[tokio::test]
async fn events_come_once_in_the_table() {
    let fresh = Fresh::new();
    let events = Events::new(&fresh.store);
    contract::events::publishes_at_least_once(&events).await;
    assert_eq!(events.newest(10).await.unwrap(), [contract::events::sample()]);
}

#[tokio::test]
async fn objects_reads_back_what_was_put() {
    contract::objects::reads_back_what_was_put(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_streams_in_pieces() {
    contract::objects::streams_in_pieces(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_an_empty_object_reads_back() {
    contract::objects::an_empty_object_reads_back(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_a_spool_is_put_by_the_rules() {
    contract::objects::a_spool_is_put_by_the_rules(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_a_key_is_written_once() {
    contract::objects::a_key_is_written_once(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_deleting_frees_the_key() {
    contract::objects::deleting_frees_the_key(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_strange_keys_are_just_keys() {
    contract::objects::strange_keys_are_just_keys(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_lists_by_prefix() {
    contract::objects::lists_by_prefix(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_deletes_by_prefix() {
    contract::objects::deletes_by_prefix(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_refuses_odd_metadata() {
    contract::objects::refuses_odd_metadata(&Fresh::new().objects()).await;
}

#[tokio::test]
async fn objects_an_upload_raises_its_event() {
    let fresh = Fresh::new();
    contract::objects::an_upload_raises_its_event(&fresh.objects(), &fresh.queue()).await;
}

#[tokio::test]
async fn objects_links_are_absolute() {
    contract::objects::links_are_absolute(&Fresh::new().objects()).await;
}

fn runtime((orchestrator, queue): &(Orchestrator, Queue)) -> Runtime<'_> {
    Runtime { orchestrator, queue }
}

#[tokio::test]
async fn orchestrator_runs_every_stage() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::runs_every_stage(runtime(&ports)).await;
}

#[tokio::test]
async fn orchestrator_a_failed_stage_goes_to_the_closing_one() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::a_failed_stage_goes_to_the_closing_one(runtime(&ports)).await;
}

#[tokio::test]
async fn orchestrator_branches_fail_alone() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::branches_fail_alone(runtime(&ports)).await;
}

#[tokio::test]
async fn orchestrator_a_failed_closing_is_told() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::a_failed_closing_is_told(runtime(&ports)).await;
}

#[tokio::test]
async fn orchestrator_starting_again_is_harmless() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::starting_again_is_harmless(runtime(&ports)).await;
}

#[tokio::test]
async fn orchestrator_stopping_kills_the_tokens() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::stopping_kills_the_tokens(runtime(&ports)).await;
}

#[tokio::test]
async fn orchestrator_garbage_is_no_token() {
    let fresh = Fresh::new();
    let ports = fresh.runtime().await;
    contract::orchestrator::garbage_is_no_token(runtime(&ports)).await;
}
