//! Bodies that stall, crawl, stop halfway, or are far too large, over a bare socket.

use crate::client::{Client, PHOTO};
use crate::server::Server;
use deadline::{LIMIT, within};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

/// Opens a request of ana's.
async fn open(server: &Server, head: &str) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let head = format!("{head}\r\nhost: x\r\nauthorization: Bearer ana@acme\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("the server reads");
    stream
}

/// The head of a presigned PUT.
fn head_of(signed: &Value, server: &Server) -> String {
    let url = signed["url"].as_str().expect("a url");
    let path = url.strip_prefix(&server.url).expect("below the server");
    let headers = signed["headers"].as_object().expect("headers").iter();
    let lines: Vec<String> =
        headers.map(|(name, value)| format!("{name}: {}", value.as_str().expect("a text"))).collect();
    format!("PUT {path} HTTP/1.1\r\n{}", lines.join("\r\n"))
}

/// The answer to a request as it is written here.
pub async fn ask(server: &Server, request: &str) -> String {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the server answers and closes");
    answer
}

/// The answer's status and the code of its problem.
async fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    within(LIMIT, "the end of the connection", reading).await.expect("the server answers and closes");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

async fn first_line(reader: &mut BufReader<OwnedReadHalf>) -> String {
    let mut line = String::new();
    within(LIMIT, "the answer", reader.read_line(&mut line)).await.expect("the server answers");
    line
}

#[tokio::test]
async fn a_body_that_stops_halfway_leaves_nothing_and_may_come_again() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let declared = ana.declare(PHOTO).await.json();
    let mut half = open(&server, &head_of(&declared["upload"], &server)).await;
    half.write_all(&PHOTO[..5]).await.expect("the server reads");
    half.shutdown().await.expect("the client ends");
    assert_eq!(answer(half).await, (400, "incomplete_body".into()));
    let status = ana.get(declared["status_url"].as_str().expect("a url")).await.json();
    assert_eq!(status["state"], "awaiting_upload");
    assert_eq!(ana.put(&declared["upload"], PHOTO).await.status, 200);
}

#[tokio::test]
async fn a_body_that_stalls_is_ended() {
    let stalling = Duration::from_millis(50);
    let server = Server::with(|settings| settings.body_idle_timeout = stalling).await;
    let ana = Client::of(&server, "ana@acme");
    let put = head_of(&ana.declare(PHOTO).await.json()["upload"], &server);
    let json = "POST /uploads HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 100";
    let form =
        "POST /upload-photo HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 100";
    let picture = "POST /detect-faces HTTP/1.1\r\ntransfer-encoding: chunked";
    for head in [&put, json, form, picture] {
        let mut stream = open(&server, head).await;
        stream.write_all(b"5\r\n").await.expect("the server reads");
        assert_eq!(answer(stream).await, (408, "request_timeout".into()), "{head}");
    }
}

#[tokio::test]
async fn a_body_that_crawls_is_ended() {
    let behind = Duration::from_millis(200);
    let server = Server::with(|settings| settings.body_idle_timeout = behind).await;
    let head = "POST /detect-faces HTTP/1.1\r\ncontent-type: image/jpeg\r\ncontent-length: 1000000";
    let (reader, mut writer) = open(&server, head).await.into_split();
    let crawling = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        while writer.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
    });
    let mut reader = BufReader::new(reader);
    assert_eq!(first_line(&mut reader).await, "HTTP/1.1 408 Request Timeout\r\n");
    crawling.abort();
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_before_they_are_sent() {
    let server = Server::start().await;
    let length = 100 << 20;
    for (path, content_type) in [
        ("/upload-image", "application/json"),
        ("/upload-photo", "multipart/form-data; boundary=x"),
        ("/detect-faces", "image/jpeg"),
    ] {
        let head =
            format!("POST {path} HTTP/1.1\r\ncontent-type: {content_type}\r\ncontent-length: {length}");
        assert_eq!(answer(open(&server, &head).await).await, (413, "too_large".into()), "{path}");
    }
    let ana = Client::of(&server, "ana@acme");
    let signed = ana.declare(PHOTO).await.json()["upload"].clone();
    let head = head_of(&signed, &server);
    let longer =
        head.replace(&format!("content-length: {}", PHOTO.len()), &format!("content-length: {length}"));
    assert_ne!(head, longer);
    assert_eq!(answer(open(&server, &longer).await).await, (403, "bad_signature".into()));
    let declared = json!({"content_type": "image/jpeg", "content_length": length, "sha256": "0".repeat(64)});
    ana.post("/uploads", &declared).await.assert_problem(413, "too_large");
}

#[tokio::test]
async fn a_hundred_megabytes_without_a_length_are_not_read_to_their_end() {
    let server = Server::with(|settings| settings.max_inline_bytes = 100_000).await;
    let head = "POST /detect-faces HTTP/1.1\r\ntransfer-encoding: chunked";
    let (reader, mut writer) = open(&server, head).await.into_split();
    let chunk = [b"10000\r\n", &[0xff; 0x10000][..], b"\r\n"].concat();
    let sending = tokio::spawn(async move {
        for sent in 0..1600 {
            if writer.write_all(&chunk).await.is_err() {
                return sent;
            }
        }
        1600
    });
    let mut reader = BufReader::new(reader);
    assert_eq!(first_line(&mut reader).await, "HTTP/1.1 413 Payload Too Large\r\n");
    drop(reader);
    let sent = within(LIMIT, "the end of the connection", sending).await.expect("no panic");
    assert!(sent < 1600, "the server took it all");
}

/// The rate of a line of 200 kbit/s, for longer than a request without a body may take.
#[tokio::test]
async fn a_body_on_a_slow_line_is_taken() {
    let server = Server::with(|settings| {
        settings.request_timeout = Duration::from_millis(500);
        settings.body_idle_timeout = Duration::from_millis(500);
    });
    let server = server.await;
    let ana = Client::of(&server, "ana@acme");
    let photo = [PHOTO, &[7; 40_000]].concat();
    let signed = ana.declare(&photo).await.json()["upload"].clone();
    let mut stream = open(&server, &head_of(&signed, &server)).await;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    for chunk in photo.chunks(1250) {
        pace.tick().await;
        stream.write_all(chunk).await.expect("the server reads");
    }
    assert_eq!(answer(stream).await.0, 200);
}

#[tokio::test]
async fn stalled_uploads_and_downloads_of_one_user_hold_no_room_of_others() {
    let server = Server::start().await;
    let (ana, ben) = (Client::of(&server, "ana@acme"), Client::of(&server, "ben@acme"));
    let large = [PHOTO, &vec![7; 5 << 20][..]].concat();
    ana.upload(&large).await;
    server.drain().await;
    let shown = ana.get("/gallery").await.json();
    let link = shown["uploads"][0]["original_image"].as_str().expect("a link");
    let path = link.strip_prefix(&server.url).expect("below the server");
    let mut stalled = Vec::new();
    for _ in 0..13 {
        let announced = 10 << 20;
        let head = format!("POST /detect-faces HTTP/1.1\r\ncontent-length: {announced}");
        let mut upload = open(&server, &head).await;
        upload.write_all(PHOTO).await.expect("the server reads");
        stalled.push(upload);
        stalled.push(open(&server, &format!("GET {path} HTTP/1.1")).await);
    }
    for number in 0..10 {
        ben.upload(&[PHOTO, &[number]].concat()).await;
    }
    server.drain().await;
    let shown = ben.get("/gallery").await.json();
    for upload in shown["uploads"].as_array().expect("uploads") {
        assert_eq!(ben.get(upload["original_image"].as_str().expect("a link")).await.status, 200);
    }
}
