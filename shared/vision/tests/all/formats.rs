//! Every format, as cameras, phones, browsers and old programs write it, against the pattern that all samples show.
//! `data/make.py` made the files.

use crate::samples;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use vision::{DecodeError, Picture, decode};

const WIDTH: usize = 45;
const HEIGHT: usize = 29;

/// The files of `data/` by name.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        pub const FILES: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("data/", $name)))),*];
    };
}

files![
    "separate-scans-420.jpg",
    "separate-scans-440.jpg",
    "two-scans-422.jpg",
    "chroma-first-444.jpg",
    "fine-chroma.jpg",
    "fine-red.jpg",
    "fine-chroma-progressive.jpg",
    "luma-3x1.jpg",
    "no-tables.jpg",
    "lossless.jpg",
    "photo.heic",
    "p3.heic",
    "alpha.heic",
    "grid.heic",
    "bomb.heic",
    "turned.avif",
    "alpha.avif",
    "limited.avif",
    "grey.avif",
    "grid.avif",
    "animated.gif",
    "photo.bmp",
    "turned.tiff",
    "raw.tiff",
];

pub fn file(name: &str) -> &'static [u8] {
    FILES.iter().find(|(file, _)| *file == name).unwrap().1
}

/// The colour of the pattern at a place.
fn colour(x: usize, y: usize) -> [u8; 3] {
    let checks = if (x / 16 + y / 16) % 2 == 1 { 180 } else { 60 };
    [(x * 4) as u8, (y * 6) as u8, checks]
}

/// A picture of this size with a colour for each place.
fn painted(size: (usize, usize), colour: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
    (0..size.0 * size.1).flat_map(|i| colour(i % size.0, i / size.0)).collect()
}

fn pattern() -> Vec<u8> {
    painted((WIDTH, HEIGHT), colour)
}

/// The mean difference of all values. Fails if the picture has another size.
fn difference(picture: &Picture, size: (usize, usize), expected: &[u8]) -> f64 {
    assert_eq!((picture.width(), picture.height()), size);
    assert_eq!(picture.original(), (size.0 as u32, size.1 as u32));
    let sum: u64 = picture.rgb().iter().zip(expected).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / expected.len() as f64
}

/// Fails unless a file shows the pattern with at most this mean difference.
fn check(name: &str, bytes: &[u8], max: f64) {
    let picture = decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let difference = difference(&picture, (WIDTH, HEIGHT), &pattern());
    assert!(difference <= max, "{name}: {difference:.2}");
}

/// The bounds are what libjpeg-turbo's pixels differ by, and half a level more.
#[test]
fn jpegs_of_rare_kinds_are_read_as_libjpeg_reads_them() {
    for (name, max) in [
        ("separate-scans-420.jpg", 3.0),
        ("separate-scans-440.jpg", 2.2),
        ("two-scans-422.jpg", 2.4),
        ("chroma-first-444.jpg", 1.5),
        ("fine-chroma.jpg", 2.0),
        ("fine-red.jpg", 3.2),
        ("fine-chroma-progressive.jpg", 1.8),
        ("luma-3x1.jpg", 4.5),
        ("no-tables.jpg", 2.4),
        ("lossless.jpg", 0.0),
    ] {
        check(name, file(name), max);
    }
}

/// A JPEG of the pattern in three components.
fn jpeg(progressive: bool) -> Vec<u8> {
    sampled(progressive, SamplingFactor::F_1_1)
}

fn sampled(progressive: bool, factor: SamplingFactor) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 95);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(factor);
    encoder.encode(&pattern(), WIDTH as u16, HEIGHT as u16, ColorType::Rgb).unwrap();
    jpeg
}

fn place(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|pair| pair == [0xFF, marker]).unwrap()
}

/// An Adobe segment with a transform of 0, which says RGB; JFIF says YCbCr and wins.
#[test]
fn jfif_wins_over_adobe() {
    let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
    for progressive in [false, true] {
        for marker in [0xDB, 0xDA] {
            let mut bytes = jpeg(progressive);
            let at = place(&bytes, marker);
            bytes.splice(at..at, *adobe);
            check("JFIF and Adobe", &bytes, 2.0);
        }
    }
}

#[test]
fn the_number_of_lines_may_follow_the_scan() {
    for declared in [HEIGHT as u16, 0] {
        let mut bytes = jpeg(false);
        let frame = place(&bytes, 0xC0);
        bytes[frame + 5..frame + 7].copy_from_slice(&declared.to_be_bytes());
        let end = bytes.len() - 2;
        bytes.splice(end..end, *b"\xff\xdc\0\x04\0\x1d");
        check("DNL", &bytes, 2.0);
    }
}

/// As long as every component has begun.
#[test]
fn a_truncated_jpeg_shows_what_it_has() {
    for name in ["separate-scans-420.jpg", "fine-chroma.jpg", "no-tables.jpg"] {
        let bytes = file(name);
        decode(&bytes[..bytes.len() * 19 / 20]).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Zeros in place of the data of every scan: they are valid codes, however many a decoder asks for.
fn blanked(mut bytes: Vec<u8>) -> Vec<u8> {
    let (mut at, mut in_scan) = (0, false);
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (0xFF, 0xDA) => {
                in_scan = true;
                at += 2 + usize::from(bytes[at + 3]);
                continue;
            }
            (0xFF, 1..) => in_scan = false,
            _ if in_scan => bytes[at] = 0,
            _ => {}
        }
        at += 1;
    }
    bytes
}

/// Files that declare more than their data holds: what is missing costs as much to decode as if it were there.
#[test]
fn large_jpegs_are_decoded_at_a_part_of_their_size() {
    let baseline = file("no-tables.jpg");
    for (progressive, declared, analysed) in [
        (true, (8256, 5504), Some((4096, 2731))),
        (false, (16_382, 3900), Some((4096, 975))),
        (false, (16_320, 12_240), Some((4096, 3072))),
        (false, (30_000, 300), Some((4096, 41))),
        (false, (30_001, 300), None),
        (true, (12_000, 9_000), None),
        (false, (18_000, 12_000), None),
    ] {
        let mut bytes =
            if progressive { blanked(sampled(true, SamplingFactor::F_2_2)) } else { baseline.to_vec() };
        let frame = place(&bytes, if progressive { 0xC2 } else { 0xC0 });
        let (width, height): (u16, u16) = declared;
        bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        let decoded = decode(&bytes);
        let size = decoded.as_ref().ok().map(|picture| (picture.width(), picture.height()));
        assert_eq!(size, analysed, "{declared:?}: {:?}", decoded.as_ref().err());
        match decoded {
            Ok(picture) => assert_eq!(picture.original(), (width.into(), height.into())),
            Err(error) => assert_eq!(error.code(), "image_too_large", "{error}"),
        }
    }
}

#[test]
fn heic_and_avif_show_the_pattern() {
    if cfg!(feature = "heic") {
        check("photo.heic", file("photo.heic"), 1.0);
    }
    check("limited.avif", file("limited.avif"), 3.0);
    let half_white = painted((WIDTH, HEIGHT), |x, y| if x < 24 { colour(x, y) } else { [255; 3] });
    for name in ["alpha.heic", "alpha.avif"].iter().skip(usize::from(!cfg!(feature = "heic"))) {
        let difference = difference(&decode(file(name)).unwrap(), (WIDTH, HEIGHT), &half_white);
        assert!(difference <= 1.5, "{name}: {difference:.2}");
    }
    let grey = painted((WIDTH, HEIGHT), |x, y| {
        let [r, g, b] = colour(x, y).map(f64::from);
        [(0.299 * r + 0.587 * g + 0.114 * b) as u8; 3]
    });
    let difference = difference(&decode(file("grey.avif")).unwrap(), (WIDTH, HEIGHT), &grey);
    assert!(difference <= 2.0, "grey.avif: {difference:.2}");
}

#[test]
fn containers_and_tags_turn_pictures() {
    let turned = painted((HEIGHT, WIDTH), |x, y| colour(y, HEIGHT - 1 - x));
    for (name, max) in [("turned.avif", 1.5), ("turned.tiff", 0.0)] {
        let difference = difference(&decode(file(name)).unwrap(), (HEIGHT, WIDTH), &turned);
        assert!(difference <= max, "{name}: {difference:.2}");
    }
}

/// Four tiles; in the HEIC cut to 100 × 90 around a middle that is 3 left and 2 down, turned left and mirrored.
#[test]
fn tiles_make_up_one_picture() {
    let whole = painted((120, 110), colour);
    let difference_of_whole = difference(&decode(file("grid.avif")).unwrap(), (120, 110), &whole);
    assert!(difference_of_whole <= 6.0, "{difference_of_whole:.2}");
    if !cfg!(feature = "heic") {
        return;
    }
    let (left, top) = (7, 12);
    let turned = painted((90, 100), |x, y| colour(left + 99 - y, top + 89 - x));
    let difference_of_part = difference(&decode(file("grid.heic")).unwrap(), (90, 100), &turned);
    assert!(difference_of_part <= 6.5, "{difference_of_part:.2}");
}

/// Neither is it decoded as it is, nor when its tile lies about its size.
#[cfg(feature = "heic")]
#[test]
fn a_bomb_of_one_repeated_tile_is_refused_at_once() {
    let bomb = file("bomb.heic");
    let start = std::time::Instant::now();
    let error = decode(bomb).unwrap_err();
    assert_eq!(error.code(), "image_too_large", "{error}");
    let mut liar = bomb.to_vec();
    let size = bomb.windows(8).position(|part| part == b"\0\0\x10\0\0\0\x10\0").unwrap();
    liar[size..size + 8].copy_from_slice(b"\0\0\0\x40\0\0\0\x40");
    let error = decode(&liar).unwrap_err();
    assert!(error.to_string().contains("larger than"), "{error}");
    assert!(start.elapsed().as_secs_f64() < 1.0);
}

#[test]
fn gif_bmp_and_tiff_show_their_first_picture() {
    check("photo.bmp", file("photo.bmp"), 0.0);
    check("animated.gif", file("animated.gif"), 2.5);
    let raw = decode(file("raw.tiff")).unwrap_err();
    assert!(matches!(raw, DecodeError::UnsupportedType(_)) && raw.to_string().contains("raw file"), "{raw}");
}

#[test]
fn animations_show_their_first_frame() {
    for (name, bytes) in [
        ("animated.webp", &include_bytes!("data/animated.webp")[..]),
        ("animated.png", include_bytes!("data/animated.png")),
    ] {
        decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// A PNG of the pattern, with these chunks before its pixels.
fn png(metadata: impl FnOnce(&mut png::Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    metadata(&mut encoder);
    encoder.write_header().unwrap().write_image_data(&pattern()).unwrap();
    bytes
}

#[test]
fn a_damaged_png_shows_what_it_has() {
    let whole = png(|_| {});
    check("no IEND", &whole[..whole.len() - 12], 0.0);
    let mut wrong = whole.clone();
    let end = wrong.len() - 13;
    wrong[end] ^= 0x55;
    check("wrong checksum of pixels", &wrong, 0.0);
    let pixels = whole.windows(4).position(|kind| kind == b"IDAT").unwrap();
    let half = decode(&whole[..(pixels + whole.len()) / 2]).unwrap();
    assert_eq!(half.row(3), &pattern()[3 * WIDTH * 3..4 * WIDTH * 3], "the upper rows are there");
    assert_eq!(half.row(HEIGHT - 1), [0x80; WIDTH * 3], "the lower ones are grey");
    assert_eq!(decode(&whole[..pixels + 6]).unwrap_err().code(), "undecodable_image");
}

#[test]
fn exif_in_the_text_of_a_png_turns_it() {
    let exif = samples::exif(6);
    let text = format!("\nexif\n{:8}\n{}\n", exif.len(), hex(&exif));
    let turned = png(|encoder| {
        encoder.add_ztxt_chunk("Raw profile type exif".to_owned(), text).unwrap();
    });
    let expected = painted((HEIGHT, WIDTH), |x, y| colour(y, HEIGHT - 1 - x));
    assert_eq!(difference(&decode(&turned).unwrap(), (HEIGHT, WIDTH), &expected), 0.0);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
