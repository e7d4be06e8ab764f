//! Why a file is not decoded, and the checks of its size.

use super::source::Cancel;
use crate::limits::{MAX_MEMORY, MAX_PIXELS};
use domain::{MediaType, photo_size};

/// Why bytes are no photo that can be analysed. The message is a sentence that names the limit or the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Another format than the accepted ones: a sentence with its name and the formats to send.
    #[error("{0}")]
    UnsupportedType(String),
    /// HEIC, where the feature `heic` is switched off.
    #[error("HEIC is not supported here; send JPEG")]
    HeicUnsupported,
    /// Too many bytes or pixels, or too much memory to decode.
    #[error("the picture is too large: {0}")]
    TooLarge(String),
    /// Damaged, truncated or of a rare kind.
    #[error("the picture cannot be decoded: {0}")]
    Undecodable(String),
    /// The caller cancelled the decoding; says nothing about the photo.
    #[error("decoding was cancelled")]
    Cancelled,
}

impl DecodeError {
    /// The stable code: `unsupported_type`, `heic_unsupported`, `image_too_large`, `undecodable_image`, or `cancelled`, which only a
    /// caller that cancels can get.
    pub fn code(&self) -> &'static str {
        match self {
            DecodeError::UnsupportedType(_) => "unsupported_type",
            DecodeError::HeicUnsupported => "heic_unsupported",
            DecodeError::TooLarge(_) => "image_too_large",
            DecodeError::Undecodable(_) => "undecodable_image",
            DecodeError::Cancelled => "cancelled",
        }
    }

    /// From a decoder's own error, which may quote hostile bytes at length.
    pub(crate) fn undecodable(error: impl std::fmt::Display) -> Self {
        DecodeError::Undecodable(error.to_string().chars().take(200).collect())
    }

    pub(crate) fn raw_file() -> Self {
        let accepted = MediaType::NAMES;
        DecodeError::UnsupportedType(format!("a camera's raw file is not supported; send {accepted}"))
    }

    pub(crate) fn missing_pixels() -> Self {
        DecodeError::undecodable("pixels are missing")
    }
}

/// Checks a declared size against the limits of all formats and the caller's, and the bytes that decoding takes.
pub(crate) fn check_size(
    cancel: &Cancel,
    (width, height): (usize, usize),
    memory: usize,
) -> Result<(), DecodeError> {
    check_sides(width, height, MAX_PIXELS.min(cancel.max_pixels()))?;
    check_memory(width, height, memory)
}

/// Checks that no side is 0, and side and area against the limits.
pub(crate) fn check_sides(width: usize, height: usize, max_pixels: usize) -> Result<(), DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::undecodable("it has no pixels"));
    }
    photo_size::check(width, height, max_pixels).map_err(DecodeError::TooLarge)
}

/// Checks the bytes that decoding takes.
pub(crate) fn check_memory(width: usize, height: usize, memory: usize) -> Result<(), DecodeError> {
    if memory > MAX_MEMORY {
        let (needs, limit) = (memory.div_ceil(1 << 20), MAX_MEMORY >> 20);
        let what =
            format!("{width} × {height} pixels of this kind take {needs} MiB to decode, at most {limit}");
        return Err(DecodeError::TooLarge(what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_and_the_limits_named() {
        for (width, height, memory, code, part) in [
            (30_001, 1, 0, "image_too_large", "30000 a side"),
            (10_000, 5_001, 0, "image_too_large", "50 megapixels"),
            (10, 10, MAX_MEMORY + 1, "image_too_large", "257 MiB to decode, at most 256"),
            (0, 10, 0, "undecodable_image", "no pixels"),
            (usize::MAX, 2, usize::MAX, "image_too_large", "30000 a side"),
        ] {
            let error = check_size(&Cancel::default(), (width, height), memory).unwrap_err();
            assert_eq!(error.code(), code, "{width} × {height}");
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(check_size(&Cancel::default(), (30_000, 1_600), MAX_MEMORY), Ok(()));
    }

    #[test]
    fn a_decoders_words_are_cut() {
        assert!(DecodeError::undecodable("x".repeat(1000)).to_string().len() < 250);
    }
}
