//! kill -9 while photos come in.

use crate::client::{Client, Tokens};
use crate::{photo, start};
use deadline::{LIMIT, within};
use domain::Bucket;
use domain::ports::Objects as _;
use domain::ports::objects::MAX_LISTED;
use embedded::{Objects, Options, Store};
use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::sync::watch;

const PHOTOS: usize = 50;
/// Photos that are sent at a time.
const SENDERS: usize = 8;
/// Requests that every photo takes at least: its declaration and its PUT.
const REQUESTS: usize = 2 * PHOTOS;

#[tokio::test]
async fn a_server_that_is_killed_twice_loses_and_doubles_nothing() {
    let seed = fastrand::u64(..);
    // Stands in the output of a failed test.
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let data = tempfile::tempdir().unwrap();
    let mut server = start(data.path());
    let (restarted, url) = watch::channel(server.url.clone());
    let (client, tokens) = Client::sign_up(url).await;

    let sender = &client;
    let sending = stream::iter(0..PHOTOS)
        .map(async |number| sender.upload(photo(number, 0)).await)
        .buffer_unordered(SENDERS)
        .collect::<BTreeSet<String>>();
    // Each death comes as a request is sent, any of them, with others under way.
    let deaths = [dice.usize(1..REQUESTS / 2), dice.usize(REQUESTS / 2..REQUESTS)];
    let killing = async {
        let mut sent = sender.sent.subscribe();
        for death in deaths {
            let reached = sent.wait_for(|sent| *sent >= death);
            within(LIMIT, &format!("request {death}"), reached).await.unwrap();
            // SIGKILL.
            drop(server);
            server = start(data.path());
            restarted.send(server.url.clone()).unwrap();
        }
        server
    };
    let (ids, server) = tokio::join!(sending, killing);
    assert_eq!(ids.len(), PHOTOS);

    for id in &ids {
        let status = client.finished(id).await;
        assert_eq!((&status["state"], &status["attempt"]), (&json!("complete"), &json!(1)), "{status}");
        let outcomes: Vec<&Value> =
            status["stages"].as_array().unwrap().iter().map(|stage| &stage["outcome"]).collect();
        assert!(
            outcomes.iter().all(|outcome| ["succeeded", "uncertain"].iter().any(|good| *outcome == good))
        );
    }
    assert_eq!(shown(&client).await, ids, "one gallery row each");
    still_admits(&client, &tokens).await;
    assert_eq!(server.stop(), Some(0));
    // A file without a row, of a put that a death cut short, is no object; a start an hour later takes it away.
    let store = Store::open(data.path(), Options::default()).unwrap();
    let objects = Objects::new(&store, "http://localhost");
    for (prefix, each) in
        [("user-uploads/", 1), ("previews/", 1), ("generated-images/", 1), ("generated-melodies/", 2)]
    {
        let listing = objects.list(Bucket::Media, prefix, None, MAX_LISTED).await.unwrap();
        assert_eq!(listing.objects.len(), PHOTOS * each, "{prefix}: one artefact for each stage");
    }
}

/// The uploads of the gallery. Errors: one is there twice.
async fn shown(client: &Client) -> BTreeSet<String> {
    let (_, page) = client.get("/gallery?limit=100").await;
    let rows: Vec<&str> =
        page["uploads"].as_array().unwrap().iter().map(|row| row["upload_id"].as_str().unwrap()).collect();
    let ids: BTreeSet<String> = rows.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(ids.len(), rows.len(), "an upload is shown twice");
    ids
}

/// Tokens that were issued before the first death admit after the last.
async fn still_admits(client: &Client, tokens: &Tokens) {
    let (status, me) = client.with_token(&tokens.access).get("/api/v1/auth/whoami").await;
    assert_eq!((status, &me["email"]), (StatusCode::OK, &json!("ana@example.com")));
    let (status, pair) = client.with_token(&tokens.refresh).post("/api/v1/token/refresh", &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{pair}");
}
