//! Spans: each log line written during the handling of a message carries its subject and the trace of the request behind
//! it. Spans have the highest level, so that no level setting removes them from the lines inside.

use domain::handler::Body;
use domain::{Message, Traceparent, UploadId};
use tracing::field::{Empty, display};
use tracing::{Span, error_span};

/// The span of a message.
pub fn of_message(message: &Message) -> Span {
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

/// The span of work on an upload. The current span, which is of the message, gets the same ids, because failures are
/// logged there.
pub fn of_upload(id: UploadId, traceparent: Option<&str>) -> Span {
    let trace = traceparent.and_then(|text| Traceparent::parse(text).ok());
    let trace_id = trace.as_ref().map(Traceparent::trace_id);
    Span::current().record("upload.id", display(id)).record("trace.id", trace_id);
    error_span!("intake", trace.id = trace_id, upload.id = %id)
}
