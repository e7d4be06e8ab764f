//! A function with missing or wrong settings does not start, and says why.

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
        let key = without.to_lowercase();
        let sentence = format!("setting {key} is missing: set SEMBLANTE_{without}");
        assert!(said.contains(&sentence), "{binary}: {said}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_or_unknown_is_named_at_once() {
    let worker = [
        ("STAGE", "face-detection"),
        ("STAGE_TIME_SECONDS", "0"),
        ("MODELS_DIR", "m"),
        ("EMOTION_PRIOR", "2"),
        ("FACE_ENGINE", "haar"),
        ("TABEL_PREFIX", "stack-"),
    ];
    let (ended_badly, said) = refused("worker", &worker, "TABLE_PREFIX").await;
    assert!(ended_badly);
    for sentence in [
        "setting table_prefix is missing: set SEMBLANTE_TABLE_PREFIX\n",
        "SEMBLANTE_STAGE_TIME_SECONDS: setting stage_time_seconds must be a whole number from 1 to 900, not \"0\"\n",
        "SEMBLANTE_EMOTION_PRIOR: setting emotion_prior must be a number from 0 to 1, not \"2\"\n",
        "SEMBLANTE_FACE_ENGINE: setting face_engine must be one of embedded, rekognition, not \"haar\"\n",
        "SEMBLANTE_TABEL_PREFIX: unknown setting \"tabel_prefix\"; did you mean \"table_prefix\"?",
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    let (ended_badly, said) = refused("maintenance", &[("STAGE", "face-detection")], "").await;
    assert!(ended_badly && said.contains("SEMBLANTE_STAGE: unknown setting \"stage\""), "{said}");
    let (ended_badly, said) = refused("ingest", &[("ENTRANCE", "uploads"), ("MEDIA_BUCKET", "")], "").await;
    assert!(
        ended_badly && said.contains("setting media_bucket is missing: every function needs it"),
        "{said}"
    );
}

#[tokio::test]
async fn networks_that_are_not_there_are_told() {
    let worker = [
        ("STAGE", "face-detection"),
        ("STAGE_TIME_SECONDS", "5"),
        ("MODELS_DIR", "no-such-folder"),
        ("EMOTION_PRIOR", "0.25"),
        ("FACE_ENGINE", "embedded"),
    ];
    let (ended_badly, said) = refused("worker", &worker, "").await;
    assert!(ended_badly && said.contains("no-such-folder"), "{said}");
}
