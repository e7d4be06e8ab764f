//! `status`, `gallery` and `queues`.

use crate::installation::Installation;
use domain::ports::Uploads as _;
use domain::{TenantId, Timestamp, Tombstone, UploadId};
use serde_json::Value;

const LINKS: [&str; 8] = [
    "status_url",
    "faces_url",
    "original_image",
    "preview",
    "generated_image",
    "melody",
    "melody_midi",
    "oldest_s",
];

/// What was said, without what depends on where the server listens and on the time.
fn facts(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            LINKS.iter().for_each(|name| drop(fields.remove(*name)));
            fields.values_mut().for_each(|field| *field = facts(field.take()));
        }
        Value::Array(rows) => rows.iter_mut().for_each(|row| *row = facts(row.take())),
        _ => {}
    }
    value
}

#[test]
fn answers_are_the_same_whether_a_server_runs_or_not() {
    let (installation, complete, failed) = Installation::with_photos();
    let asked: [&[&str]; 8] = [
        &["status", &complete],
        &["status", &failed],
        &["gallery"],
        &["gallery", "--user", "ana@example.com", "--state", "complete", "--all"],
        &["gallery", "--limit", "1"],
        &["gallery", "--tenant", "nobody"],
        &["queues"],
        &["dead-letters", "list"],
    ];
    let here: Vec<Value> = asked.iter().map(|asked| facts(installation.json(asked))).collect();
    let server = installation.up();
    for (asked, here) in asked.iter().zip(here) {
        assert_eq!(facts(installation.json(asked)), here, "{asked:?}");
    }
    let status = installation.json(&["status", &complete]);
    let link = status["generated_image"].as_str().expect("a picture");
    assert!(link.starts_with(&server.url), "{link}");
    assert_eq!(server.stop(), Some(0));
    assert!(!installation.data().join("control.sock").exists(), "it is removed at the end");
}

#[test]
fn people_get_rows() {
    let (installation, complete, failed) = Installation::with_photos();
    let status = installation.run(&["status", &complete]);
    assert_eq!(status.code, Some(0));
    for part in [&complete, "complete, attempt 1", "faces: 3", "melody-generation", "succeeded"] {
        assert!(status.out.contains(part), "{part}: {}", status.out);
    }
    let status = installation.run(&["status", &failed]);
    for part in ["failed, attempt 1", "undecodable_image", "skipped"] {
        assert!(status.out.contains(part), "{part}: {}", status.out);
    }

    let gallery = installation.run(&["gallery"]).out;
    let rows: Vec<&str> = gallery.lines().skip(1).collect();
    assert!(rows.len() == 2 && rows[0].starts_with(&complete) && rows[1].starts_with(&failed), "{gallery}");
    let filtered = installation.run(&["gallery", "--state", "failed", "--user", "ana@example.com"]).out;
    assert!(filtered.contains(&failed) && !filtered.contains(&complete), "{filtered}");

    let queues = installation.run(&["queues"]).out;
    assert_eq!(queues.lines().count(), 14, "a head, twelve queues, a note: {queues}");
    assert!(
        queues.contains("gallery-indexing-dead-letters") && queues.contains("up is not running"),
        "{queues}"
    );
}

/// With pages of one row the cursors lead through everything, once.
#[test]
fn a_gallery_is_paged_by_cursors_through_every_user() {
    let (installation, complete, failed) = Installation::with_photos();
    installation.photo("other.jpg", b"\xff\xd8\xff\xe1 another broken one");
    let import =
        ["import", "photos", "photos/other.jpg", "--user", "bea@example.com", "--create", "--process"];
    assert_eq!(installation.run(&import).code, Some(1));
    let mut seen: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    for page in 0.. {
        assert!(page < 10, "the cursors do not end");
        let after = cursor.as_deref().map_or(vec![], |cursor| vec!["--cursor", cursor]);
        let page = installation.json(&[&["gallery", "--limit", "1"], &after[..]].concat());
        seen.extend(page["uploads"].as_array().expect("rows").clone());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    let ids: Vec<&str> = seen.iter().filter_map(|row| row["upload_id"].as_str()).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!(ids[..2], [&complete, &failed]);
    assert_ne!(seen[0]["user_id"], seen[2]["user_id"]);
    let all = installation.json(&["gallery", "--all"]);
    assert_eq!(all["uploads"].as_array().map(Vec::len), Some(3));

    let wrong = installation.run(&["gallery", "--cursor", "nonsense"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains("bad_cursor"), "{wrong:?}");
}

/// Erases an upload as its owner does, but for its objects.
async fn erase(installation: &Installation, upload: &str) {
    let store = embedded::Store::open(&installation.data(), embedded::Options::default())
        .expect("it is there and legal");
    let tombstone = Tombstone {
        tenant_id: TenantId::parse("default").expect("it is there and legal"),
        upload_id: UploadId::parse(upload).expect("it is there and legal"),
        erased_at: Timestamp::from_second(1_700_000_000).expect("it is there and legal"),
    };
    embedded::Uploads::new(&store).erase(tombstone).await.expect("it is there and legal");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (installation, complete, failed) = Installation::with_photos();
    erase(&installation, &failed).await;
    let unknown = "01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11";
    for (arguments, code, said) in [
        (&["status", unknown][..], 1, "has no upload 01981d0e"),
        (&["status", &complete, "--tenant", "stranger"], 1, "--tenant names it"),
        (&["status", "1234"], 2, "not a UUID"),
        (&["status", &failed], 1, "was erased at 2023-11-14T22:13:20Z"),
        (&["status", &complete, "--tenant", "no/slash"], 2, "tenant"),
        (&["gallery", "--user", "nobody@example.com"], 1, "no_such_user"),
        (&["gallery", "--emotion", "MERRY"], 2, "one of HAPPY"),
        (&["gallery", "--limit", "0"], 2, "--limit"),
    ] {
        let ran = installation.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
}
