//! Rekognition: which photos it takes, how others are converted, and how its errors become a face engine's.

use crate::error;
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use bytes::Bytes;
use domain::ports::face_engine::EngineError;
use domain::ports::{PortError, PortErrorKind};
use std::error::Error;
use std::time::Duration;
use vision::Picture;

/// The name that results carry.
pub const ENGINE: &str = "rekognition";
/// The most bytes of a photo that is sent with the request.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// How long to leave Rekognition alone when it is throttled or down: its rates are per second, and SQS counts in
/// seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Qualities at which a photo is tried to fit, best first.
const QUALITIES: [u8; 3] = [92, 80, 60];
/// What Rekognition says of a photo that it will never look at.
const REFUSED: [(&str, &str); 2] =
    [("InvalidImageFormatException", "undecodable_image"), ("ImageTooLargeException", "image_too_large")];

/// A photo's upright pixels.
pub(crate) fn decode(photo: &[u8]) -> Result<Picture, EngineError> {
    let refused =
        |error: vision::DecodeError| EngineError::Refused { code: error.code(), detail: error.to_string() };
    vision::decode(photo).map_err(refused)
}

/// Whether Rekognition takes a photo as it is: a JPEG, which it turns upright by its EXIF orientation as we do.
pub(crate) fn takes(photo: &[u8]) -> bool {
    photo.len() <= MAX_BYTES && photo.starts_with(&[0xff, 0xd8])
}

/// The picture as a JPEG that fits, without EXIF.
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

/// Rekognition's error as an engine's.
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
    fn only_small_jpegs_are_sent_as_they_are() {
        let jpeg = [&[0xff, 0xd8, 0xff][..], &[0; 100]].concat();
        assert!(takes(&jpeg));
        assert!(!takes(b"\x89PNG"));
        assert!(!takes(b"RIFF0000WEBP"));
        assert!(!takes(&[&jpeg[..], &vec![0; MAX_BYTES]].concat()));
    }

    #[test]
    fn what_is_converted_fits_and_is_upright() {
        let picture = Picture::new(300, 200, [200, 100, 50].repeat(300 * 200)).unwrap();
        let sent = converted(&picture).unwrap();
        let read = vision::decode(&sent).unwrap();
        assert_eq!((read.width(), read.height()), (300, 200));
        assert!(sent.windows(4).all(|window| window != b"Exif"));
    }
}
