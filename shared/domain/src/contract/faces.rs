//! The contract of [`crate::ports::Faces`].

use crate::distribution::Distribution;
use crate::emotion::Emotion;
use crate::face::{BoundingBox, Face, MAX_FACES};
use crate::fixture::upload_id;
use crate::ports::{Faces, PortErrorKind};

fn face(number: usize) -> Face {
    let share = (number as f64 + 1.0) / 200.0;
    Face {
        bounding_box: BoundingBox { left: share, top: share, width: 0.1, height: 0.2 },
        confidence: 0.9,
        landmarks: vec![[share, 0.5]; 68],
        emotions: Distribution::certain(Emotion::Calm),
        emotions_raw: Some(Distribution::certain(Emotion::Sad)),
    }
}

/// Faces are kept per attempt, in order, and written again in place.
pub async fn keeps_faces_by_attempt(faces: &dyn Faces) {
    let (upload, many) = (upload_id(1), (0..MAX_FACES).map(face).collect::<Vec<_>>());
    faces.put(upload, 1, &many).await.expect("writing works");
    faces.put(upload, 2, &many[..3]).await.expect("writing works");
    faces.put(upload, 2, &many[1..3]).await.expect("writing again works");
    assert_eq!(faces.get(upload, 1, 100).await.expect("reading works"), many);
    assert_eq!(faces.get(upload, 1, 7).await.expect("reading works"), many[..7]);
    assert_eq!(faces.get(upload, 2, 2).await.expect("reading works"), many[1..3]);
    assert_eq!(faces.get(upload, 3, 5).await.expect("reading works"), []);
    assert_eq!(faces.get(upload_id(2), 1, 5).await.expect("reading works"), []);
}

/// An erasure deletes the faces of every attempt.
pub async fn deletes_every_attempt(faces: &dyn Faces) {
    for attempt in 1..=3 {
        faces.put(upload_id(1), attempt, &[face(0), face(1)]).await.expect("writing works");
        faces.put(upload_id(2), attempt, &[face(2)]).await.expect("writing works");
    }
    faces.delete(upload_id(1), 3).await.expect("deleting works");
    faces.delete(upload_id(1), 3).await.expect("deleting twice works");
    for attempt in 1..=3 {
        assert_eq!(faces.get(upload_id(1), attempt, 2).await.expect("reading works"), []);
        assert_eq!(faces.get(upload_id(2), attempt, 1).await.expect("reading works"), [face(2)]);
    }
}

/// More than the maximum of faces is refused.
pub async fn refuses_too_many(faces: &dyn Faces) {
    let too_many: Vec<Face> = (0..=MAX_FACES).map(face).collect();
    let refused = faces.put(upload_id(1), 1, &too_many).await.expect_err("over the limit");
    assert_eq!(refused.kind, PortErrorKind::Denied);
}
