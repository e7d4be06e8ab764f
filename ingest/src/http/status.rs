//! `GET /uploads/{id}`.

use super::answer::{Answer, json, with};
use super::prefer::Patience;
use super::session::Reader;
use super::status_document::Facts;
use super::{Shared, object_response, owned, prefer};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::Upload;

/// How long a poller that asked for nothing better should stay away.
const RETRY_AFTER_S: &str = "1";

pub(crate) async fn get(
    State(api): Shared,
    Reader(caller): Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|given| given.to_str().ok());
    let wait = prefer::wait(&api, &headers);
    let id = owned::id(&id)?;
    let mut patience = Patience::new(&api, wait);
    // With an ETag a waiter is told of every change, without one of the end.
    let upload = loop {
        let change = api.notifier.upload(id);
        let upload = owned::find(&api, &caller, id).await?;
        if is_news(&upload, known) || !patience.pause(change).await {
            break upload;
        }
    };
    let facts = Facts::of(&upload);
    let etag = facts.etag();
    let mut response = match known.is_some_and(|known| object_response::matches(known, &etag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json(StatusCode::OK, &facts.with_links(&api.links, &upload).await?),
    };
    if !upload.status.is_done() {
        response = with(response, header::RETRY_AFTER, RETRY_AFTER_S);
    }
    Ok(prefer::applied(with(response, header::ETAG, &format!("\"{etag}\"")), wait))
}

fn is_news(upload: &Upload, known: Option<&str>) -> bool {
    match known {
        Some(known) => !object_response::matches(known, &Facts::of(upload).etag()),
        None => upload.status.is_done(),
    }
}
