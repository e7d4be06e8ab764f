//! The port: a photo in, a detection out, and nothing on the async thread.

use crate::samples;
use domain::ports::FaceEngine as _;
use domain::ports::face_engine::EngineError;
use std::sync::Arc;
use tokio::sync::Semaphore;
use vision::{Analyser, ENGINE, FaceEngine, MODEL};

fn engine(permits: &Arc<Semaphore>) -> FaceEngine {
    let analyser = Arc::new(Analyser::open(&samples::models_dir()).unwrap());
    FaceEngine::new(analyser, Arc::clone(permits), 0.25)
}

#[tokio::test]
async fn sees_faces_and_says_who_saw_them() {
    let engine = engine(&Arc::new(Semaphore::new(1)));
    let detection = engine.detect(samples::bytes(1).into()).await.unwrap();
    assert_eq!((detection.width, detection.height, detection.faces.len()), (1920, 1280, 3));
    let model = format!("{MODEL} prior=0.25");
    assert_eq!((detection.made_by.engine.as_str(), &detection.made_by.model), (ENGINE, &model));
    assert_eq!(detection.made_by.digest.as_ref().map(String::len), Some(64));
    assert_eq!(detection, engine.detect(samples::bytes(1).into()).await.unwrap());
}

#[tokio::test]
async fn refuses_with_the_decoders_code() {
    let permits = Arc::new(Semaphore::new(1));
    let engine = engine(&permits);
    for (bytes, wanted) in
        [(&b"%PDF-1.7"[..], "unsupported_type"), (b"\xff\xd8\xff\xd9", "undecodable_image")]
    {
        let refused = engine.detect(bytes.into()).await;
        assert!(matches!(refused, Err(EngineError::Refused { code, .. }) if code == wanted), "{refused:?}");
    }
    assert_eq!(permits.available_permits(), 1, "permits come back");
}

#[tokio::test]
async fn waits_for_a_permit() {
    let permits = Arc::new(Semaphore::new(0));
    let engine = engine(&permits);
    let look = tokio::spawn(async move { engine.detect(samples::bytes(2).into()).await });
    tokio::task::yield_now().await;
    assert!(!look.is_finished());
    permits.add_permits(1);
    assert_eq!(look.await.unwrap().unwrap().faces.len(), 3);
    permits.close();
    let closed = self::engine(&permits).detect(samples::bytes(2).into()).await;
    assert!(matches!(closed, Err(EngineError::Broken(_))), "{closed:?}");
}

#[test]
fn missing_and_truncated_models_are_named_with_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let error = Analyser::open(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("ssd_mobilenetv1_model-weights_manifest.json") && error.contains("make models"),
        "{error}"
    );
    for entry in std::fs::read_dir(samples::models_dir()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    Analyser::open(dir.path()).unwrap();
    let shard = dir.path().join("face_expression_model.bin");
    let bytes = std::fs::read(&shard).unwrap();
    for (damaged, part) in
        [(bytes[..bytes.len() - 1].to_vec(), "early"), ([&bytes[..], &[0]].concat(), "too many")]
    {
        std::fs::write(&shard, damaged).unwrap();
        let error = Analyser::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("face_expression_model") && error.contains(part), "{error}");
        assert!(error.contains("make models"), "{error}");
    }
}
