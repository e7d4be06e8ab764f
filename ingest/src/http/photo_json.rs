//! The photo of a JSON body: base64 or a data URL in the key `image`, `photo` or `file`. It is decoded as it arrives, so a
//! large one is never whole in memory.

use super::base64_text::Base64Text;
use super::body::{self, USE_A_PRESIGNED_URL};
use super::budget::Share;
use super::reception::Reception;
use crate::content::Content;
use crate::problem::Problem;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::Deserialize;
use std::ops::Range;
use utoipa::ToSchema;

const KEYS: [&[u8]; 3] = [b"image", b"photo", b"file"];
/// What the JSON may contain beside the picture.
const MAX_FRAME_BYTES: usize = 16 << 10;

/// The frame: the object with an empty text in place of the picture.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PhotoRequest {
    /// Base64, or a data URL in base64; the keys `photo` and `file` mean the same.
    #[schema(value_type = String, min_length = 1, content_encoding = "base64")]
    #[serde(alias = "photo", alias = "file")]
    image: Option<String>,
}

/// Splits a JSON object, byte by byte, into the text of its photo and the frame around it.
#[derive(Default)]
struct Scanner {
    frame: Vec<u8>,
    depth: u32,
    place: Place,
    /// The last string of the frame.
    last: Range<usize>,
    found: bool,
}

#[derive(Clone, Copy, Default)]
enum Place {
    /// The reader is between two tokens.
    #[default]
    Between,
    /// Behind the colon of a photo's key.
    BeforeThePhoto,
    /// In a string of the frame.
    Text { escaped: bool },
    /// In the photo's string.
    Photo,
    /// Behind a backslash in it.
    Escape,
    /// In the digits of `\u`: how many, and their value.
    Unicode(u8, u32),
}

/// The size of a JSON body with a photo of `limit` bytes, at most.
pub(crate) fn max_bytes(limit: u64) -> u64 {
    limit.div_ceil(3) * 4 + MAX_FRAME_BYTES as u64
}

/// Reads the photo of a JSON body into `reception`. Errors: 400 for bad JSON or base64, 422 for a photo that is not a
/// text, and those of the reception.
pub(crate) async fn read(
    mut body: Body,
    limit: u64,
    mut reception: Reception<'_>,
) -> Result<Content, Problem> {
    let mut json = PhotoJson::new(limit, USE_A_PRESIGNED_URL);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| body::broken_off(&error))?;
        if let Ok(bytes) = frame.into_data() {
            reception.push(&json.push(&bytes)?).await?;
        }
    }
    let (_, rest) = json.finish()?;
    reception.push(&rest).await?;
    reception.finish().await
}

/// Reads a JSON body with a photo into memory, of which it takes what it needs from `memory`: the photo, and the frame.
/// Errors: as [`read`], and 503 over the budget.
pub(crate) async fn read_whole(
    mut body: Body,
    limit: u64,
    memory: &mut Share,
) -> Result<(Bytes, Vec<u8>), Problem> {
    let mut json = PhotoJson::new(limit, "send a smaller photo");
    let mut photo = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| body::broken_off(&error))?;
        let Ok(bytes) = frame.into_data() else { continue };
        memory.grow(bytes.len() as u64)?;
        photo.extend_from_slice(&json.push(&bytes)?);
    }
    let (frame, rest) = json.finish()?;
    photo.extend_from_slice(&rest);
    match photo.len() as u64 > limit {
        true => Err(Problem::too_large(limit, "send a smaller photo")),
        false => Ok((photo.freeze(), frame)),
    }
}

/// A JSON body on its way in: the photo is decoded piece by piece, the frame is kept.
struct PhotoJson {
    scanner: Scanner,
    text: Base64Text,
    limit: u64,
    /// What to do about a photo over the limit.
    hint: &'static str,
    left: u64,
}

impl PhotoJson {
    fn new(limit: u64, hint: &'static str) -> Self {
        let (scanner, text) = (Scanner::default(), Base64Text::default());
        PhotoJson { scanner, text, limit, hint, left: max_bytes(limit) }
    }

    /// What these bytes of the body add to the photo.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        let over = || Problem::too_large(self.limit, self.hint);
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(over)?;
        split(&mut self.scanner, bytes, &mut self.text)?;
        if self.scanner.frame.len() > MAX_FRAME_BYTES {
            return Err(Problem::too_large(MAX_FRAME_BYTES as u64, "beside the picture"));
        }
        self.text.decoded()
    }

    /// The frame, and the rest of the photo.
    fn finish(mut self) -> Result<(Vec<u8>, Vec<u8>), Problem> {
        self.scanner.check()?;
        let rest = self.text.rest()?;
        Ok((self.scanner.frame, rest))
    }
}

/// Sends the photo's characters to `text`, runs of them at once.
fn split(scanner: &mut Scanner, mut bytes: &[u8], text: &mut Base64Text) -> Result<(), Problem> {
    while !bytes.is_empty() {
        if matches!(scanner.place, Place::Photo) {
            let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(bytes.len());
            text.push_all(&bytes[..end])?;
            bytes = &bytes[end..];
        }
        let Some((byte, rest)) = bytes.split_first() else { break };
        if let Some(character) = scanner.next(*byte)? {
            text.push(character)?;
        }
        bytes = rest;
    }
    Ok(())
}

impl Scanner {
    /// A character of the photo's text, if this byte ends one.
    fn next(&mut self, byte: u8) -> Result<Option<u8>, Problem> {
        match self.place {
            Place::Photo | Place::Escape | Place::Unicode(..) => self.in_the_photo(byte),
            Place::Text { escaped } => {
                self.in_a_text(byte, escaped);
                Ok(None)
            }
            Place::Between | Place::BeforeThePhoto => {
                self.between(byte);
                Ok(None)
            }
        }
    }

    fn in_a_text(&mut self, byte: u8, escaped: bool) {
        self.place = match byte {
            b'"' if !escaped => {
                self.last.end = self.frame.len();
                Place::Between
            }
            _ => Place::Text { escaped: byte == b'\\' && !escaped },
        };
        self.frame.push(byte);
    }

    fn between(&mut self, byte: u8) {
        self.frame.push(byte);
        let before = matches!(self.place, Place::BeforeThePhoto);
        self.place = match byte {
            b'"' if before && !self.found => {
                self.found = true;
                Place::Photo
            }
            b'"' => {
                self.last = self.frame.len()..self.frame.len();
                Place::Text { escaped: false }
            }
            b':' if self.depth == 1 && KEYS.contains(&&self.frame[self.last.clone()]) => {
                Place::BeforeThePhoto
            }
            b' ' | b'\t' | b'\r' | b'\n' => self.place,
            _ => Place::Between,
        };
        match byte {
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn in_the_photo(&mut self, byte: u8) -> Result<Option<u8>, Problem> {
        let (place, character) = match (self.place, byte) {
            (Place::Photo, b'"') => {
                self.frame.push(byte);
                (Place::Between, None)
            }
            (Place::Photo, b'\\') => (Place::Escape, None),
            (Place::Photo, _) => (Place::Photo, Some(byte)),
            (Place::Escape, b'u') => (Place::Unicode(0, 0), None),
            (Place::Escape, b'n' | b'r' | b't' | b'f' | b'b') => (Place::Photo, Some(b'\n')),
            (Place::Unicode(digits, value), _) => {
                let digit = char::from(byte).to_digit(16);
                let value = value * 16 + digit.ok_or_else(|| Problem::malformed("bad_json", "bad \\u"))?;
                match digits {
                    3 => (Place::Photo, Some(u8::try_from(value).unwrap_or(b'?'))),
                    _ => (Place::Unicode(digits + 1, value), None),
                }
            }
            _ => (Place::Photo, Some(byte)),
        };
        self.place = place;
        Ok(character)
    }

    /// Errors: 400 if the frame is not JSON or has no photo, 422 if it has another type, or two photos.
    fn check(&self) -> Result<(), Problem> {
        let request: PhotoRequest = body::parse(&self.frame)?;
        let missing = || Problem::malformed("missing_photo", "the key image, photo or file is missing");
        request.image.filter(|_| self.found).map(drop).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The photo's text, or the code of the problem.
    fn scan(json: &str) -> Result<String, String> {
        let mut scanner = Scanner::default();
        let mut text = Vec::new();
        for byte in json.bytes() {
            text.extend(scanner.next(byte).map_err(|problem| problem.code().to_owned())?);
        }
        scanner.check().map_err(|problem| problem.code().to_owned())?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn the_photo_is_found_wherever_it_is() {
        for json in [
            r#"{"image":"Zm9v"}"#,
            r#"{"photo":"Zm9v"}"#,
            r#"{"file" : "Zm9v" }"#,
            "\u{feff}{\"image\":\"Zm9v\"}",
            r#"{"note":"\"image\":\"x","a":{"image":"no"},"b":["image"],"image":"Zm9v","c":1}"#,
            r#"{"image":"Zm\u0039v","n":"image"}"#,
        ] {
            assert_eq!(scan(json).as_deref(), Ok("Zm9v"), "{json}");
        }
        assert_eq!(scan(r#"{"image":"a\/b\n"}"#).as_deref(), Ok("a/b\n"));
    }

    #[test]
    fn what_is_no_request_is_named() {
        for (json, code) in [
            ("{}", "missing_photo"),
            (r#"{"image":null}"#, "missing_photo"),
            (r#"{"image":7}"#, "invalid_field"),
            (r#"{"image":"a","photo":"b"}"#, "invalid_field"),
            (r#"{"a":{"image":"x"}}"#, "missing_photo"),
            (r#"{"image":"Zm9v""#, "bad_json"),
            (r#"{"image":"Zm9v"} x"#, "bad_json"),
            (r#"{"image":"Zm9v"#, "bad_json"),
            (r#"{"image":"\uzzzz"}"#, "bad_json"),
            (r#"["image","Zm9v"]"#, "bad_json"),
            (r#"["Zm9v"]"#, "missing_photo"),
            ("", "bad_json"),
        ] {
            assert_eq!(scan(json), Err(code.to_owned()), "{json}");
        }
    }
}
