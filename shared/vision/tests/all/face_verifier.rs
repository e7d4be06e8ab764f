//! The port: photos of one person in, a similarity out.

use crate::samples;
use domain::enrolment::FaceTemplate;
use domain::ports::FaceVerifier as _;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::VerifyError;
use domain::{Enrolment, fixture};
use std::sync::Arc;
use tokio::sync::Semaphore;
use vision::{Analyser, FaceVerifier, Options, Picture, decode, jpeg};

fn verifier() -> FaceVerifier {
    let analyser = Arc::new(Analyser::open(&samples::models_dir()).unwrap());
    FaceVerifier::new(analyser, Arc::new(Semaphore::new(1)))
}

/// Photos of the faces of a sample, each with a margin of this share of its box, where that shows one face.
fn portraits(sample: usize, margin: f64) -> Vec<Vec<u8>> {
    let analyser = Analyser::open(&samples::models_dir()).unwrap();
    let picture = decode(&samples::bytes(sample)).unwrap();
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    let faces = analyser.analyse(&picture, Options::default());
    let cut = faces.iter().map(|face| {
        let b = face.face.bounding_box;
        let at = |edge: f64, size: f64| (edge.clamp(0.0, 1.0) * size) as usize;
        let left = at(b.left - margin * b.width, width);
        let right = at(b.left + (1.0 + margin) * b.width, width);
        let top = at(b.top - margin * b.height, height);
        let bottom = at(b.top + (1.0 + margin) * b.height, height);
        let rows = (top..bottom).flat_map(|y| picture.row(y)[left * 3..right * 3].iter().copied());
        Picture::new(right - left, bottom - top, rows.collect()).unwrap()
    });
    let alone = cut.filter(|cut| analyser.analyse(cut, Options::default()).len() == 1);
    alone.map(|cut| jpeg(&cut, 85).unwrap()).collect()
}

fn enrolled(template: FaceTemplate) -> Enrolment {
    Enrolment { template, ..fixture::enrolment("ana@example.org") }
}

#[tokio::test]
async fn one_person_matches_and_others_do_not() {
    let verifier = verifier();
    let (narrow, wide) = (portraits(1, 0.4), portraits(1, 0.5));
    assert!(narrow.len() >= 2 && narrow.len() == wide.len(), "{} {}", narrow.len(), wide.len());
    for (one, photo) in narrow.iter().enumerate() {
        let portrait = verifier.portray(photo.clone().into()).await.unwrap();
        let enrolled = enrolled(portrait.template);
        for (other, probe) in wide.iter().enumerate() {
            let similarity = verifier.compare(probe.clone().into(), Some(&enrolled)).await.unwrap();
            assert_eq!(similarity >= verifier.threshold(), one == other, "{one} {other}: {similarity}");
        }
        let same = verifier.compare(photo.clone().into(), Some(&enrolled)).await.unwrap();
        assert!(same > 99.9, "{same}");
        assert_eq!(verifier.compare(photo.clone().into(), None).await.unwrap(), 0.0);
        assert!(decode(&portrait.photo).unwrap().width() <= vision::PREVIEW_SIDE);
    }
}

#[tokio::test]
async fn exactly_one_face_is_taken_with_or_without_an_enrolment() {
    let verifier = verifier();
    let other = enrolled(fixture::enrolment("ana@example.org").template);
    let blank = jpeg(&Picture::new(300, 300, vec![128; 270_000]).unwrap(), 85).unwrap();
    let photos = [samples::bytes(1), blank, b"%PDF-1.7".to_vec()];
    for (number, photo) in photos.into_iter().enumerate() {
        let refused = [
            verifier.portray(photo.clone().into()).await.map(drop),
            verifier.compare(photo.clone().into(), None).await.map(drop),
            verifier.compare(photo.into(), Some(&other)).await.map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err();
            let is_expected = match number {
                0 => matches!(error, VerifyError::MultipleFaces),
                1 => matches!(error, VerifyError::NoFace),
                _ => matches!(
                    error,
                    VerifyError::Engine(EngineError::Refused { code: "unsupported_type", .. })
                ),
            };
            assert!(is_expected, "{number}: {error}");
        }
    }
}

#[tokio::test]
async fn a_photo_above_25_megapixels_is_refused() {
    let (width, height) = (5_001, 5_000);
    let photo = jpeg(&Picture::new(width, height, vec![128; width * height * 3]).unwrap(), 50).unwrap();
    let refused = verifier().compare(photo.into(), None).await;
    let Err(VerifyError::Engine(EngineError::Refused { code: "image_too_large", detail })) = refused else {
        panic!("{refused:?}");
    };
    assert!(detail.contains("25 megapixels"), "{detail}");
}

#[tokio::test]
async fn another_models_numbers_are_not_compared() {
    let verifier = verifier();
    let photo = portraits(1, 0.4).remove(0);
    let template = verifier.portray(photo.clone().into()).await.unwrap().template;
    for other in [
        FaceTemplate { model: "older".into(), ..template.clone() },
        FaceTemplate { engine: "rekognition".into(), ..template.clone() },
        FaceTemplate { descriptor: Vec::new(), ..template },
    ] {
        let refused = verifier.compare(photo.clone().into(), Some(&enrolled(other))).await;
        assert!(matches!(refused, Err(VerifyError::OtherTemplate)), "{refused:?}");
    }
}
