//! Comparing faces with Rekognition.

use crate::account::Account;
use aws::FaceVerifier;
use bytes::Bytes;
use domain::ports::FaceVerifier as _;
use domain::ports::face_engine::EngineError;
use std::sync::Arc;
use tokio::sync::Semaphore;

fn jpeg(grey: u8) -> Bytes {
    let picture = vision::Picture::new(8, 8, vec![grey; 192]).expect("8 by 8 pixels");
    vision::jpeg(&picture, 90).expect("a JPEG").into()
}

fn verifier(account: &Account) -> FaceVerifier {
    FaceVerifier::new(&account.clients, Arc::new(Semaphore::new(1)))
}

#[tokio::test]
async fn two_photos_are_compared_in_one_call() {
    let account = Account::empty().await;
    let verifier = verifier(&account);
    let same = verifier.compare(jpeg(100), jpeg(100)).await.unwrap();
    assert!(same.is_one_person() && same.similarity > 99.0, "{same:?}");
    let other = verifier.compare(jpeg(100), jpeg(200)).await.unwrap();
    assert!(!other.is_one_person() && other.similarity < 20.0, "{other:?}");
    assert_eq!((other.threshold, other.made_by.model.as_str()), (85.0, "CompareFaces"));
    assert_eq!(account.rekognition_calls().await, 2);
}

#[tokio::test]
async fn photos_that_cannot_be_compared_are_refused() {
    for (answer, photo, expected, calls) in [
        ("no_face", jpeg(1), "no_face", 1),
        ("two_faces", jpeg(1), "multiple_faces", 1),
        ("one_face", Bytes::from_static(b"no photo"), "unsupported_type", 0),
    ] {
        let account = Account::empty().await;
        account.rekognition_answers(answer).await;
        let refused = verifier(&account).compare(jpeg(1), photo).await.unwrap_err();
        assert!(matches!(refused, EngineError::Refused { code, .. } if code == expected), "{refused:?}");
        assert_eq!(account.rekognition_calls().await, calls, "{answer}");
    }
}

#[tokio::test]
async fn throttling_is_busy_and_not_retried() {
    let account = Account::empty().await;
    account.rekognition_answers("throttled").await;
    let busy = verifier(&account).compare(jpeg(1), jpeg(1)).await.unwrap_err();
    assert!(matches!(busy, EngineError::Busy { .. }), "{busy:?}");
    assert_eq!(account.rekognition_calls().await, 1);
}
