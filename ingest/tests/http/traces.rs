//! One trace id, from a request to the closing of what it asked for.

use crate::client::{Client, PHOTO, declaration, send};
use crate::server::Server;
use domain::object_event::ObjectCreated;
use domain::ports::queue::NewMessage;
use domain::{
    ExecutionInput, ExecutionName, ObjectKey, QueueName, Stage, TenantId, UploadId, UserId, fixture,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The log of this test's thread, on which its server and its workers run too.
struct Log {
    written: Written,
    /// A second listener, which hears nothing. With a single one, tracing caches for all threads what the first thread at a
    /// line thinks of it, and the other tests' threads do not listen.
    _company: Dispatch,
    _listening: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panics with the lock").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn listen(level: Level) -> Self {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level);
        Log {
            _company: Dispatch::new(NoSubscriber::new()),
            _listening: tracing::subscriber::set_default(lines.with_writer(move || writer.clone()).finish()),
            written,
        }
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.written.0.lock().expect("no test panics with the lock").clone();
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("a line is JSON")).collect()
    }
}

#[tokio::test]
async fn a_request_its_intake_its_stages_and_its_closing_are_one_trace() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let log = Log::listen(Level::INFO);
    let declared = ana.ask(Method::POST, "/uploads").header("traceparent", GIVEN);
    let body = declaration(PHOTO).to_string();
    let declared = send(declared.header("content-type", "application/json").body(body)).await;
    let answered = declared.header("traceparent");
    assert_eq!(&answered[3..35], TRACE, "{answered}");
    assert_ne!(answered, GIVEN);
    // The presigned PUT has no header of ours: what counts is what was declared.
    let put = ana.put(&declared.json()["upload"], PHOTO).await;
    assert_ne!(&put.header("traceparent")[3..35], TRACE);
    server.drain().await;

    let id = &declared.json()["upload_id"];
    let lines = log.lines();
    let of_request = |line: &&Value| line["message"] == "request answered" && line["route"] == "/uploads";
    let request = lines.iter().find(of_request).expect("a line of the request");
    assert_eq!(request["span"]["trace.id"], TRACE);
    let about: Vec<_> = lines.iter().filter(|line| line["span"]["upload.id"] == *id).collect();
    for line in &about {
        assert_eq!(line["span"]["trace.id"], TRACE, "{line}");
    }
    let ended: Vec<_> = about.iter().filter_map(|line| line["ended"].as_str()).collect();
    assert_eq!(ended, Stage::ALL.map(Stage::as_str));
    for message in ["object accepted", "attempt closed"] {
        assert!(about.iter().any(|line| line["message"] == message), "{message} is not logged: {about:#?}");
    }
}

#[tokio::test]
async fn a_message_that_fails_is_logged_with_its_trace() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = ana.upload(PHOTO).await;
    // Its execution's name is taken by another, so that it cannot be started.
    let execution = ExecutionName::new(UploadId::parse(&id).expect("an id"), 1);
    let other = ExecutionInput { attempt: 9, ..ExecutionInput::of(&fixture::stored()) };
    server.ports.orchestrator.start(&execution, &other).await.expect("the name is free");
    let log = Log::listen(Level::WARN);
    assert_eq!(server.hosts[0].drain(1).await, 1);
    let lines = log.lines();
    let failed =
        lines.iter().find(|line| line["message"] == "intake message not handled; it is delivered again");
    let span = &failed.unwrap_or_else(|| panic!("{lines:#?}"))["span"];
    assert_eq!(span["upload.id"], json!(id));
    assert_eq!(span["trace.id"].as_str().map(str::len), Some(32));
}

#[tokio::test]
async fn a_trace_begins_where_none_came_in() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let ask = async |given: &str| {
        let answered = send(ana.ask(Method::GET, "/nowhere").header("traceparent", given)).await;
        answered.header("traceparent")[3..35].to_owned()
    };
    assert_eq!(ask(GIVEN).await, TRACE);
    let (first, second) = (ask("00-garbage").await, ask(&GIVEN.to_uppercase()).await);
    assert!(first.bytes().all(|b| b.is_ascii_hexdigit()) && first != second, "{first} {second}");
}

#[tokio::test]
async fn a_warning_carries_its_trace_where_nothing_less_is_logged() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = ana.upload(PHOTO).await;
    server.drain().await;
    let log = Log::listen(Level::WARN);
    let (tenant, user) = (TenantId::parse("acme").expect("legal"), UserId::parse("ana").expect("legal"));
    let key = ObjectKey::upload(&tenant, &user, UploadId::parse(&id).expect("an id")).to_string();
    let stranger = ObjectCreated { bucket: "media".into(), key, size: 5, etag: "another".into() };
    let body = stranger.to_event_bridge("1", fixture::now()).to_string();
    let sent = server.ports.queue.send(QueueName::UPLOADS, vec![NewMessage::new(body, None)]).await;
    sent.expect("sending works");
    server.drain().await;
    let warning = log.lines().into_iter().find(|line| line["span"]["upload.id"] == id.as_str());
    let warning = warning.expect("a warning");
    assert_eq!(warning["message"], "object event ignored: another etag");
    assert_eq!(warning["span"]["trace.id"].as_str().map(str::len), Some(32), "{warning}");
    let metrics = Client::anonymous(&server).get(&format!("{}/metrics", server.metrics_url)).await;
    let counted = "semblante_objects_ignored_total{reason=\"another_etag\"} 1";
    assert!(String::from_utf8_lossy(&metrics.bytes).contains(counted));
}
