//! For operators: `/healthz` (the process answers), `/readyz` (its stores answer), `/metrics`.

use super::answer::{Answer, json};
use super::api::Shared;
use crate::metrics::CONTENT_TYPE;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
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

/// The measurements of this process and the present depth of the queues.
pub(crate) async fn metrics(State(api): Shared) -> Answer {
    for queue in QueueName::all() {
        api.metrics.queue_seen(queue, &api.ports.queue.depth(queue).await?);
    }
    let headers = [(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, api.metrics.text()).into_response())
}
