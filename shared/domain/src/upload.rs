//! The upload record and the pure functions that change it.
//!
//! Every write is "load, change by one of these functions, save if the version is still the same", so each rule is here
//! once and holds on every backend.

use crate::affect::Affect;
use crate::emotion::Emotion;
use crate::file_name::FileName;
use crate::media_type::MediaType;
use crate::object_key::ObjectKey;
use crate::outcome::{Code, Outcome};
use crate::owner::{TenantId, UserId};
use crate::sha256::Sha256;
use crate::stage::Stage;
use crate::stage_result::{Finding, Pending, StageResult};
use crate::status::{EndState, Status, StatusEvent};
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The purpose of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Takes the whole pipeline.
    Photo,
    /// Faces and emotions only; not in the gallery.
    Faces,
    /// No photo: a picture or a melody from a given emotion.
    Prompt,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Photo => "photo",
            Kind::Faces => "faces",
            Kind::Prompt => "prompt",
        }
    }
}

/// When a new result replaces the old one in the gallery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replace {
    #[default]
    AtLeastAsGood,
    Always,
}

/// The owner's declaration of an object before it is put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    pub content_type: MediaType,
    pub content_length: u64,
    /// None for an adopted object, which has no declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// The photo's name on its owner's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<FileName>,
}

/// The object that intake accepted; every later read asks for exactly this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    pub key: ObjectKey,
    pub etag: String,
    pub size: u64,
    /// By its first bytes.
    pub content_type: MediaType,
}

/// One upload. At most 4 KB as an item: faces are rows of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub upload_id: UploadId,
    pub kind: Kind,
    /// The declaration or adoption; its place in the gallery.
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// None for a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// The end of the last presigned URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_expires_at: Option<Timestamp>,
    /// The accepted object; None before its event and for a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<StoredObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
    pub status: Status,
    /// The number of attempts; 0 before the first.
    pub attempt: u32,
    /// The order that began the attempt; None if the object's event did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<Uuid>,
    /// The beginning of the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    /// The owner's correction of the analysed emotion; it outlives replays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Emotion>,
    /// When a later attempt closed, so that artefacts of earlier ones are superseded; None once they are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_at: Option<Timestamp>,
    /// How often the owner ordered different art.
    #[serde(default)]
    pub rerolls: u32,
    /// Whether the attempt is a replay; live uploads go first.
    #[serde(default)]
    pub replay: bool,
    #[serde(default)]
    pub replace: Replace,
    /// W3C trace context that the attempt's messages carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    pub results: BTreeMap<Stage, StageResult>,
    /// Outside jobs by stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<Stage, Pending>,
    /// Grows with each save; a save with an older one is refused.
    pub version: u64,
}

impl Upload {
    pub fn awaiting(
        owner: (TenantId, UserId),
        upload_id: UploadId,
        declared: Declared,
        url_expires_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        Upload {
            declared: Some(declared),
            url_expires_at: Some(url_expires_at),
            ..Upload::blank(owner, upload_id, Kind::Photo, now)
        }
    }

    /// A prompt: generator `wanted` makes art from a given emotion. The first attempt is open from the start, begun by the
    /// order `begun_by`; every other stage has its result.
    pub fn prompt(
        owner: (TenantId, UserId),
        upload_id: UploadId,
        emotion: Emotion,
        wanted: Stage,
        begun_by: Uuid,
        now: Timestamp,
    ) -> Self {
        let mut upload = Upload::blank(owner, upload_id, Kind::Prompt, now);
        upload.status = Status::Stored;
        upload.begun_by = Some(begun_by);
        upload.open_attempt(now);
        let given = StageResult {
            finding: Some(Finding::Feeling(Affect::certain(emotion))),
            ..StageResult::without_work(Outcome::Succeeded, upload.attempt, now)
        };
        upload.results.insert(Stage::EmotionAnalysis, given);
        for stage in [Stage::ImageGeneration, Stage::MelodyGeneration] {
            if stage != wanted {
                let skipped = StageResult::without_work(Outcome::Skipped, upload.attempt, now);
                upload.results.insert(stage, skipped);
            }
        }
        upload
    }

    fn blank(owner: (TenantId, UserId), upload_id: UploadId, kind: Kind, now: Timestamp) -> Self {
        Upload {
            tenant_id: owner.0,
            user_id: owner.1,
            upload_id,
            kind,
            created_at: now,
            changed_at: now,
            declared: None,
            url_expires_at: None,
            object: None,
            refused: None,
            status: Status::AwaitingUpload,
            attempt: 0,
            begun_by: None,
            begun_at: None,
            corrected: None,
            superseded_at: None,
            rerolls: 0,
            replay: false,
            replace: Replace::AtLeastAsGood,
            traceparent: None,
            results: BTreeMap::new(),
            pending: BTreeMap::new(),
            version: 0,
        }
    }

    /// A photo that was put without the API.
    pub fn adopted(
        owner: (TenantId, UserId),
        upload_id: UploadId,
        object: StoredObject,
        now: Timestamp,
    ) -> Self {
        let declared = Declared {
            content_type: object.content_type,
            content_length: object.size,
            sha256: None,
            filename: None,
        };
        let mut upload =
            Upload { declared: Some(declared), ..Upload::blank(owner, upload_id, Kind::Photo, now) };
        upload.store(object, now);
        upload
    }

    /// The photo's name on its owner's device.
    pub fn filename(&self) -> Option<&FileName> {
        self.declared.as_ref()?.filename.as_ref()
    }

    /// Makes a photo of an upload for its faces only before its first attempt. False if nothing changes.
    pub fn promote(&mut self) -> bool {
        let changes = self.attempt == 0 && self.kind == Kind::Faces;
        if changes {
            self.kind = Kind::Photo;
        }
        changes
    }

    /// Accepts the object and begins the first attempt. False if nothing changes.
    pub fn store(&mut self, object: StoredObject, now: Timestamp) -> bool {
        let Some(status) = self.status.next(StatusEvent::Stored) else { return false };
        self.object = Some(object);
        self.enter(status, now);
        self.open_attempt(now);
        true
    }

    /// Refuses the object. False if nothing changes.
    pub fn refuse(&mut self, code: Code, now: Timestamp) -> bool {
        let Some(status) = self.status.next(StatusEvent::Refused) else { return false };
        self.refused = Some(code);
        self.enter(status, now);
        true
    }

    /// Gives up waiting for the object. False if nothing changes.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let Some(status) = self.status.next(StatusEvent::Expired) else { return false };
        self.enter(status, now);
        true
    }

    pub(crate) fn enter(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.changed_at = self.changed_at.max(now);
    }

    /// How the attempt was closed; None while it is open.
    pub fn end(&self) -> Option<EndState> {
        self.results.get(&Stage::GalleryIndexing).and(self.status.end())
    }

    /// The stages without a result.
    pub fn open_stages(&self) -> Vec<Stage> {
        Stage::ALL.into_iter().filter(|stage| !self.results.contains_key(stage)).collect()
    }

    pub fn finding(&self, stage: Stage) -> Option<&Finding> {
        self.results.get(&stage).and_then(|result| result.finding.as_ref())
    }

    /// The attempt that made a stage's good result; it is part of the keys of objects and rows.
    pub fn made_at(&self, stage: Stage) -> Option<u32> {
        self.results.get(&stage).filter(|result| result.outcome.is_good()).map(|result| result.attempt)
    }
}

impl Kind {
    /// The stages that are never run for this kind.
    pub fn skipped(self) -> &'static [Stage] {
        match self {
            Kind::Photo => &[],
            Kind::Faces => &[Stage::ImageGeneration, Stage::MelodyGeneration],
            Kind::Prompt => &[Stage::FaceDetection],
        }
    }

    pub fn in_gallery(self) -> bool {
        self != Kind::Faces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt::Began;
    use crate::begin::Begin;
    use crate::fixture::{self, now};
    use crate::status::EndState;

    fn done(upload: &Upload) -> StageResult {
        StageResult::without_work(Outcome::Succeeded, upload.attempt, now())
    }

    #[test]
    fn a_promotion_keeps_faces_and_feelings_and_makes_the_rest() {
        let mut faces = fixture::stored_from(Upload { kind: Kind::Faces, ..fixture::awaiting() });
        for stage in [Stage::FaceDetection, Stage::EmotionAnalysis] {
            faces.record(stage, done(&faces)).unwrap();
        }
        let running = faces.clone();
        assert_eq!(faces.close(done(&faces)), Ok(EndState::Complete));
        for mut upload in [running, faces] {
            assert!(!upload.promote(), "its attempt was begun: that takes an order");
            let promote = Begin { promote: true, supersede: true, ..fixture::begin(&upload, 1) };
            assert_eq!(upload.begin(&promote, now()), Ok(Began::Anew));
            assert_eq!((upload.kind, upload.attempt, upload.status), (Kind::Photo, 2, Status::Stored));
            let kept: Vec<_> =
                upload.results.iter().map(|(stage, result)| (*stage, result.attempt)).collect();
            assert_eq!(kept, [(Stage::FaceDetection, 1), (Stage::EmotionAnalysis, 1)]);
            let before = upload.clone();
            let again = Begin { id: Uuid::from_u128(2), expect_attempt: 2, ..promote };
            assert_eq!(upload.begin(&again, now()), Ok(Began::Already), "a photo is left alone");
            assert_eq!(upload, before);
        }
    }

    #[test]
    fn before_the_first_attempt_a_promotion_is_a_change_of_kind() {
        let mut awaiting = Upload { kind: Kind::Faces, ..fixture::awaiting() };
        assert!(awaiting.promote() && !awaiting.promote());
        assert_eq!(awaiting, fixture::awaiting());
    }
}
