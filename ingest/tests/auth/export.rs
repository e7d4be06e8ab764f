//! Everything of a person as a ZIP archive.

use crate::server::{Reply, Server};
use bytes::Bytes;
use deadline::{LIMIT, within};
use domain::ports::objects::NewObject;
use domain::upload::StoredObject;
use domain::{Bucket, MediaType, ObjectKey, Ports, TenantId, Tombstone, Upload, UserId, fixture};
use futures_util::StreamExt;
use ingest::user_archive;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

const EXPORT: &str = "/api/v1/users/me/export";

fn tenant() -> TenantId {
    TenantId::parse("default").expect("an id")
}

fn id(reply: &Reply) -> UserId {
    UserId::parse(reply.body["user"]["id"].as_str().expect("an id")).expect("an id")
}

async fn put(ports: &Ports, key: &ObjectKey, bytes: Vec<u8>) {
    let object = NewObject {
        bytes: Bytes::from(bytes),
        content_type: "image/jpeg".into(),
        metadata: BTreeMap::default(),
    };
    ports.objects.put(Bucket::Media, key, object).await.expect("it is put");
}

/// A photo of a user with a picture of two attempts and a melody.
async fn photo(ports: &Ports, user: &UserId, number: u128, content: &[u8]) -> Upload {
    let upload =
        Upload { tenant_id: tenant(), user_id: user.clone(), ..fixture::awaiting_of(number, content) };
    let key = ObjectKey::upload(&tenant(), user, upload.upload_id);
    let mut upload = upload;
    let object = StoredObject {
        key: key.clone(),
        etag: "etag".into(),
        size: content.len() as u64,
        content_type: MediaType::Png,
    };
    upload.store(object, fixture::now());
    ports.uploads.create(upload.clone()).await.expect("it is created");
    put(ports, &key, content.to_vec()).await;
    for attempt in 1..=2 {
        let picture = ObjectKey::picture(&tenant(), upload.upload_id, attempt);
        put(ports, &picture, format!("picture {attempt} of {number}").into_bytes()).await;
    }
    put(ports, &ObjectKey::melody(&tenant(), upload.upload_id, 1), b"melody".to_vec()).await;
    put(ports, &ObjectKey::score(&tenant(), upload.upload_id, 1), b"score".to_vec()).await;
    upload
}

/// The files of an archive; sizes and checksums are verified.
fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let archive = rawzip::ZipArchive::from_slice(archive).expect("an archive");
    let mut entries = archive.entries();
    let mut files = BTreeMap::new();
    while let Some(record) = entries.next_entry().expect("a directory") {
        let path = record.file_path().try_normalize().expect("a path").as_ref().to_owned();
        let entry = archive.get_entry(record.wayfinder()).expect("an entry");
        let mut content = Vec::new();
        let mut reader = entry.verifying_reader(entry.data());
        std::io::copy(&mut reader, &mut content).expect("the content fits its checksum");
        assert_eq!(files.insert(path, content), None, "a name comes once");
    }
    files
}

#[tokio::test]
async fn a_person_gets_everything_of_theirs_and_nothing_else() {
    let server = Server::start().await;
    let (ana, bea) = (server.sign_up("ana@example.com").await, server.sign_up("bea@example.com").await);
    let ports = server.ports().await;
    let mut expected = BTreeMap::new();
    // More than a page of uploads, and one photo of many pieces.
    for number in 1..=103_u32 {
        let content = if number == 50 {
            (0..1_000_000_u32).map(|at| (at * 7) as u8).collect()
        } else {
            vec![1; number as usize]
        };
        let upload = photo(&ports, &id(&ana), number.into(), &content).await;
        expected.insert(upload.upload_id, content);
    }
    let gone = expected.keys().next().copied().expect("there are some");
    let tombstone = Tombstone { tenant_id: tenant(), upload_id: gone, erased_at: fixture::now() };
    ports.uploads.erase(tombstone).await.expect("it is erased");
    expected.remove(&gone);
    let of_bea = photo(&ports, &id(&bea), 1000, b"another person's").await;

    server.send("GET", EXPORT, &[], b"").await.expect(401, "missing_token");
    let answer = server.download(EXPORT, &ana.text("access_token")).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "application/zip");
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("content-disposition").starts_with("attachment"));
    let files = files(&within(LIMIT, "the archive", answer.bytes()).await.expect("it is whole"));

    for (upload, content) in &expected {
        let file = |name: &str| &files[&format!("uploads/{upload}/{name}")];
        assert_eq!(file("original.png"), content);
        let status: Value = serde_json::from_slice(file("status.json")).expect("JSON");
        assert_eq!(status["upload_id"], json!(upload));
        let number = upload.to_string();
        let number = u32::from_str_radix(&number[number.len() - 4..], 16).expect("a number");
        for attempt in 1..=2 {
            let picture = format!("picture {attempt} of {number}");
            assert_eq!(file(&format!("picture-{attempt}.jpg")), picture.as_bytes());
        }
        assert_eq!((&file("melody-1.mp3")[..], &file("melody-1.mid")[..]), (&b"melody"[..], &b"score"[..]));
    }
    assert_eq!(files.len(), expected.len() * 6 + 2, "and nothing else");
    for other in [gone, of_bea.upload_id] {
        assert!(files.keys().all(|name| !name.contains(&other.to_string())), "{other}");
    }
    let index: Value = serde_json::from_slice(&files["index.json"]).expect("JSON");
    assert_eq!(index["uploads"].as_array().map(Vec::len), Some(expected.len()));
    assert_eq!(index["uploads"][0]["filename"], "holiday.jpg");
    let account = String::from_utf8(files["account.json"].clone()).expect("text");
    assert!(account.contains("ana@example.com") && account.contains("began_at"), "{account}");
    for secret in ["argon2", "password_hash", "token", "bea@"] {
        assert!(!account.contains(secret), "{secret} in {account}");
    }
}

#[tokio::test]
async fn exports_are_bounded_and_end_with_their_reader() {
    let server = Server::start().await;
    let ana = server.sign_up("ana@example.com").await;
    let ports = server.ports().await;
    photo(&ports, &id(&ana), 1, &vec![7; 8 << 20]).await;
    let slow = server.download(EXPORT, &ana.text("access_token")).await;
    assert_eq!(slow.status(), 200);
    server.with("GET", EXPORT, &ana.text("access_token")).await.expect(503, "busy");
    let bea = server.sign_up("bea@example.com").await;
    assert_eq!(
        server.download(EXPORT, &bea.text("access_token")).await.status(),
        200,
        "it is a limit per user"
    );

    let user = ports.users.get(&tenant(), &id(&ana)).await.expect("readable").expect("the user");
    let (place, left) = oneshot::channel::<()>();
    let mut archive = user_archive::write(&ports, user, place);
    archive.next().await.expect("a piece").expect("a good one");
    drop(archive);
    within(LIMIT, "the end of the work", left).await.expect_err("the place is given back");
}

#[tokio::test]
async fn an_erased_persons_export_breaks_off() {
    let server = Server::start().await;
    let ana = server.sign_up("ana@example.com").await;
    let ports = server.ports().await;
    for number in 1..=101 {
        let content = format!("{number}");
        let upload = Upload {
            tenant_id: tenant(),
            user_id: id(&ana),
            ..fixture::awaiting_of(number, content.as_bytes())
        };
        ports.uploads.create(upload).await.expect("it is declared");
    }
    let user = ports.users.get(&tenant(), &id(&ana)).await.expect("readable").expect("the user");
    let mut archive = user_archive::write(&ports, user, ());
    archive.next().await.expect("a piece").expect("a good one");
    ports.users.erase(&tenant(), &id(&ana)).await.expect("it is erased");
    let rest: Vec<_> = archive.collect().await;
    assert!(rest.last().is_some_and(Result::is_err), "no archive that looks whole");
}

#[tokio::test]
async fn where_answers_are_small_the_answer_says_so() {
    let server = Server::start_with(|settings| settings.max_exports = 0).await;
    let ana = server.sign_up("ana@example.com").await;
    server.with("GET", EXPORT, &ana.text("access_token")).await.expect(501, "not_here");
}
