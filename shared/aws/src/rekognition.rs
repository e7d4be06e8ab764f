//! Shared by both ports on Rekognition: the photos that it accepts, the conversion of others, and its errors.

use crate::error;
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use bytes::Bytes;
use domain::ports::face_engine::EngineError;
use domain::ports::{PortError, PortErrorKind};
use std::error::Error;
use std::time::Duration;
use vision::Picture;

/// `made_by.engine` of its results.
pub const ENGINE: &str = "rekognition";
/// Rekognition's limit for a photo in the request.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The pause after throttling or an outage: Rekognition's rates are per second, and SQS counts in seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// JPEG qualities that are tried until a photo fits.
const QUALITIES: [u8; 3] = [92, 80, 60];
/// Rekognition's codes for a photo that it refuses for good, and ours.
const REFUSED: [(&str, &str); 2] =
    [("InvalidImageFormatException", "undecodable_image"), ("ImageTooLargeException", "image_too_large")];

pub(crate) fn decode(photo: &[u8]) -> Result<Picture, EngineError> {
    let refused =
        |error: vision::DecodeError| EngineError::Refused { code: error.code(), detail: error.to_string() };
    vision::decode(photo).map_err(refused)
}

/// Whether Rekognition accepts a photo unchanged: a small JPEG, whose EXIF orientation it applies as our decoder does.
pub(crate) fn accepts(photo: &[u8]) -> bool {
    photo.len() <= MAX_BYTES && photo.starts_with(&[0xff, 0xd8])
}

/// A JPEG within [`MAX_BYTES`], without EXIF.
pub(crate) fn converted(picture: &Picture) -> Result<Bytes, EngineError> {
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

    #[test]
    fn only_small_jpegs_are_sent_unchanged() {
        let jpeg = [&[0xff, 0xd8, 0xff][..], &[0; 100]].concat();
        assert!(accepts(&jpeg));
        assert!(!accepts(b"\x89PNG"));
        assert!(!accepts(b"RIFF0000WEBP"));
        assert!(!accepts(&[&jpeg[..], &vec![0; MAX_BYTES]].concat()));
    }

    #[test]
    fn converted_photos_fit_and_are_upright() {
        let picture = Picture::new(300, 200, [200, 100, 50].repeat(300 * 200)).unwrap();
        let sent = converted(&picture).unwrap();
        let read = vision::decode(&sent).unwrap();
        assert_eq!((read.width(), read.height()), (300, 200));
        assert!(sent.windows(4).all(|window| window != b"Exif"));
    }
}
