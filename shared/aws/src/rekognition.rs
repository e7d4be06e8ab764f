//! Rekognition: the photos that it accepts, the conversion of others, and its errors as those of a face engine.

use crate::error;
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use bytes::Bytes;
use domain::ports::face_engine::EngineError;
use domain::ports::{PortError, PortErrorKind};
use std::error::Error;
use std::time::Duration;
use vision::limits::MAX_PORTRAIT_PIXELS;
use vision::{Cancel, Picture};

/// `made_by.engine` of its results.
pub const ENGINE: &str = "rekognition";
/// Rekognition's smallest side of a picture, in pixels.
const MIN_SIDE: u32 = 80;
/// A narrow picture is not enlarged beyond this.
const MAX_ENLARGED_SIDE: usize = 4096;
/// Rekognition's limit for a photo in the request.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The pause after throttling or an outage: Rekognition's rates are per second, and SQS counts in seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// JPEG qualities that are tried until a photo fits.
const QUALITIES: [u8; 3] = [92, 80, 60];
/// Rekognition's codes for a photo that it refuses for good, and ours.
const REFUSED: [(&str, &str); 2] =
    [("InvalidImageFormatException", "undecodable_image"), ("ImageTooLargeException", "image_too_large")];

fn decode(photo: &[u8], limits: &Cancel) -> Result<Picture, EngineError> {
    let refused =
        |error: vision::DecodeError| EngineError::Refused { code: error.code(), detail: error.to_string() };
    vision::decode_unless(photo, limits).map_err(refused)
}

/// A photo in a form that Rekognition accepts, and its pixels: unchanged if possible, otherwise as an upright JPEG without
/// EXIF. Coordinates relative to the one are those relative to the other.
pub(crate) fn prepare(photo: Bytes) -> Result<(Bytes, Picture), EngineError> {
    let picture = decode(&photo, &Cancel::default())?;
    let sent = match accepts(&photo, &picture) {
        true => photo,
        false => converted(&picture)?,
    };
    Ok((sent, picture))
}

/// A photo of a person as it is stored and compared: small, upright, without metadata.
pub(crate) fn portrait(photo: &[u8]) -> Result<Bytes, EngineError> {
    let picture = decode(photo, &Cancel::above(MAX_PORTRAIT_PIXELS))?;
    let small = match enlarged(&picture)? {
        Some(enlarged) => vision::preview(&enlarged),
        None => vision::preview(&picture),
    };
    small.map(Bytes::from).map_err(|error| EngineError::Broken(error.into()))
}

/// A plain JPEG within the limits; Rekognition applies its EXIF orientation, as our decoder does.
fn accepts(photo: &[u8], picture: &Picture) -> bool {
    let (width, height) = picture.original();
    photo.len() <= MAX_BYTES && width.min(height) >= MIN_SIDE && vision::is_plain_jpeg(photo)
}

/// The picture with each pixel repeated, so that no side is below [`MIN_SIDE`]; None if it is large enough.
fn enlarged(picture: &Picture) -> Result<Option<Picture>, EngineError> {
    let (width, height) = (picture.width(), picture.height());
    let factor = (MIN_SIDE as usize).div_ceil(width.min(height).max(1));
    if factor == 1 {
        return Ok(None);
    }
    if width.max(height) * factor > MAX_ENLARGED_SIDE {
        let detail = format!("the face engine needs at least {MIN_SIDE} pixels a side");
        return Err(EngineError::Refused { code: "image_too_small", detail });
    }
    let mut rgb = Vec::with_capacity(width * height * 3 * factor * factor);
    for row in 0..height {
        let pixels = picture.row(row).chunks(3);
        let line: Vec<u8> = pixels.flat_map(|pixel| pixel.repeat(factor)).collect();
        rgb.extend(line.repeat(factor));
    }
    let broken = || EngineError::Broken("an enlarged picture lacks pixels".into());
    Picture::new(width * factor, height * factor, rgb).map(Some).ok_or_else(broken)
}

fn converted(picture: &Picture) -> Result<Bytes, EngineError> {
    let enlarged = enlarged(picture)?;
    let picture = enlarged.as_ref().unwrap_or(picture);
    for quality in QUALITIES {
        let jpeg = vision::jpeg(picture, quality).map_err(|error| EngineError::Broken(error.into()))?;
        if jpeg.len() <= MAX_BYTES {
            return Ok(jpeg.into());
        }
    }
    let detail = "the picture has too much detail to be sent to the face engine".to_owned();
    Err(EngineError::Refused { code: "image_too_large", detail })
}

pub(crate) fn failure<E>(operation: &str, error: SdkError<E>) -> EngineError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = error::code(&error).unwrap_or("");
    if let Some((_, code)) = REFUSED.iter().find(|(theirs, _)| *theirs == code) {
        return EngineError::Refused { code, detail: "the face engine cannot read the picture".into() };
    }
    let error: PortError = error::port(format!("rekognition:{operation}"), error);
    match error.kind {
        PortErrorKind::Busy => EngineError::Busy { after: PATIENCE },
        _ => EngineError::Broken(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(width: usize, height: usize) -> Bytes {
        let picture = Picture::new(width, height, [200, 100, 50].repeat(width * height)).unwrap();
        vision::jpeg(&picture, 90).unwrap().into()
    }

    fn sides(jpeg: &[u8]) -> (usize, usize) {
        let picture = vision::decode(jpeg).unwrap();
        (picture.width(), picture.height())
    }

    #[test]
    fn a_jpeg_within_the_limits_is_sent_unchanged() {
        let photo = jpeg(300, 200);
        assert_eq!(prepare(photo.clone()).unwrap().0, photo);
        let picture = vision::decode(&photo).unwrap();
        assert!(!accepts(b"\x89PNG", &picture));
        assert!(!accepts(&[&photo[..], &vec![0; MAX_BYTES]].concat(), &picture));
    }

    #[test]
    fn a_small_picture_is_enlarged() {
        for (width, height, expected) in [
            (79, 300, (158, 600)),
            (80, 80, (80, 80)),
            (1, 1, (80, 80)),
            (1, 51, (80, 4080)),
            (40, 20, (160, 80)),
        ] {
            let (sent, picture) = prepare(jpeg(width, height)).unwrap();
            assert_eq!(sides(&sent), expected, "{width} x {height}");
            assert_eq!(picture.original(), (width as u32, height as u32), "the size is the photo's");
        }
        let narrow = prepare(jpeg(1, 52)).map(drop);
        assert!(matches!(narrow, Err(EngineError::Refused { code: "image_too_small", .. })));
    }

    #[test]
    fn converted_photos_fit_and_are_upright() {
        let picture = Picture::new(300, 200, [200, 100, 50].repeat(300 * 200)).unwrap();
        let sent = converted(&picture).unwrap();
        assert_eq!(sides(&sent), (300, 200));
        assert!(sent.windows(4).all(|window| window != b"Exif"));
    }
}
