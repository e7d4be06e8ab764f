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
}

impl MediaType {
    pub const ALL: [MediaType; 3] = [MediaType::Jpeg, MediaType::Png, MediaType::Webp];

    /// The number of first bytes that [`MediaType::sniff`] needs.
    pub const SNIFF_BYTES: u64 = 16;

    pub fn as_str(self) -> &'static str {
        match self {
            MediaType::Jpeg => "image/jpeg",
            MediaType::Png => "image/png",
            MediaType::Webp => "image/webp",
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
            _ => None,
        }
    }

    /// Whether a file is HEIC or HEIF: an ISO media file of one of their brands.
    pub fn is_heif(first_bytes: &[u8]) -> bool {
        const BRANDS: [&[u8; 4]; 7] = [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"];
        first_bytes.get(4..8) == Some(b"ftyp")
            && BRANDS.iter().any(|brand| first_bytes.get(8..12) == Some(&brand[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide() {
        let table: [(&[u8], Option<MediaType>); 6] = [
            (b"\xff\xd8\xff\xe0", Some(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(MediaType::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(MediaType::Webp)),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"\0\0\0\x18ftypheic", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(MediaType::sniff(bytes), expected, "{bytes:?}");
        }
        for (bytes, heif) in [
            (&b"\0\0\0\x18ftypheic\0\0\0\0"[..], true),
            (b"\0\0\0\x18ftypmif1", true),
            (b"\0\0\0\x18ftypmp42", false),
            (b"\0\0\0\x18ftyp", false),
            (b"ftypheic", false),
            (b"", false),
        ] {
            assert_eq!(MediaType::is_heif(bytes), heif, "{bytes:?}");
        }
        assert_eq!(MediaType::parse("IMAGE/JPEG"), Some(MediaType::Jpeg));
        assert_eq!(MediaType::parse("image/heic"), None);
    }
}
