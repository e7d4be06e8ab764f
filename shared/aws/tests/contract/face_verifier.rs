//! Faces that Rekognition compares.

use crate::account::Account;
use aws::{FaceVerifier, Objects, SystemClock};
use bytes::Bytes;
use domain::enrolment::FaceTemplate;
use domain::ports::face_verifier::{Portrait, VerifyError};
use domain::ports::objects::NewObject;
use domain::ports::{self, FaceVerifier as _};
use domain::{Bucket, Enrolment, fixture};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use vision::Picture;

struct Faces {
    account: Account,
    objects: Arc<dyn ports::Objects>,
    verifier: FaceVerifier,
}

async fn faces() -> Faces {
    let account = Account::with_buckets().await;
    let clock = Arc::new(SystemClock::default());
    let objects: Arc<dyn ports::Objects> =
        Arc::new(Objects::new(&account.clients, &account.resources, clock));
    let verifier = FaceVerifier::new(&account.clients, objects.clone(), Arc::new(Semaphore::new(1)));
    Faces { account, objects, verifier }
}

fn photo(shade: u8) -> Bytes {
    let picture = Picture::new(100, 100, vec![shade; 30_000]).expect("all pixels are there");
    vision::jpeg(&picture, 90).expect("it is encoded").into()
}

impl Faces {
    async fn enrol(&self) -> Enrolment {
        let Portrait { template, photo } = self.verifier.portray(photo(10)).await.expect("one face");
        let enrolment = Enrolment { template, ..fixture::enrolment("ana@example.org") };
        let object = NewObject { bytes: photo, content_type: "image/jpeg".into(), metadata: BTreeMap::new() };
        self.objects.put(Bucket::UsersPhotos, &enrolment.photo, object).await.expect("putting works");
        enrolment
    }
}

#[tokio::test]
async fn a_photo_is_compared_with_the_enrolled_one() {
    let faces = faces().await;
    let enrolment = faces.enrol().await;
    let compare = |shade| faces.verifier.compare(photo(shade), Some(&enrolment));
    assert_eq!(compare(200).await.unwrap(), 97.5);
    faces.account.rekognition_answers("another_face").await;
    let similarity = compare(200).await.unwrap();
    assert!(similarity < faces.verifier.threshold(), "{similarity}");
    faces.account.rekognition_answers("two_faces").await;
    assert!(matches!(compare(200).await, Err(VerifyError::MultipleFaces)));
    faces.account.rekognition_answers("no_face").await;
    assert!(matches!(compare(200).await, Err(VerifyError::NoFace)));
}

#[tokio::test]
async fn without_an_enrolment_the_same_is_asked() {
    let faces = faces().await;
    assert_eq!(faces.verifier.compare(photo(10), None).await.unwrap(), 0.0);
    assert_eq!(faces.account.rekognition_calls().await, 1);
    faces.account.rekognition_answers("no_face").await;
    assert!(matches!(faces.verifier.compare(photo(10), None).await, Err(VerifyError::NoFace)));
    assert!(matches!(faces.verifier.portray(photo(10)).await.map(drop), Err(VerifyError::NoFace)));
    faces.account.rekognition_answers("two_faces").await;
    assert!(matches!(faces.verifier.compare(photo(10), None).await, Err(VerifyError::MultipleFaces)));
}

#[tokio::test]
async fn another_engines_template_and_a_missing_photo_are_told() {
    let faces = faces().await;
    let missing = Enrolment {
        template: faces.verifier.portray(photo(10)).await.expect("one face").template,
        ..fixture::enrolment("bea@example.org")
    };
    let template = FaceTemplate { engine: "embedded-vision".into(), ..missing.template.clone() };
    for enrolment in [missing.clone(), Enrolment { template, ..missing }] {
        let refused = faces.verifier.compare(photo(20), Some(&enrolment)).await;
        assert!(matches!(refused, Err(VerifyError::OtherTemplate)), "{refused:?}");
    }
}
