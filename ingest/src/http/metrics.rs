//! `/metrics`: what is measured in this process, and how full the queues are now.

use super::Shared;
use crate::metrics::CONTENT_TYPE;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::QueueName;

pub(crate) async fn get(State(api): Shared) -> Result<Response, Problem> {
    for queue in QueueName::all() {
        api.metrics.queue_seen(queue, &api.ports.queue.depth(queue).await?);
    }
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], api.metrics.text()).into_response())
}
