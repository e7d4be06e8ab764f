//! The accepted picture formats, recognised by their first bytes.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaType {
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/webp")]
    Webp,
    /// ISO/IEC 23008-12 with HEVC.
    #[serde(rename = "image/heic")]
    Heic,
    /// ISO/IEC 23008-12 with AV1.
    #[serde(rename = "image/avif")]
    Avif,
    #[serde(rename = "image/gif")]
    Gif,
    #[serde(rename = "image/bmp")]
    Bmp,
    #[serde(rename = "image/tiff")]
    Tiff,
}

impl MediaType {
    pub const ALL: [MediaType; 8] = [
        MediaType::Jpeg,
        MediaType::Png,
        MediaType::Webp,
        MediaType::Heic,
        MediaType::Avif,
        MediaType::Gif,
        MediaType::Bmp,
        MediaType::Tiff,
    ];

    /// The number of first bytes that [`MediaType::sniff`] needs: HEIC and AVIF list their brands in them.
    pub const SNIFF_BYTES: u64 = 128;

    /// The accepted formats, for sentences.
    pub const NAMES: &str = "JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF";

    pub fn as_str(self) -> &'static str {
        match self {
            MediaType::Jpeg => "image/jpeg",
            MediaType::Png => "image/png",
            MediaType::Webp => "image/webp",
            MediaType::Heic => "image/heic",
            MediaType::Avif => "image/avif",
            MediaType::Gif => "image/gif",
            MediaType::Bmp => "image/bmp",
            MediaType::Tiff => "image/tiff",
        }
    }

    /// Reads a name without parameters, in any case.
    pub fn parse(raw: &str) -> Option<Self> {
        MediaType::ALL.into_iter().find(|media_type| media_type.as_str().eq_ignore_ascii_case(raw))
    }

    /// The type by a file's first bytes, whatever its name or header claims.
    pub fn sniff(first_bytes: &[u8]) -> Option<Self> {
        match first_bytes {
            [0xff, 0xd8, 0xff, ..] => Some(MediaType::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(MediaType::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaType::Webp),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => of_brands(first_bytes),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType::Gif),
            [b'B', b'M', ..] => first_bytes.get(14..18).and_then(of_bitmap_header),
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some(MediaType::Tiff),
            _ => None,
        }
    }

    /// A sentence for a file whose type is not accepted: its format, as far as its first bytes tell, and the formats to
    /// send.
    pub fn refusal(first_bytes: &[u8]) -> String {
        format!("{} is not supported; send {}", format_name(first_bytes), MediaType::NAMES)
    }
}

fn format_name(first_bytes: &[u8]) -> &'static str {
    match first_bytes {
        [] => "an empty file",
        [_, _, _, _, b'f', b't', b'y', b'p', b'c', b'r', b'x', b' ', ..] => "a camera's raw file",
        [b'F', b'U', b'J', b'I', b'F', b'I', b'L', b'M', ..] => "a camera's raw file",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "a video",
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => "JPEG XL",
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => "JPEG 2000",
        [b'8', b'B', b'P', b'S', ..] => "PSD",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [b'<', b's', b'v', b'g', ..] | [b'<', b'?', b'x', b'm', b'l', ..] => "SVG or XML",
        [0, 0, 1, 0, ..] => "ICO",
        [0, 5, 0x16, 7, ..] => "the resource fork of a Mac",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "a video",
        _ => "this kind of file",
    }
}

/// A bitmap by the length of its second header: two letters alone begin texts too.
fn of_bitmap_header(length: &[u8]) -> Option<MediaType> {
    matches!(length, [12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]).then_some(MediaType::Bmp)
}

/// The type of an ISO media file by all brands that its first box lists: AVIF may have `mif1` first.
fn of_brands(first_bytes: &[u8]) -> Option<MediaType> {
    const AVIF: [&[u8; 4]; 2] = [b"avif", b"avis"];
    const HEIC: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
    let length = first_bytes.first_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let listed = first_bytes.get(8..length.min(first_bytes.len())).unwrap_or_default();
    let has = |brands: &[&[u8; 4]]| listed.as_chunks().0.iter().any(|brand| brands.contains(&brand));
    match (has(&AVIF), has(&HEIC)) {
        (true, _) => Some(MediaType::Avif),
        (_, true) => Some(MediaType::Heic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_format_and_what_to_send() {
        for (bytes, name) in [
            (&b""[..], "an empty file"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
            (b"\0\0\0\x18ftyp", "a video"),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01", "a camera's raw file"),
            (b"\xff\x0a", "JPEG XL"),
            (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
            (b"8BPS", "PSD"),
            (b"%PDF-1.7", "PDF"),
            (b"<?xml version", "SVG or XML"),
            (b"\0\0\x01\0\x01", "ICO"),
            (b"\0\x05\x16\x07\0\x02", "the resource fork of a Mac"),
            (b"PK\x03\x04", "a ZIP archive"),
            (b"\x1a\x45\xdf\xa3", "a video"),
            (b"hello", "this kind of file"),
            (b"RIFF\0\0\0\0WAVE", "this kind of file"),
        ] {
            let expected =
                format!("{name} is not supported; send JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF");
            assert_eq!(MediaType::refusal(bytes), expected);
        }
    }

    #[test]
    fn first_bytes_decide() {
        let table: [(&[u8], Option<MediaType>); 20] = [
            (b"\xff\xd8\xff\xe0", Some(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(MediaType::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(MediaType::Webp)),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"\0\0\0\x14ftypheic\0\0\0\0mif1", Some(MediaType::Heic)),
            (b"\0\0\0\x14ftyphevx\0\0\0\0msf1", Some(MediaType::Heic)),
            (b"\0\0\0\x14ftypmif1\0\0\0\0heic", Some(MediaType::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0miafavif", Some(MediaType::Avif)),
            (b"\0\0\0\x14ftypavis\0\0\0\0msf1", Some(MediaType::Avif)),
            (b"\0\0\0\x14ftypmp42\0\0\0\0isomavif", None),
            (b"\0\0\0\x18ftyp", None),
            (b"ftypheic", None),
            (b"GIF89a", Some(MediaType::Gif)),
            (b"GIF87a", Some(MediaType::Gif)),
            (b"GIF88a", None),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Some(MediaType::Bmp)),
            (b"BMW is the name of a maker.", None),
            (b"II*\0", Some(MediaType::Tiff)),
            (b"MM\0*", Some(MediaType::Tiff)),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(MediaType::sniff(bytes), expected, "{bytes:?}");
        }
        assert_eq!(MediaType::parse("IMAGE/JPEG"), Some(MediaType::Jpeg));
        assert_eq!(MediaType::parse("image/heic"), Some(MediaType::Heic));
        assert_eq!(MediaType::parse("image/x-icon"), None);
    }
}
