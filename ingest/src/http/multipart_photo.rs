//! The photo of a multipart body: its field `image`, `file` or `photo`. File names are never looked at.

use super::body::{self, USE_A_PRESIGNED_URL};
use crate::problem::Problem;
use axum::extract::FromRequest;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};

/// The most parts that are looked at.
const MAX_PARTS: usize = 20;
/// What parts and boundaries may have beside the photo.
const FRAME_BYTES: u64 = 64 << 10;

/// How many bytes a body with a photo of `limit` bytes can take.
pub(crate) fn max_bytes(limit: u64) -> u64 {
    limit + FRAME_BYTES
}

/// The photo; parts before it are skipped, those after it are not read.
pub(crate) async fn read(mut request: Request, limit: u64) -> Result<Bytes, Problem> {
    let most = usize::try_from(max_bytes(limit)).unwrap_or(usize::MAX);
    let announced = body::announced(request.headers()).map_or(0, |bytes| bytes.min(limit));
    let capacity = usize::try_from(announced).unwrap_or_default();
    DefaultBodyLimit::max(most).apply(&mut request);
    let refused = |error: MultipartError| refused(&error, limit);
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|error| Problem::malformed("bad_multipart", error.body_text()))?;
    for _ in 0..MAX_PARTS {
        let Some(mut field) = multipart.next_field().await.map_err(refused)? else {
            return Err(missing());
        };
        if !matches!(field.name(), Some("image" | "file" | "photo")) {
            continue;
        }
        let mut photo = BytesMut::with_capacity(capacity);
        while let Some(chunk) = field.chunk().await.map_err(refused)? {
            if (photo.len() + chunk.len()) as u64 > limit {
                return Err(Problem::too_large(limit, USE_A_PRESIGNED_URL));
            }
            photo.extend_from_slice(&chunk);
        }
        return Ok(photo.freeze());
    }
    Err(Problem::malformed("too_many_parts", format!("no photo in the first {MAX_PARTS} parts")))
}

fn missing() -> Problem {
    Problem::malformed("missing_photo", "there is no field image, file or photo")
}

fn refused(error: &MultipartError, limit: u64) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limit, USE_A_PRESIGNED_URL),
        _ if body::has_stalled(error) => Problem::request_timeout("the body stalled"),
        _ => Problem::malformed("bad_multipart", error.body_text()),
    }
}
