//! The photo of a JSON body: base64 or a data URL in `image` or `photo`; padding and line ends are tolerated.

use super::body;
use crate::problem::Problem;
use axum::body::Body;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::Deserialize;
use std::borrow::Cow;

/// What the JSON may have beside the picture.
const FRAME_BYTES: u64 = 16 << 10;

#[derive(Deserialize)]
struct Sent<'a> {
    #[serde(alias = "photo", borrow)]
    image: Option<Coded<'a>>,
}

/// Not copied out of the JSON, where nothing in it is escaped.
#[derive(Deserialize)]
struct Coded<'a>(#[serde(borrow)] Cow<'a, str>);

/// How many bytes of JSON a photo of `limit` bytes can take.
pub(crate) fn max_json(limit: u64) -> u64 {
    limit.div_ceil(3) * 4 + FRAME_BYTES
}

/// The photo of a JSON of at most `most` bytes. Errors: 400 for what is no base64, 413 for a photo over `limit` bytes.
pub(crate) async fn read(body: Body, most: u64, limit: u64) -> Result<Bytes, Problem> {
    let bytes = body::read(body, most, body::USE_A_PRESIGNED_URL).await?;
    let sent: Sent<'_> = body::parse(&bytes)?;
    let missing = || Problem::malformed("missing_photo", "there is no field image or photo");
    let photo = decode(&sent.image.ok_or_else(missing)?.0)?;
    if photo.len() as u64 > limit {
        return Err(Problem::too_large(limit, body::USE_A_PRESIGNED_URL));
    }
    Ok(photo)
}

fn decode(text: &str) -> Result<Bytes, Problem> {
    let coded = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,").map(|(_, coded)| coded),
        None => Some(text),
    };
    let bad = || Problem::malformed("bad_base64", "the picture is no base64 and no data URL in base64");
    let mut coded = Cow::Borrowed(coded.ok_or_else(bad)?.as_bytes());
    if coded.iter().any(u8::is_ascii_whitespace) {
        coded.to_mut().retain(|byte| !byte.is_ascii_whitespace());
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if coded.iter().any(|byte| matches!(byte, b'-' | b'_')) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, config).decode(coded).map(Bytes::from).map_err(|_| bad())
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
