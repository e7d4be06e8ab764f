//! A service with canned answers, so that faults occur at the connection: one answer per request, the last one repeatedly.

use aws::{Clients, Connection};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use deadline::LIMIT;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The answer to a request.
#[derive(Clone)]
pub enum Canned {
    /// A status, headers (each with its line end) and a body.
    Answer(u16, &'static str, String),
    /// A connection that is cut after half an answer.
    Cut,
    /// No answer at all.
    Silence,
}

/// The log of requests.
pub struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    /// The requests so far, heads and bodies.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("no test panics with the lock").clone()
    }
}

/// Clients of which every service is this one.
pub async fn clients(answers: Vec<Canned>) -> (Clients, Asked) {
    let is_silent = answers.iter().any(|answer| matches!(answer, Canned::Silence));
    // Short where no answer comes; otherwise long enough for a busy machine.
    let patience = Duration::from_millis(if is_silent { 300 } else { 60_000 });
    let (url, asked) = serve(answers).await;
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("100000000000", "test", None, None, "test"))
        .endpoint_url(&url)
        .retry_config(
            RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1)),
        )
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(patience).build())
        .load()
        .await;
    let connection = Connection { s3_path_style: true, ..Connection::default() };
    (Clients::new(&config, &connection), asked)
}

/// Starts the service; where it is, and what it will have been asked.
async fn serve(answers: Vec<Canned>) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    tokio::spawn(async move {
        let mut answers = answers.into_iter().peekable();
        let mut last = Canned::Silence;
        while let Ok((stream, _)) = listener.accept().await {
            last = answers.next().unwrap_or(last);
            tokio::spawn(answer(stream, last.clone(), log.clone()));
        }
    });
    (url, Asked(asked))
}

/// Clients of which only S3 and Rekognition are this service.
pub async fn clients_of_two(answers: Vec<Canned>) -> (Clients, Asked) {
    let (url, asked) = serve(answers).await;
    let elsewhere = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("100000000000", "test", None, None, "test"))
        .endpoint_url("http://127.0.0.1:9")
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(LIMIT).build())
        .load()
        .await;
    let connection = Connection {
        s3_endpoint_url: Some(url.clone()),
        rekognition_endpoint_url: Some(url),
        s3_path_style: true,
        ..Connection::default()
    };
    (Clients::new(&elsewhere, &connection), asked)
}

async fn answer(mut stream: TcpStream, canned: Canned, log: Arc<Mutex<Vec<String>>>) {
    let Some(request) = request(&mut stream).await else { return };
    log.lock().expect("no test panics with the lock").push(request);
    let text = match &canned {
        Canned::Answer(status, headers, body) => {
            format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        Canned::Cut => {
            let head = "etag: \"e\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-length: 100";
            format!("HTTP/1.1 200 X\r\n{head}\r\n\r\n{{\"half\":")
        }
        Canned::Silence => return std::future::pending().await,
    };
    if let Err(error) = stream.write_all(text.as_bytes()).await {
        eprintln!("the client has gone away: {error}");
    }
}

/// A request's head and body; None where the connection ends before.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(String::from_utf8_lossy(&request).into_owned());
            }
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&part[..count]),
        }
    }
}
