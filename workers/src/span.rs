//! The span of a delivery: each log line written while it is handled carries its subject and the trace of the request
//! behind it.

use domain::handler::Body;
use domain::{Message, Traceparent};
use tracing::field::Empty;
use tracing::{Span, error_span};

/// The span of a message. It has the highest level, so that no level setting removes it from the lines inside.
pub fn of(message: &Message) -> Span {
    let receive_count = message.delivery.receive_count;
    let Body::Task(task) = &message.body else {
        // Its handler records the ids once it knows them.
        return error_span!(
            "message",
            trace.id = Empty,
            queue = %message.queue,
            message.id = message.delivery.message_id,
            receive_count,
            upload.id = Empty,
        );
    };
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
