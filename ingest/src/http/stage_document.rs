//! A stage as the status document shows it.

use domain::{Code, MadeBy, Stage, Status, Timestamp, Upload};
use serde::Serialize;

/// What a stage is doing. Nobody writes "running": it follows from the stages before.
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

/// The stage's part of the document. Without a result it has a name and a state, and nothing else.
#[derive(Serialize)]
pub(crate) struct StageDocument<'a> {
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
    /// What failed for good comes again only by a replay; that is the sender's to ask for.
    retryable: bool,
}

impl<'a> StageDocument<'a> {
    pub(crate) fn of(upload: &'a Upload, stage: Stage) -> Self {
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

/// Whether a replay of the same photo may end better: our failures, not the photo's.
fn is_retryable(code: &str) -> bool {
    ["no_answer", "dead_lettered", "deadline", "retries_exhausted"].contains(&code)
        || code.starts_with("execution_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture;
    use domain::{Outcome, StageResult};

    fn states(upload: &Upload) -> String {
        Stage::ALL.map(|stage| state(upload, stage)).join(" ")
    }

    #[test]
    fn running_follows_from_what_came_before() {
        assert_eq!(states(&fixture::awaiting()), "pending pending pending pending pending");
        let mut upload = fixture::stored();
        assert_eq!(states(&upload), "running pending pending pending pending");
        let done = |outcome| StageResult::without_work(outcome, 1, fixture::now());
        let mut faceless = upload.clone();
        faceless.record(Stage::FaceDetection, done(Outcome::NoFace)).unwrap();
        assert_eq!(states(&faceless), "done pending pending pending running");
        upload.record(Stage::FaceDetection, done(Outcome::Succeeded)).unwrap();
        upload.record(Stage::EmotionAnalysis, done(Outcome::Succeeded)).unwrap();
        assert_eq!(states(&upload), "done done running running pending");
    }
}
