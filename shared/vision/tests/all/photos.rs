//! The engine on real photos, and on pictures without faces.

use crate::samples;
use jpeg_encoder::{ColorType, Encoder};
use vision::{AnalysedFace, Analyser, Options, Picture, decode};

fn analyser() -> Analyser {
    Analyser::open(&samples::models_dir()).unwrap()
}

fn analyse(analyser: &Analyser, picture: &Picture) -> Vec<AnalysedFace> {
    analyser.analyse(picture, Options { descriptors: true, ..Options::default() })
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

/// The pixels as a camera held that way stores them.
fn pixels_held(picture: &Picture, tag: u8) -> Vec<u8> {
    let size = (picture.width(), picture.height());
    let width = if tag >= 5 { size.1 } else { size.0 };
    let mut rgb = vec![0; picture.rgb().len()];
    for y in 0..size.1 {
        for x in 0..size.0 {
            let (column, row) = stored(tag, (x, y), size);
            let at = (row * width + column) * 3;
            rgb[at..at + 3].copy_from_slice(&picture.row(y)[x * 3..x * 3 + 3]);
        }
    }
    rgb
}

/// The picture as a camera held that way stores it.
fn turned(picture: &Picture, tag: u8) -> Vec<u8> {
    let size = (picture.width(), picture.height());
    let (width, height) = if tag >= 5 { (size.1, size.0) } else { size };
    let rgb = pixels_held(picture, tag);
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
            analyser.analyse(&picture, Options { tiles: true, descriptors: true, ..Options::default() }),
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

/// The samples' faces, each cut out so that it fills a picture of its own.
fn close_ups(analyser: &Analyser) -> Vec<(String, Picture)> {
    let mut pictures = Vec::new();
    for n in 1..=6 {
        let photo = samples::picture(n);
        for (number, found) in analyser.detect(&photo, false).into_iter().enumerate() {
            let b = found.bounding_box;
            let pixels = |share: f64, length: usize| (share * length as f64) as usize;
            let from = (pixels(b.left, photo.width()), pixels(b.top, photo.height()));
            let size = (pixels(b.width, photo.width()), pixels(b.height, photo.height()));
            pictures.push((format!("sample{n} face {number}"), samples::cut(&photo, from, size, 1)));
        }
    }
    pictures
}

/// Of the samples' faces one is a profile, one is bent and behind hair, and two are blurred and tilted.
const HARD: usize = 4;

#[test]
fn faces_that_fill_the_picture_are_found() {
    let analyser = analyser();
    let pictures = close_ups(&analyser);
    let mut missed = Vec::new();
    for (name, picture) in &pictures {
        let faces = analyse(&analyser, picture);
        match faces.as_slice() {
            [AnalysedFace { face, .. }] if face.bounding_box.area() > 0.5 => {}
            _ => missed.push(name),
        }
    }
    println!("of {} close-ups are missed: {missed:?}", pictures.len());
    assert_eq!(pictures.len(), 22);
    assert!(missed.len() <= HARD, "missed: {missed:?}");
}

/// The samples' faces with the surroundings of a portrait.
fn portraits(analyser: &Analyser) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for n in 1..=6 {
        let photo = samples::picture(n);
        for found in analyser.detect(&photo, false) {
            let b = found.bounding_box;
            let (width, height) = (photo.width() as f64, photo.height() as f64);
            let from = ((b.left - b.width).max(0.0), (b.top - b.height).max(0.0));
            let to = ((b.left + 2.0 * b.width).min(1.0), (b.top + 2.0 * b.height).min(1.0));
            let size = (((to.0 - from.0) * width) as usize, ((to.1 - from.1) * height) as usize);
            let from = ((from.0 * width) as usize, (from.1 * height) as usize);
            pictures.push(samples::cut(&photo, from, size, 1));
        }
    }
    pictures
}

/// Sideways and upside down the detector finds fewer faces, often none; only then does the analyser turn the picture.
#[test]
fn photos_that_do_not_say_how_they_were_held_are_turned() {
    let analyser = analyser();
    let (mut turned, mut right) = (0, 0);
    for portrait in portraits(&analyser).iter().step_by(3) {
        let upright = analyse(&analyser, portrait);
        let size = (portrait.width(), portrait.height());
        for tag in [3, 6, 8] {
            let (width, height) = if tag >= 5 { (size.1, size.0) } else { size };
            let held = Picture::new(width, height, pixels_held(portrait, tag)).unwrap();
            if !analyser.detect(&held, false).is_empty() {
                continue;
            }
            turned += 1;
            let faces = analyse(&analyser, &held);
            // The outer corner of an eye, at its place in the picture as it was given.
            let [x, y] = upright[0].face.landmarks[36];
            let eye = ((x * size.0 as f64) as usize, (y * size.1 as f64) as usize);
            let wanted = stored(tag, eye, size);
            right += usize::from(faces.iter().any(|found| {
                let [x, y] = found.face.landmarks[36];
                (x * width as f64 - wanted.0 as f64).abs() < 3.0
                    && (y * height as f64 - wanted.1 as f64).abs() < 3.0
            }));
        }
    }
    println!("{right} of {turned} are turned right");
    assert!(turned >= 10 && right + 1 >= turned, "{right} of {turned} are turned right");
}
