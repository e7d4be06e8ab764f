//! A photo's whole way on AWS's ports, counted. The hosts are the production ones; the face engine is Rekognition's.

use crate::account::Account;
use async_trait::async_trait;
use aws::FaceEngine;
use bytes::Bytes;
use domain::object_event::ObjectCreated;
use domain::ports::Clock;
use domain::ports::objects::NewObject;
use domain::ports::queue::{Depth, NewMessage};
use domain::ports::uploads::Created;
use domain::{
    Bucket, ExecutionName, ExecutionStatus, Handler, ObjectKey, Ports, QueueName, Record, Stage, Status,
    Timestamp, Upload, fixture,
};
use ingest::maintenance::Action;
use ingest::{Intake, Maintenance, Metrics};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use workers::fake_stage::FakeStage;
use workers::{
    EmotionAnalysis, FaceDetection, GalleryIndexing, Limits, PollHost, Polling, Settle, StageWorker,
};

/// Rounds over all queues until a photo's way must be over.
const MAX_ROUNDS: usize = 60;

struct Plant {
    account: Account,
    ports: Ports,
    hosts: Vec<PollHost>,
}

impl Plant {
    async fn new() -> Self {
        let account = Account::whole().await;
        let ports = aws::ports(&account.clients, &account.resources, Arc::new(Metrics::default()));
        let engine = Arc::new(FaceEngine::new(&account.clients, Arc::new(Semaphore::new(1))));
        let intake = Intake::new(ports.clone(), &account.resources.media_bucket);
        let worker = |stage: Stage| -> Arc<dyn StageWorker> {
            match stage {
                Stage::FaceDetection => Arc::new(FaceDetection::new(ports.objects.clone(), engine.clone())),
                Stage::EmotionAnalysis => Arc::new(EmotionAnalysis::new(ports.faces.clone())),
                Stage::GalleryIndexing => Arc::new(GalleryIndexing),
                _ => Arc::new(FakeStage(stage)),
            }
        };
        let settle = |stage: Stage| -> (QueueName, Arc<dyn Handler>) {
            let settle = Settle::new(ports.clone(), worker(stage), Limits::default());
            (QueueName::of(stage), Arc::new(settle))
        };
        let handlers = std::iter::once((QueueName::UPLOADS, Arc::new(intake) as Arc<dyn Handler>));
        let hosts = handlers.chain(Stage::ALL.map(settle)).map(|(queue_name, handler)| PollHost {
            queue_name,
            queue: ports.queue.clone(),
            clock: ports.clock.clone(),
            handler,
            polling: Polling { wait: Duration::from_secs(1), ..Polling::default() },
        });
        let hosts = hosts.collect();
        Plant { account, ports, hosts }
    }

    async fn declare(&self, photo: &[u8]) -> Upload {
        let upload = fixture::awaiting_of(7, photo);
        match self.ports.uploads.create(upload).await.expect("creating works") {
            Created::New(upload) => upload,
            Created::Duplicate(upload) => panic!("{} is there", upload.upload_id),
        }
    }

    /// What a client does with a presigned URL.
    async fn put(&self, upload: &Upload, photo: &[u8]) {
        let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
        let object = NewObject {
            bytes: Bytes::copy_from_slice(photo),
            content_type: "image/jpeg".into(),
            metadata: BTreeMap::new(),
        };
        self.ports.objects.put(Bucket::Media, &key, object).await.expect("putting works");
    }

    /// Works until the upload is closed.
    async fn run(&self, upload: &Upload) -> Upload {
        for _ in 0..MAX_ROUNDS {
            for host in &self.hosts {
                host.drain(10).await;
            }
            let found =
                self.ports.uploads.get(&upload.tenant_id, upload.upload_id).await.expect("reading works");
            let now = found.and_then(Record::live).expect("the upload is there");
            if now.status.is_closed() {
                return now;
            }
        }
        panic!("the upload is still open")
    }
}

fn photo() -> Vec<u8> {
    let picture = vision::Picture::new(64, 48, [200, 100, 50].repeat(64 * 48)).expect("a picture");
    vision::jpeg(&picture, 90).expect("a JPEG")
}

/// The figures that the design promises: one call of Rekognition, at most ten items written.
#[tokio::test]
async fn a_photo_with_one_face_costs_what_was_promised() {
    let plant = Plant::new().await;
    plant.ports.users.create(fixture::user()).await.unwrap();
    let before = plant.account.ledger().await;
    let photo = photo();
    let upload = plant.declare(&photo).await;
    plant.put(&upload, &photo).await;
    let closed = plant.run(&upload).await;
    assert_eq!(closed.status, Status::Complete, "{:?}", closed.results);
    let after = plant.account.ledger().await;
    let more = |name: &str| {
        let at = |page: &Value| page.pointer(name).and_then(Value::as_u64).unwrap_or(0);
        at(&after) - at(&before)
    };
    println!("{before:#} {after:#}");
    assert_eq!(plant.account.rekognition_calls().await, 1);
    assert_eq!(more("/items_written"), 10);
    assert!(after["largest_item"].as_u64().unwrap() <= 1024, "every item is one write unit");
    assert_eq!(more("/write_units"), 6 + 2 * 4, "six writes alone, and four in two transactions");
    assert_eq!(more("/calls/s3:PutObject"), 5, "photo, preview, picture, melody, score");
    assert_eq!(more("/calls/states:StartExecution"), 1);
    assert_eq!(more("/calls/events:PutEvents"), 1);
}

/// The clock of the installation, some hours ahead: an attempt that was just begun is overdue.
struct Ahead(Arc<dyn Clock>);

#[async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.0.now() + Duration::from_secs(5 * 3600)
    }

    async fn sleep_until(&self, _moment: Timestamp) {}
}

impl Plant {
    /// A photo whose execution was stopped while its first stage waited.
    async fn stopped(&self) -> Upload {
        let photo = photo();
        let upload = self.declare(&photo).await;
        self.put(&upload, &photo).await;
        let name = ExecutionName::new(upload.upload_id, 1);
        for _ in 0..MAX_ROUNDS {
            self.hosts[0].drain(1).await;
            if self.ports.orchestrator.describe(&name).await.expect("asking works").is_some() {
                self.ports.orchestrator.stop(&name, "Test", "stopped by hand").await.expect("it stops");
                return upload;
            }
        }
        panic!("the execution was not started")
    }

    /// Takes the report of an execution's end out of queue `uploads`.
    async fn lose_the_report(&self) {
        let (minute, wait) = (Duration::from_secs(60), Duration::from_secs(10));
        let lost =
            self.ports.queue.receive(QueueName::UPLOADS, 10, minute, wait).await.expect("the queue works");
        let receipts: Vec<_> = lost.into_iter().map(|delivery| delivery.receipt).collect();
        assert_eq!(receipts.len(), 1, "the end was reported");
        self.ports.queue.acknowledge(QueueName::UPLOADS, &receipts).await.expect("the queue works");
    }
}

#[tokio::test]
async fn an_attempt_is_closed_and_announced_by_the_end_of_its_execution() {
    let plant = Plant::new().await;
    let upload = plant.stopped().await;
    assert_eq!(plant.run(&upload).await.status, Status::Failed);
    assert_eq!(plant.account.ledger().await["calls"]["events:PutEvents"], 1);
}

#[tokio::test]
async fn an_attempt_that_maintenance_finds_open_is_closed_and_announced() {
    let plant = Plant::new().await;
    let upload = plant.stopped().await;
    plant.lose_the_report().await;
    let ports = Ports { clock: Arc::new(Ahead(plant.ports.clock.clone())), ..plant.ports.clone() };
    let maintenance = Maintenance::new(ports, &plant.account.resources.media_bucket);
    let round = maintenance.round(None, false).await.expect("reading works");
    let actions: Vec<_> =
        round.findings.into_iter().map(|finding| finding.action.expect("it is done")).collect();
    assert_eq!(actions, [Action::Close(ExecutionStatus::Aborted)]);
    assert_eq!(plant.run(&upload).await.status, Status::Failed);
    assert_eq!(plant.account.ledger().await["calls"]["events:PutEvents"], 1);
}

/// An event of a foreign bucket, in both shapes, is ignored: nothing is read, written or deleted.
#[tokio::test]
async fn an_event_of_another_bucket_changes_nothing() {
    let plant = Plant::new().await;
    let photo = photo();
    let upload = plant.declare(&photo).await;
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id).to_string();
    let foreign = ObjectCreated { bucket: "elsewhere".into(), key: key.clone(), size: 5, etag: "e".into() };
    let direct = json!({"Records": [{"eventName": "ObjectCreated:Put", "s3": {
        "bucket": {"name": "elsewhere"}, "object": {"key": key, "size": 5, "eTag": "e"}}}]});
    let bodies = [foreign.to_event_bridge("1", fixture::now()).to_string(), direct.to_string()];
    let before = plant.account.ledger().await;
    for body in bodies {
        plant.ports.queue.send(QueueName::UPLOADS, vec![NewMessage::new(body, None)]).await.unwrap();
    }
    assert_eq!(plant.hosts[0].drain(10).await, 2);
    let after = plant.account.ledger().await;
    assert_eq!(after["items_written"], before["items_written"]);
    assert_eq!(after["calls"]["s3:GetObject"], before["calls"]["s3:GetObject"]);
    assert_eq!(plant.ports.queue.depth(QueueName::UPLOADS).await.unwrap(), Depth::default());
    let found = plant.ports.uploads.get(&upload.tenant_id, upload.upload_id).await.unwrap();
    assert_eq!(found.and_then(Record::live), Some(upload));
}

/// A photo without a face is an outcome and not an error, for the same one call.
#[tokio::test]
async fn a_photo_without_a_face_ends_well() {
    let plant = Plant::new().await;
    plant.account.rekognition_answers("no_face").await;
    let photo = photo();
    let upload = plant.declare(&photo).await;
    plant.put(&upload, &photo).await;
    assert_eq!(plant.run(&upload).await.status, Status::NoFace);
    assert_eq!(plant.account.rekognition_calls().await, 1);
}
