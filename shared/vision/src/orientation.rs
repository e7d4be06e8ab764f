//! EXIF's orientation tag: how a stored picture is to be turned.

/// The tag's eight meanings; what the stored picture needs to be upright (EXIF 2.32, tag 0x0112).
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
/// TIFF's type of 16-bit numbers.
const SHORT: u16 = 3;
/// Directory entries that are looked at: a real first directory has a dozen or two.
const ENTRIES_LIMIT: usize = 200;

impl Orientation {
    /// From the tag's value; what is not 1..8 says nothing.
    pub fn from_tag(tag: u16) -> Self {
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

    /// From an EXIF block: TIFF, with or without `Exif\0\0` before it. Rubbish says nothing: a photo with broken
    /// metadata is still a photo.
    pub fn from_exif(block: &[u8]) -> Self {
        let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        tag(tiff).map_or(Orientation::Upright, Orientation::from_tag)
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
}

/// The tag's value in the first directory of a TIFF block.
fn tag(tiff: &[u8]) -> Option<u16> {
    let big = match tiff.get(..4)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = [*tiff.get(at)?, *tiff.get(at.checked_add(1)?)?];
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| -> Option<usize> {
        let (first, second) = (usize::from(short(at)?), usize::from(short(at + 2)?));
        Some(if big { first << 16 | second } else { second << 16 | first })
    };
    let directory = long(4)?;
    let entries = usize::from(short(directory)?).min(ENTRIES_LIMIT);
    (0..entries)
        .map(|i| directory + 2 + 12 * i)
        .find(|&entry| short(entry) == Some(ORIENTATION))
        .filter(|&entry| short(entry + 2) == Some(SHORT))
        .and_then(|entry| short(entry + 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block with one other entry and the orientation.
    fn exif(big: bool, tag: u16) -> Vec<u8> {
        let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut block = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        block.extend(long(8));
        block.extend(short(2));
        for (id, value) in [(0x0100, 640), (ORIENTATION, tag)] {
            block.extend(short(id));
            block.extend(short(SHORT));
            block.extend(long(1));
            block.extend(short(value));
            block.extend([0; 2]);
        }
        block
    }

    #[test]
    fn reads_both_byte_orders_with_and_without_prefix() {
        for tag in 0..=9 {
            for big in [false, true] {
                let block = exif(big, tag);
                assert_eq!(Orientation::from_exif(&block), Orientation::from_tag(tag));
                let prefixed = [b"Exif\0\0", block.as_slice()].concat();
                assert_eq!(Orientation::from_exif(&prefixed), Orientation::from_tag(tag));
            }
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_upright_or_a_turn_but_never_a_panic(mut block in prop::collection::vec(any::<u8>(), 0..80), big: bool) {
            let _orientation = Orientation::from_exif(&block);
            if block.len() >= 4 {
                block[..4].copy_from_slice(if big { b"MM\0*" } else { b"II*\0" });
            }
            let _orientation = Orientation::from_exif(&block);
            let mut cut = exif(big, 6);
            cut.truncate(block.len());
            let _orientation = Orientation::from_exif(&cut);
        }
    }
}
