//! The W3C trace context of a request, carried through the queues, and the spans that put it into the log.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::{Traceparent, UploadId};
use tracing::{Span, error_span, field};
use uuid::Uuid;

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace context of what the request with these headers asks for: a child of the caller's where he sent one, else a
/// trace that begins here.
pub(crate) fn begin(headers: &HeaderMap) -> Traceparent {
    let given = headers.get(TRACEPARENT).and_then(|given| Traceparent::parse(given.to_str().ok()?).ok());
    given.map_or_else(root, |given| given.child(span_id()))
}

/// A trace of what no request asked for.
pub(crate) fn root() -> Traceparent {
    Traceparent::new(Uuid::new_v4().as_u128(), span_id())
}

fn span_id() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

/// The same as a header.
pub(crate) fn header(trace: &Traceparent) -> HeaderValue {
    HeaderValue::from_str(trace.as_str()).expect("hexadecimal digits and dashes are visible ASCII")
}

/// What a request's work carries on: [`begin`] has put it into the headers.
pub(crate) fn parent(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(TRACEPARENT)?.to_str().ok()?.to_owned())
}

/// The span of what intake does about an upload; the message's own span learns what it is about, since failures are told
/// there. Like every span here it is of the highest level, so that no setting of levels takes the trace from its lines.
pub(crate) fn span(id: UploadId, traceparent: Option<&str>) -> Span {
    let trace = traceparent.and_then(|text| Traceparent::parse(text).ok());
    let trace_id = trace.as_ref().map(Traceparent::trace_id);
    Span::current().record("upload.id", field::display(id)).record("trace.id", trace_id);
    error_span!("intake", trace.id = trace_id, upload.id = %id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_carried_on_or_begun() {
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (sent, carried) in [(given, true), ("00-garbage", false), ("", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(TRACEPARENT, sent.parse().unwrap());
            let begun = begin(&headers);
            assert_eq!(begun.trace_id() == &given[3..35], carried, "{sent}");
            assert_ne!(begun.as_str(), given, "it is a span of its own");
            assert_ne!(begin(&headers), begun, "each request is");
        }
    }
}
