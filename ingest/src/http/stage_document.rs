//! A stage as the status document shows it.

use super::answer::moment;
use domain::{Outcome, Stage, Status, Upload};
use serde_json::{Value, json};

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

/// The stage's part of the document. `receive_count` and times are null until it has a result.
pub(crate) fn write(upload: &Upload, stage: Stage) -> Value {
    let mut body = json!({"name": stage, "state": state(upload, stage)});
    let Some(result) = upload.results.get(&stage) else {
        for absent in ["outcome", "attempt", "receive_count", "started_at", "finished_at", "made_by", "error"]
        {
            body[absent] = Value::Null;
        }
        return body;
    };
    body["outcome"] = json!(&result.outcome)["outcome"].take();
    body["attempt"] = result.attempt.into();
    body["receive_count"] = result.receive_count.into();
    body["started_at"] = moment(result.started_at);
    body["finished_at"] = moment(result.finished_at);
    body["made_by"] = json!(result.made_by);
    body["error"] = match &result.outcome {
        // What failed for good comes again only by a replay; that is the sender's to ask for.
        Outcome::Failed { code } => json!({"code": code, "retryable": is_retryable(code.as_str())}),
        _ => Value::Null,
    };
    body
}

/// Whether a replay of the same photo may end better: our failures, not the photo's.
fn is_retryable(code: &str) -> bool {
    ["no_answer", "dead_lettered", "deadline", "retries_exhausted"].contains(&code)
        || code.starts_with("execution_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::StageResult;
    use domain::fixture;

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
