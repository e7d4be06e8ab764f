//! Metrics of one process, in memory, written in Prometheus' text format. Labels are never ids and have bounded values, so
//! the number of series is bounded.

use domain::ports::Meter;
use domain::ports::queue::Depth;
use domain::{Code, Outcome, QueueName, Stage};
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The text format's media type.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Upper bounds of stage durations: from the emotion analysis to a stage's time limit.
const STAGE_SECONDS: [f64; 12] = [0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0];
/// Distinct codes; an external service may send codes of its own.
const MAX_CODES: usize = 100;
/// The label of further codes and of unknown methods.
const OTHER: &str = "other";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    queue: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    stage: &'static str,
    outcome: &'static str,
    /// Empty without a failure, which Prometheus treats as no label.
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeadLetterLabels {
    queue: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

pub struct Metrics {
    registry: Registry,
    codes: Mutex<BTreeSet<String>>,
    requests: Family<RequestLabels, Counter>,
    messages: Family<MessageLabels, Gauge>,
    oldest: Family<QueueLabels, Gauge<f64, AtomicU64>>,
    durations: Family<StageLabels, Histogram, fn() -> Histogram>,
    outcomes: Family<OutcomeLabels, Counter>,
    retries: Family<StageLabels, Counter>,
    dead_letters: Family<DeadLetterLabels, Counter>,
    refused: Family<CodeLabels, Counter>,
    ignored: Family<ReasonLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("semblante"),
            codes: Mutex::default(),
            requests: Family::default(),
            messages: Family::default(),
            oldest: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(STAGE_SECONDS)),
            outcomes: Family::default(),
            retries: Family::default(),
            dead_letters: Family::default(),
            refused: Family::default(),
            ignored: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Answered requests", self.requests.clone());
        registry.register("queue_messages", "Messages of a queue", self.messages.clone());
        let oldest = "Age of a queue's oldest message";
        registry.register_with_unit("queue_oldest", oldest, Unit::Seconds, self.oldest.clone());
        let durations = "Time that a stage worked on a message";
        registry.register_with_unit("stage_duration", durations, Unit::Seconds, self.durations.clone());
        registry.register("stage_outcomes", "Results of stages", self.outcomes.clone());
        registry.register("stage_retries", "Messages to be redelivered", self.retries.clone());
        registry.register("dead_letters", "Messages that became dead letters", self.dead_letters.clone());
        registry.register(
            "objects_refused",
            "Objects that differ from their declaration",
            self.refused.clone(),
        );
        registry.register("objects_ignored", "Object events without effect", self.ignored.clone());
    }

    /// Counts an answered request; `route` is a pattern, never a path.
    pub fn request_answered(&self, method: &str, route: &str, status: u16) {
        // Callers can invent methods.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or(OTHER);
        self.requests.get_or_create(&RequestLabels { method, route: route.to_owned(), status }).inc();
    }

    /// Sets the gauges of a queue.
    pub fn queue_seen(&self, queue: QueueName, depth: &Depth) {
        let queue = queue.as_str();
        for (state, count) in [("visible", depth.visible), ("hidden", depth.hidden)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.messages.get_or_create(&MessageLabels { queue, state }).set(count);
        }
        let oldest = depth.oldest.unwrap_or_default().as_secs_f64();
        self.oldest.get_or_create(&QueueLabels { queue }).set(oldest);
    }

    /// The metrics in Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }

    fn code(&self, code: &Code) -> String {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() < MAX_CODES {
            codes.insert(code.to_string());
        }
        codes.get(code.as_str()).map_or_else(|| OTHER.to_owned(), String::clone)
    }
}

impl Meter for Metrics {
    fn stage_ran(&self, stage: Stage, took: Duration) {
        self.durations.get_or_create(&StageLabels { stage: stage.as_str() }).observe(took.as_secs_f64());
    }

    fn stage_ended(&self, stage: Stage, outcome: &Outcome) {
        let code = outcome.code().map_or_else(String::new, |code| self.code(code));
        let labels = OutcomeLabels { stage: stage.as_str(), outcome: outcome.as_str(), code };
        self.outcomes.get_or_create(&labels).inc();
    }

    fn stage_retried(&self, stage: Stage) {
        self.retries.get_or_create(&StageLabels { stage: stage.as_str() }).inc();
    }

    fn dead_lettered(&self, queue: QueueName, code: &Code) {
        let labels = DeadLetterLabels { queue: queue.as_str(), code: self.code(code) };
        self.dead_letters.get_or_create(&labels).inc();
    }

    fn object_refused(&self, code: &Code) {
        self.refused.get_or_create(&CodeLabels { code: self.code(code) }).inc();
    }

    fn object_ignored(&self, why: &'static str) {
        self.ignored.get_or_create(&ReasonLabels { reason: why }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_written_as_text() {
        let metrics = Metrics::default();
        let failed = Outcome::Failed { code: Code::deadline() };
        metrics.stage_ran(Stage::FaceDetection, Duration::from_millis(500));
        metrics.stage_ended(Stage::FaceDetection, &Outcome::NoFace);
        metrics.stage_ended(Stage::ImageGeneration, &failed);
        metrics.stage_retried(Stage::ImageGeneration);
        metrics.dead_lettered(QueueName::UPLOADS, &Code::dead_lettered());
        metrics.object_refused(&Code::parse("wrong_type").unwrap());
        metrics.object_ignored("another_etag");
        metrics.request_answered("BREW", "/gallery", 405);
        let depth = Depth { visible: 3, hidden: 1, oldest: Some(Duration::from_millis(1500)) };
        metrics.queue_seen(QueueName::UPLOADS, &depth);
        let text = metrics.text();
        for line in [
            "semblante_stage_duration_seconds_bucket{stage=\"face-detection\",le=\"0.3\"} 0",
            "semblante_stage_duration_seconds_bucket{stage=\"face-detection\",le=\"0.6\"} 1",
            "semblante_stage_duration_seconds_sum{stage=\"face-detection\"} 0.5",
            "semblante_stage_outcomes_total{stage=\"face-detection\",outcome=\"no_face\",code=\"\"} 1",
            "semblante_stage_outcomes_total{stage=\"image-generation\",outcome=\"failed\",code=\"deadline\"} 1",
            "semblante_stage_retries_total{stage=\"image-generation\"} 1",
            "semblante_dead_letters_total{queue=\"uploads\",code=\"dead_lettered\"} 1",
            "semblante_objects_refused_total{code=\"wrong_type\"} 1",
            "semblante_objects_ignored_total{reason=\"another_etag\"} 1",
            "semblante_requests_total{method=\"other\",route=\"/gallery\",status=\"405\"} 1",
            "semblante_queue_messages{queue=\"uploads\",state=\"visible\"} 3",
            "semblante_queue_oldest_seconds{queue=\"uploads\"} 1.5",
        ] {
            assert!(text.lines().any(|written| written == line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn the_number_of_codes_is_bounded() {
        let metrics = Metrics::default();
        for number in 0..10 * MAX_CODES {
            metrics.object_refused(&Code::parse(&format!("word_{number}")).unwrap());
        }
        let series = metrics.text().lines().filter(|line| line.contains("objects_refused_total{")).count();
        assert_eq!(series, MAX_CODES + 1);
        assert!(metrics.text().contains("semblante_objects_refused_total{code=\"other\"} 900"));
    }
}
