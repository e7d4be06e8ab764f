//! The answer with an object: whole, in part, unchanged, or out of range.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ports::objects::ObjectHead;
use std::ops::Range;

/// Headers that keep user bytes harmless in a browser.
const HARMLESS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600, immutable")),
];

/// What a request selects of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    Whole,
    Part(Range<u64>),
    Unchanged,
    OutOfRange,
}

impl Selection {
    /// Reads `If-None-Match`, `Range` and `If-Range`. Anything but a single range of bytes is ignored, as RFC 9110
    /// allows.
    pub(crate) fn of(headers: &HeaderMap, head: &ObjectHead) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if text(header::IF_NONE_MATCH).is_some_and(|given| matches(given, &head.etag)) {
            return Selection::Unchanged;
        }
        if text(header::IF_RANGE).is_some_and(|given| given.trim() != format!("\"{}\"", head.etag)) {
            return Selection::Whole;
        }
        text(header::RANGE).map_or(Selection::Whole, |range| part(range, head.size))
    }
}

/// Whether an `If-None-Match` names this etag.
pub(crate) fn matches(given: &str, etag: &str) -> bool {
    given
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag.trim_matches('"') == etag)
}

fn part(range: &str, size: u64) -> Selection {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Selection::Whole;
    };
    let number = |raw: &str| raw.trim().parse::<u64>();
    let range = match (number(first), number(last)) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(last)) if first.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return Selection::Whole,
    };
    if range.is_empty() { Selection::OutOfRange } else { Selection::Part(range) }
}

pub(crate) fn write(head: &ObjectHead, selection: Selection, body: Body) -> Response {
    let size = head.size;
    let (status, length, range) = match selection {
        Selection::Whole => (StatusCode::OK, Some(size), None),
        Selection::Part(part) => (
            StatusCode::PARTIAL_CONTENT,
            Some(part.end - part.start),
            Some(format!("bytes {}-{}/{size}", part.start, part.end - 1)),
        ),
        Selection::Unchanged => (StatusCode::NOT_MODIFIED, None, None),
        Selection::OutOfRange => {
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
    let mut response = (status, body).into_response();
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
        set(header::CONTENT_TYPE, head.content_type.clone());
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
        for (given, expected) in [
            ("bytes=0-1", Selection::Part(0..2)),
            ("bytes=2-", Selection::Part(2..10)),
            ("bytes=-3", Selection::Part(7..10)),
            ("bytes=-30", Selection::Part(0..10)),
            ("bytes=5-500", Selection::Part(5..10)),
            ("bytes=10-", Selection::OutOfRange),
            ("bytes=-0", Selection::OutOfRange),
            ("bytes=5-2", Selection::Whole),
            ("bytes=0-1,4-5", Selection::Whole),
            ("bytes=-", Selection::Whole),
            ("items=0-1", Selection::Whole),
        ] {
            assert_eq!(part(given, 10), expected, "{given}");
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
