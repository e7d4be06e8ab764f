//! `status`, `gallery` and `queues`.

use crate::installation::{Installation, sample};
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
        &["gallery", "--tenant", "other"],
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
    let first = format!("photo {complete} (sample1.jpg) of ana@example.com, tenant default\n");
    assert!(status.out.starts_with(&first), "{}", status.out);
    for part in ["complete, attempt 1", "faces: 3", "melody-generation", "succeeded", "\npicture   http://"] {
        assert!(status.out.contains(part), "{part}: {}", status.out);
    }
    let status = installation.run(&["status", &failed]);
    for part in ["failed, attempt 1", "undecodable_image", "skipped"] {
        assert!(status.out.contains(part), "{part}: {}", status.out);
    }

    let gallery = installation.run(&["gallery"]).out;
    let (links, rows): (Vec<&str>, Vec<&str>) = gallery.lines().partition(|line| line.starts_with("  "));
    let [head, first, second] = rows[..] else { panic!("{gallery}") };
    assert!(head.starts_with("UPLOAD ") && head.ends_with(" USER             FILE"), "{gallery}");
    assert!(first.starts_with(&complete) && first.ends_with(" ana@example.com  sample1.jpg"), "{gallery}");
    assert!(second.starts_with(&failed) && second.ends_with(" ana@example.com  broken.jpg"), "{gallery}");
    let names: Vec<&str> = links.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["picture", "melody", "photo"], "of the complete photo: {gallery}");
    assert!(links.iter().all(|line| line.contains(" http://127.0.0.1:8080/objects/media/")), "{gallery}");
    let filtered = installation.run(&["gallery", "--state", "failed", "--user", "ana@example.com"]).out;
    assert!(filtered.contains(&failed) && !filtered.contains(&complete), "{filtered}");

    let queues = installation.run(&["queues"]).out;
    assert_eq!(queues.lines().count(), 14, "a head, twelve queues, a note: {queues}");
    assert!(queues.starts_with("QUEUE ") && queues.contains("IN FLIGHT"), "{queues}");
    assert!(
        queues.contains("gallery-indexing-dead-letters") && queues.contains("up is not running"),
        "{queues}"
    );
}

/// All rows of a gallery by pages of one row.
fn paged(installation: &Installation, arguments: &[&str]) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    for page in 0.. {
        assert!(page < 20, "the cursors do not end");
        let after = cursor.as_deref().map_or(vec![], |cursor| vec!["--cursor", cursor]);
        let page = installation.json(&[&["gallery", "--limit", "1"], arguments, &after[..]].concat());
        seen.extend(page["uploads"].as_array().expect("rows").clone());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    seen
}

fn names(rows: &[Value]) -> Vec<(&str, &str)> {
    rows.iter().filter_map(|row| Some((row["filename"].as_str()?, row["email"].as_str()?))).collect()
}

/// Ana's photo, Bea's photo, Ana's photo: in one list by time, in pages and with filters too.
#[test]
fn a_gallery_is_newest_first_over_all_users() {
    let installation = Installation::new();
    for (file, user) in [("a.jpg", "ana"), ("b.jpg", "bea"), ("c.jpg", "ana"), ("d.jpg", "bea")] {
        let content =
            if file == "b.jpg" { sample(1) } else { [b"\xff\xd8\xff\xe0 ", file.as_bytes()].concat() };
        installation.photo(file, &content);
        let (path, user) = (format!("photos/{file}"), format!("{user}@example.com"));
        let ran = installation.run(&["import", "photos", &path, "--user", &user, "--create", "--process"]);
        assert_eq!(ran.code, Some(i32::from(file != "b.jpg")), "{ran:?}");
    }
    let (ana, bea) = ("ana@example.com", "bea@example.com");
    let all = installation.json(&["gallery", "--all"])["uploads"].as_array().expect("rows").clone();
    let expected = [("d.jpg", bea), ("c.jpg", ana), ("b.jpg", bea), ("a.jpg", ana)];
    assert_eq!(names(&all), expected);
    assert_eq!(paged(&installation, &[]), all, "pages of one row tell the same");
    assert_eq!(names(&paged(&installation, &["--state", "failed"])), [expected[0], expected[1], expected[3]]);
    assert_eq!(names(&paged(&installation, &["--state", "complete"])), [expected[2]]);
    assert_eq!(names(&paged(&installation, &["--user", ana])), [expected[1], expected[3]]);

    let none = installation.run(&["gallery", "--state", "partial"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), "tenant default has no such results\n"));
    let none = installation.run(&["dead-letters", "list"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), "there are no dead letters\n"));

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
        (&["status", &complete, "--tenant", "stranger"], 1, "--tenant names another tenant"),
        (&["status", "1234"], 2, "not a UUID"),
        (&["status", &failed], 1, "was erased at 2023-11-14T22:13:20Z"),
        (&["status", &complete, "--tenant", "no/slash"], 2, "tenant"),
        (&["gallery", "--user", "absent@example.com"], 1, "no_such_user"),
        (&["gallery", "--emotion", "MERRY"], 2, "one of HAPPY"),
        (&["gallery", "--limit", "0"], 2, "--limit"),
    ] {
        let ran = installation.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
}
