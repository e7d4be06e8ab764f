//! The port that compares faces: people of a sample, cut out.

use crate::samples;
use bytes::Bytes;
use domain::ports::FaceVerifier as _;
use domain::ports::face_engine::EngineError;
use std::sync::Arc;
use tokio::sync::Semaphore;
use vision::{Analyser, FaceVerifier, MODEL, Picture};

fn verifier() -> FaceVerifier {
    let analyser = Arc::new(Analyser::open(&samples::models_dir()).unwrap());
    FaceVerifier::new(analyser, Arc::new(Semaphore::new(1)))
}

/// A part of sample 1, which shows three people side by side.
fn part(from: (usize, usize), size: (usize, usize)) -> Bytes {
    vision::jpeg(&samples::cut(&samples::picture(1), from, size, 1), 90).unwrap().into()
}

fn left() -> Bytes {
    part((150, 200), (550, 800))
}

#[tokio::test]
async fn a_person_is_like_himself_and_unlike_another() {
    let verifier = verifier();
    let same = verifier.compare(left(), part((200, 150), (500, 700))).await.unwrap();
    assert!(same.is_one_person(), "{same:?}");
    let other = verifier.compare(left(), part((1320, 50), (600, 800))).await.unwrap();
    assert!(!other.is_one_person() && other.similarity < same.similarity, "{other:?}");
    assert_eq!((other.threshold, other.made_by.model.as_str()), (85.0, MODEL));
}

#[tokio::test]
async fn photos_that_cannot_be_compared_are_refused() {
    let grey: Bytes = vision::jpeg(&Picture::new(200, 200, vec![128; 120_000]).unwrap(), 90).unwrap().into();
    for (known, probe, expected) in [
        (left(), grey.clone(), "no_face"),
        (grey, left(), "no_face"),
        (left(), samples::bytes(1).into(), "multiple_faces"),
        (left(), Bytes::from_static(b"GIF89a"), "unsupported_type"),
    ] {
        let refused = verifier().compare(known, probe).await.unwrap_err();
        assert!(matches!(refused, EngineError::Refused { code, .. } if code == expected), "{refused:?}");
    }
}
