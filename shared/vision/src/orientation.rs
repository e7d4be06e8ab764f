//! The orientation in EXIF or, where EXIF has none, in XMP: how a stored picture is turned upright.

/// The turn that makes a stored picture upright: the eight values of the tag 0x0112 (EXIF 2.32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orientation {
    Upright,
    MirroredAcross,
    UpsideDown,
    MirroredDown,
    Transposed,
    QuarterRight,
    Transversed,
    QuarterLeft,
}

/// Tag of the orientation in the first directory.
const ORIENTATION: u16 = 0x0112;
/// TIFF's types of whole numbers: of 16 bits, and of 32 bits without and with a sign.
const SHORT: u16 = 3;
const LONG: u16 = 4;
const SLONG: u16 = 9;
/// Directory entries that are searched: a real first directory has a dozen or two.
const MAX_ENTRIES: usize = 200;

impl Orientation {
    /// From the tag's value; any value but 2..8 is upright.
    pub fn from_tag(tag: u32) -> Self {
        match tag {
            2 => Orientation::MirroredAcross,
            3 => Orientation::UpsideDown,
            4 => Orientation::MirroredDown,
            5 => Orientation::Transposed,
            6 => Orientation::QuarterRight,
            7 => Orientation::Transversed,
            8 => Orientation::QuarterLeft,
            _ => Orientation::Upright,
        }
    }

    /// From an EXIF block (TIFF, with or without `Exif\0\0` before it), else from an XMP packet, both empty if absent. Broken
    /// ones are upright: a photo with broken metadata is still a photo.
    pub fn from_metadata(exif: &[u8], xmp: &[u8]) -> Self {
        let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        tag(tiff, ORIENTATION).or_else(|| xmp_tag(xmp)).map_or(Orientation::Upright, Orientation::from_tag)
    }

    /// A size after turning.
    pub fn turned<T>(self, width: T, height: T) -> (T, T) {
        use Orientation::{QuarterLeft, QuarterRight, Transposed, Transversed};
        if matches!(self, Transposed | QuarterRight | Transversed | QuarterLeft) {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Where the upright pixel (x, y) is stored in a picture of `width` × `height` stored pixels.
    #[inline(always)]
    pub fn stored(self, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        match self {
            Orientation::Upright => (x, y),
            Orientation::MirroredAcross => (width - 1 - x, y),
            Orientation::UpsideDown => (width - 1 - x, height - 1 - y),
            Orientation::MirroredDown => (x, height - 1 - y),
            Orientation::Transposed => (y, x),
            Orientation::QuarterRight => (y, height - 1 - x),
            Orientation::Transversed => (width - 1 - y, height - 1 - x),
            Orientation::QuarterLeft => (width - 1 - y, x),
        }
    }

    /// Where an upright point [x, y] is in the stored picture; all numbers relative, 0..1.
    pub fn stored_point(self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Orientation::Upright => [x, y],
            Orientation::MirroredAcross => [1.0 - x, y],
            Orientation::UpsideDown => [1.0 - x, 1.0 - y],
            Orientation::MirroredDown => [x, 1.0 - y],
            Orientation::Transposed => [y, x],
            Orientation::QuarterRight => [y, 1.0 - x],
            Orientation::Transversed => [1.0 - y, 1.0 - x],
            Orientation::QuarterLeft => [1.0 - y, x],
        }
    }
}

/// The value of `tiff:Orientation` in an XMP packet, an attribute or an element.
fn xmp_tag(packet: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"tiff:Orientation";
    let after = &packet[memchr::memmem::find(packet, NAME)? + NAME.len()..];
    let digit = match after {
        [b'=', b'"' | b'\'', digit, b'"' | b'\'', ..] | [b'>', digit, b'<', ..] => digit,
        _ => return None,
    };
    digit.is_ascii_digit().then(|| u32::from(digit - b'0'))
}

/// The value of a tag in the first directory of a TIFF block; None if it is no whole number.
pub(crate) fn tag(tiff: &[u8], id: u16) -> Option<u32> {
    let big = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = [*tiff.get(at)?, *tiff.get(at.checked_add(1)?)?];
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let (first, second) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        Some(if big { first << 16 | second } else { second << 16 | first })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?).min(MAX_ENTRIES);
    let entry = (0..entries).map(|i| directory + 2 + 12 * i).find(|&entry| short(entry) == Some(id))?;
    match short(entry + 2)? {
        SHORT => short(entry + 8).map(u32::from),
        LONG | SLONG => long(entry + 8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block with one other entry and the orientation as a number of this type.
    fn exif(big: bool, kind: u16, tag: u16) -> Vec<u8> {
        let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut block = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        block.extend(long(8));
        block.extend(short(2));
        for (id, kind, value) in [(0x0100, SHORT, 640), (ORIENTATION, kind, tag)] {
            block.extend(short(id));
            block.extend(short(kind));
            block.extend(long(1));
            match kind {
                LONG | SLONG => block.extend(long(u32::from(value))),
                _ => block.extend([short(value), [0; 2]].concat()),
            }
        }
        block
    }

    #[test]
    fn reads_both_byte_orders_with_and_without_prefix() {
        for tag in 0..=9 {
            for (big, kind) in
                [false, true].into_iter().flat_map(|big| [SHORT, LONG, SLONG].map(|kind| (big, kind)))
            {
                let block = exif(big, kind, tag);
                assert_eq!(
                    Orientation::from_metadata(&block, b""),
                    Orientation::from_tag(tag.into()),
                    "type {kind}"
                );
                let prefixed = [b"Exif\0\0", block.as_slice()].concat();
                assert_eq!(
                    Orientation::from_metadata(&prefixed, b""),
                    Orientation::from_tag(tag.into()),
                    "type {kind}"
                );
            }
        }
        const ASCII: u16 = 2;
        assert_eq!(Orientation::from_metadata(&exif(false, ASCII, 6), b""), Orientation::Upright);
    }

    #[test]
    fn xmp_counts_where_exif_says_nothing() {
        let attribute =
            br#"<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>"#;
        let element = b"<tiff:Make>x</tiff:Make><tiff:Orientation>8</tiff:Orientation>";
        let other = exif(false, 2, 0);
        for (exif, xmp, turn) in [
            (&b""[..], &attribute[..], Orientation::QuarterRight),
            (&other, &element[..], Orientation::QuarterLeft),
            (&exif(false, SHORT, 1), &attribute[..], Orientation::Upright),
            (&exif(true, SHORT, 3), &attribute[..], Orientation::UpsideDown),
            (b"", b"tiff:Orientation=\"66\"", Orientation::Upright),
            (b"", b"tiff:Orientation=\"6", Orientation::Upright),
            (b"", b"tiff:Orientation", Orientation::Upright),
        ] {
            assert_eq!(Orientation::from_metadata(exif, xmp), turn, "{}", String::from_utf8_lossy(xmp));
        }
    }

    proptest! {
        #[test]
        fn rubbish_never_panics(mut block in prop::collection::vec(any::<u8>(), 0..80), big: bool) {
            let _orientation = Orientation::from_metadata(&block, &block);
            if block.len() >= 4 {
                block[..4].copy_from_slice(if big { b"MM\0*" } else { b"II*\0" });
            }
            let _orientation = Orientation::from_metadata(&block, &block);
            let mut cut = exif(big, SHORT, 6);
            cut.truncate(block.len());
            let _orientation = Orientation::from_metadata(&cut, b"");
        }
    }
}
