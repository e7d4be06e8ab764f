//! The same pixels through face-api itself: the same faces, points, expressions and descriptors.

use crate::samples;
use deadline::LIMIT;
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use vision::{AnalysedFace, Analyser, EMOTIONS, Options, Picture};

#[derive(Deserialize)]
struct Answer {
    faces: Vec<Face>,
}

#[derive(Deserialize)]
struct Face {
    #[serde(rename = "box")]
    rectangle: [f64; 4],
    confidence: f64,
    landmarks: Vec<[f64; 2]>,
    expressions: [f64; 7],
    descriptor: Vec<f32>,
}

/// How far a face of ours is from the reference's.
#[derive(Debug)]
struct Difference {
    lost_overlap: f64,
    confidence: f64,
    landmark_px: f64,
    expression: f64,
    descriptor: f64,
}

/// Runs face-api in node on the jobs. Fails, and says how to install it, where it is not there.
fn face_api(jobs: &[serde_json::Value]) -> Vec<Answer> {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/face-api.cjs");
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("jobs.json");
    std::fs::write(&list, json!(jobs).to_string()).unwrap();
    let hint = "this test needs Node.js and `npm ci --ignore-scripts` in shared/vision";
    let output = Command::new("node")
        .arg(reference)
        .args([&samples::models_dir(), &list])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run node ({error}): {hint}"));
    let output = deadline::output(output, LIMIT, "face-api");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "face-api failed: {hint}\n{log}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {log}"))
}

/// Pictures of many kinds from the samples: whole, turned, cut narrow and wide, halved and enlarged.
fn pictures() -> Vec<(String, Picture)> {
    let mut pictures = Vec::new();
    for n in 1..=6 {
        let whole = samples::picture(n);
        let (width, height) = (whole.width(), whole.height());
        pictures.push((format!("sample{n}"), samples::cut(&whole, (0, 0), (width, height), 1)));
        pictures.push((format!("sample{n} left half"), samples::cut(&whole, (0, 0), (width / 2, height), 1)));
        pictures.push((
            format!("sample{n} cut through"),
            samples::cut(&whole, (width / 4, height / 5), (width / 2 + n, height / 3), 1),
        ));
        pictures.push((format!("sample{n} third"), samples::cut(&whole, (0, 0), (width, height), 3)));
    }
    pictures.push(("black".to_owned(), Picture::new(300, 200, vec![0; 180_000]).unwrap()));
    pictures.push(("tiny".to_owned(), Picture::new(1, 1, vec![200; 3]).unwrap()));
    pictures
}

fn difference(
    AnalysedFace { face, descriptor }: &AnalysedFace,
    reference: &Face,
    size: (f64, f64),
) -> Difference {
    let points = face.landmarks.iter().zip(&reference.landmarks).map(|(point, other)| {
        let other = [other[0].clamp(0.0, size.0), other[1].clamp(0.0, size.1)];
        (point[0] * size.0 - other[0]).hypot(point[1] * size.1 - other[1])
    });
    let emotions = EMOTIONS.into_iter().zip(reference.expressions);
    let numbers = descriptor.as_ref().unwrap().iter().zip(&reference.descriptor);
    Difference {
        lost_overlap: 1.0 - overlap(face, reference, size),
        confidence: (face.confidence - reference.confidence).abs(),
        landmark_px: points.fold(0.0, f64::max),
        expression: emotions
            .map(|(e, p)| (face.emotions_raw.as_ref().unwrap().of(e) - p).abs())
            .fold(0.0, f64::max),
        descriptor: numbers.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt(),
    }
}

/// Ours and theirs, paired by order where that fits and by overlap where confidences are a hair apart.
fn pairs<'a>(
    ours: &'a [AnalysedFace],
    theirs: &'a [Face],
    size: (f64, f64),
) -> impl Iterator<Item = Difference> + 'a {
    ours.iter().map(move |analysed| {
        let nearest = |a: &&Face, b: &&Face| {
            overlap(&analysed.face, a, size).total_cmp(&overlap(&analysed.face, b, size))
        };
        difference(analysed, theirs.iter().max_by(nearest).unwrap(), size)
    })
}

/// Intersection over union. Our box is clipped to the picture; theirs may lie partly in the black around it.
fn overlap(face: &domain::Face, reference: &Face, size: (f64, f64)) -> f64 {
    let r = &face.bounding_box;
    let a = [r.left * size.0, r.top * size.1, (r.left + r.width) * size.0, (r.top + r.height) * size.1];
    let [x, y, width, height] = reference.rectangle;
    let b = [x.max(0.0), y.max(0.0), (x + width).min(size.0), (y + height).min(size.1)];
    let side = |low: usize, high: usize| (a[high].min(b[high]) - a[low].max(b[low])).max(0.0);
    let common = side(0, 2) * side(1, 3);
    let area = |r: [f64; 4]| (r[2] - r[0]) * (r[3] - r[1]);
    common / (area(a) + area(b) - common)
}

fn size(picture: &Picture) -> (f64, f64) {
    (picture.width() as f64, picture.height() as f64)
}

#[test]
fn agrees_with_face_api_on_the_same_pixels() {
    let analyser = Analyser::open(&samples::models_dir()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let pictures = pictures();
    let mut jobs = Vec::new();
    for (n, (_, picture)) in pictures.iter().enumerate() {
        let rgb = dir.path().join(format!("{n}.rgb"));
        std::fs::write(&rgb, picture.rgb()).unwrap();
        jobs.push(json!({"width": picture.width(), "height": picture.height(), "rgb": rgb}));
    }
    let mut faces = 0;
    for ((name, picture), answer) in pictures.iter().zip(face_api(&jobs)) {
        let ours = analyser.analyse(picture, Options { descriptors: true, ..Options::default() });
        assert_eq!(ours.len(), answer.faces.len(), "{name}: not the same detections");
        for difference in pairs(&ours, &answer.faces, size(picture)) {
            println!("{name}: {difference:?}");
            assert!(
                difference.lost_overlap <= 0.001 && difference.confidence <= 1e-4,
                "{name}: {difference:?}"
            );
            assert!(
                difference.landmark_px <= 0.05 && difference.expression <= 1e-4,
                "{name}: {difference:?}"
            );
            assert!(difference.descriptor <= 1e-4, "{name}: {difference:?}");
        }
        faces += ours.len();
    }
    assert!(faces >= 22, "only {faces} faces were compared");
}

/// Another decoder (libjpeg-turbo, as WebAssembly) rounds otherwise: by at most 3 of 255, on average by 0.05. The
/// boxes move by less than a pixel, but where that cuts a crop one pixel further on, the expression network, which
/// sees every second pixel or so, may answer quite differently. Most faces do not care, and that is what holds.
#[test]
fn agrees_with_face_api_through_another_jpeg_decoder() {
    let analyser = Analyser::open(&samples::models_dir()).unwrap();
    let jobs: Vec<_> = (1..=6).map(|n| json!({"jpeg": samples::path(n)})).collect();
    let mut expressions = Vec::new();
    for (n, answer) in (1..=6).zip(face_api(&jobs)) {
        let picture = samples::picture(n);
        let ours = analyser.analyse(&picture, Options { descriptors: true, ..Options::default() });
        assert_eq!(ours.len(), answer.faces.len(), "sample{n}: not the same detections");
        for difference in pairs(&ours, &answer.faces, size(&picture)) {
            println!("sample{n}: {difference:?}");
            assert!(
                difference.lost_overlap <= 0.03 && difference.descriptor <= 0.2,
                "sample{n}: {difference:?}"
            );
            expressions.push(difference.expression);
        }
    }
    let alike = expressions.iter().filter(|&&difference| difference <= 0.05).count();
    println!("{alike} of {} expressions within 0.05", expressions.len());
    assert!(
        alike * 4 >= expressions.len() * 3,
        "only {alike} of {} expressions are alike",
        expressions.len()
    );
}
