//! `PUT /uploads/{id}/emotion`: the owner corrects what was analysed; picture and melody are made again.

use super::answer::Answer;
use super::replay::accepted;
use super::session::Writer;
use super::{Shared, body, owned, trace};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use domain::begin::{Begin, Replay, Scope};
use domain::{Emotion, Stage};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    emotion: String,
}

pub(crate) async fn put(
    State(api): Shared,
    Writer(caller): Writer,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let correction: Correction = body::json(&headers, body, body::MAX_JSON).await?;
    let unknown = |_| Problem::meaningless("bad_emotion", "emotion is HAPPY, SAD, ANGRY, CONFUSED, …");
    let emotion = Emotion::parse(&correction.emotion).map_err(unknown)?;
    let upload = owned::by_path(&api, &caller, &id).await?;
    // A PUT may come twice: what counts already is not begun again.
    if upload.corrected == Some(emotion) {
        return accepted(&api.links.status(upload.upload_id), &upload, upload.attempt);
    }
    let begin = Begin {
        scope: Scope::FromStage(Stage::EmotionAnalysis),
        correct: Some(emotion),
        supersede: true,
        reason: Some("the owner corrected the emotion".into()),
        traceparent: trace::parent(&headers),
        ..Begin::resume(Uuid::now_v7(), &upload, caller.user_id.as_str())
    };
    let replay = Replay::plan(&upload, begin, api.ports.clock.now())?;
    lifecycle::order(&api.ports, &replay.begin).await?;
    accepted(&api.links.status(upload.upload_id), &upload, replay.attempt)
}
