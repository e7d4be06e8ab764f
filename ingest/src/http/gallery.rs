//! `GET /gallery`.

use super::access::Reader;
use super::answer::{Answer, json};
use super::api::Shared;
use super::links::Links;
use super::{body, cursor};
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use domain::ports::gallery::GalleryFilter;
use domain::ports::{Gallery, PortError};
use domain::{Emotion, EndState, FileName, GalleryRow, TenantId, Timestamp, UploadId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A page of a gallery, as the query parameters are written.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct GalleryQuery {
    limit: Option<String>,
    cursor: Option<String>,
    emotion: Option<String>,
    state: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// The states of gallery rows.
const STATES: [EndState; 4] = [EndState::Complete, EndState::Partial, EndState::NoFace, EndState::Failed];

impl GalleryQuery {
    fn filter(&self) -> Result<GalleryFilter, Problem> {
        let bad = |code: &str, what: &str| Problem::malformed(code, what);
        let emotion = self
            .emotion
            .as_deref()
            .map(|raw| Emotion::parse(raw).map_err(|_| bad("bad_emotion", body::EMOTIONS)));
        let state = self.state.as_deref().map(|raw| {
            let state = STATES.into_iter().find(|state| state.as_str().eq_ignore_ascii_case(raw));
            state.ok_or_else(|| bad("bad_state", "state is complete, partial, no_face or failed"))
        });
        let bad_time =
            || bad("bad_time", "from and to are dates or RFC 3339 times, such as 2026-01-31T12:00:00Z");
        let moment = |raw: &Option<String>| {
            raw.as_deref().map(|raw| cursor::moment(raw).ok_or_else(bad_time)).transpose()
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
    query: Result<Query<GalleryQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    let owner = (&caller.tenant_id, &caller.user_id);
    Ok(json(StatusCode::OK, &page(api.ports.gallery.as_ref(), &api.links, owner, &query).await?))
}

/// A page of an owner's gallery: `{uploads, next_cursor}`. Errors: 400 for an invalid parameter.
async fn page(
    gallery: &dyn Gallery,
    links: &Links,
    (tenant, user): (&TenantId, &UserId),
    query: &GalleryQuery,
) -> Result<Value, Problem> {
    let (filter, limit) = (query.filter()?, cursor::limit(query.limit.as_deref())?);
    let after = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()).map(cursor::place).transpose()?;
    let page = gallery.page(tenant, user, &filter, after, limit).await?;
    let mut uploads = Vec::with_capacity(page.rows.len());
    for row in &page.rows {
        uploads.push(GalleryDocument::of(links, row).await?);
    }
    Ok(json!({"uploads": uploads, "next_cursor": page.next.map(cursor::of_place)}))
}

/// A row of a gallery, with links.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GalleryDocument {
    pub upload_id: UploadId,
    /// The photo's name on its owner's device.
    pub filename: Option<FileName>,
    pub original_image: Option<String>,
    pub preview: Option<String>,
    pub emotion: Option<Emotion>,
    pub confidence: Option<f64>,
    pub generated_image: Option<String>,
    pub melody: Option<String>,
    pub melody_midi: Option<String>,
    pub faces_count: u32,
    pub state: EndState,
    pub created_at: Timestamp,
}

impl GalleryDocument {
    pub async fn of(links: &Links, row: &GalleryRow) -> Result<Self, PortError> {
        Ok(GalleryDocument {
            upload_id: row.upload_id,
            filename: row.filename.clone(),
            original_image: links.to_some(row.original.as_ref()).await?,
            preview: links.to_some(row.preview.as_ref()).await?,
            emotion: row.emotion,
            confidence: row.confidence,
            generated_image: links.to_some(row.picture.as_ref()).await?,
            melody: links.to_some(row.melody.as_ref()).await?,
            melody_midi: links.to_some(row.score.as_ref()).await?,
            faces_count: row.faces_count,
            state: row.state,
            created_at: row.created_at,
        })
    }
}
