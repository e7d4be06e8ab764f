//! The status document: everything about one upload, and an ETag of it without its links.

use super::answer::moment;
use super::links::Links;
use super::stage_document;
use domain::ports::PortError;
use domain::{Finding, ObjectKey, Sha256, Stage, Upload};
use serde_json::{Value, json};

/// The whole document.
pub async fn document(links: &Links, upload: &Upload) -> Result<Value, PortError> {
    with_links(links, upload, facts(upload)).await
}

/// The document without links.
pub(crate) fn facts(upload: &Upload) -> Value {
    let feeling = match upload.finding(Stage::EmotionAnalysis) {
        Some(Finding::Feeling(affect)) => Some(affect.distribution.dominant()),
        _ => None,
    };
    let faces_count = match upload.finding(Stage::FaceDetection) {
        Some(Finding::Faces { count, .. }) => Some(*count),
        _ => None,
    };
    let stages: Vec<Value> = Stage::ALL.map(|stage| stage_document::write(upload, stage)).into();
    json!({
        "upload_id": upload.upload_id,
        "kind": upload.kind,
        "state": upload.status,
        "done": upload.status.is_done(),
        "attempt": upload.attempt,
        "created_at": moment(upload.created_at),
        "changed_at": moment(upload.changed_at),
        "refused": upload.refused,
        "stages": stages,
        "faces_count": faces_count,
        "emotion": feeling.map(|(emotion, _)| emotion),
        "corrected": upload.corrected.is_some(),
        "confidence": feeling.map(|(_, confidence)| confidence),
    })
}

/// Names the facts.
pub(crate) fn etag(facts: &Value) -> String {
    let digest = Sha256::of(facts.to_string().as_bytes());
    hex::encode(&digest.bytes()[..16])
}

/// Facts and links.
pub(crate) async fn with_links(links: &Links, upload: &Upload, mut facts: Value) -> Result<Value, PortError> {
    let (tenant, id) = (&upload.tenant_id, upload.upload_id);
    let picture =
        upload.made_at(Stage::ImageGeneration).map(|attempt| ObjectKey::picture(tenant, id, attempt));
    let melody = upload.made_at(Stage::MelodyGeneration);
    let tune = melody.map(|attempt| ObjectKey::melody(tenant, id, attempt));
    let score = melody.map(|attempt| ObjectKey::score(tenant, id, attempt));
    let seen = matches!(upload.finding(Stage::FaceDetection), Some(Finding::Faces { .. }));
    let preview = seen.then(|| ObjectKey::preview(tenant, id));
    facts["status_url"] = links.status(id).into();
    facts["faces_url"] = format!("{}/faces", links.status(id)).into();
    facts["original_image"] = json!(links.to_some(upload.object.as_ref().map(|object| &object.key)).await?);
    facts["preview"] = json!(links.to_some(preview.as_ref()).await?);
    facts["generated_image"] = json!(links.to_some(picture.as_ref()).await?);
    facts["melody"] = json!(links.to_some(tune.as_ref()).await?);
    facts["melody_midi"] = json!(links.to_some(score.as_ref()).await?);
    Ok(facts)
}
