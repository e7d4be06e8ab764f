//! `semblante up` as a process: a real photo goes in over HTTP and comes out in the gallery, before and after a restart.

#[path = "operator/server.rs"]
mod server;

use serde_json::Value;
use server::{ROOT, Server};
use std::path::Path;

/// An access token, by signing up or logging in.
async fn token(client: &reqwest::Client, server: &Server, by: &str) -> String {
    let request = client
        .post(format!("{}/api/v1/auth/{by}", server.url))
        .header("content-type", "application/json")
        .body(r#"{"email":"ana@example.com","password":"Secreta123"}"#);
    let text = request.send().await.expect("an answer").text().await.expect("a body");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
}

async fn gallery(client: &reqwest::Client, server: &Server, token: &str) -> Value {
    let request = client.get(format!("{}/gallery", server.url)).bearer_auth(token);
    let text = request.send().await.expect("an answer").text().await.expect("a body");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn a_photo_comes_out_in_the_gallery_and_stays_there() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let client = reqwest::Client::builder().timeout(deadline::LIMIT).build().unwrap();
    let token = token(&client, &server, "signup").await;

    let photo = std::fs::read(Path::new(ROOT).join("models/sample1.jpg")).unwrap();
    let upload = client
        .post(format!("{}/detect-faces", server.url))
        .bearer_auth(&token)
        .header("content-type", "image/jpeg")
        .body(photo.clone());
    let faces: Value = serde_json::from_str(&upload.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(faces["faces"].as_object().map(|faces| faces.len()), Some(3), "{faces}");

    let sad = client.get(format!("{}/generate-image?emotion=SAD", server.url)).bearer_auth(&token);
    let sad = sad.header("prefer", "wait=20").send().await.unwrap();
    let sad: Value = serde_json::from_str(&sad.text().await.unwrap()).unwrap();
    let link = sad["generated_image_url"].as_str().unwrap_or_else(|| panic!("no picture: {sad}"));
    let picture = client.get(link).send().await.unwrap().bytes().await.unwrap();
    assert!(picture.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");

    let shown = gallery(&client, &server, &token).await;
    assert_eq!(shown["uploads"].as_array().map(Vec::len), Some(1), "{shown}");
    assert_eq!(server.stop(), Some(0));

    let again = Server::start(data.path(), &[]);
    let token = self::token(&client, &again, "login").await;
    let shown = gallery(&client, &again, &token).await;
    assert_eq!(shown["uploads"][0]["state"], "complete", "people and results survive a restart: {shown}");
    assert_eq!(again.stop(), Some(0));
}

#[tokio::test]
async fn metrics_have_an_address_of_their_own_and_proxies_are_trusted_by_setting() {
    let data = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment =
        [("SEMBLANTE_METRICS_LISTEN", free.as_str()), ("SEMBLANTE_TRUSTED_PROXIES", "127.0.0.0/8")];
    let server = Server::start(data.path(), &environment);
    let client = reqwest::Client::builder().timeout(deadline::LIMIT).build().unwrap();
    let status = async |url: String| client.get(url).send().await.expect("an answer").status().as_u16();
    assert_eq!(status(format!("http://{free}/metrics")).await, 200);
    assert_eq!(status(format!("{}/metrics", server.url)).await, 404);

    // Ten failures per account and address, then a delay: each caller behind the proxy has a count of its own.
    let log_in = async |caller: String| {
        let request =
            client.post(format!("{}/api/v1/auth/login", server.url)).header("x-forwarded-for", caller);
        let request = request.header("content-type", "application/json");
        let answer = request.body(r#"{"email":"ana@example.com","password":"x"}"#).send().await;
        answer.expect("an answer").status().as_u16()
    };
    for _ in 0..10 {
        assert_ne!(log_in("192.0.2.1".to_owned()).await, 200);
    }
    assert_eq!(log_in("192.0.2.1".to_owned()).await, 429);
    assert_ne!(log_in("192.0.2.2".to_owned()).await, 429);
    assert_eq!(server.stop(), Some(0));
}
