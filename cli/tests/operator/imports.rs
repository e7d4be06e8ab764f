//! `import photos`.

use crate::installation::{Installation, sample};
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

fn outcomes(told: &Value) -> Vec<&str> {
    told["photos"].as_array().expect("rows").iter().filter_map(|photo| photo["outcome"].as_str()).collect()
}

#[test]
fn photos_wait_for_the_server_and_come_in_once() {
    let installation = Installation::new();
    installation.photo("a.jpg", &sample(1));
    installation.photo("b.jpg", &sample(1));
    installation.photo("notes.txt", b"no photo");
    let first = installation.run(&["import", "photos", "photos", "--user", ANA, "--create"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.out.contains("1 duplicate, 1 imported"), "{first:?}");
    assert!(first.out.contains("at its next start"), "{first:?}");

    let server = installation.up();
    // The only user needs no naming; what is in is not sent in again, and is waited for.
    let told = installation.json(&["import", "photos", "photos", "--process"]);
    assert_eq!(outcomes(&told), ["duplicate", "duplicate"]);
    assert_eq!(told["states"], json!({"complete": 2}));
    installation.photo("c.jpg", &sample(2));
    let told = installation.json(&["import", "photos", "photos", "--user", ANA, "--process"]);
    assert_eq!(outcomes(&told), ["duplicate", "duplicate", "imported"]);
    assert_eq!(told["states"], json!({"complete": 3}));
    assert_eq!(server.stop(), Some(0));
    let gallery = installation.json(&["gallery", "--user", ANA]);
    assert_eq!(gallery["uploads"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_photo_that_is_too_large_is_refused_and_the_rest_goes_on() {
    let installation = Installation::new();
    installation.photo("large.jpg", &[&b"\xff\xd8\xff\xe0"[..], &[0; 300_000]].concat());
    installation.photo("small.jpg", &sample(1));
    let import = ["import", "photos", "photos", "--user", ANA, "--create"];
    let limited = [&import[..], &["--set", "max_upload_bytes=300000"]].concat();
    let ran = installation.run(&limited);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("image_too_large") && ran.out.contains("1 imported, 1 refused"), "{ran:?}");
    // The server's limit counts, not the command's.
    let server = installation.up();
    installation.photo("huge.jpg", &[&b"\xff\xd8\xff\xe0"[..], &vec![0; 21 << 20]].concat());
    let ran = installation.run(&[&import[..], &["--set", "max_upload_bytes=33554432", "--json"]].concat());
    let photos = ran.json()["photos"].clone();
    assert_eq!(
        (&photos[0]["file"], &photos[0]["code"]),
        (&json!("photos/huge.jpg"), &json!("image_too_large"))
    );
    assert_eq!((&photos[1]["outcome"], &photos[2]["outcome"]), (&json!("imported"), &json!("duplicate")));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn who_and_what_must_be_there() {
    let installation = Installation::new();
    installation.photo("a.jpg", b"\xff\xd8\xff\xe0");
    std::fs::create_dir(installation.path().join("empty")).unwrap();
    let import = |arguments: &[&str]| installation.run(&[&["import", "photos"], arguments].concat());
    let told = |ran: crate::installation::Ran, code: i32, said: &str| {
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.err.contains(said), "{said}: {ran:?}");
    };
    told(import(&["photos", "--user", ANA]), 1, "there is no installation");
    assert!(!installation.data().exists(), "a mistyped directory is not made");
    told(import(&["empty", "--user", ANA, "--create"]), 1, "no photo");
    told(import(&["absent", "--user", ANA]), 1, "absent");
    told(import(&["photos", "--create"]), 2, "--user");
    told(import(&["photos", "--user", "ana", "--create"]), 1, "--create requires an e-mail address");
    told(import(&["photos"]), 1, "has no users");
    assert_eq!(import(&["photos", "--user", ANA, "--create"]).code, Some(0));
    told(import(&["photos", "--user", "bea@example.com"]), 1, "no_such_user");
    assert_eq!(import(&["photos", "--user", "bea@example.com", "--create"]).code, Some(0));
    told(import(&["photos"]), 1, "name one with --user");
    told(import(&["photos", "--user", ANA, "--tenant", "stranger"]), 1, "no_such_user");
}
