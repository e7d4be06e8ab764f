//! The answer that carries an object: whole, in part, unchanged, or out of range.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::ports::objects::ObjectHead;
use std::ops::Range;

/// Headers with which user bytes can do no harm in a browser.
const HARMLESS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600, immutable")),
];

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    Part(Range<u64>),
    Unchanged,
    OutOfRange,
}

impl Wanted {
    /// Reads `If-None-Match`, `Range` and `If-Range`. A range that is no single range of bytes is ignored, as RFC 9110
    /// allows.
    pub(crate) fn of(headers: &HeaderMap, head: &ObjectHead) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if text(header::IF_NONE_MATCH).is_some_and(|given| matches(given, &head.etag)) {
            return Wanted::Unchanged;
        }
        if text(header::IF_RANGE).is_some_and(|given| given.trim() != format!("\"{}\"", head.etag)) {
            return Wanted::All;
        }
        text(header::RANGE).map_or(Wanted::All, |range| part(range, head.size))
    }
}

/// Whether an `If-None-Match` names this etag.
pub(crate) fn matches(given: &str, etag: &str) -> bool {
    given
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag.trim_matches('"') == etag)
}

fn part(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Wanted::All;
    };
    let number = |raw: &str| raw.trim().parse::<u64>();
    let range = match (number(first), number(last)) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(last)) if first.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return Wanted::All,
    };
    if range.is_empty() { Wanted::OutOfRange } else { Wanted::Part(range) }
}

pub(crate) fn write(head: &ObjectHead, content_type: &str, wanted: Wanted, bytes: Bytes) -> Response {
    let size = head.size;
    let (status, length, range) = match wanted {
        Wanted::All => (StatusCode::OK, Some(size), None),
        Wanted::Part(part) => (
            StatusCode::PARTIAL_CONTENT,
            Some(part.end - part.start),
            Some(format!("bytes {}-{}/{size}", part.start, part.end - 1)),
        ),
        Wanted::Unchanged => (StatusCode::NOT_MODIFIED, None, None),
        Wanted::OutOfRange => {
            let problem = crate::problem::Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range_not_satisfiable",
                format!("the object has {size} bytes"),
            );
            let range = HeaderValue::from_str(&format!("bytes */{size}"));
            return match range {
                Ok(range) => problem.with_header(header::CONTENT_RANGE, range).into_response(),
                Err(_) => problem.into_response(),
            };
        }
    };
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.extend(HARMLESS);
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, format!("\"{}\"", head.etag));
    set(header::ACCEPT_RANGES, "bytes".into());
    if let Some(length) = length {
        set(header::CONTENT_TYPE, content_type.to_owned());
        set(header::CONTENT_LENGTH, length.to_string());
    }
    if let Some(range) = range {
        set(header::CONTENT_RANGE, range);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_object() {
        for (given, wanted) in [
            ("bytes=0-1", Wanted::Part(0..2)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=5-500", Wanted::Part(5..10)),
            ("bytes=10-", Wanted::OutOfRange),
            ("bytes=-0", Wanted::OutOfRange),
            ("bytes=5-2", Wanted::All),
            ("bytes=0-1,4-5", Wanted::All),
            ("bytes=-", Wanted::All),
            ("items=0-1", Wanted::All),
        ] {
            assert_eq!(part(given, 10), wanted, "{given}");
        }
    }

    #[test]
    fn etags_match_weakly() {
        for (given, same) in
            [("\"e\"", true), ("W/\"e\"", true), ("\"x\", \"e\"", true), ("*", true), ("\"f\"", false)]
        {
            assert_eq!(matches(given, "e"), same, "{given}");
        }
    }
}
