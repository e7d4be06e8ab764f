//! The W3C trace context of a request, which its messages carry on.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::Traceparent;
use uuid::Uuid;

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace context of a request's work: a child of the one in its headers, or a new trace.
pub(crate) fn begin(headers: &HeaderMap) -> Traceparent {
    let given = headers.get(TRACEPARENT).and_then(|given| Traceparent::parse(given.to_str().ok()?).ok());
    given.map_or_else(root, |given| given.child(span_id()))
}

/// A new trace, for work without a request.
pub(crate) fn root() -> Traceparent {
    Traceparent::new(Uuid::new_v4().as_u128(), span_id())
}

fn span_id() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

pub(crate) fn header(trace: &Traceparent) -> HeaderValue {
    HeaderValue::from_str(trace.as_str()).expect("hexadecimal digits and dashes are visible ASCII")
}

/// The trace context that the outermost layer has put into the headers.
pub(crate) fn parent(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(TRACEPARENT)?.to_str().ok()?.to_owned())
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
