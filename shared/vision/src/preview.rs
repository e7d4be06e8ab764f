//! A small JPEG for pages: upright, in sRGB, without metadata.

use crate::picture::{Picture, fitted};
use jpeg_encoder::{ColorType, Encoder, EncodingError};

/// Longest side of a preview in pixels.
pub const PREVIEW_SIDE: usize = 1280;
/// Quality of the JPEG, 1 to 100.
const QUALITY: u8 = 82;

/// A JPEG of the picture, its longest side at most [`PREVIEW_SIDE`], with nothing in it but pixels. Errors: what the
/// encoder says, which is nothing for pictures of this size.
pub fn preview(picture: &Picture) -> Result<Vec<u8>, EncodingError> {
    match fitted(picture.width(), picture.height(), PREVIEW_SIDE) {
        size if size == (picture.width(), picture.height()) => jpeg(picture, QUALITY),
        (width, height) => jpeg(&picture.averaged(width, height), QUALITY),
    }
}

/// A JPEG of the picture as large as it is, with nothing in it but pixels, at a quality of 1 to 100. Errors: what the
/// encoder says, which is nothing for sides below 65,536.
pub fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, EncodingError> {
    let mut jpeg = Vec::new();
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    Encoder::new(&mut jpeg, quality).encode(picture.rgb(), width, height, ColorType::Rgb)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    #[test]
    fn fits_and_keeps_the_colour() {
        for (width, height, wanted) in [
            (2560, 1920, (1280, 960)),
            (1000, 4000, (320, 1280)),
            (1280, 1280, (1280, 1280)),
            (4000, 1, (1280, 1)),
            (1, 1, (1, 1)),
        ] {
            let picture = Picture::new(width, height, [200, 100, 50].repeat(width * height)).unwrap();
            let small = decode(&preview(&picture).unwrap()).unwrap();
            assert_eq!((small.width(), small.height()), wanted);
            for (got, wanted) in small.row(0)[..3].iter().zip([200u8, 100, 50]) {
                assert!(got.abs_diff(wanted) <= 3, "{:?}", &small.row(0)[..3]);
            }
        }
    }
}
