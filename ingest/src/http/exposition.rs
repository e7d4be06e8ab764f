//! `/metrics`, served on an address of its own, so that it need not be reachable where the API is.

use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::problem::Problem;
use crate::request_context;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE as TYPE};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::QueueName;
use domain::ports::Queue;
use std::sync::Arc;

/// What the router reads: the measurements of this process, and the present depth of the queues.
#[derive(Clone)]
struct Sources {
    metrics: Arc<Metrics>,
    queue: Arc<dyn Queue>,
}

/// A router with `GET /metrics` in Prometheus' text format, to be served beside the API.
pub fn metrics_router(metrics: Arc<Metrics>, queue: Arc<dyn Queue>) -> Router {
    Router::new()
        .route("/metrics", get(text))
        .with_state(Sources { metrics, queue })
        .layer(from_fn(request_context::around))
}

async fn text(State(sources): State<Sources>) -> Result<Response, Problem> {
    for queue in QueueName::all() {
        sources.metrics.queue_seen(queue, &sources.queue.depth(queue).await?);
    }
    let headers = [(TYPE, CONTENT_TYPE), (CACHE_CONTROL, "no-store")];
    Ok((headers, sources.metrics.text()).into_response())
}
