//! Signed object URLs.

use crate::client::{Client, PHOTO, send};
use crate::server::Server;
use base64::Engine;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_put_takes_exactly_what_was_declared() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let signed = ana.declare(PHOTO).await.json()["upload"].clone();
    let changed = |name: &str, value: &str| {
        let mut signed = signed.clone();
        signed["headers"][name] = json!(value);
        signed
    };
    ana.put(&changed("content-type", "image/png"), PHOTO).await.assert_problem(403, "bad_signature");
    ana.put(&changed("if-none-match", "\"x\""), PHOTO).await.assert_problem(400, "missing_signed_header");
    let mut other = PHOTO.to_vec();
    other[5] ^= 1;
    ana.put(&signed, &other).await.assert_problem(400, "wrong_checksum");
    ana.put(&changed("content-length", "5"), &PHOTO[..5]).await.assert_problem(403, "bad_signature");
    let mut forged = signed.clone();
    forged["url"] = json!(signed["url"].as_str().expect("a url").replace("signature=", "signature=00"));
    ana.put(&forged, PHOTO).await.assert_problem(403, "bad_signature");
    assert_eq!(ana.put(&signed, PHOTO).await.status, 200);
}

#[tokio::test]
async fn objects_are_served_in_parts_and_unchanged() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    ana.upload(PHOTO).await;
    server.drain().await;
    let link =
        ana.get("/gallery").await.json()["uploads"][0]["original_image"].as_str().expect("a link").to_owned();
    let ask = async |name: &str, value: &str| send(ana.ask(Method::GET, &link).header(name, value)).await;
    let whole = ana.get(&link).await;
    assert_eq!(whole.header("content-type"), "image/jpeg");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-security-policy"), "sandbox; default-src 'none'");
    let part = ask("range", "bytes=0-2").await;
    assert_eq!(part.status, 206);
    assert_eq!(part.bytes[..], PHOTO[..3]);
    assert_eq!(part.header("content-range"), format!("bytes 0-2/{}", PHOTO.len()));
    ask("range", "bytes=500-").await.assert_problem(416, "range_not_satisfiable");
    let unchanged = ask("if-none-match", whole.header("etag")).await;
    assert_eq!(unchanged.status, 304);
    assert_eq!(unchanged.header("content-type"), "", "a cache would take it for the object's");
    let head = send(ana.ask(Method::HEAD, &link)).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-length"), PHOTO.len().to_string().as_str());
    ana.get(&link.replace("expires=", "expires=1")).await.assert_problem(403, "bad_signature");
    server.advance(3 * 3600);
    ana.get(&link).await.assert_problem(403, "url_expired");
}

/// Photos over a mebibyte go to the disk while they arrive: on every route, with little memory, and without a trace where
/// they break off.
#[tokio::test]
async fn large_photos_are_spooled() {
    let server = Server::with(|settings| settings.max_bytes_in_memory = 8 << 20).await;
    let ana = Client::of(&server, "ana@acme");
    let photo = |number: u8| [PHOTO, &vec![number; 6 << 20][..]].concat();
    let form = [
        b"--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n",
        &photo(1)[..],
        b"\r\n--x--\r\n",
    ];
    let form = ana
        .ask(Method::POST, "/upload-image")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(form.concat());
    let encoded = base64::prelude::BASE64_STANDARD.encode(photo(2));
    let json = json!({"note": "a large one", "photo": encoded});
    for (number, sent) in [(1, send(form).await), (2, ana.post("/upload-image", &json).await)] {
        let body = sent.json();
        assert_eq!(sent.status, 202, "{body}");
        let read = ana.get(body["image_url"].as_str().expect("a link")).await;
        assert!(read.bytes == photo(number), "photo {number} was changed");
    }
    let detect = ana.ask(Method::POST, "/detect-faces").header("prefer", "wait=0").body(photo(3));
    assert_eq!(send(detect).await.status, 202);
    ana.upload(&photo(4)).await;
    let mut wrong = photo(5);
    let signed = ana.declare(&wrong).await.json()["upload"].clone();
    *wrong.last_mut().expect("it has bytes") = 9;
    ana.put(&signed, &wrong).await.assert_problem(400, "wrong_checksum");
    let spooled = std::fs::read_dir(server.directory().join("tmp")).expect("a folder").count();
    assert_eq!(spooled, 0, "what is not put is removed");
}
