//! `/dead-letters`: rows of messages that could not be settled, listed, shown and redriven.

use super::{ACTOR, Answer, Shared};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::ports::dead_letters::DeadLetterPlace;
use domain::{TenantId, Timestamp};
use ingest::http::Problem;
use lifecycle::{Redriven, redrive as drive};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Rows of a page.
const MAX_LIMIT: usize = 100;

/// Which page.
#[derive(Deserialize)]
pub struct Asked {
    tenant: Option<TenantId>,
    cursor: Option<String>,
    limit: Option<usize>,
}

pub async fn list(State(control): Shared, Query(asked): Query<Asked>) -> Answer {
    let limit = asked.limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT);
    let after = asked.cursor.as_deref().map(place).transpose()?;
    let letters = control.ports.dead_letters.list(asked.tenant.as_ref(), after, limit).await?;
    let last = letters.last().filter(|_| letters.len() == limit);
    let next = last.map(|last| format!("{}.{}", last.first_seen.as_millisecond(), last.id));
    Ok(Json(json!({"dead_letters": letters, "next_cursor": next})))
}

fn place(cursor: &str) -> Result<DeadLetterPlace, Problem> {
    let read = || {
        let (ms, id) = cursor.split_once('.')?;
        let first_seen = Timestamp::from_millisecond(ms.parse().ok()?).ok()?;
        Some((first_seen, Uuid::try_parse(id).ok()?))
    };
    read().ok_or_else(|| Problem::malformed("bad_cursor", "the cursor is not one that this list gave out"))
}

fn not_found(id: Uuid) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no dead letter {id}"))
}

pub async fn show(State(control): Shared, Path(id): Path<Uuid>) -> Answer {
    let letter = control.ports.dead_letters.get(id).await?;
    Ok(Json(json!(letter.ok_or_else(|| not_found(id))?)))
}

pub async fn redrive(State(control): Shared, Path(id): Path<Uuid>) -> Answer {
    match drive(&control.ports, id, ACTOR).await? {
        Redriven::Ordered => Ok(Json(json!({"id": id, "redriven": true}))),
        Redriven::NoSuchRow => Err(not_found(id)),
        Redriven::NoUpload => {
            let words = format!("dead letter {id} names no upload that is there: nothing to go on with");
            Err(Problem::conflict("no_upload", words))
        }
    }
}
