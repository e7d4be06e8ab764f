//! A function that is told too little, or wrongly, does not start, and says why.

use crate::function::refused;

#[tokio::test]
async fn what_is_missing_is_named() {
    for (binary, settings, without) in [
        ("maintenance", &[][..], "TABLE_PREFIX"),
        ("dead-letters", &[], "QUEUE_URL_PREFIX"),
        ("ingest", &[], "ENTRANCE"),
        ("ingest", &[("ENTRANCE", "uploads")], "MEDIA_BUCKET"),
        (
            "ingest",
            &[("ENTRANCE", "http"), ("PUBLIC_URL", "https://a.example"), ("MAX_WAIT_SECONDS", "5")],
            "ACCEPT_TRAFFIC",
        ),
        ("worker", &[("STAGE_TIME_SECONDS", "5")], "STAGE"),
        (
            "worker",
            &[("STAGE_TIME_SECONDS", "5"), ("STAGE", "face-detection"), ("MODELS_DIR", "m")],
            "FACE_ENGINE",
        ),
        ("worker", &[("STAGE_TIME_SECONDS", "5"), ("STAGE", "image-generation")], "IMAGE_PROVIDER"),
    ] {
        let (ended_badly, said) = refused(binary, settings, without).await;
        assert!(ended_badly, "{binary} without {without}");
        assert!(said.contains(&format!("setting SEMBLANTE_{without} is missing")), "{binary}: {said}");
    }
}

#[tokio::test]
async fn what_is_wrong_or_unknown_is_named() {
    let worker = [
        ("STAGE", "face-detection"),
        ("STAGE_TIME_SECONDS", "0"),
        ("MODELS_DIR", "m"),
        ("FACE_ENGINE", "haar"),
    ];
    let (ended_badly, said) = refused("worker", &worker, "").await;
    assert!(ended_badly);
    for sentence in [
        "SEMBLANTE_STAGE_TIME_SECONDS must be a whole number from 1 on, not \\\"0\\\"",
        "SEMBLANTE_FACE_ENGINE must be rekognition or embedded, not \\\"haar\\\"",
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    let (ended_badly, said) = refused("maintenance", &[("STAGE", "face-detection")], "").await;
    assert!(ended_badly && said.contains("SEMBLANTE_STAGE is unknown here"), "{said}");
}

#[tokio::test]
async fn networks_that_are_not_there_are_told() {
    let worker = [
        ("STAGE", "face-detection"),
        ("STAGE_TIME_SECONDS", "5"),
        ("MODELS_DIR", "no-such-folder"),
        ("FACE_ENGINE", "embedded"),
    ];
    let (ended_badly, said) = refused("worker", &worker, "").await;
    assert!(ended_badly && said.contains("no-such-folder"), "{said}");
}
