//! `GET /uploads`: the caller's uploads that changed since a cursor, so that one poll serves a page full of photos.

use super::answer::{Answer, json};
use super::prefer::Patience;
use super::session::Reader;
use super::{Shared, cursor, prefer, status_document};
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use domain::{Status, Upload};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most empty pages that one request passes over; its answer says where to go on.
const MOST_PASSED: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Asked {
    state: Option<String>,
    since: Option<String>,
    limit: Option<String>,
}

impl Asked {
    fn status(&self) -> Result<Option<Status>, Problem> {
        let named = |raw: &str| Status::ALL.into_iter().find(|status| status.as_str() == raw);
        let listed = |raw: &str| named(raw).filter(|status| *status != Status::Erased);
        let bad =
            || Problem::malformed("bad_state", "state is awaiting_upload, stored, running, complete, …");
        self.state.as_deref().map(|raw| listed(raw).ok_or_else(bad)).transpose()
    }
}

pub(crate) async fn get(
    State(api): Shared,
    Reader(caller): Reader,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let Query(asked) = asked.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    let (status, limit) = (asked.status()?, cursor::limit(asked.limit.as_deref())?);
    let since = asked.since.as_deref().map(cursor::change).transpose()?;
    let wait = prefer::wait(&api, &headers);
    let mut patience = Patience::new(&api, wait);
    let list = |after| api.ports.uploads.changed(&caller.tenant_id, &caller.user_id, status, after, limit);
    let mut page = list(since).await?;
    // A page that the filter left empty is no news, but what comes behind it may be.
    let mut passed = 0;
    while page.uploads.is_empty() {
        match page.more {
            true if passed < MOST_PASSED => passed += 1,
            false if patience.pause().await => {}
            _ => break,
        }
        page = list(Some(page.next)).await?;
    }
    let shown = |upload: &Upload| -> Value {
        let mut facts = status_document::facts(upload);
        facts["status_url"] = api.links.status(upload.upload_id).into();
        facts
    };
    let next = cursor::of_change(page.next);
    let body = json!({
        "uploads": page.uploads.iter().map(shown).collect::<Vec<_>>(),
        "next_cursor": page.more.then_some(&next),
        "since": next,
    });
    Ok(prefer::applied(json(StatusCode::OK, &body), wait))
}
