//! For operators: `/healthz` (the process answers) and `/readyz` (its stores answer).

use super::answer::{Answer, json};
use super::api::Shared;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use domain::QueueName;
use serde_json::json;

pub(crate) async fn alive() -> Answer {
    Ok(json(StatusCode::OK, &json!({"status": "ok"})))
}

pub(crate) async fn ready(State(api): Shared) -> Answer {
    match api.ports.queue.depth(QueueName::UPLOADS).await {
        Ok(_) => Ok(json(StatusCode::OK, &json!({"status": "ready"}))),
        Err(error) => {
            tracing::error!(error = %error, "not ready: the queue does not answer");
            Err(Problem::busy("not_ready", "the stores do not answer"))
        }
    }
}
