//! `GET /gallery`.

use super::access::Reader;
use super::answer::{Answer, json};
use super::api::Shared;
use super::links::Links;
use super::words::{EmotionName, GalleryState, Moment, SignedLink, Uuid};
use super::{body, cursor};
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use domain::ports::gallery::GalleryFilter;
use domain::ports::{Gallery, PortError};
use domain::{Emotion, EndState, FileName, GalleryRow, TenantId, Timestamp, UploadId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of a gallery, as the query parameters are written.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GalleryQuery {
    /// Rows per page; 20 without it.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 200)]
    cursor: Option<String>,
    #[param(value_type = Option<EmotionName>)]
    emotion: Option<String>,
    #[param(value_type = Option<GalleryState>)]
    state: Option<String>,
    /// The first moment of `created_at`: RFC 3339, or a date, which is its midnight in UTC.
    #[param(example = "2026-01-31")]
    from: Option<String>,
    /// The end of the span of `created_at`, as `from`.
    #[param(example = "2026-02-28")]
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

/// List the caller's gallery, newest first.
#[utoipa::path(
    get, path = "/gallery", operation_id = "list_gallery", tag = "gallery",
    params(GalleryQuery),
    responses((status = 200, description = "A page", body = GalleryPage)),
    security(("bearer" = [])),
    extensions(("x-problems" = json!(["400 bad_cursor", "400 bad_emotion", "400 bad_limit", "400 bad_query", "400 bad_state", "400 bad_time"]))),
)]
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
) -> Result<GalleryPage, Problem> {
    let (filter, limit) = (query.filter()?, cursor::limit(query.limit.as_deref())?);
    let after = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()).map(cursor::place).transpose()?;
    let page = gallery.page(tenant, user, &filter, after, limit).await?;
    let mut uploads = Vec::with_capacity(page.rows.len());
    for row in &page.rows {
        uploads.push(GalleryDocument::of(links, row).await?);
    }
    Ok(GalleryPage { next_cursor: page.next.map(cursor::of_place), uploads })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct GalleryPage {
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    uploads: Vec<GalleryDocument>,
}

/// A row of a gallery, with links.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GalleryDocument {
    #[schema(value_type = Uuid)]
    pub upload_id: UploadId,
    /// The photo's name on its owner's device.
    #[schema(value_type = Option<String>)]
    pub filename: Option<FileName>,
    #[schema(value_type = Option<SignedLink>)]
    pub original_image: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub preview: Option<String>,
    #[schema(value_type = Option<EmotionName>)]
    pub emotion: Option<Emotion>,
    pub confidence: Option<f64>,
    #[schema(value_type = Option<SignedLink>)]
    pub generated_image: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub melody: Option<String>,
    #[schema(value_type = Option<SignedLink>)]
    pub melody_midi: Option<String>,
    pub faces_count: u32,
    #[schema(value_type = GalleryState)]
    pub state: EndState,
    #[schema(value_type = Moment)]
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
