//! `GET /queues`: how full each queue is, its dead letters included.

use super::{Answer, Shared};
use axum::Json;
use axum::extract::State;
use domain::QueueName;
use serde_json::json;

pub async fn get(State(control): Shared) -> Answer {
    let mut queues = Vec::new();
    for queue in QueueName::all() {
        let depth = control.ports.queue.depth(queue).await?;
        queues.push(json!({
            "queue": queue,
            "visible": depth.visible,
            "hidden": depth.hidden,
            "oldest_s": depth.oldest.map(|oldest| oldest.as_secs_f64()),
        }));
    }
    Ok(Json(json!({"queues": queues})))
}
