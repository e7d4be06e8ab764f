//! `/metrics` in Prometheus' text format: queues and requests. Ids are never labels, so the number of series is bounded.

use super::Shared;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::QueueName;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// Requests by method, route and status.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), u64>>,
}

impl Metrics {
    /// Counts an answered request; `route` is a pattern, never a path.
    pub(crate) fn count(&self, method: &str, route: &str, status: u16) {
        // Any caller can invent methods.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"].contains(&method);
        let method = if known { method } else { "other" };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((method.to_owned(), route.to_owned(), status)).or_default() += 1;
    }

    fn write(&self, text: &mut String) {
        text.push_str(
            "# HELP semblante_requests_total Answered requests.\n# TYPE semblante_requests_total counter\n",
        );
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((method, route, status), count) in requests.iter() {
            line(
                text,
                &format!(
                    "semblante_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
                ),
            );
        }
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

pub(crate) async fn get(State(api): Shared) -> Result<Response, Problem> {
    let mut text = String::new();
    let mut depths = Vec::new();
    for queue in QueueName::all() {
        depths.push((queue, api.ports.queue.depth(queue).await?));
    }
    line(
        &mut text,
        "# HELP semblante_queue_messages Messages of a queue.\n# TYPE semblante_queue_messages gauge",
    );
    for (queue, depth) in &depths {
        line(
            &mut text,
            &format!("semblante_queue_messages{{queue=\"{queue}\",state=\"visible\"}} {}", depth.visible),
        );
        line(
            &mut text,
            &format!("semblante_queue_messages{{queue=\"{queue}\",state=\"hidden\"}} {}", depth.hidden),
        );
    }
    line(
        &mut text,
        "# HELP semblante_queue_oldest_seconds Age of a queue's oldest message.\n# TYPE semblante_queue_oldest_seconds gauge",
    );
    for (queue, depth) in &depths {
        let oldest = depth.oldest.unwrap_or_default().as_secs_f64();
        line(&mut text, &format!("semblante_queue_oldest_seconds{{queue=\"{queue}\"}} {oldest}"));
    }
    api.metrics.write(&mut text);
    let mut response = text.into_response();
    let prometheus = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, prometheus);
    Ok(response)
}
