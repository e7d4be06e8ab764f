//! Clients that leave, at every stage of every request that writes: what was begun is finished, and erasure leaves nothing.

use crate::client::{Client, PHOTO, declaration};
use crate::server::Server;
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::due::DuePlace;
use domain::ports::uploads::{ChangePlace, Changes, Created, GalleryWrite};
use domain::ports::{PortError, Uploads};
use domain::{Bucket, Ports, Record, Status, TenantId, Timestamp, Tombstone, Upload, UploadId, UserId};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

const CLIENTS: usize = 200;
const ROUTES: usize = 11;
/// The routes that need a complete upload: replay, emotion, erasure.
const ON_COMPLETE: [usize; 3] = [7, 8, 10];
/// In every photo, to be searched for on the disk.
const MARKER: &[u8] = b"the mark of a photo";
const PHOTO_BYTES: usize = 300_000;
/// How long handlers may take to end after their clients have left.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stages of a request at which a client leaves.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    WithinTheHead,
    AfterTheHead,
    WithinTheBody,
    BeforeTheLastByte,
    AfterTheLastByte,
    WithinTheAnswer,
}

const STAGES: [Leaves; 6] = [
    Leaves::WithinTheHead,
    Leaves::AfterTheHead,
    Leaves::WithinTheBody,
    Leaves::BeforeTheLastByte,
    Leaves::AfterTheLastByte,
    Leaves::WithinTheAnswer,
];

fn photo(number: usize) -> Vec<u8> {
    [PHOTO, MARKER, &number.to_be_bytes(), &vec![7; PHOTO_BYTES]].concat()
}

/// A request: its head without the length, and its body.
struct Raw {
    head: String,
    body: Vec<u8>,
}

fn json_request(line: &str, body: &Value) -> Raw {
    let head = format!("{line} HTTP/1.1\r\ncontent-type: application/json\r\n");
    Raw { head, body: body.to_string().into_bytes() }
}

/// The presigned PUT of a photo that is declared first.
async fn presigned(server: &Server, client: &Client, number: usize) -> Raw {
    let declared = client.declare(&photo(number)).await.json();
    let upload = &declared["upload"];
    let path = upload["url"].as_str().expect("a url").strip_prefix(&server.url).expect("below the server");
    let headers = upload["headers"].as_object().expect("headers").iter();
    let lines: String = headers
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| format!("{name}: {}\r\n", value.as_str().expect("a text")))
        .collect();
    Raw { head: format!("PUT {path} HTTP/1.1\r\n{lines}"), body: photo(number) }
}

fn form(number: usize) -> Raw {
    let head = b"--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n";
    let body = [&head[..], &photo(number), b"\r\n--x--\r\n"].concat();
    let head = "POST /upload-photo HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=x\r\n";
    Raw { head: head.into(), body }
}

/// The writing request with this number, where it needs one on an upload that is complete; every route has its turn.
async fn request(server: &Server, client: &Client, number: usize, complete: &str) -> Raw {
    let encoded = |number| BASE64_STANDARD.encode(photo(number));
    match number % ROUTES {
        0 => presigned(server, client, number).await,
        1 => json_request("POST /upload-image", &json!({"image": encoded(number)})),
        2 => form(number),
        3 => Raw { head: "POST /detect-faces HTTP/1.1\r\n".into(), body: photo(number) },
        4 => json_request("POST /uploads", &declaration(&photo(number))),
        5 => json_request("POST /generate-image", &json!({"emotion": "SAD"})),
        6 => Raw { head: "GET /generate-melody?emotion=CALM HTTP/1.1\r\n".into(), body: Vec::new() },
        7 => json_request(&format!("POST /uploads/{}/replay", complete), &json!({})),
        8 => json_request(&format!("PUT /uploads/{}/emotion", complete), &json!({"emotion": "SAD"})),
        9 => {
            let declared = client.declare(&photo(number)).await.json();
            let id = declared["upload_id"].as_str().expect("an id");
            json_request(&format!("POST /uploads/{id}/url"), &json!({}))
        }
        _ => json_request(&format!("DELETE /uploads/{}", complete), &json!({})),
    }
}

/// Sends a request up to this stage and leaves.
async fn leave(address: String, raw: Raw, leaves: Leaves) {
    let length = raw.body.len();
    let Raw { head, body } = raw;
    let head = format!("{head}host: x\r\nauthorization: Bearer ana@acme\r\ncontent-length: {length}\r\n\r\n");
    let sent = match leaves {
        Leaves::WithinTheHead => head.as_bytes()[..head.len() / 2].to_vec(),
        Leaves::AfterTheHead => head.into_bytes(),
        Leaves::WithinTheBody => [head.as_bytes(), &body[..length / 2]].concat(),
        Leaves::BeforeTheLastByte => [head.as_bytes(), &body[..length.saturating_sub(1)]].concat(),
        Leaves::AfterTheLastByte | Leaves::WithinTheAnswer => [head.as_bytes(), &body].concat(),
    };
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(&sent).await.expect("the server reads");
    if matches!(leaves, Leaves::WithinTheAnswer) {
        stream.read_exact(&mut [0]).await.expect("the server answers");
    }
}

/// Waits until no task runs that did not run before: every handler has ended.
async fn all_handlers_end(before: usize) {
    let ended = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the handlers end");
}

async fn uploads(client: &Client) -> Vec<Value> {
    let (mut uploads, mut path) = (Vec::new(), "/uploads?limit=100".to_owned());
    loop {
        let page = client.get(&path).await.json();
        uploads.extend(page["uploads"].as_array().expect("uploads").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => path = format!("/uploads?limit=100&since={next}"),
            None => return uploads,
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            path => vec![path],
        })
        .collect()
}

async fn object_rows(server: &Server) -> usize {
    let (mut rows, mut from) = (0, None);
    loop {
        let page =
            server.ports.objects.list(Bucket::Media, "", from.as_ref(), 1000).await.expect("a listing");
        rows += page.objects.len();
        from = page.next;
        if from.is_none() {
            return rows;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_clients_leave_and_nothing_is_half_done_nor_outlives_erasure() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut complete = Vec::new();
    for number in 0..CLIENTS {
        complete.push(match ON_COMPLETE.contains(&(number % ROUTES)) {
            true => ana.upload(&photo(number)).await,
            false => String::new(),
        });
    }
    server.drain().await;
    let mut requests = Vec::new();
    for (number, complete) in complete.iter().enumerate() {
        requests.push(request(&server, &ana, number, complete).await);
    }
    let before = Handle::current().metrics().num_alive_tasks();
    let leaving = requests.into_iter().enumerate().map(|(number, raw)| {
        let stage = STAGES[number / ROUTES % STAGES.len()];
        tokio::spawn(leave(address.clone(), raw, stage))
    });
    for client in leaving.collect::<Vec<_>>() {
        client.await.expect("a client leaves without a panic");
    }
    all_handlers_end(before).await;
    server.drain().await;

    let objects = server.directory().join("objects");
    assert_eq!(files_below(&objects).len(), object_rows(&server).await, "each file has its row");
    let left = uploads(&ana).await;
    for upload in &left {
        let open = ["stored", "running"].contains(&upload["state"].as_str().expect("a state"));
        assert!(!open, "written and never begun: {upload}");
    }
    for upload in &left {
        let path = format!("/uploads/{}", upload["upload_id"].as_str().expect("an id"));
        assert_eq!(ana.delete(&path).await.status, 204, "{path}");
    }
    server.drain().await;
    assert_eq!(object_rows(&server).await, 0);
    assert_eq!(files_below(&objects), Vec::<PathBuf>::new());
    for file in files_below(server.directory()) {
        let bytes = fs::read(&file).expect("it is readable");
        let found = bytes.windows(MARKER.len()).any(|window| window == MARKER);
        assert!(!found, "a photo's bytes are in {}", file.display());
    }
}

/// Records that take their time to be created.
struct SlowUploads(Arc<dyn Uploads>);

#[async_trait]
impl Uploads for SlowUploads {
    async fn create(&self, upload: Upload) -> Result<Created, PortError> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.0.create(upload).await
    }

    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError> {
        self.0.get(tenant, upload).await
    }

    async fn save(&self, upload: Upload, gallery: GalleryWrite) -> Result<Upload, PortError> {
        self.0.save(upload, gallery).await
    }

    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Result<Changes, PortError> {
        self.0.changed(tenant, user, status, after, most).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<DuePlace>,
        most: usize,
    ) -> Result<Vec<Upload>, PortError> {
        self.0.due(now, after, most).await
    }

    async fn erase(&self, tombstone: Tombstone) -> Result<Option<Upload>, PortError> {
        self.0.erase(tombstone).await
    }
}

#[tokio::test]
async fn a_time_limit_does_not_cancel_what_was_begun() {
    let slow = |ports: Ports| Ports { uploads: Arc::new(SlowUploads(ports.uploads.clone())), ..ports };
    let server = Server::of(|settings| settings.request_timeout = Duration::from_millis(50), slow).await;
    let ana = Client::of(&server, "ana@acme");
    assert_eq!(ana.get("/healthz").await.status, 200);
    let before = Handle::current().metrics().num_alive_tasks();
    let late = ana.post("/generate-image", &json!({"emotion": "SAD"})).await;
    late.assert_problem(408, "request_timeout");
    all_handlers_end(before).await;
    server.drain().await;
    let uploads = uploads(&ana).await;
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0]["state"], "complete");
}
