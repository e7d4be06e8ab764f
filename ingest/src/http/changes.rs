//! `GET /uploads`: the caller's uploads that changed since a cursor, so that one poll serves a page full of photos.

use super::answer::{Answer, json};
use super::prefer::Patience;
use super::session::Reader;
use super::status_document::Facts;
use super::{Links, Shared, cursor, prefer};
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use domain::{Status, Upload};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The most empty pages that one request passes over; its answer says where to go on.
const MAX_PASSED: usize = 50;

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

/// An upload in the list: its facts, and where its document is.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    facts: Facts<'a>,
    status_url: String,
}

impl<'a> Listed<'a> {
    fn of(links: &Links, upload: &'a Upload) -> Self {
        Listed { facts: Facts::of(upload), status_url: links.status(upload.upload_id) }
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
    let (tenant, user) = (&caller.tenant_id, &caller.user_id);
    let (mut after, mut passed) = (since, 0);
    let page = loop {
        let change = api.notifier.owner(tenant, user);
        let page = api.ports.uploads.changed(tenant, user, status, after, limit).await?;
        // A page that the filter left empty is no news, but what comes behind it may be.
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
    let next = cursor::of_change(page.next);
    let body = json!({
        "uploads": page.uploads.iter().map(|upload| Listed::of(&api.links, upload)).collect::<Vec<_>>(),
        "next_cursor": page.more.then_some(&next),
        "since": next,
    });
    Ok(prefer::applied(json(StatusCode::OK, &body), wait))
}
