//! Encoded bytes to an upright picture. What is wrong or too large is refused before pixels are allocated.

mod jpeg;
mod png;
mod webp;

use crate::orientation::Orientation;
use crate::picture::Picture;

/// The most bytes of a file.
pub const BYTES_LIMIT: usize = 32 << 20;
/// The most pixels of a picture.
pub const PIXELS_LIMIT: usize = 50_000_000;
/// The most pixels along a side.
pub const SIDE_LIMIT: usize = 12_000;
/// Memory that decoding may take, bytes.
pub const MEMORY_LIMIT: usize = 256 << 20;

/// Why bytes are not a picture that can be looked at. `code` is stable and shown to users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Another format than JPEG, PNG and WebP.
    #[error("{0} is not supported; send JPEG, PNG or WebP")]
    UnsupportedType(&'static str),
    /// Too many bytes or pixels, or too much memory to decode.
    #[error("the picture is too large: {0}")]
    TooLarge(String),
    /// Damaged, truncated or of a rare kind.
    #[error("the picture cannot be decoded: {0}")]
    Undecodable(String),
    /// An animation that has no still picture inside.
    #[error("the picture is animated; send a single frame")]
    Animated,
}

impl DecodeError {
    /// `unsupported_type`, `image_too_large`, `undecodable_image` or `animated_image`.
    pub fn code(&self) -> &'static str {
        match self {
            DecodeError::UnsupportedType(_) => "unsupported_type",
            DecodeError::TooLarge(_) => "image_too_large",
            DecodeError::Undecodable(_) => "undecodable_image",
            DecodeError::Animated => "animated_image",
        }
    }

    /// From a decoder's own error.
    fn undecodable(error: impl std::fmt::Display) -> Self {
        // A decoder may quote hostile bytes at length.
        DecodeError::Undecodable(error.to_string().chars().take(200).collect())
    }
}

/// Pixels as they are stored, and how to turn them.
struct Stored {
    picture: Picture,
    orientation: Orientation,
}

/// Decodes a JPEG, PNG or WebP, by its first bytes, to upright RGB. Transparency is laid over white; of an animated
/// PNG the still picture inside is taken. A picture with a side above [`crate::picture::WORKING_SIDE`] is averaged
/// down.
pub fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Undecodable("the file is empty".to_owned()));
    }
    if bytes.len() > BYTES_LIMIT {
        return Err(DecodeError::TooLarge(format!("{} bytes, at most {BYTES_LIMIT}", bytes.len())));
    }
    let stored = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => jpeg::decode(bytes)?,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png::decode(bytes)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::decode(bytes)?,
        _ => return Err(DecodeError::UnsupportedType(name(bytes))),
    };
    Ok(stored.picture.bounded().upright(stored.orientation))
}

/// Checks a declared size, and the bytes that decoding it will take, before anything is allocated.
fn check_size(width: usize, height: usize, memory: usize) -> Result<(), DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::Undecodable("it has no pixels".to_owned()));
    }
    if width.max(height) > SIDE_LIMIT || width * height > PIXELS_LIMIT {
        let limits = format!("at most {SIDE_LIMIT} a side and {PIXELS_LIMIT} pixels");
        return Err(DecodeError::TooLarge(format!("{width} × {height}, {limits}")));
    }
    if memory > MEMORY_LIMIT {
        let (needs, limit) = (memory >> 20, MEMORY_LIMIT >> 20);
        let what = format!("{width} × {height} of this kind takes {needs} MiB to decode, at most {limit}");
        return Err(DecodeError::TooLarge(what));
    }
    Ok(())
}

/// Lays pixels with opacity over white, in place, and drops the opacity.
fn over_white(mut rgba: Vec<u8>) -> Vec<u8> {
    let pixels = rgba.len() / 4;
    for i in 0..pixels {
        let opacity = u32::from(rgba[i * 4 + 3]);
        for channel in 0..3 {
            let value = u32::from(rgba[i * 4 + channel]);
            rgba[i * 3 + channel] = ((value * opacity + 255 * (255 - opacity) + 127) / 255) as u8;
        }
    }
    rgba.truncate(pixels * 3);
    rgba.shrink_to_fit();
    rgba
}

/// A word for a format that is refused.
fn name(bytes: &[u8]) -> &'static str {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => brand(bytes),
        [b'G', b'I', b'F', b'8', ..] => "GIF",
        [b'B', b'M', ..] => "BMP",
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "TIFF",
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => "JPEG XL",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        _ => "this kind of file",
    }
}

/// Which of the formats in ISO media files, by the brands that it lists.
fn brand(bytes: &[u8]) -> &'static str {
    let brands = bytes[8..bytes.len().min(72)].as_chunks::<4>().0;
    let is = |names: &[&[u8; 4]]| brands.iter().any(|brand| names.contains(&brand));
    if is(&[b"avif", b"avis"]) {
        "AVIF"
    } else if is(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
        "HEIC"
    } else {
        "a video"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_other_formats_by_name() {
        for (bytes, name) in [
            (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "HEIC"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
            (b"\0\0\0\x18ftyp", "a video"),
            (b"GIF89a", "GIF"),
            (b"BM", "BMP"),
            (b"II*\0", "TIFF"),
            (b"\xff\x0a", "JPEG XL"),
            (b"%PDF-1.7", "PDF"),
            (b"hello", "this kind of file"),
            (b"RIFF\0\0\0\0WAVE", "this kind of file"),
        ] {
            let error = decode(bytes).unwrap_err();
            assert_eq!(error, DecodeError::UnsupportedType(name));
            assert_eq!(error.code(), "unsupported_type");
        }
    }

    #[test]
    fn sizes_are_checked_before_pixels() {
        for (width, height, memory, code) in [
            (12_001, 1, 0, Some("image_too_large")),
            (10_000, 5_001, 0, Some("image_too_large")),
            (10, 10, MEMORY_LIMIT + 1, Some("image_too_large")),
            (0, 10, 0, Some("undecodable_image")),
            (12_000, 4_000, MEMORY_LIMIT, None),
        ] {
            assert_eq!(check_size(width, height, memory).err().map(|e| e.code()), code, "{width} × {height}");
        }
        assert_eq!(decode(&[]).unwrap_err().code(), "undecodable_image");
        assert_eq!(decode(&vec![0xFF; BYTES_LIMIT + 1]).unwrap_err().code(), "image_too_large");
    }

    #[test]
    fn transparency_lies_over_white() {
        assert_eq!(
            over_white(vec![10, 20, 30, 255, 0, 0, 0, 0, 0, 0, 0, 128]),
            [10, 20, 30, 255, 255, 255, 127, 127, 127]
        );
    }
}
