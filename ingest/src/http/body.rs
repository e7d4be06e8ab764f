//! Request bodies: their pace, their type, and small JSON ones, read into memory.

use super::api::Shared;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Maximum size of a JSON body without a picture.
pub(crate) const MAX_JSON: u64 = 16 << 10;
/// A slower body is ended with 408. It is 131 kbit/s, so a line of 200 kbit/s is fast enough.
pub(crate) const MIN_BYTES_PER_S: u64 = 16 << 10;

/// The hint beside a photo that is too large for a request.
pub(crate) const USE_A_PRESIGNED_URL: &str =
    "send one photo per request; POST /uploads gives a presigned URL for larger ones";
/// The detail beside an unknown emotion.
pub(crate) const EMOTIONS: &str =
    "emotion is HAPPY, SAD, ANGRY, CONFUSED, DISGUSTED, SURPRISED, CALM, FEAR or UNKNOWN";

/// UTF-8's, with which some clients begin.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A body stalled, or was slower than [`MIN_BYTES_PER_S`].
#[derive(Debug, thiserror::Error)]
#[error("the body stalled")]
struct Stalled;

/// How long a client has kept the server waiting for a body. The time in which the server does not read does not count.
struct Pace {
    idle: Duration,
    waited: Duration,
    received: u64,
}

impl Pace {
    /// How long the next bytes may take: `idle` at most, and the body at most `idle` behind [`MIN_BYTES_PER_S`].
    fn patience(&self) -> Duration {
        let allowed = time_for(self.received) + self.idle;
        allowed.saturating_sub(self.waited).min(self.idle)
    }
}

/// The time that so many bytes may take.
pub(crate) fn time_for(bytes: u64) -> Duration {
    Duration::from_millis(bytes.saturating_mul(1000) / MIN_BYTES_PER_S)
}

/// Ends bodies that stall or crawl.
pub(crate) async fn pace(State(api): Shared, request: Request, next: Next) -> Response {
    let idle = api.settings.body_idle_timeout;
    next.run(request.map(|body| paced(body, idle))).await
}

fn paced(body: Body, idle: Duration) -> Body {
    let pace = Pace { idle, waited: Duration::ZERO, received: 0 };
    let frames = stream::unfold((body.into_data_stream(), pace), |(mut data, mut pace)| async move {
        let began = Instant::now();
        let frame = match timeout(pace.patience(), data.next()).await {
            Ok(frame) => frame?.map_err(|error| error.into_inner()),
            Err(_) => Err(Stalled.into()),
        };
        pace.waited += began.elapsed();
        pace.received += frame.as_ref().map_or(0, |bytes: &Bytes| bytes.len() as u64);
        Some((frame, (data, pace)))
    });
    Body::from_stream(frames)
}

/// The `Content-Length` of a request.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole body in memory. `hint` says what to do about a body that is too large. Errors: 413 over the limit, 400 if it
/// stops before its end, 408 if it stalls.
pub async fn read(mut body: Body, limit: u64, hint: &str) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_off(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if (whole.len() + data.len()) as u64 > limit {
            return Err(Problem::too_large(limit, hint));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

pub(crate) fn broken_off(error: &(dyn Error + 'static)) -> Problem {
    tracing::debug!(error = %error, "a request body ended early");
    match has_stalled(error) {
        true => Problem::request_timeout("the body stalled"),
        false => Problem::malformed("incomplete_body", "the body stopped before its end"),
    }
}

/// Whether a body ended because it stalled.
pub(crate) fn has_stalled(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<Stalled>() {
            return true;
        }
        cause = error.source();
    }
    false
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|name| {
        matches!(name.as_str(), "application/json" | "text/json") || name.ends_with("+json")
    })
}

/// The content type in lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// A JSON body. Errors: 400 if it is not JSON, 422 if a field is missing or wrong, 415, 413.
pub(crate) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limit: u64,
) -> Result<T, Problem> {
    if !is_json(headers) {
        let detail = "this route takes application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
    }
    let bytes = read(body, limit, "send less").await?;
    parse(&bytes)
}

/// A byte order mark at the beginning is passed over.
pub(crate) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Problem::unprocessable("invalid_field", error.to_string()),
        _ => Problem::malformed("bad_json", format!("the body is not JSON: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_line_is_waited_for_and_a_crawling_one_is_not() {
        let idle = Duration::from_secs(10);
        // Bytes, seconds they took, seconds that the next ones may take.
        for (received, waited, patience) in [
            (0, 0, 10),
            (0, 4, 6),
            (2, 10, 0),
            (25_600 * 600, 600, 10),
            (MIN_BYTES_PER_S * 100, 105, 5),
            (MIN_BYTES_PER_S * 100, 1, 10),
            (MIN_BYTES_PER_S * 100, 111, 0),
        ] {
            let pace = Pace { idle, waited: Duration::from_secs(waited), received };
            assert_eq!(pace.patience().as_secs(), patience, "{received} bytes in {waited} s");
        }
    }
}
