//! Objects.

use crate::account::{Account, Standing};
use crate::emulator;
use aws::{Clients, Connection, Objects, Queue, Resources, SystemClock};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use domain::contract::objects as suite;
use domain::fixture::{later, owner, upload_id};
use domain::ports::Objects as _;
use domain::ports::objects::PutGrant;
use domain::{Bucket, MediaType, ObjectKey, Sha256};
use std::sync::Arc;
use std::time::Duration;

fn objects(account: &Account) -> Objects {
    Objects::new(&account.clients, &account.resources, Arc::new(Standing))
}

#[tokio::test]
async fn reads_back_what_was_put() {
    suite::reads_back_what_was_put(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn streams_in_pieces() {
    suite::streams_in_pieces(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn an_empty_object_reads_back() {
    suite::an_empty_object_reads_back(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn a_spool_is_put_by_the_rules() {
    suite::a_spool_is_put_by_the_rules(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn a_key_is_written_once() {
    suite::a_key_is_written_once(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn deleting_frees_the_key() {
    suite::deleting_frees_the_key(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn strange_keys_are_just_keys() {
    suite::strange_keys_are_just_keys(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn lists_by_prefix() {
    suite::lists_by_prefix(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn deletes_by_prefix() {
    suite::deletes_by_prefix(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn refuses_odd_metadata() {
    suite::refuses_odd_metadata(&objects(&Account::with_buckets().await)).await;
}

#[tokio::test]
async fn an_upload_raises_its_event() {
    let account = Account::with_uploads().await;
    let queue = Queue::new(&account.clients, &account.resources);
    suite::an_upload_raises_its_event(&objects(&account), &queue).await;
}

#[tokio::test]
async fn links_are_absolute() {
    suite::links_are_absolute(&objects(&Account::with_buckets().await)).await;
}

/// A photo's upload and download by a plain HTTP client: what was signed works once, anything else does not.
#[tokio::test]
async fn a_signed_put_puts_exactly_what_was_granted() {
    let account = Account::with_buckets().await;
    let objects = Objects::new(&account.clients, &account.resources, Arc::new(SystemClock::default()));
    let (tenant, user) = owner();
    let grant = PutGrant {
        key: ObjectKey::upload(&tenant, &user, upload_id(1)),
        content_length: 5,
        content_type: MediaType::Jpeg,
        sha256: Sha256::of(b"photo"),
    };
    let signed = objects.sign_put(&grant, Duration::from_secs(900)).await.unwrap();
    let names: Vec<&str> = signed.headers.iter().map(|(name, _)| name.as_str()).collect();
    for (name, other) in [
        ("content-length", "4"),
        ("content-type", "text/html"),
        ("x-amz-checksum-sha256", &Sha256::of(b"other").to_base64()),
        ("if-none-match", "\"etag\""),
    ] {
        assert!(names.contains(&name), "{names:?}");
        let body = if name == "content-length" { &b"phot"[..] } else { b"photo" };
        let refused = put(&signed.url, &signed.headers, Some((name, other)), body).await;
        assert!(!refused.is_success(), "another {name}: {refused}");
    }
    assert!(put(&signed.url, &signed.headers, None, b"ph0to").await.is_client_error());
    assert_eq!(objects.head(Bucket::Media, &grant.key).await.unwrap(), None);
    assert_eq!(put(&signed.url, &signed.headers, None, b"photo").await, 200);
    assert_eq!(put(&signed.url, &signed.headers, None, b"photo").await, 412);
    let head = objects.head(Bucket::Media, &grant.key).await.unwrap().unwrap();
    assert_eq!((head.size, head.content_type.as_str(), head.sha256), (5, "image/jpeg", Some(grant.sha256)));
    let link = objects.sign_get(Bucket::Media, &grant.key, signed.expires_at).await.unwrap();
    let read = emulator::http().get(&link).send().await.unwrap();
    assert_eq!(read.bytes().await.unwrap(), "photo");
    let forged = link.replace("X-Amz-Signature=", "X-Amz-Signature=0");
    assert!(emulator::http().get(&forged).send().await.unwrap().status().is_client_error());
}

/// Signed for AWS itself: the bucket in the host's name, and every header that must be sent among the signed ones.
#[tokio::test]
async fn urls_are_awss_own_without_an_endpoint() {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .load()
        .await;
    let account = Account::empty().await;
    let clients = Clients::new(&config, &Connection::default());
    let objects = Objects::new(&clients, &account.resources, Arc::new(Standing));
    let (tenant, user) = owner();
    let grant = PutGrant {
        key: ObjectKey::upload(&tenant, &user, upload_id(1)),
        content_length: 5,
        content_type: MediaType::Jpeg,
        sha256: Sha256::of(b"photo"),
    };
    let signed = objects.sign_put(&grant, Duration::from_secs(900)).await.unwrap();
    let place =
        format!("https://{}.s3.eu-west-1.amazonaws.com/{}?", account.resources.media_bucket, grant.key);
    assert!(signed.url.starts_with(&place), "{}", signed.url);
    let headers = "content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256";
    assert!(signed.url.contains(&format!("X-Amz-SignedHeaders={headers}&")), "{}", signed.url);
    assert!(signed.url.contains("X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&"), "{}", signed.url);
    assert_eq!(signed.expires_at, later(900));
    assert_eq!(signed.headers.len(), 4, "{:?}", signed.headers);
    let link = objects.sign_get(Bucket::Media, &grant.key, later(3600)).await.unwrap();
    assert!(link.starts_with(&place) && link.contains("X-Amz-Expires=3600&"), "{link}");
}

async fn put(
    url: &str,
    headers: &[(String, String)],
    changed: Option<(&str, &str)>,
    body: &'static [u8],
) -> reqwest::StatusCode {
    let mut request = emulator::http().put(url).body(body);
    for (name, value) in headers {
        let value = changed.filter(|(other, _)| other == name).map_or(value.as_str(), |(_, value)| value);
        request = request.header(name, value);
    }
    request.send().await.expect("the emulator answers").status()
}

/// Older versions that others made go too.
#[tokio::test]
async fn deleting_takes_every_version() {
    let account = Account::with_buckets().await;
    let (s3, bucket) = (&account.clients.s3, &account.resources.media_bucket);
    for content in ["one", "two"] {
        for key in ["p/a", "p/b", "p/ab"] {
            s3.put_object()
                .bucket(bucket)
                .key(key)
                .body(content.as_bytes().to_vec().into())
                .send()
                .await
                .unwrap();
        }
    }
    s3.delete_object().bucket(bucket).key("p/b").send().await.unwrap();
    let objects = objects(&account);
    objects.delete(Bucket::Media, &ObjectKey::parse("p/a").unwrap()).await.unwrap();
    let versions = async || {
        let listed = s3.list_object_versions().bucket(bucket).send().await.unwrap();
        (listed.versions().len(), listed.delete_markers().len())
    };
    assert_eq!(versions().await, (4, 1), "two of b with its marker, two of ab");
    assert_eq!(objects.delete_prefix(Bucket::Media, "p/").await.unwrap(), 1, "only ab was still there");
    assert_eq!(versions().await, (0, 0));
}

/// Where enrolment is off there is no bucket of photos, and people are erased all the same.
#[tokio::test]
async fn nothing_is_asked_of_a_bucket_that_was_given_up() {
    let account = Account::with_buckets().await;
    let resources = Resources { users_photos_bucket: String::new(), ..Resources::clone(&account.resources) };
    let objects = Objects::new(&account.clients, &Arc::new(resources), Arc::new(Standing));
    objects.delete(Bucket::UsersPhotos, &ObjectKey::parse("enrolments/a/b/c.jpg").unwrap()).await.unwrap();
    assert_eq!(objects.delete_prefix(Bucket::UsersPhotos, "enrolments/a/b/").await.unwrap(), 0);
}
