//! The status document: everything about one upload and its stages. Its ETag covers everything but the links.

use super::links::Links;
use domain::ports::PortError;
use domain::upload::Kind;
use domain::{Code, Emotion, Finding, MadeBy, ObjectKey, Sha256, Stage, Status, Timestamp, Upload, UploadId};
use serde::Serialize;
use serde_json::Value;

pub async fn document(links: &Links, upload: &Upload) -> Result<Value, PortError> {
    let document = Facts::of(upload).with_links(links, upload).await?;
    Ok(serde_json::to_value(document).expect(ALWAYS_JSON))
}

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

    /// The ETag of the document.
    pub(crate) fn etag(&self) -> String {
        let json = serde_json::to_vec(self).expect(ALWAYS_JSON);
        hex::encode(&Sha256::of(&json).bytes()[..16])
    }

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

/// Pending, running or done. "running" is not stored: it follows from the stages before.
fn state(upload: &Upload, stage: Stage) -> &'static str {
    if upload.results.contains_key(&stage) {
        return "done";
    }
    let ended =
        |above: Stage| upload.results.get(&above).is_some_and(|result| result.outcome.ends_the_line());
    let ready = match stage.upstream().any(ended) {
        true => {
            stage == Stage::GalleryIndexing
                && (stage.upstream().all(|above| upload.results.contains_key(&above))
                    || [Stage::FaceDetection, Stage::EmotionAnalysis].into_iter().any(ended))
        }
        false => stage.upstream().all(|above| upload.results.contains_key(&above)),
    };
    let is_open = matches!(upload.status, Status::Stored | Status::Running);
    if ready && is_open { "running" } else { "pending" }
}

/// Without a result a stage has only a name and a state.
#[derive(Serialize)]
struct StageDocument<'a> {
    name: Stage,
    state: &'static str,
    outcome: Option<&'static str>,
    attempt: Option<u32>,
    receive_count: Option<u32>,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    made_by: Option<&'a MadeBy>,
    error: Option<Failure<'a>>,
}

#[derive(Serialize)]
struct Failure<'a> {
    code: &'a Code,
    /// Whether a replay of the same photo may succeed.
    retryable: bool,
}

impl<'a> StageDocument<'a> {
    fn of(upload: &'a Upload, stage: Stage) -> Self {
        let result = upload.results.get(&stage);
        let failure = |code: &'a Code| Failure { code, retryable: is_retryable(code.as_str()) };
        StageDocument {
            name: stage,
            state: state(upload, stage),
            outcome: result.map(|result| result.outcome.as_str()),
            attempt: result.map(|result| result.attempt),
            receive_count: result.map(|result| result.receive_count),
            started_at: result.map(|result| result.started_at),
            finished_at: result.map(|result| result.finished_at),
            made_by: result.and_then(|result| result.made_by.as_ref()),
            error: result.and_then(|result| result.outcome.code()).map(failure),
        }
    }
}

/// Whether the failure is ours, not the photo's.
fn is_retryable(code: &str) -> bool {
    ["no_answer", "dead_lettered", "deadline", "retries_exhausted"].contains(&code)
        || code.starts_with("execution_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture;
    use domain::{Outcome, StageResult};

    fn check(upload: &Upload, expected: [&str; 5]) {
        let states = Stage::ALL.map(|stage| (stage, state(upload, stage)));
        let expected = std::array::from_fn(|at| (Stage::ALL[at], expected[at]));
        assert_eq!(states, expected);
    }

    #[test]
    fn running_follows_from_what_came_before() {
        check(&fixture::awaiting(), ["pending", "pending", "pending", "pending", "pending"]);
        let mut upload = fixture::stored();
        check(&upload, ["running", "pending", "pending", "pending", "pending"]);
        let done = |outcome| StageResult::without_work(outcome, 1, fixture::now());
        let mut faceless = upload.clone();
        faceless.record(Stage::FaceDetection, done(Outcome::NoFace)).unwrap();
        check(&faceless, ["done", "pending", "pending", "pending", "running"]);
        upload.record(Stage::FaceDetection, done(Outcome::Succeeded)).unwrap();
        upload.record(Stage::EmotionAnalysis, done(Outcome::Succeeded)).unwrap();
        check(&upload, ["done", "done", "running", "running", "pending"]);
    }
}
