//! A whole installation in a temporary directory: stores, intake, five scripted stages, dead-letter handlers. It is driven
//! by the production runner, one message after the other, on a clock that stands still until it is wound.

use crate::crashing::Crashing;
use crate::full_disk;
use crate::plan::Plan;
use crate::scripted::{Act, Meanwhile, Scripted};
use async_trait::async_trait;
use bytes::Bytes;
use domain::begin::{Begin, Scope};
use domain::ports::gallery::GalleryPlace;
use domain::ports::objects::NewObject;
use domain::ports::queue::NewMessage;
use domain::ports::uploads::Created;
use domain::ports::{self, Objects as _, PortError, Queue as _, Uploads as _, Users as _};
use domain::{
    Bucket, DeadLetter, GalleryRow, Handler, IntakeMessage, ObjectKey, Ports, QueueName, Record, Stage,
    Upload, fixture,
};
use embedded::{
    DeadLetters, Durability, Events, Faces, Gallery, ManualClock, Objects, Options, Orchestrator, Policy,
    Queue, Store, Uploads, Users,
};
use ingest::{Intake, Metrics};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;
use workers::{DeadLetterHandler, Limits, PollHost, Polling, Settle};

/// A photo's first bytes, and little more.
pub const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a photo";
/// How far the clock is wound at a time, and how often at most, until a world is at rest.
const STEP: Duration = Duration::from_secs(30);
const MAX_STEPS: usize = 400;
/// A hundred photos take fewer.
const MAX_DRAINS: usize = 10_000;
const PUBLIC_URL: &str = "http://127.0.0.1:8080";

pub struct World {
    pub clock: Arc<ManualClock>,
    pub plan: Arc<Plan>,
    pub metrics: Arc<Metrics>,
    pub store: Store,
    pub ingest: Ports,
    pub stages: BTreeMap<Stage, Arc<Scripted>>,
    pub orchestrator: Orchestrator,
    pub events: Events,
    hosts: Vec<PollHost>,
    _root: TempDir,
}

/// The visible state of an upload.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub status: String,
    pub attempt: u32,
    /// Stage and outcome, `-` where it left none.
    pub outcomes: String,
    /// The generated objects.
    pub artefacts: Vec<String>,
    pub shown: Option<GalleryRow>,
    pub dead_letters: usize,
    /// Events of closings.
    pub closings: usize,
}

impl World {
    pub async fn new() -> Self {
        World::with_substitutions(embedded::orchestrator::pipeline_substitutions()).await
    }

    pub async fn with_substitutions(substitutions: BTreeMap<String, String>) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let world = World::open(root, clock, None, substitutions).await;
        Users::new(&world.store).create(fixture::user()).await.expect("a first user");
        world
    }

    /// The same installation after a restart, with scripts and counts begun anew. `room`: pages that the database may
    /// grow by before the disk is full; None: what the disk holds.
    pub async fn reopened(self, room: Option<u32>) -> Self {
        let World { clock, store, _root, .. } = self;
        store.close().await;
        let max_pages = room.map(|room| full_disk::pages(_root.path()) + room);
        World::open(_root, clock, max_pages, embedded::orchestrator::pipeline_substitutions()).await
    }

    async fn open(
        root: TempDir,
        clock: Arc<ManualClock>,
        max_pages: Option<u32>,
        substitutions: BTreeMap<String, String>,
    ) -> Self {
        let options = Options { clock: Some(clock.clone()), durability: Durability::Normal, max_pages };
        let store = Store::open(root.path(), options).expect("the directory opens");
        let orchestrator = Orchestrator::with_definition(&store, statemachine::PIPELINE, substitutions)
            .await
            .expect("the pipeline loads");
        let plan = Arc::new(Plan::default());
        let metrics = Arc::new(Metrics::default());
        let ingest = ports(&store, &orchestrator, &plan, (clock.clone(), metrics.clone()));
        let stages: BTreeMap<_, _> =
            Stage::ALL.map(|stage| (stage, Arc::new(Scripted::new(stage, clock.clone())))).into();
        let hosts = hosts(&ingest, &stages);
        let events = Events::new(&store);
        World { clock, plan, metrics, store, ingest, stages, orchestrator, events, hosts, _root: root }
    }

    /// Makes a stage do these things first.
    pub fn script(&self, stage: Stage, acts: &[Act]) {
        self.stages[&stage].acts.lock().expect("no test panics with the lock").extend(acts);
    }

    /// Makes a stage do this always.
    pub fn always(&self, stage: Stage, act: Act) {
        *self.stages[&stage].always.lock().expect("no test panics with the lock") = Some(act);
    }

    /// Lets a stage do its work from now on.
    pub fn heal(&self, stage: Stage) {
        *self.stages[&stage].always.lock().expect("no test panics with the lock") = None;
    }

    pub fn runs(&self, stage: Stage) -> usize {
        self.stages[&stage].runs.load(Ordering::SeqCst)
    }

    /// Declares a photo, as the API does.
    pub async fn declare(&self, number: u128) -> Upload {
        self.declare_of(number, PHOTO).await
    }

    /// Declares a photo with this content.
    pub async fn declare_of(&self, number: u128, content: &[u8]) -> Upload {
        let upload = fixture::awaiting_of(number, content);
        match Uploads::new(&self.store).create(upload).await.expect("creating works") {
            Created::New(upload) | Created::Duplicate(upload) => upload,
        }
    }

    /// Puts a declared photo, as a client does with a presigned URL.
    pub async fn put(&self, upload: &Upload) {
        self.put_bytes(upload, PHOTO).await;
    }

    pub async fn put_bytes(&self, upload: &Upload, bytes: &'static [u8]) {
        self.try_put(upload, bytes).await.expect("putting works");
    }

    pub async fn try_put(&self, upload: &Upload, bytes: &'static [u8]) -> Result<(), PortError> {
        let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
        let object = NewObject {
            bytes: Bytes::from_static(bytes),
            content_type: "image/jpeg".into(),
            metadata: BTreeMap::new(),
        };
        self.objects().put(Bucket::Media, &key, object).await.map(drop)
    }

    /// A photo that is declared and put.
    pub async fn upload(&self, number: u128) -> Upload {
        let upload = self.declare(number).await;
        self.put(&upload).await;
        upload
    }

    pub fn objects(&self) -> Objects {
        Objects::new(&self.store, "http://127.0.0.1:8080")
    }

    pub fn queue(&self) -> Queue {
        Queue::new(&self.store, Policy::default())
    }

    pub async fn send(&self, body: String) {
        self.queue()
            .send(QueueName::UPLOADS, vec![NewMessage::new(body, None)])
            .await
            .expect("sending works");
    }

    /// Takes what lies in queue `uploads` out of the world.
    pub async fn lose_arrivals(&self) {
        let day = Duration::from_secs(86_400);
        let lost = self.queue().receive(QueueName::UPLOADS, 10, day, Duration::ZERO).await;
        let receipts: Vec<_> =
            lost.expect("the queue works").into_iter().map(|delivery| delivery.receipt).collect();
        assert!(!receipts.is_empty(), "there was something to lose");
        self.queue().acknowledge(QueueName::UPLOADS, &receipts).await.expect("the queue works");
    }

    pub async fn begin(&self, upload: &Upload, scope: Scope, id: u128, supersede: bool) {
        let begin = Begin { scope, supersede, ..fixture::begin(upload, id) };
        self.send(IntakeMessage::begin_body(&begin)).await;
    }

    pub async fn reload(&self, upload: &Upload) -> Option<Record> {
        Uploads::new(&self.store).get(&upload.tenant_id, upload.upload_id).await.expect("reading works")
    }

    pub async fn live(&self, upload: &Upload) -> Upload {
        self.reload(upload).await.and_then(Record::live).expect("the upload is there")
    }

    /// Handles what can be handled now; a death on the way ends it, and what was under way is left as it was. Tells how
    /// many messages there were.
    pub async fn drain(&self) -> usize {
        let mut handled = 0;
        for host in &self.hosts {
            handled += tokio::select! {
                biased;
                () = self.plan.death() => 1,
                handled = host.drain(50) => handled,
            };
        }
        handled + self.orchestrator.fire_due().await.expect("timers fire")
    }

    /// Drains until there is nothing left to handle now.
    pub async fn drain_all(&self) {
        for _ in 0..MAX_DRAINS {
            if self.drain().await == 0 {
                return;
            }
        }
        panic!("there are always more messages; calls: {:?}", self.plan.calls());
    }

    /// Handles the messages before a stage once; returns their number.
    pub async fn drain_before(&self, stage: Stage) -> usize {
        let before = 1 + stage.upstream().count();
        let mut handled = 0;
        for host in &self.hosts[..before] {
            handled += host.drain(50).await;
        }
        handled
    }

    /// Winds the clock until every execution has ended and no message of a live queue is left. Orders for later passes
    /// of an erasure do not count.
    pub async fn rest(&self) {
        self.rest_within(MAX_STEPS).await;
    }

    /// The same, for as many steps of the clock.
    pub async fn rest_within(&self, steps: usize) {
        for _ in 0..steps {
            self.drain_all().await;
            if self.is_at_rest().await {
                return;
            }
            self.clock.advance(STEP);
        }
        panic!("the world does not come to rest; calls: {:?}", self.plan.calls());
    }

    async fn is_at_rest(&self) -> bool {
        let mut left = 0;
        for queue in QueueName::all().filter(|queue| queue.stage().is_some() || queue.is_for_dead_letters()) {
            let depth = self.queue().depth(queue).await.expect("counting works");
            left += depth.visible + depth.hidden;
        }
        let depth = self.queue().depth(QueueName::UPLOADS).await.expect("counting works");
        let waits_for_long = depth.oldest.is_some_and(|age| age > Duration::from_secs(600));
        let arrivals = depth.visible + if waits_for_long { 0 } else { depth.hidden };
        left + arrivals + self.orchestrator.running().await.expect("counting works") == 0
    }

    pub async fn letters(&self) -> Vec<DeadLetter> {
        ports::DeadLetters::list(&DeadLetters::new(&self.store), None, None, 100)
            .await
            .expect("listing works")
    }

    pub async fn seen(&self, upload: &Upload) -> Seen {
        let upload = self.live(upload).await;
        let outcome = |stage: Stage| match upload.results.get(&stage) {
            None => "-".into(),
            Some(result) => serde_json::to_value(&result.outcome).expect("outcomes are JSON")["outcome"]
                .as_str()
                .unwrap_or("?")
                .to_owned(),
        };
        let (tenant, user) = fixture::owner();
        let shown =
            ports::Gallery::row(&Gallery::new(&self.store), &tenant, &user, GalleryPlace::of(&upload)).await;
        let closings = self.events.newest(1000).await.expect("reading works");
        Seen {
            status: upload.status.as_str().into(),
            attempt: upload.attempt,
            outcomes: Stage::ALL.map(outcome).join(" "),
            artefacts: self.artefacts().await,
            shown: shown.expect("reading works"),
            dead_letters: self.letters().await.len(),
            closings: closings.iter().filter(|event| event.upload_id == upload.upload_id).count(),
        }
    }

    /// The generated objects of all uploads, without the upload's id.
    pub async fn artefacts(&self) -> Vec<String> {
        let mut names = Vec::new();
        for prefix in ["generated-images/", "generated-melodies/"] {
            let listing =
                self.objects().list(Bucket::Media, prefix, None, 1000).await.expect("listing works");
            let name = |key: &ObjectKey| key.as_str().rsplit('/').next().unwrap_or_default().to_owned();
            names.extend(listing.objects.iter().map(|(key, _)| name(key)));
        }
        names
    }

    /// Gives a stage the company that its script asks for.
    pub fn accompany(&self, stage: Stage, upload: &Upload) {
        let company =
            Company { ingest: self.ingest.clone(), host: self.hosts[0].clone(), upload: upload.clone() };
        *self.stages[&stage].meanwhile.lock().expect("no test panics with the lock") =
            Some(Arc::new(company));
    }
}

/// Begins a newer attempt, or erases the upload, while a stage works on it.
struct Company {
    ingest: Ports,
    host: PollHost,
    upload: Upload,
}

#[async_trait]
impl Meanwhile for Company {
    async fn supersede(&self) {
        let found = self.ingest.uploads.get(&self.upload.tenant_id, self.upload.upload_id).await;
        let upload = found.expect("reading works").and_then(Record::live).expect("the upload is there");
        let scope = Scope::FromStage(Stage::FaceDetection);
        let begin = Begin { scope, supersede: true, ..fixture::begin(&upload, 77) };
        let message = NewMessage::new(IntakeMessage::begin_body(&begin), None);
        self.ingest.queue.send(QueueName::UPLOADS, vec![message]).await.expect("sending works");
        self.host.drain(5).await;
    }

    async fn erase(&self) {
        let erased = lifecycle::erase(&self.ingest, &self.upload.tenant_id, self.upload.upload_id).await;
        assert!(erased.expect("erasing works"));
    }
}

fn ports(
    store: &Store,
    orchestrator: &Orchestrator,
    plan: &Arc<Plan>,
    (clock, meter): (Arc<ManualClock>, Arc<Metrics>),
) -> Ports {
    fn under<P>(port: P, plan: &Arc<Plan>) -> Arc<Crashing<P>> {
        Arc::new(Crashing { port, plan: plan.clone() })
    }
    let ports = embedded::ports(store, orchestrator, Policy::default(), PUBLIC_URL, meter);
    Ports {
        clock,
        dead_letters: under(DeadLetters::new(store), plan),
        events: under(Events::new(store), plan),
        faces: under(Faces::new(store), plan),
        gallery: under(Gallery::new(store), plan),
        objects: under(Objects::new(store, PUBLIC_URL), plan),
        orchestrator: under(orchestrator.clone(), plan),
        queue: under(Queue::new(store, Policy::default()), plan),
        uploads: under(Uploads::new(store), plan),
        ..ports
    }
}

/// Intake first, then the stages in order, then the dead letters.
fn hosts(ports: &Ports, stages: &BTreeMap<Stage, Arc<Scripted>>) -> Vec<PollHost> {
    let host = |queue_name: QueueName, handler: Arc<dyn Handler>| PollHost {
        queue_name,
        queue: ports.queue.clone(),
        clock: ports.clock.clone(),
        handler,
        polling: Polling::default(),
    };
    let mut hosts =
        vec![host(QueueName::UPLOADS, Arc::new(Intake::new(ports.clone(), Bucket::Media.as_str())))];
    for (stage, worker) in stages {
        let settle = Settle::new(ports.clone(), worker.clone(), Limits::default());
        hosts.push(host(QueueName::of(*stage), Arc::new(settle)));
    }
    for queue in QueueName::live().map(QueueName::dead_letters) {
        hosts.push(host(queue, Arc::new(DeadLetterHandler::new(ports.clone()))));
    }
    hosts
}
