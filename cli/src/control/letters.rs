//! `/dead-letters`: the rows of messages that could not be processed, listed, shown and redriven.

use super::api::{DeadLetterPage, DeadLetterQuery, Redriven};
use super::state::{ACTOR, Answer, Shared, cursor, place};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::DeadLetter;
use ingest::http::Problem;
use lifecycle::Redriven as Outcome;
use uuid::Uuid;

const MAX_LIMIT: usize = 100;

pub async fn list(State(control): Shared, Query(query): Query<DeadLetterQuery>) -> Answer<DeadLetterPage> {
    let limit = query.limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT);
    let id = |text: &str| Uuid::try_parse(text).ok();
    let after = query.cursor.as_deref().map(|cursor| place(cursor, id)).transpose()?;
    let dead_letters = control.ports.dead_letters.list(query.tenant.as_ref(), after, limit).await?;
    let last = dead_letters.last().filter(|_| dead_letters.len() == limit);
    let next_cursor = last.map(|last| cursor(last.first_seen, last.id));
    Ok(Json(DeadLetterPage { dead_letters, next_cursor }))
}

fn not_found(id: Uuid) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no dead letter {id}"))
}

pub async fn show(State(control): Shared, Path(id): Path<Uuid>) -> Answer<DeadLetter> {
    let letter = control.ports.dead_letters.get(id).await?;
    Ok(Json(letter.ok_or_else(|| not_found(id))?))
}

pub async fn redrive(State(control): Shared, Path(id): Path<Uuid>) -> Answer<Redriven> {
    match lifecycle::redrive(&control.ports, id, ACTOR).await? {
        Outcome::Ordered => Ok(Json(Redriven { id, redriven: true })),
        Outcome::NoSuchRow => Err(not_found(id)),
        Outcome::NoUpload => {
            let detail =
                format!("dead letter {id} names no upload that exists, so there is nothing to resume");
            Err(Problem::conflict("no_upload", detail))
        }
    }
}
