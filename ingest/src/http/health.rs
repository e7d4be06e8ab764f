//! `/healthz`: the process answers. `/readyz`: its stores do.

use super::Shared;
use super::answer::{Answer, json};
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
            tracing::error!(error = %error, "not ready");
            Err(Problem::busy("not_ready", "the stores do not answer"))
        }
    }
}
