//! kill -9 of a process that sends, claims, acknowledges, puts, deletes and records: nothing acknowledged is lost.

use crate::child::{Worker, rounds};
use crate::store_model::Said;
use domain::Bucket;
use domain::ports::Objects as _;
use embedded::{Objects, Options, Store};
use std::time::Duration;

/// The longest that a process lives, from its start or from the opening of its store.
const MAX_LIFE_MS: u64 = 120;

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let mut operations = 0;
    for seed in 0..rounds(20) {
        // Said before every round: it stands last in the output of a failed test.
        println!("seed {seed}, {operations} operations so far");
        let mut dice = fastrand::Rng::with_seed(seed);
        let life = Duration::from_millis(dice.u64(1..MAX_LIFE_MS));
        let worker = Worker::start("store", root.path(), seed);
        // One in four may die while its store opens, the others while they work.
        let worker = if dice.u8(0..4) == 0 { worker } else { worker.once_open() };
        let lines = worker.kill_after(life);
        let said = Said::read(&lines);
        operations += said.operations();
        let store = Store::open(root.path(), Options::default()).unwrap();
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new(), "the database is damaged");
        said.check_messages(&store).await;
        said.check_objects(&store).await;
        said.check_records(&store).await;
        // The next round begins with the database as it is, and without this one's objects.
        let objects = Objects::new(&store, "http://127.0.0.1:8080");
        for prefix in ["user-uploads/", "generated-images/"] {
            objects.delete_prefix(Bucket::Media, prefix).await.unwrap();
        }
    }
    assert!(operations > 0, "every process died before it did anything");
}
