//! The engine on real photos, and on pictures without faces.

use crate::samples;
use jpeg_encoder::{ColorType, Encoder};
use vision::{AnalysedFace, Analyser, Options, Picture, decode};

fn analyser() -> Analyser {
    Analyser::open(&samples::models_dir()).unwrap()
}

fn analyse(analyser: &Analyser, picture: &Picture) -> Vec<AnalysedFace> {
    analyser.analyse(picture, Options { tiles: false, descriptors: true })
}

#[test]
fn finds_every_face_of_the_samples() {
    let analyser = analyser();
    for (n, expected) in (1..=6).zip([3, 3, 3, 4, 5, 4]) {
        let faces = analyse(&analyser, &samples::picture(n));
        assert_eq!(faces.len(), expected, "sample{n}");
        for AnalysedFace { face, descriptor } in &faces {
            let b = &face.bounding_box;
            assert!(b.left >= 0.0 && b.top >= 0.0 && b.left + b.width <= 1.0 && b.top + b.height <= 1.0);
            assert!(face.confidence > 0.5 && face.landmarks.len() == vision::POINTS);
            assert!(face.landmarks.iter().flatten().all(|n| (0.0..=1.0).contains(n)));
            assert_eq!(face.emotions.iter().count(), 7);
            let length = descriptor.unwrap().iter().map(|n| n * n).sum::<f32>().sqrt();
            assert!((1.0..2.0).contains(&length), "a descriptor is about as long as it is in dlib: {length}");
        }
        assert!(faces.is_sorted_by(|a, b| a.face.confidence >= b.face.confidence));
    }
}

/// Exif's definition of each orientation: the stored place of the upright pixel (x, y).
fn stored(tag: u8, (x, y): (usize, usize), (width, height): (usize, usize)) -> (usize, usize) {
    let (right, bottom) = (width - 1 - x, height - 1 - y);
    match tag {
        2 => (right, y),
        3 => (right, bottom),
        4 => (x, bottom),
        5 => (y, x),
        6 => (y, right),
        7 => (bottom, right),
        8 => (bottom, x),
        _ => (x, y),
    }
}

/// The picture as a camera held that way stores it.
fn turned(picture: &Picture, tag: u8) -> Vec<u8> {
    let size = (picture.width(), picture.height());
    let (width, height) = if tag >= 5 { (size.1, size.0) } else { size };
    let mut rgb = vec![0; picture.rgb().len()];
    for y in 0..size.1 {
        for x in 0..size.0 {
            let (column, row) = stored(tag, (x, y), size);
            let at = (row * width + column) * 3;
            rgb[at..at + 3].copy_from_slice(&picture.row(y)[x * 3..x * 3 + 3]);
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 98);
    encoder.add_exif_metadata(&samples::exif(tag)).unwrap();
    encoder.encode(&rgb, width as u16, height as u16, ColorType::Rgb).unwrap();
    jpeg
}

#[test]
fn upside_down_photos_are_turned_by_their_exif() {
    let analyser = analyser();
    let photo = samples::picture(4);
    let small = samples::cut(&photo, (0, 0), (photo.width(), photo.height()), 2);
    let upright = analyse(&analyser, &small);
    for tag in 1..=8 {
        let picture = decode(&turned(&small, tag)).unwrap();
        assert_eq!((picture.width(), picture.height()), (small.width(), small.height()), "orientation {tag}");
        let faces = analyse(&analyser, &picture);
        assert_eq!(faces.len(), upright.len(), "orientation {tag}");
        for (found, upright) in faces.iter().zip(&upright) {
            let (a, b) = (found.face.bounding_box, upright.face.bounding_box);
            assert!(
                (a.left - b.left).abs() < 0.01 && (a.top - b.top).abs() < 0.01,
                "orientation {tag}: {a:?} {b:?}"
            );
        }
    }
}

#[test]
fn no_face_is_an_empty_list() {
    let analyser = analyser();
    let noise = (0..640 * 480 * 3u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let stripes = (0..640 * 480 * 3usize).map(|i| if i / 60 % 2 == 0 { 255 } else { 0 }).collect();
    for (name, rgb) in [
        ("black", vec![0; 640 * 480 * 3]),
        ("white", vec![255; 640 * 480 * 3]),
        ("noise", noise),
        ("stripes", stripes),
    ] {
        let picture = Picture::new(640, 480, rgb).unwrap();
        assert_eq!(analyse(&analyser, &picture), [], "{name}");
    }
    for (width, height) in [(1, 1), (4096, 1), (1, 4096), (7, 5)] {
        let picture = Picture::new(width, height, vec![127; width * height * 3]).unwrap();
        assert_eq!(
            analyser.analyse(&picture, Options { tiles: true, descriptors: true }),
            [],
            "{width} × {height}"
        );
    }
}

/// Thirty faces, every third pixel of the samples' own, about 60 pixels high in a picture of 1920.
fn crowd(analyser: &Analyser) -> Picture {
    let (width, height, cell) = (1920, 1280, 200);
    let mut rgb = vec![150; width * height * 3];
    let mut places = (0..30).map(|i| (60 + i % 6 * 310, 20 + i / 6 * 250));
    for n in (1..=6).cycle().take(12) {
        let photo = samples::picture(n);
        for detection in analyser.detect(&photo, false) {
            let b = detection.bounding_box;
            let centre = (
                (b.left + b.width / 2.0) * photo.width() as f64,
                (b.top + b.height / 2.0) * photo.height() as f64,
            );
            let corner = |c: f64, length: usize| (c - 210.0).clamp(0.0, length as f64 - 420.0) as usize;
            let from = (corner(centre.0, photo.width()), corner(centre.1, photo.height()));
            let face = samples::cut(&photo, from, (420, 420), 3);
            let Some((left, top)) = places.next() else { break };
            assert!(face.width() <= cell);
            for y in 0..face.height() {
                let at = ((top + y) * width + left) * 3;
                rgb[at..at + face.width() * 3].copy_from_slice(face.row(y));
            }
        }
    }
    assert_eq!(places.next(), None, "thirty faces");
    Picture::new(width, height, rgb).unwrap()
}

#[test]
fn tiles_find_small_faces() {
    let analyser = analyser();
    let crowd = crowd(&analyser);
    let (without, with) = (analyser.detect(&crowd, false).len(), analyser.detect(&crowd, true).len());
    println!("30 small faces: {without} without tiles, {with} with");
    assert!(with >= 27 && with > without, "{without} without tiles, {with} with");
}

#[test]
fn the_same_picture_gives_the_same_numbers_on_every_thread() {
    let analyser = analyser();
    let photo = samples::picture(3);
    let first = analyse(&analyser, &photo);
    let again = || analyse(&analyser, &photo);
    let (a, b) = std::thread::scope(|scope| {
        let other = scope.spawn(again);
        (again(), other.join().unwrap())
    });
    assert!(first == a && first == b);
    assert_eq!(first, analyse(&Analyser::open(&samples::models_dir()).unwrap(), &photo));
}

/// The customary threshold of the recognition network.
const ONE_PERSON: f32 = 0.6;

/// The nearest descriptor is the same face's, also at half the size. (That all others are beyond the threshold does
/// not hold: two people of this photo are 0.57 apart.)
#[test]
fn a_face_is_most_like_itself() {
    let analyser = analyser();
    let photo = samples::picture(5);
    let half = samples::cut(&photo, (0, 0), (photo.width(), photo.height()), 2);
    let small = analyse(&analyser, &half);
    for a in analyse(&analyser, &photo) {
        let distance = |b: &&AnalysedFace| {
            let pairs = a.descriptor.iter().flatten().zip(b.descriptor.iter().flatten());
            pairs.map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt()
        };
        let nearest = small.iter().min_by(|x, y| distance(x).total_cmp(&distance(y))).unwrap();
        assert!(distance(&nearest) < ONE_PERSON);
        assert!((a.face.bounding_box.left - nearest.face.bounding_box.left).abs() < 0.05);
    }
}
