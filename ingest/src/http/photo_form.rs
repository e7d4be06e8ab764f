//! The photo of a multipart form: its field `image`, `file` or `photo`. File names are ignored.

use super::body::{self, USE_A_PRESIGNED_URL};
use super::reception::Reception;
use crate::content::Content;
use crate::problem::Problem;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use bytes::BytesMut;
use domain::{FileName, MediaType};
use utoipa::ToSchema;

const FIELDS: [&str; 3] = ["image", "file", "photo"];
/// What parts and boundaries may take beside the photo.
const MAX_FRAME_BYTES: u64 = 64 << 10;
const MAX_PARTS: usize = 20;

/// The size of a form with a photo of `limit` bytes, at most.
pub(crate) fn max_bytes(limit: u64) -> u64 {
    limit + MAX_FRAME_BYTES
}

/// The form, of which one field is needed; the names `file` and `photo` mean the same.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form is read piece by piece")]
pub(crate) struct PhotoForm {
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
}

/// What the first bytes of a part show.
enum Part {
    Photo(BytesMut),
    /// As a browser sends it for a file that was not chosen.
    Empty,
    /// A field of the form that happens to have a photo's name.
    Text,
}

/// Reads the form's one photo, with its file name, into `reception`. Empty parts and texts are passed over. Errors: 400 without a photo, 422
/// for several photos or an empty one, and those of the reception.
pub(crate) async fn read(
    mut request: Request,
    limit: u64,
    mut reception: Reception<'_>,
) -> Result<(Content, Option<FileName>), Problem> {
    let max = usize::try_from(max_bytes(limit)).unwrap_or(usize::MAX);
    DefaultBodyLimit::max(max).apply(&mut request);
    let refused = |error: MultipartError| refused(&error, limit);
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|error| Problem::malformed("bad_multipart", error.body_text()))?;
    let (mut found, mut filename, mut passed) = (false, None, missing());
    for _ in 0..MAX_PARTS {
        let Some(mut field) = multipart.next_field().await.map_err(refused)? else {
            return if found { Ok((reception.finish().await?, filename)) } else { Err(passed) };
        };
        if !field.name().is_some_and(|name| FIELDS.contains(&name)) {
            continue;
        }
        match part(&mut field).await.map_err(refused)? {
            Part::Empty => passed = Problem::unprocessable("empty_photo", "the photo is empty"),
            Part::Text => passed = Problem::unsupported("unsupported_type", "the field is not a photo"),
            Part::Photo(_) if found => return Err(several()),
            Part::Photo(first) => {
                found = true;
                filename = field.file_name().and_then(FileName::of);
                reception.push(&first).await?;
                while let Some(chunk) = field.chunk().await.map_err(refused)? {
                    reception.push(&chunk).await?;
                }
            }
        }
    }
    Err(Problem::malformed("too_many_parts", format!("a form has at most {MAX_PARTS} parts")))
}

/// Reads as much of a part as it takes to see what it is.
async fn part(field: &mut Field<'_>) -> Result<Part, MultipartError> {
    let is_file = field.file_name().is_some_and(|name| !name.is_empty());
    let mut first = BytesMut::new();
    while (first.len() as u64) < MediaType::SNIFF_BYTES
        && let Some(chunk) = field.chunk().await?
    {
        first.extend_from_slice(&chunk);
    }
    Ok(match first.is_empty() {
        true => Part::Empty,
        false if is_file || !is_text(&first) => Part::Photo(first),
        false => Part::Text,
    })
}

/// Whether these may be the first bytes of a text; its last character may be cut.
fn is_text(first: &[u8]) -> bool {
    let text = match std::str::from_utf8(first) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_some() => None,
        Err(error) => first.get(..error.valid_up_to()).and_then(|text| std::str::from_utf8(text).ok()),
    };
    text.is_some_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
}

fn missing() -> Problem {
    Problem::malformed("missing_photo", "the field image, file or photo is missing")
}

fn several() -> Problem {
    Problem::unprocessable("several_photos", "the form has several photos; send one per request")
}

fn refused(error: &MultipartError, limit: u64) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(limit, USE_A_PRESIGNED_URL),
        _ if body::has_stalled(error) => Problem::request_timeout("the body stalled"),
        _ => Problem::malformed("bad_multipart", error.body_text()),
    }
}
