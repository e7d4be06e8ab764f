//! `dead-letters`.

use crate::installation::Installation;
use domain::ports::DeadLetters as _;
use domain::{Code, DeadLetter, QueueName, Stage, TenantId, UploadId};
use serde_json::{Value, json};

fn letter(number: u32, upload: Option<&str>) -> DeadLetter {
    DeadLetter {
        id: DeadLetter::id_of(QueueName::UPLOADS, &number.to_string()),
        queue: QueueName::of(Stage::ImageGeneration),
        stage: Some(Stage::ImageGeneration),
        tenant_id: upload.map(|_| TenantId::parse("default").expect("legal")),
        upload_id: upload.map(|id| UploadId::parse(id).expect("legal")),
        attempt: Some(1),
        receive_count: 5,
        code: Code::parse("retries_exhausted").expect("legal"),
        first_seen: domain::Timestamp::from_second(1_700_000_000 + i64::from(number)).expect("legal"),
        body: format!("message {number}"),
    }
}

/// Letters of an upload that is there, and one that names none, newest first.
async fn bury(installation: &Installation, upload: &str) -> Vec<String> {
    let store =
        embedded::Store::open(&installation.data(), embedded::Options::default()).expect("the store works");
    let rows = embedded::DeadLetters::new(&store);
    let letters = [letter(3, Some(upload)), letter(2, Some(upload)), letter(1, None)];
    for letter in &letters {
        rows.put(letter.clone()).await.expect("the store works");
    }
    letters.iter().map(|letter| letter.id.to_string()).collect()
}

fn ids(list: &Value) -> Vec<&str> {
    list["dead_letters"].as_array().expect("rows").iter().filter_map(|letter| letter["id"].as_str()).collect()
}

#[tokio::test]
async fn they_are_listed_shown_and_redriven() {
    let (installation, complete, _) = Installation::with_photos();
    let letters = bury(&installation, &complete).await;
    assert_eq!(ids(&installation.json(&["dead-letters", "list"])), letters);
    let page = installation.json(&["dead-letters", "list", "--limit", "2"]);
    assert_eq!(ids(&page), letters[..2]);
    let next = page["next_cursor"].as_str().expect("there is more");
    assert_eq!(ids(&installation.json(&["dead-letters", "list", "--cursor", next])), letters[2..]);
    assert_eq!(ids(&installation.json(&["dead-letters", "list", "--tenant", "default"])), letters[..2]);

    let shown = installation.run(&["dead-letters", "show", &letters[0]]);
    for part in [&letters[0], "image-generation", "retries_exhausted", "message 3", &complete] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert_eq!(installation.json(&["dead-letters", "show", &letters[1]])["body"], "message 2");

    let one = installation.run(&["dead-letters", "redrive", &letters[1]]);
    assert_eq!(one.code, Some(0), "{one:?}");
    assert!(one.out.contains("the uploads resume at its next start"), "{one:?}");
    let rest = installation.run(&["dead-letters", "redrive", "--all", "--json"]);
    assert_eq!(rest.code, Some(1), "one names no upload: {rest:?}");
    let told = rest.json()["dead_letters"].clone();
    assert_eq!((&told[0]["redriven"], &told[1]["code"]), (&json!(true), &json!("no_upload")));
    assert_eq!(ids(&installation.json(&["dead-letters", "list", "--all"])), letters[2..]);
    assert_eq!(installation.json(&["queues"])["queues"][0]["visible"], 2, "two orders wait");

    let server = installation.up();
    let gone = installation.run(&["dead-letters", "redrive", &letters[0]]);
    assert!(gone.code == Some(1) && gone.out.contains("not_found"), "{gone:?}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn wrong_questions_are_told() {
    let (installation, ..) = Installation::with_photos();
    let unknown = "01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11";
    for (arguments, code, said) in [
        (&["dead-letters", "show", unknown][..], 1, "there is no dead letter"),
        (&["dead-letters", "show", "12"], 2, "ID"),
        (&["dead-letters", "redrive"], 2, "<ID>"),
        (&["dead-letters", "redrive", unknown, "--all"], 2, "--all"),
        (&["dead-letters", "list", "--cursor", "x"], 1, "bad_cursor"),
    ] {
        let ran = installation.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
    let none = installation.run(&["dead-letters", "redrive", "--all"]);
    assert!(none.code == Some(0) && none.out.contains("there are no dead letters"), "{none:?}");
}
