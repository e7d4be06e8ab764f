//! The status document: everything about one upload and its stages. Its ETag covers everything but the links.

use super::links::Links;
use super::sentences::{Language, sentence};
use super::words::{
    EmotionName, Link, Moment, Provenance, SignedLink, StableCode, StageName, ToneName, UploadKind,
    UploadState, Uuid,
};
use domain::ports::PortError;
use domain::upload::Kind;
use domain::{
    Code, Distribution, Emotion, FileName, Finding, MadeBy, ObjectKey, Sha256, Stage, Status, Timestamp,
    Tone, Upload, UploadId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ALWAYS_JSON: &str = "ids, words, numbers and moments are always JSON";

/// The document without links.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    #[schema(value_type = Uuid)]
    pub upload_id: UploadId,
    #[schema(value_type = UploadKind)]
    pub kind: Kind,
    /// The photo's name on its owner's device.
    #[schema(value_type = Option<String>)]
    pub filename: Option<FileName>,
    #[schema(value_type = UploadState)]
    pub state: Status,
    pub done: bool,
    pub attempt: u32,
    #[schema(value_type = Moment)]
    pub created_at: Timestamp,
    #[schema(value_type = Moment)]
    pub changed_at: Timestamp,
    #[schema(value_type = Option<StableCode>)]
    pub refused: Option<Code>,
    /// What `refused` means, and the limit, in the caller's language.
    pub refused_detail: Option<String>,
    #[schema(value_type = Vec<StageDocument>)]
    pub stages: [StageDocument; Stage::ALL.len()],
    pub faces_count: Option<u32>,
    #[schema(value_type = Option<EmotionName>)]
    pub emotion: Option<Emotion>,
    pub corrected: bool,
    pub confidence: Option<f64>,
    #[schema(value_type = Option<ToneName>)]
    pub tone: Option<Tone>,
    pub tone_confidence: Option<f64>,
}

/// The document with links.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StatusDocument {
    #[serde(flatten)]
    pub facts: Facts,
    #[schema(value_type = Link)]
    pub status_url: String,
    #[schema(value_type = Link)]
    pub faces_url: String,
    #[schema(value_type = Option<SignedLink>)]
    pub original_image: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub preview: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub generated_image: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub melody: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub melody_midi: Option<String>,
}

impl Facts {
    pub(crate) fn of(upload: &Upload, language: Language) -> Self {
        let distribution = match upload.finding(Stage::EmotionAnalysis) {
            Some(Finding::Feeling(affect)) => Some(&affect.distribution),
            _ => None,
        };
        let (feeling, tone) =
            (distribution.map(Distribution::dominant), distribution.map(Distribution::tone));
        let faces_count = match upload.finding(Stage::FaceDetection) {
            Some(Finding::Faces { count, .. }) => Some(*count),
            _ => None,
        };
        Facts {
            upload_id: upload.upload_id,
            kind: upload.kind,
            filename: upload.filename().cloned(),
            state: upload.status,
            done: upload.status.is_done(),
            attempt: upload.attempt,
            created_at: upload.created_at,
            changed_at: upload.changed_at,
            refused: upload.refused.clone(),
            refused_detail: upload.refused.as_ref().map(|code| sentence(code.as_str(), language)),
            stages: Stage::ALL.map(|stage| StageDocument::of(upload, stage, language)),
            faces_count,
            emotion: feeling.map(|(emotion, _)| emotion),
            corrected: upload.corrected.is_some(),
            confidence: feeling.map(|(_, confidence)| confidence),
            tone: tone.map(|(tone, _)| tone),
            tone_confidence: tone.map(|(_, confidence)| confidence),
        }
    }

    /// Why the photo was refused, or the failure of the first stage that failed.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let refused = self.refused.clone().zip(self.refused_detail.clone());
        let refused = refused.map(|(code, detail)| Failure { code, detail, retryable: false });
        refused.or_else(|| self.stages.iter().find_map(|stage| stage.error.clone()))
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
    ) -> Result<StatusDocument, PortError> {
        let (tenant, id) = (&upload.tenant_id, upload.upload_id);
        let picture =
            upload.made_at(Stage::ImageGeneration).map(|attempt| ObjectKey::picture(tenant, id, attempt));
        let melody = upload.made_at(Stage::MelodyGeneration);
        let tune = melody.map(|attempt| ObjectKey::melody(tenant, id, attempt));
        let score = melody.map(|attempt| ObjectKey::score(tenant, id, attempt));
        let preview = preview(upload);
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

/// The key of the preview, once face detection has made it.
pub(crate) fn preview(upload: &Upload) -> Option<ObjectKey> {
    let seen = matches!(upload.finding(Stage::FaceDetection), Some(Finding::Faces { .. }));
    seen.then(|| ObjectKey::preview(&upload.tenant_id, upload.upload_id))
}

impl StatusDocument {
    /// The sentence in English.
    pub async fn of(links: &Links, upload: &Upload) -> Result<Self, PortError> {
        Facts::of(upload, Language::English).with_links(links, upload).await
    }
}

/// "running" is not stored: it follows from the stages before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    Pending,
    Running,
    Done,
}

impl StageState {
    pub fn as_str(self) -> &'static str {
        match self {
            StageState::Pending => "pending",
            StageState::Running => "running",
            StageState::Done => "done",
        }
    }
}

fn state(upload: &Upload, stage: Stage) -> StageState {
    if upload.results.contains_key(&stage) {
        return StageState::Done;
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
    if ready && is_open { StageState::Running } else { StageState::Pending }
}

/// Without a result a stage has only a name and a state.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StageDocument {
    #[schema(value_type = StageName)]
    pub name: Stage,
    pub state: StageState,
    pub outcome: Option<String>,
    pub attempt: Option<u32>,
    pub receive_count: Option<u32>,
    #[schema(value_type = Option<Moment>)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<Moment>)]
    pub finished_at: Option<Timestamp>,
    #[schema(value_type = Option<Provenance>)]
    pub made_by: Option<MadeBy>,
    pub error: Option<Failure>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    #[schema(value_type = StableCode)]
    pub code: Code,
    /// Whether a replay of the same photo may succeed.
    pub retryable: bool,
    /// What the code means, and the limit, in the caller's language.
    pub detail: String,
}

impl StageDocument {
    fn of(upload: &Upload, stage: Stage, language: Language) -> Self {
        let result = upload.results.get(&stage);
        let failure = |code: &Code| Failure {
            code: code.clone(),
            retryable: is_retryable(code.as_str()),
            detail: sentence(code.as_str(), language),
        };
        StageDocument {
            name: stage,
            state: state(upload, stage),
            outcome: result.map(|result| result.outcome.as_str().to_owned()),
            attempt: result.map(|result| result.attempt),
            receive_count: result.map(|result| result.receive_count),
            started_at: result.map(|result| result.started_at),
            finished_at: result.map(|result| result.finished_at),
            made_by: result.and_then(|result| result.made_by.clone()),
            error: result.and_then(|result| result.outcome.code()).map(failure),
        }
    }
}

/// Whether the failure is ours, not the photo's.
pub(crate) fn is_retryable(code: &str) -> bool {
    ["no_answer", "dead_lettered", "deadline", "retries_exhausted"].contains(&code)
        || code.starts_with("execution_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture;
    use domain::{Outcome, StageResult};

    fn check(upload: &Upload, expected: [&str; 5]) {
        let states = Stage::ALL.map(|stage| (stage, state(upload, stage).as_str()));
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
