//! Signed object URLs.

use crate::client::{Client, PHOTO, send};
use crate::server::Server;
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
    assert_eq!(ask("if-none-match", whole.header("etag")).await.status, 304);
    let head = send(ana.ask(Method::HEAD, &link)).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-length"), PHOTO.len().to_string().as_str());
    ana.get(&link.replace("expires=", "expires=1")).await.assert_problem(403, "bad_signature");
    server.advance(3 * 3600);
    ana.get(&link).await.assert_problem(403, "url_expired");
}
