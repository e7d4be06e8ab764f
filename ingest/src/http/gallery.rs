//! `GET /gallery`.

use super::answer::{Answer, json, moment};
use super::session::Reader;
use super::{Api, Shared, cursor, links};
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use domain::ports::PortError;
use domain::ports::gallery::GalleryFilter;
use domain::{Emotion, EndState, GalleryRow, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(crate) struct Asked {
    limit: Option<String>,
    cursor: Option<String>,
    emotion: Option<String>,
    state: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// The states in which a gallery row can be.
const STATES: [EndState; 4] = [EndState::Complete, EndState::Partial, EndState::NoFace, EndState::Failed];

impl Asked {
    fn filter(&self) -> Result<GalleryFilter, Problem> {
        let bad = |code: &str, what: &str| Problem::malformed(code, what);
        let emotion = self.emotion.as_deref().map(|raw| {
            Emotion::parse(raw).map_err(|_| bad("bad_emotion", "emotion is HAPPY, SAD, ANGRY, CONFUSED, …"))
        });
        let state = self.state.as_deref().map(|raw| {
            let state = STATES.into_iter().find(|state| state.as_str() == raw);
            state.ok_or_else(|| bad("bad_state", "state is complete, partial, no_face or failed"))
        });
        let moment = |raw: &Option<String>| {
            let read = |raw: &String| {
                raw.parse::<Timestamp>().map_err(|_| bad("bad_time", "from and to are RFC 3339"))
            };
            raw.as_ref().map(read).transpose()
        };
        Ok(GalleryFilter {
            emotion: emotion.transpose()?,
            state: state.transpose()?,
            from: moment(&self.from)?,
            to: moment(&self.to)?,
        })
    }
}

pub(crate) async fn get(
    State(api): Shared,
    Reader(caller): Reader,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let Query(asked) = asked.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    let (filter, limit) = (asked.filter()?, cursor::limit(asked.limit.as_deref())?);
    let after = asked.cursor.as_deref().map(cursor::place).transpose()?;
    let page = api.ports.gallery.page(&caller.tenant_id, &caller.user_id, &filter, after, limit).await?;
    let mut uploads = Vec::with_capacity(page.rows.len());
    for row in &page.rows {
        uploads.push(shown(&api, row).await?);
    }
    let body = json!({"uploads": uploads, "next_cursor": page.next.map(cursor::of_place)});
    Ok(json(StatusCode::OK, &body))
}

async fn shown(api: &Api, row: &GalleryRow) -> Result<Value, PortError> {
    Ok(json!({
        "upload_id": row.upload_id,
        "original_image": links::to_some(api, row.original.as_ref()).await?,
        "preview": links::to_some(api, row.preview.as_ref()).await?,
        "emotion": row.emotion,
        "confidence": row.confidence,
        "generated_image": links::to_some(api, row.picture.as_ref()).await?,
        "melody": links::to_some(api, row.melody.as_ref()).await?,
        "melody_midi": links::to_some(api, row.score.as_ref()).await?,
        "faces_count": row.faces_count,
        "state": row.state,
        "created_at": moment(row.created_at),
    }))
}
