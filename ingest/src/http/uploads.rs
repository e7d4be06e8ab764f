//! The caller's uploads: `GET /uploads` lists those that changed since a cursor, so that one poll serves a page full of
//! photos; `GET` and `DELETE /uploads/{id}`.

use super::access::{Reader, Writer, owned, upload_id};
use super::answer::{Answer, json, with};
use super::api::Shared;
use super::links::Links;
use super::prefer::Patience;
use super::sentences::Language;
use super::status_document::{Facts, StatusDocument};
use super::words::{Link, UploadState, Uuid as UuidText};
use super::{cursor, object_response, prefer};
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::{Status, Upload};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Empty pages that one request passes over; its answer has the cursor to continue at.
const MAX_PASSED: usize = 50;
/// `Retry-After` of an upload that is not done.
const RETRY_AFTER_S: &str = "1";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadsQuery {
    /// Only uploads in this state.
    #[param(value_type = Option<UploadState>)]
    state: Option<String>,
    /// The cursor `since` of an earlier answer; without it, from the beginning.
    #[param(max_length = 200)]
    since: Option<String>,
    /// Rows per page; 20 without it.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

impl UploadsQuery {
    fn status(&self) -> Result<Option<Status>, Problem> {
        let named =
            |raw: &str| Status::ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(raw));
        let listed = |raw: &str| named(raw).filter(|status| *status != Status::Erased);
        let bad = || {
            Problem::malformed(
                "bad_state",
                "state is awaiting_upload, stored, running, complete, partial, no_face, failed or expired",
            )
        };
        self.state.as_deref().map(|raw| listed(raw).ok_or_else(bad)).transpose()
    }
}

/// An upload in the list: its facts and the URL of its document.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedUpload {
    #[serde(flatten)]
    facts: Facts,
    #[schema(value_type = Link)]
    status_url: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct UploadsPage {
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// Where a later request goes on.
    since: String,
    uploads: Vec<ListedUpload>,
}

impl ListedUpload {
    fn of(links: &Links, upload: &Upload, language: Language) -> Self {
        ListedUpload { facts: Facts::of(upload, language), status_url: links.status(upload.upload_id) }
    }
}

/// List the caller's uploads that changed since a cursor.
#[utoipa::path(
    get, path = "/uploads", operation_id = "list_uploads", tag = "uploads",
    params(UploadsQuery),
    responses((status = 200, description = "A page", body = UploadsPage)),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])), ("x-gives" = json!(["200 Preference-Applied"])),
        ("x-problems" = json!(["400 bad_cursor", "400 bad_limit", "400 bad_query", "400 bad_state"])),
    ),
)]
pub(crate) async fn list(
    State(api): Shared,
    Reader(caller): Reader,
    headers: HeaderMap,
    query: Result<Query<UploadsQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    let (status, limit) = (query.status()?, cursor::limit(query.limit.as_deref())?);
    let since = query.since.as_deref().filter(|since| !since.is_empty()).map(cursor::change).transpose()?;
    let wait = prefer::wait(&api, &headers);
    let mut patience = Patience::new(&api, &caller, wait);
    let (tenant, user) = (&caller.tenant_id, &caller.user_id);
    let (mut after, mut passed) = (since, 0);
    let page = loop {
        let change = api.notifier.owner(tenant, user);
        let page = api.ports.uploads.changed(tenant, user, status, after, limit).await?;
        // The filter may leave a page empty although a later one is not.
        let goes_on = page.uploads.is_empty()
            && match page.more {
                true => passed < MAX_PASSED,
                false => patience.pause(change).await,
            };
        if !goes_on {
            break page;
        }
        passed += usize::from(page.more);
        after = Some(page.next);
    };
    let (next, language) = (cursor::of_change(page.next), Language::of(&headers));
    let body = UploadsPage {
        next_cursor: page.more.then(|| next.clone()),
        since: next,
        uploads: page.uploads.iter().map(|upload| ListedUpload::of(&api.links, upload, language)).collect(),
    };
    Ok(prefer::applied(json(StatusCode::OK, &body), wait))
}

/// Get the status document.
///
/// With `Prefer: wait` the answer comes when the upload is done, or, with `If-None-Match`, when it has changed.
#[utoipa::path(
    get, path = "/uploads/{id}", operation_id = "get_upload", tag = "uploads",
    params(("id" = UuidText, Path, description = "The upload")),
    responses(
        (status = 200, description = "The document", body = StatusDocument),
        (status = 304, description = "Unchanged"),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer", "If-None-Match"])),
        ("x-gives" = json!(["200 ETag", "200 Retry-After", "200 Vary", "200 Preference-Applied", "304 ETag", "304 Retry-After", "304 Vary", "304 Preference-Applied"])),
        ("x-problems" = json!(["404 not_found"])),
    ),
)]
pub(crate) async fn get(
    State(api): Shared,
    Reader(caller): Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|given| given.to_str().ok());
    let (wait, language) = (prefer::wait(&api, &headers), Language::of(&headers));
    let id = upload_id(&id)?;
    let mut patience = Patience::new(&api, &caller, wait);
    // With an ETag the wait ends at any change, without one when the upload is done.
    let upload = loop {
        let change = api.notifier.upload(id);
        let upload = owned(&api, &caller, id).await?;
        if is_news(&upload, known, language) || !patience.pause(change).await {
            break upload;
        }
    };
    let facts = Facts::of(&upload, language);
    let etag = facts.etag();
    let mut response = match known.is_some_and(|known| object_response::matches(known, &etag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json(StatusCode::OK, &facts.with_links(&api.links, &upload).await?),
    };
    if !upload.status.is_done() {
        response = with(response, header::RETRY_AFTER, RETRY_AFTER_S);
    }
    let response = with(response, header::VARY, "Accept-Language");
    Ok(prefer::applied(with(response, header::ETAG, &format!("\"{etag}\"")), wait))
}

fn is_news(upload: &Upload, known: Option<&str>, language: Language) -> bool {
    match known {
        Some(known) => !object_response::matches(known, &Facts::of(upload, language).etag()),
        None => upload.status.is_done(),
    }
}

/// Erase an upload and what was made of it.
#[utoipa::path(
    delete, path = "/uploads/{id}", operation_id = "erase_upload", tag = "uploads",
    params(("id" = UuidText, Path, description = "The upload")),
    responses((status = 204, description = "Erased")),
    security(("bearer" = [])),
    extensions(("x-problems" = json!(["404 not_found"]))),
)]
pub(crate) async fn delete(
    State(api): Shared,
    Writer(caller, _place): Writer,
    Path(id): Path<String>,
) -> Answer {
    let id = upload_id(&id)?;
    let upload = match owned(&api, &caller, id).await {
        Ok(upload) => upload,
        // One that was erased is answered like one that never was; its erasure is ordered again.
        Err(problem) => {
            lifecycle::erasure::repeat(&api.ports, &caller.tenant_id, &caller.user_id, id).await?;
            return Err(problem);
        }
    };
    match lifecycle::erase(&api.ports, &upload.tenant_id, upload.upload_id).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::not_found()),
    }
}
