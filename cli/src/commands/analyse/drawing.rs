//! Boxes, points and words drawn on a picture.

use vision::{AnalysedFace, Picture};

/// Columns of a letter, each a byte of seven pixels, lowest bit on top.
const LETTERS: [(char, [u8; 5]); 27] = [
    ('A', [0x7E, 0x09, 0x09, 0x09, 0x7E]),
    ('C', [0x3E, 0x41, 0x41, 0x41, 0x22]),
    ('D', [0x7F, 0x41, 0x41, 0x41, 0x3E]),
    ('E', [0x7F, 0x49, 0x49, 0x49, 0x41]),
    ('F', [0x7F, 0x09, 0x09, 0x09, 0x01]),
    ('G', [0x3E, 0x41, 0x49, 0x49, 0x3A]),
    ('H', [0x7F, 0x08, 0x08, 0x08, 0x7F]),
    ('I', [0x00, 0x41, 0x7F, 0x41, 0x00]),
    ('L', [0x7F, 0x40, 0x40, 0x40, 0x40]),
    ('M', [0x7F, 0x02, 0x0C, 0x02, 0x7F]),
    ('N', [0x7F, 0x04, 0x08, 0x10, 0x7F]),
    ('P', [0x7F, 0x09, 0x09, 0x09, 0x06]),
    ('R', [0x7F, 0x09, 0x19, 0x29, 0x46]),
    ('S', [0x26, 0x49, 0x49, 0x49, 0x32]),
    ('T', [0x01, 0x01, 0x7F, 0x01, 0x01]),
    ('U', [0x3F, 0x40, 0x40, 0x40, 0x3F]),
    ('Y', [0x07, 0x08, 0x70, 0x08, 0x07]),
    ('0', [0x3E, 0x51, 0x49, 0x45, 0x3E]),
    ('1', [0x00, 0x42, 0x7F, 0x40, 0x00]),
    ('2', [0x62, 0x51, 0x49, 0x49, 0x46]),
    ('3', [0x22, 0x41, 0x49, 0x49, 0x36]),
    ('4', [0x18, 0x14, 0x12, 0x7F, 0x10]),
    ('5', [0x2F, 0x49, 0x49, 0x49, 0x31]),
    ('6', [0x3E, 0x49, 0x49, 0x49, 0x32]),
    ('7', [0x01, 0x71, 0x09, 0x05, 0x03]),
    ('8', [0x36, 0x49, 0x49, 0x49, 0x36]),
    ('9', [0x26, 0x49, 0x49, 0x49, 0x3E]),
];
const BOX: [u8; 3] = [255, 220, 0];
const POINT: [u8; 3] = [0, 255, 120];
const SHADE: [u8; 3] = [0, 0, 0];

/// Paints every face: its box, its points, its number, top emotion and that emotion's percentage.
pub fn faces(picture: &mut Picture, faces: &[AnalysedFace]) {
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    let line = (picture.width().max(picture.height()) / 640).max(1) as i64;
    for (n, AnalysedFace { face, .. }) in faces.iter().enumerate() {
        let b = &face.bounding_box;
        let (left, top) = ((b.left * width) as i64, (b.top * height) as i64);
        let (right, bottom) = (((b.left + b.width) * width) as i64, ((b.top + b.height) * height) as i64);
        for (x, y, across, down) in [
            (left, top, right - left, line),
            (left, bottom - line, right - left, line),
            (left, top, line, bottom - top),
            (right - line, top, line, bottom - top),
        ] {
            fill(picture, (x, y), (across, down), BOX);
        }
        for point in &face.landmarks {
            let at = ((point[0] * width) as i64, (point[1] * height) as i64);
            fill(picture, at, (line + 1, line + 1), POINT);
        }
        let (emotion, p) = face.emotions.dominant();
        let word = format!("{} {emotion} {:.0}", n + 1, p * 100.0);
        write(picture, (left, (top - 9 * line).max(0)), line, &word);
    }
}

/// The picture as PNG.
pub fn png(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width() as u32, picture.height() as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(picture.rgb())?;
    Ok(bytes)
}

fn write(picture: &mut Picture, at: (i64, i64), scale: i64, word: &str) {
    let length = word.chars().count() as i64 * 6 * scale;
    fill(picture, (at.0, at.1), (length + scale, 9 * scale), SHADE);
    for (i, letter) in word.chars().enumerate() {
        let Some((_, columns)) = LETTERS.iter().find(|(l, _)| *l == letter) else { continue };
        for (x, column) in columns.iter().enumerate() {
            for y in (0..7).filter(|y| column >> y & 1 == 1) {
                let pixel = (at.0 + (i as i64 * 6 + x as i64 + 1) * scale, at.1 + (y + 1) * scale);
                fill(picture, pixel, (scale, scale), BOX);
            }
        }
    }
}

/// Fills a rectangle, clipped to the picture.
fn fill(picture: &mut Picture, at: (i64, i64), size: (i64, i64), colour: [u8; 3]) {
    let (width, height) = (picture.width() as i64, picture.height() as i64);
    for y in at.1.max(0)..(at.1 + size.1).min(height) {
        for x in at.0.max(0)..(at.0 + size.0).min(width) {
            let start = ((y * width + x) * 3) as usize;
            picture.rgb_mut()[start..start + 3].copy_from_slice(&colour);
        }
    }
}
