//! Request bodies, read into memory up to a limit.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use tower_http::timeout::TimeoutError;

/// Maximum size of a JSON body without a picture.
pub(crate) const MAX_JSON: u64 = 16 << 10;

/// The hint beside a photo that is too large for a request.
pub(crate) const USE_A_PRESIGNED_URL: &str = "POST /uploads gives a presigned URL for larger ones";
/// The detail beside an unknown emotion.
pub(crate) const EMOTIONS: &str =
    "emotion is HAPPY, SAD, ANGRY, CONFUSED, DISGUSTED, SURPRISED, CALM, FEAR or UNKNOWN";

/// The `Content-Length`.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole body. `limit` bytes are allocated at once: growing would take up to twice as much. `hint` says what to do
/// about a body that is too large. Errors: 413 over the limit, 400 if it stops before its end, 408 if it stalls.
pub async fn read(mut body: Body, limit: u64, hint: &str) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::with_capacity(usize::try_from(limit).unwrap_or_default());
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

fn broken_off(error: &(dyn Error + 'static)) -> Problem {
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
        if error.is::<TimeoutError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers)
        .is_some_and(|media_type| media_type == "application/json" || media_type.ends_with("+json"))
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
        return Err(Problem::new(
            axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "this route takes application/json",
        ));
    }
    let bytes = read(body, limit, USE_A_PRESIGNED_URL).await?;
    parse(&bytes)
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Problem::unprocessable("invalid_field", error.to_string()),
        _ => Problem::malformed("bad_json", error.to_string()),
    })
}
