//! The span of a delivery: every line of the log that is written while it is handled carries what it is about, and the
//! trace of the request behind it.

use domain::ports::queue::Delivery;
use domain::{QueueName, StageTask, Traceparent};
use tracing::field::Empty;
use tracing::{Span, error_span};

/// The span of one delivery. It is of the highest level, so that no setting of levels takes it from the lines in it.
pub fn of(queue: QueueName, delivery: &Delivery) -> Span {
    let receive_count = delivery.receive_count;
    match StageTask::parse(&delivery.body) {
        Ok(task) => {
            let trace = task.traceparent.as_deref().and_then(|text| Traceparent::parse(text).ok());
            error_span!(
                "stage",
                trace.id = trace.as_ref().map(Traceparent::trace_id),
                stage = %task.stage,
                upload.id = %task.upload_id,
                attempt = task.attempt,
                receive_count,
            )
        }
        // Whoever reads what it is records the rest.
        Err(_) => error_span!(
            "message",
            trace.id = Empty,
            queue = %queue,
            message.id = delivery.message_id,
            receive_count,
            upload.id = Empty,
        ),
    }
}
