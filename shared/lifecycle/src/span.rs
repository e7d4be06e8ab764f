//! The span of work on an upload outside its stages.

use domain::{Traceparent, UploadId};
use tracing::{Span, error_span, field};

/// The span of work on an upload. The current span, which is of the message, gets the same ids, because failures are
/// logged there. It has the highest level, so that no level setting removes the trace from the lines inside.
pub fn of_upload(id: UploadId, traceparent: Option<&str>) -> Span {
    let trace = traceparent.and_then(|text| Traceparent::parse(text).ok());
    let trace_id = trace.as_ref().map(Traceparent::trace_id);
    Span::current().record("upload.id", field::display(id)).record("trace.id", trace_id);
    error_span!("intake", trace.id = trace_id, upload.id = %id)
}
