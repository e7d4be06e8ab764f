//! The size that a photo declares in its first bytes, and the limits of sizes.

use crate::MediaType;

/// Pixels of a side.
pub const MAX_SIDE: usize = 30_000;
/// Pixels of a photo in every format but JPEG.
pub const MAX_PIXELS: usize = 50_000_000;
/// Pixels of a JPEG, which can be decoded at a half, a quarter or an eighth.
pub const MAX_JPEG_PIXELS: usize = 200_000_000;

/// Fails with a sentence if a side or the area is above the limits.
pub fn check(width: usize, height: usize, max_pixels: usize) -> Result<(), String> {
    if width.max(height) > MAX_SIDE || width.saturating_mul(height) > max_pixels {
        let megapixels = max_pixels / 1_000_000;
        return Err(format!(
            "{width} × {height} pixels, at most {MAX_SIDE} a side and {megapixels} megapixels"
        ));
    }
    Ok(())
}

/// Checks the size that the first bytes of a photo declare; a photo that does not declare it there passes.
pub fn check_declared(first_bytes: &[u8]) -> Result<(), String> {
    let max_pixels = match MediaType::sniff(first_bytes) {
        Some(MediaType::Jpeg) => MAX_JPEG_PIXELS,
        _ => MAX_PIXELS,
    };
    declared(first_bytes).map_or(Ok(()), |(width, height)| check(width, height, max_pixels))
}

/// Width and height. None if they are not among the first bytes: HEIC, AVIF and TIFF keep them anywhere.
fn declared(first: &[u8]) -> Option<(usize, usize)> {
    match MediaType::sniff(first)? {
        MediaType::Jpeg => of_jpeg(first),
        MediaType::Png => Some((big(first.get(16..20)?), big(first.get(20..24)?))),
        MediaType::Webp => of_webp(first),
        MediaType::Gif => Some((little(first.get(6..8)?), little(first.get(8..10)?))),
        MediaType::Bmp if first[14] == 12 => Some((little(first.get(18..20)?), little(first.get(20..22)?))),
        MediaType::Bmp => {
            let signed = |at: usize| Some(i32::from_le_bytes(*first.get(at..)?.first_chunk()?));
            Some((signed(18)?.unsigned_abs() as usize, signed(22)?.unsigned_abs() as usize))
        }
        MediaType::Heic | MediaType::Avif | MediaType::Tiff => None,
    }
}

fn big(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |value, &byte| value << 8 | usize::from(byte))
}

fn little(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
}

/// By the frame's header, if the segments before it are whole.
fn of_jpeg(first: &[u8]) -> Option<(usize, usize)> {
    let mut at = 2;
    loop {
        at += first.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        at += first[at..].iter().position(|&byte| byte != 0xFF)?;
        let (marker, content) = (first[at], first.get(at + 3..)?);
        match marker {
            0 | 0x01 | 0xD0..=0xD8 => at += 1,
            0xC4 | 0xC8 | 0xCC => at += 1 + big(&first[at + 1..at + 3]),
            0xC0..=0xCF => {
                let (height, width) = (big(content.get(1..3)?), big(content.get(3..5)?));
                // A height of 0 is declared behind the first scan.
                return (height > 0).then_some((width, height));
            }
            0xD9 | 0xDA => return None,
            _ => at += 1 + big(&first[at + 1..at + 3]).max(2),
        }
    }
}

fn of_webp(first: &[u8]) -> Option<(usize, usize)> {
    match first.get(12..16)? {
        b"VP8X" => Some((little(first.get(24..27)?) + 1, little(first.get(27..30)?) + 1)),
        b"VP8 " => Some((little(first.get(26..28)?) & 0x3FFF, little(first.get(28..30)?) & 0x3FFF)),
        b"VP8L" => {
            let sides = little(first.get(21..25)?);
            Some(((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_declare_sizes() {
        let jpeg = b"\xff\xd8\xff\xe1\0\x04ab\xff\xc4\0\x03x\xff\xff\xc2\0\x11\x08\x12\x34\x56\x78";
        for (bytes, expected) in [
            (&jpeg[..], Some((0x5678, 0x1234))),
            (&jpeg[..jpeg.len() - 1], None),
            (b"\xff\xd8\xff\xc0\0\x11\x08\0\0\x56\x78", None),
            (b"\xff\xd8\xff\xda\0\x0c", None),
            (b"\xff\xd8\xff\xe0\0\0\0\0", None),
            (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\0\0\0\0\x02\0", Some((65_536, 512))),
            (b"RIFF....WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\0\x01\0\0", Some((65_536, 2))),
            (b"RIFF....WEBPVP8 ....\0\0\0\x9d\x01\x2a\x0a\xc0\x05\0", Some((10, 5))),
            (b"RIFF....WEBPVP8L....\x2f\x09\x00\x01\x00", Some((10, 5))),
            (b"RIFF....WEBPALPH", None),
            (b"GIF89a\x0a\0\x05\x01", Some((10, 261))),
            (b"BM............\x28\0\0\0\x0a\0\0\0\xfb\xff\xff\xff", Some((10, 5))),
            (b"BM............\x0c\0\0\0\x0a\0\x05\0", Some((10, 5))),
            (b"II*\0\x08\0\0\0", None),
            (b"text", None),
        ] {
            assert_eq!(declared(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn limits_are_named() {
        for (width, height, part) in [
            (30_001u16, 1u16, Some("30001 × 1 pixels, at most 30000 a side and 200 megapixels")),
            (20_000, 10_001, Some("200 megapixels")),
            (30_000, 6_666, None),
        ] {
            let [w1, w2] = width.to_be_bytes();
            let [h1, h2] = height.to_be_bytes();
            let told = check_declared(&[0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, h1, h2, w1, w2]).err();
            match part {
                Some(part) => assert!(told.is_some_and(|told| told.contains(part)), "{width} × {height}"),
                None => assert_eq!(told, None),
            }
        }
        let wide = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x20\0\0\0\x20\0";
        assert!(check_declared(wide).unwrap_err().ends_with("50 megapixels"));
        assert_eq!(check_declared(b"text"), Ok(()));
    }
}
