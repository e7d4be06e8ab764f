//! `DELETE /uploads/{id}`.

use super::answer::Answer;
use super::session::Writer;
use super::{Shared, owned};
use crate::problem::Problem;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;

pub(crate) async fn delete(State(api): Shared, Writer(caller): Writer, Path(id): Path<String>) -> Answer {
    let upload = owned::by_path(&api, &caller, &id).await?;
    match lifecycle::erase(&api.ports, &upload.tenant_id, upload.upload_id).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::not_found()),
    }
}
