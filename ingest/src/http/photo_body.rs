//! The photo of a body: base64 or a data URL in the JSON keys `image` or `photo` (padding and line ends are tolerated), or
//! the multipart field `image`, `file` or `photo`. File names are ignored.

use super::body::{self, USE_A_PRESIGNED_URL};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use std::borrow::Cow;

/// What the JSON may contain beside the picture.
const JSON_FRAME_BYTES: u64 = 16 << 10;
/// What parts and boundaries may take beside the photo.
const MULTIPART_FRAME_BYTES: u64 = 64 << 10;
const MAX_PARTS: usize = 20;

#[derive(Deserialize)]
struct PhotoRequest<'a> {
    #[serde(alias = "photo", borrow)]
    image: Option<Encoded<'a>>,
}

/// Borrowed from the JSON unless something in it is escaped.
#[derive(Deserialize)]
struct Encoded<'a>(#[serde(borrow)] Cow<'a, str>);

/// The size of a JSON body with a photo of `limit` bytes, at most.
pub(crate) fn max_json(limit: u64) -> u64 {
    limit.div_ceil(3) * 4 + JSON_FRAME_BYTES
}

/// The photo of a JSON body of at most `max` bytes. Errors: 400 for bad base64, 413 for a photo over `limit` bytes.
pub(crate) async fn json(body: Body, max: u64, limit: u64) -> Result<Bytes, Problem> {
    let bytes = body::read(body, max, USE_A_PRESIGNED_URL).await?;
    let sent: PhotoRequest<'_> = body::parse(&bytes)?;
    let missing = || Problem::malformed("missing_photo", "the field image or photo is missing");
    let photo = decode(&sent.image.ok_or_else(missing)?.0)?;
    if photo.len() as u64 > limit {
        return Err(Problem::too_large(limit, USE_A_PRESIGNED_URL));
    }
    Ok(photo)
}

fn decode(text: &str) -> Result<Bytes, Problem> {
    let encoded = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,").map(|(_, encoded)| encoded),
        None => Some(text),
    };
    let bad = || Problem::malformed("bad_base64", "the picture is neither base64 nor a base64 data URL");
    let mut encoded = Cow::Borrowed(encoded.ok_or_else(bad)?.as_bytes());
    if encoded.iter().any(u8::is_ascii_whitespace) {
        encoded.to_mut().retain(|byte| !byte.is_ascii_whitespace());
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if encoded.iter().any(|byte| matches!(byte, b'-' | b'_')) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, config).decode(encoded).map(Bytes::from).map_err(|_| bad())
}

/// The size of a multipart body with a photo of `limit` bytes, at most.
pub(crate) fn max_multipart(limit: u64) -> u64 {
    limit + MULTIPART_FRAME_BYTES
}

/// The photo of a multipart body; parts before it are skipped, parts after it are not read.
pub(crate) async fn multipart(mut request: Request, limit: u64) -> Result<Bytes, Problem> {
    let max = usize::try_from(max_multipart(limit)).unwrap_or(usize::MAX);
    let announced = body::announced(request.headers()).map_or(0, |bytes| bytes.min(limit));
    let capacity = usize::try_from(announced).unwrap_or_default();
    DefaultBodyLimit::max(max).apply(&mut request);
    let refused = |error: MultipartError| refused(&error, limit);
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|error| Problem::malformed("bad_multipart", error.body_text()))?;
    for _ in 0..MAX_PARTS {
        let Some(mut field) = multipart.next_field().await.map_err(refused)? else {
            return Err(Problem::malformed("missing_photo", "the field image, file or photo is missing"));
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
    Err(Problem::malformed("too_many_parts", format!("the first {MAX_PARTS} parts contain no photo")))
}

fn refused(error: &MultipartError, limit: u64) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limit, USE_A_PRESIGNED_URL),
        _ if body::has_stalled(error) => Problem::request_timeout("the body stalled"),
        _ => Problem::malformed("bad_multipart", error.body_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_line_ends_and_data_urls_are_tolerated() {
        for good in ["Zm9v/w==", "Zm9v/w", "Zm9v\r\n/w==", "Zm9v_w", "data:image/png;base64,Zm9v/w=="] {
            assert_eq!(decode(good).unwrap(), &b"foo\xff"[..], "{good}");
        }
        for bad in ["Zm9v!", "data:image/png,Zm9v", "data:;base64", "Zm9v/w===x"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
