//! The status document: everything about one upload, and an ETag of it without its links.

use super::links::Links;
use super::stage_document::StageDocument;
use domain::ports::PortError;
use domain::upload::Kind;
use domain::{Code, Emotion, Finding, ObjectKey, Sha256, Stage, Status, Timestamp, Upload, UploadId};
use serde::Serialize;
use serde_json::Value;

/// The whole document.
pub async fn document(links: &Links, upload: &Upload) -> Result<Value, PortError> {
    let document = Facts::of(upload).with_links(links, upload).await?;
    Ok(serde_json::to_value(document).expect(ALWAYS_JSON))
}

/// Why a document can be written.
const ALWAYS_JSON: &str = "ids, words, numbers and moments are always JSON";

/// The document without links.
#[derive(Serialize)]
pub(crate) struct Facts<'a> {
    upload_id: UploadId,
    kind: Kind,
    state: Status,
    done: bool,
    attempt: u32,
    created_at: Timestamp,
    changed_at: Timestamp,
    refused: Option<&'a Code>,
    stages: [StageDocument<'a>; 5],
    faces_count: Option<u32>,
    pub(crate) emotion: Option<Emotion>,
    corrected: bool,
    confidence: Option<f64>,
}

/// The document with links.
#[derive(Serialize)]
pub(crate) struct StatusDocument<'a> {
    #[serde(flatten)]
    facts: Facts<'a>,
    status_url: String,
    faces_url: String,
    original_image: Option<String>,
    preview: Option<String>,
    generated_image: Option<String>,
    melody: Option<String>,
    melody_midi: Option<String>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(upload: &'a Upload) -> Self {
        let feeling = match upload.finding(Stage::EmotionAnalysis) {
            Some(Finding::Feeling(affect)) => Some(affect.distribution.dominant()),
            _ => None,
        };
        let faces_count = match upload.finding(Stage::FaceDetection) {
            Some(Finding::Faces { count, .. }) => Some(*count),
            _ => None,
        };
        Facts {
            upload_id: upload.upload_id,
            kind: upload.kind,
            state: upload.status,
            done: upload.status.is_done(),
            attempt: upload.attempt,
            created_at: upload.created_at,
            changed_at: upload.changed_at,
            refused: upload.refused.as_ref(),
            stages: Stage::ALL.map(|stage| StageDocument::of(upload, stage)),
            faces_count,
            emotion: feeling.map(|(emotion, _)| emotion),
            corrected: upload.corrected.is_some(),
            confidence: feeling.map(|(_, confidence)| confidence),
        }
    }

    /// Names the facts.
    pub(crate) fn etag(&self) -> String {
        let json = serde_json::to_vec(self).expect(ALWAYS_JSON);
        hex::encode(&Sha256::of(&json).bytes()[..16])
    }

    /// Facts and links.
    pub(crate) async fn with_links(
        self,
        links: &Links,
        upload: &Upload,
    ) -> Result<StatusDocument<'a>, PortError> {
        let (tenant, id) = (&upload.tenant_id, upload.upload_id);
        let picture =
            upload.made_at(Stage::ImageGeneration).map(|attempt| ObjectKey::picture(tenant, id, attempt));
        let melody = upload.made_at(Stage::MelodyGeneration);
        let tune = melody.map(|attempt| ObjectKey::melody(tenant, id, attempt));
        let score = melody.map(|attempt| ObjectKey::score(tenant, id, attempt));
        let seen = matches!(upload.finding(Stage::FaceDetection), Some(Finding::Faces { .. }));
        let preview = seen.then(|| ObjectKey::preview(tenant, id));
        let status_url = links.status(id);
        Ok(StatusDocument {
            facts: self,
            faces_url: format!("{status_url}/faces"),
            status_url,
            original_image: links.to_some(upload.object.as_ref().map(|object| &object.key)).await?,
            preview: links.to_some(preview.as_ref()).await?,
            generated_image: links.to_some(picture.as_ref()).await?,
            melody: links.to_some(tune.as_ref()).await?,
            melody_midi: links.to_some(score.as_ref()).await?,
        })
    }
}
