//! The targets, each with samples of what it reads.

use crate::{bytes, requests};
use domain::intake_message::IntakeMessage;
use domain::{Begin, Bucket, Timestamp, fixture};
use uuid::Uuid;

/// What a target does with bytes, and samples to begin with.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub samples: fn() -> Vec<Vec<u8>>,
}

pub const DECODE: Target = Target {
    name: "decode",
    run: bytes::decode_anything,
    samples: || texts(&["\u{89}PNG\r\n", "RIFF....WEBPVP8 ", "GIF89a", "BM"]),
};
pub const WEIGHTS: Target = Target {
    name: "weights",
    run: bytes::read_any_weights,
    samples: || {
        let manifest = r#"[{"weights":[{"name":"a","shape":[1],"dtype":"float32"}],"paths":["fuzz"]}]"#;
        vec![[manifest.as_bytes(), &[0; 5]].concat()]
    },
};
pub const INTAKE_MESSAGE: Target =
    Target { name: "intake_message", run: bytes::read_any_intake_message, samples: messages };
pub const SIGNED_URL: Target =
    Target { name: "signed_url", run: bytes::read_any_signed_url, samples: signed_urls };
pub const TOKEN: Target = Target { name: "token", run: requests::send_any_token, samples: requests::tokens };
pub const CURSOR: Target =
    Target { name: "cursor", run: requests::send_any_cursor, samples: || texts(&CURSORS) };
pub const MULTIPART: Target =
    Target { name: "multipart", run: requests::send_any_multipart, samples: || texts(&FORMS) };
pub const JSON: Target = Target { name: "json", run: requests::send_any_json, samples: || texts(&JSONS) };

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn messages() -> Vec<Vec<u8>> {
    let begin = Begin::resume(Uuid::nil(), &fixture::awaiting(), "ana");
    let mut messages = texts(&MESSAGES);
    messages.push(IntakeMessage::begin_body(&begin).into_bytes());
    messages
}

const MESSAGES: [&str; 3] = [
    r#"{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","time":"2026-01-01T00:00:00Z","detail":{"bucket":{"name":"media"},"object":{"key":"user-uploads/acme/ana/01890000-0000-7000-8000-000000000000","size":5,"etag":"e"}}}"#,
    r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"media"},"object":{"key":"user-uploads%2Facme%2Fana%2Fa","size":5,"eTag":"e"}}}]}"#,
    r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#,
];

/// A place of the gallery and one among changes, in base64url.
const CURSORS: [&str; 3] = [
    "MTc2NzIyNTYwMDAwMC4wMTg5MDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA",
    "Y2hhbmdlcy4x",
    "Y2hhbmdlcy4xODQ0Njc0NDA3MzcwOTU1MTYxNQ",
];

const FORMS: [&str; 2] = [
    "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.gif\"\r\nContent-Type: image/gif\r\n\r\nGIF89a photo\r\n--x--\r\n",
    "--x\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\ntext\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''b\r\n\r\n\r\n--x--\r\n",
];

/// The first character selects the route.
const JSONS: [&str; 9] = [
    r#"2{"content_type":"image/jpeg","content_length":5,"sha256":"00","filename":"a.jpg"}"#,
    r#"3{"image":"/9j/4AAQSkZJRgAB"}"#,
    r#"4{"photo":"data:image/png;base64,iVBORw0KGgo=","name":"a"}"#,
    r#"5{"emotion":"SAD"}"#,
    r#"6{"upload_id":"01890000-0000-7000-8000-000000000000"}"#,
    r#"7{"from_stage":"face-detection","reason":"a","reroll":true,"supersede":false}"#,
    r#"8{"emotion":"HAPPY"}"#,
    r#"9{"email":"ben@example.com","password":"short","name":"Ben","role":"customer","tenant_id":"default"}"#,
    r#"1{"refresh_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
];

fn signed_urls() -> Vec<Vec<u8>> {
    let signed = bytes::signed();
    let later = Timestamp::from_second(fixture::now().as_second() + 900).expect("a moment in this century");
    let put = signed.urls.sign_put(&signed.grant, later);
    let headers: String = put.headers.iter().map(|(name, value)| format!("\n{name}:{value}")).collect();
    let get = signed.urls.sign_get(Bucket::Media, &signed.grant.key, later);
    vec![format!("{}{headers}", put.url).into_bytes(), get.into_bytes()]
}
