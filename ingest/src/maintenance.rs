//! Maintenance: a periodic round over the uploads that are due. A round is bounded, may be repeated at any moment and may
//! run twice at a time: each of its actions is a conditional write or a message that may come twice.

use domain::due::DuePlace;
use domain::object_event::ObjectCreated;
use domain::ports::gallery::GalleryPlace;
use domain::ports::objects::MAX_LISTED;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::uploads::{GalleryWrite, MAX_UPLOADS};
use domain::ports::{PortError, PortErrorKind};
use domain::{
    Bucket, ExecutionInput, ExecutionName, ExecutionStatus, IntakeMessage, ObjectKey, Ports, QueueName,
    Stage, Status, TenantId, Upload, UploadId,
};
use lifecycle::{closing, span};
use serde_json::json;
use std::time::Duration;
use tracing::Instrument;

/// The pause between two rounds.
pub const PAUSE: Duration = Duration::from_secs(60);
/// Younger contents without an object may belong to a put under way, or to a backup that is being restored.
pub const MIN_ORPHAN_AGE: Duration = Duration::from_secs(3600);
/// The most uploads of one round; the next round continues behind them.
const MAX_DUE: usize = 1000;
/// How long a round goes on: less than the timeout of the function in template.yaml, whatever AWS takes for a call.
const MAX_TIME: Duration = Duration::from_secs(40);

#[derive(Clone)]
pub struct Maintenance {
    ports: Ports,
    bucket: String,
}

/// What a due upload needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is not due any more, or its execution is running.
    Nothing,
    /// Its object is stored and the event was lost: it is sent again.
    SendEvent(ObjectCreated),
    /// Its object never came.
    Expire,
    /// Its attempt was written and never started.
    Start,
    /// Its execution ended and left the attempt open: intake is told, and closes it.
    Close(ExecutionStatus),
    /// A later attempt has replaced these objects and faces, and neither record nor gallery names them.
    Tidy {
        objects: Vec<ObjectKey>,
        /// The faces of the attempts up to this one are deleted.
        faces_up_to: u32,
        /// Whether there is more than one round takes.
        more: bool,
    },
}

/// The result for one due upload.
#[derive(Debug)]
pub struct Finding {
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    /// After an error the upload stays due.
    pub action: Result<Action, PortError>,
}

#[derive(Debug, Default)]
pub struct Round {
    pub findings: Vec<Finding>,
    /// Where the next round continues; None: at the beginning.
    pub next: Option<DuePlace>,
}

impl Action {
    /// The word in logs and listings.
    pub fn as_str(&self) -> &'static str {
        match self {
            Action::Nothing => "nothing",
            Action::SendEvent(_) => "send-event",
            Action::Expire => "expire",
            Action::Start => "start",
            Action::Close(_) => "close",
            Action::Tidy { .. } => "tidy",
        }
    }

    /// What listings show beside the word.
    pub fn detail(&self) -> Option<String> {
        match self {
            Action::Close(status) => Some(closing::code_of(*status).to_string()),
            Action::Tidy { objects, .. } => Some(format!("{} objects", objects.len())),
            Action::Nothing | Action::SendEvent(_) | Action::Expire | Action::Start => None,
        }
    }
}

impl Maintenance {
    /// `bucket` is the name of the upload bucket in events.
    pub fn new(ports: Ports, bucket: impl Into<String>) -> Self {
        Maintenance { ports, bucket: bucket.into() }
    }

    /// Maintains the uploads that are due behind `from`; with `dry_run` it only plans. A failure of one upload is in its
    /// finding and does not touch the others. Errors: the list of due uploads cannot be read.
    pub async fn round(&self, from: Option<DuePlace>, dry_run: bool) -> Result<Round, PortError> {
        let now = self.ports.clock.now();
        let end = now + MAX_TIME;
        let mut round = Round { findings: Vec::new(), next: from };
        loop {
            let page = self.ports.uploads.due(now, round.next.take(), MAX_UPLOADS).await?;
            let last = page.len() < MAX_UPLOADS;
            for upload in page {
                round.next = upload.due_place();
                let span = span::of_upload(upload.upload_id, upload.traceparent.as_deref());
                round.findings.push(self.maintain(upload, dry_run).instrument(span).await);
                if self.ports.clock.now() >= end {
                    return Ok(round);
                }
            }
            if last {
                round.next = None;
                return Ok(round);
            }
            if round.findings.len() >= MAX_DUE {
                return Ok(round);
            }
        }
    }

    /// One bounded step through the contents of objects, from `from` on: removes those that a crash left without an object.
    /// Returns where the next step continues; None: at the beginning.
    pub async fn reconcile(&self, from: Option<String>) -> Result<Option<String>, PortError> {
        let step = self.ports.objects.reconcile(from, MIN_ORPHAN_AGE).await?;
        if step.removed > 0 {
            tracing::warn!(removed = step.removed, "contents without an object were removed");
        }
        for (bucket, key) in &step.lost {
            tracing::error!(bucket = bucket.as_str(), %key, "the content of an object is missing");
        }
        Ok(step.next)
    }

    async fn maintain(&self, upload: Upload, dry_run: bool) -> Finding {
        let planned = match self.plan(&upload).await {
            Ok(action) if !dry_run => self.apply(&upload, &action).await.map(|()| action),
            planned => planned,
        };
        match &planned {
            Ok(Action::Nothing) => {}
            Ok(action) => tracing::info!(action = action.as_str(), dry_run, "upload maintained"),
            Err(error) => tracing::warn!(%error, "upload not maintained; the next round tries again"),
        }
        Finding { tenant_id: upload.tenant_id, upload_id: upload.upload_id, action: planned }
    }

    /// Finds out what an upload needs; changes nothing.
    async fn plan(&self, upload: &Upload) -> Result<Action, PortError> {
        if upload.due_at().is_none_or(|due_at| due_at > self.ports.clock.now()) {
            return Ok(Action::Nothing);
        }
        match upload.status {
            Status::AwaitingUpload => self.plan_awaiting(upload).await,
            Status::Stored | Status::Running => self.plan_open(upload).await,
            Status::Erased => Ok(Action::Nothing),
            Status::Complete | Status::Partial | Status::NoFace | Status::Failed | Status::Expired => {
                self.plan_superseded(upload).await
            }
        }
    }

    /// The object did not come in time, or its event was lost.
    async fn plan_awaiting(&self, upload: &Upload) -> Result<Action, PortError> {
        let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
        let found = self.ports.objects.head(Bucket::Media, &key).await?;
        Ok(found.map_or(Action::Expire, |head| {
            let (bucket, key) = (self.bucket.clone(), key.to_string());
            Action::SendEvent(ObjectCreated { bucket, key, size: head.size, etag: head.etag })
        }))
    }

    /// The attempt has been open for long. On AWS the event of an execution's end is best effort, so the orchestrator is
    /// asked.
    async fn plan_open(&self, upload: &Upload) -> Result<Action, PortError> {
        let name = ExecutionName::new(upload.upload_id, upload.attempt);
        let found = self.ports.orchestrator.describe(&name).await?;
        Ok(match found.map(|execution| execution.status) {
            None => Action::Start,
            Some(ExecutionStatus::Running) => Action::Nothing,
            Some(ended) => Action::Close(ended),
        })
    }

    /// A later attempt has closed: what neither the record nor the gallery row names may go.
    async fn plan_superseded(&self, upload: &Upload) -> Result<Action, PortError> {
        let shown = self.shown(upload).await?;
        let (mut objects, mut more) = (Vec::new(), false);
        for prefix in ObjectKey::prefixes_of(&upload.tenant_id, upload.upload_id) {
            let listing = self.ports.objects.list(Bucket::Media, &prefix, None, MAX_LISTED).await?;
            more |= listing.next.is_some();
            let keys = listing.objects.into_iter().map(|(key, _)| key);
            objects.extend(keys.filter(|key| !shown.contains(key)));
        }
        let faces_up_to = upload.made_at(Stage::FaceDetection).map_or(0, |attempt| attempt.saturating_sub(1));
        Ok(Action::Tidy { objects, faces_up_to, more })
    }

    /// The objects that the record names, and those of the gallery row, which may show an earlier attempt.
    async fn shown(&self, upload: &Upload) -> Result<Vec<ObjectKey>, PortError> {
        let (tenant, id) = (&upload.tenant_id, upload.upload_id);
        let of_record = Stage::ALL.into_iter().filter_map(|stage| {
            upload.made_at(stage).map(|attempt| ObjectKey::artefacts(stage, tenant, id, attempt))
        });
        let mut shown: Vec<ObjectKey> = of_record.flatten().collect();
        let row = self.ports.gallery.row(tenant, &upload.user_id, GalleryPlace::of(upload)).await?;
        shown.extend(row.into_iter().flat_map(|row| [row.picture, row.melody, row.score]).flatten());
        Ok(shown)
    }

    /// Applies an action. If the record has changed since it was read, nothing is done; the next round plans anew.
    async fn apply(&self, upload: &Upload, action: &Action) -> Result<(), PortError> {
        let now = self.ports.clock.now();
        match action {
            Action::Nothing => Ok(()),
            Action::SendEvent(event) => {
                let body = event.to_event_bridge(&upload.upload_id.to_string(), now).to_string();
                self.tell_intake(upload, body).await
            }
            Action::Expire => {
                let mut expired = upload.clone();
                expired.expire(now);
                self.save(expired).await
            }
            Action::Start => lifecycle::start(&self.ports, upload).await,
            Action::Close(status) => {
                let name = ExecutionName::new(upload.upload_id, upload.attempt);
                let input = json!(ExecutionInput::of(upload));
                self.tell_intake(upload, IntakeMessage::status_change_body(&name, *status, &input)).await
            }
            Action::Tidy { objects, faces_up_to, more } => {
                self.tidy(upload, objects, *faces_up_to, *more).await
            }
        }
    }

    /// Deletes the objects and faces, then the record's note that they exist.
    async fn tidy(
        &self,
        upload: &Upload,
        objects: &[ObjectKey],
        faces_up_to: u32,
        more: bool,
    ) -> Result<(), PortError> {
        for key in objects {
            self.ports.objects.delete(Bucket::Media, key).await?;
        }
        if faces_up_to > 0 {
            self.ports.faces.delete(upload.upload_id, faces_up_to).await?;
        }
        if more && !objects.is_empty() {
            return Ok(());
        }
        self.save(Upload { superseded_at: None, ..upload.clone() }).await
    }

    async fn tell_intake(&self, upload: &Upload, body: String) -> Result<(), PortError> {
        let message = NewMessage::new(body, Some(MessageGroup::live(&upload.tenant_id, &upload.user_id)));
        self.ports.queue.send(QueueName::UPLOADS, vec![message]).await
    }

    async fn save(&self, upload: Upload) -> Result<(), PortError> {
        match self.ports.uploads.save(upload, GalleryWrite::Keep).await {
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
            saved => saved.map(drop),
        }
    }
}
