//! For operators: `/healthz` (the process answers) and `/readyz` (its stores answer).

use super::answer::{Answer, json};
use super::api::Shared;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use domain::QueueName;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok` of the process, `ready` of its stores.
    status: &'static str,
}

/// Check that the process answers.
#[utoipa::path(
    get, path = "/healthz", operation_id = "check_health", tag = "operation", security(()),
    responses((status = 200, description = "It answers", body = Health)),
)]
pub(crate) async fn alive() -> Answer {
    Ok(json(StatusCode::OK, &Health { status: "ok" }))
}

/// Check that the stores answer.
#[utoipa::path(
    get, path = "/readyz", operation_id = "check_readiness", tag = "operation", security(()),
    responses((status = 200, description = "They answer", body = Health)),
    extensions(("x-problems" = json!(["503 not_ready"]))),
)]
pub(crate) async fn ready(State(api): Shared) -> Answer {
    match api.ports.queue.depth(QueueName::UPLOADS).await {
        Ok(_) => Ok(json(StatusCode::OK, &Health { status: "ready" })),
        Err(error) => {
            tracing::error!(error = %error, "not ready: the queue does not answer");
            Err(Problem::busy("not_ready", "the stores do not answer"))
        }
    }
}
