//! `replay`.

use crate::installation::Installation;
use serde_json::json;

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    let (installation, complete, failed) = Installation::with_photos();
    let before = installation.json(&["status", &complete]);
    let told = installation.json(&["replay", &complete, "--from", "image-generation", "--dry-run"]);
    let replay = &told["replays"][0];
    assert_eq!(replay["kept"], json!(["face-detection", "emotion-analysis", "melody-generation"]));
    assert_eq!(replay["removed"], json!(["image-generation", "gallery-indexing"]));
    assert_eq!((&replay["attempt"], &replay["ordered"]), (&json!(2), &json!(false)));
    let rows = installation.run(&["replay", &complete, &failed, "--dry-run"]).out;
    assert!(rows.contains("planned ") && rows.contains("keeps face-detection"), "{rows}");
    assert!(rows.contains("keeps nothing; repeats face-detection"), "{rows}");
    let after = installation.json(&["status", &complete]);
    assert_eq!((&before["attempt"], &before["changed_at"]), (&after["attempt"], &after["changed_at"]));
}

#[test]
fn an_order_waits_for_the_server_and_is_then_done() {
    let (installation, complete, _) = Installation::with_photos();
    let ran = installation.run(&["replay", &complete, "--from", "melody-generation", "--wait"]);
    assert_eq!(ran.code, Some(1), "the end cannot be waited for: {ran:?}");
    assert!(ran.out.contains("the orders wait for its next start"), "{ran:?}");
    let waiting = &installation.json(&["queues"])["queues"][0];
    assert_eq!((&waiting["queue"], &waiting["visible"]), (&json!("uploads"), &json!(1)));

    let server = installation.up();
    // The attempt that was ordered runs, or has ended, before this one begins.
    let ran =
        installation.run_with(&["replay", "-", "--reroll", "--supersede", "--wait", "--json"], &complete);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["running"], true);
    assert_eq!(server.stop(), Some(0));
    let status = installation.json(&["status", &complete]);
    assert!(status["attempt"].as_u64() >= Some(2), "{status}");
}

#[test]
fn a_replay_is_waited_for() {
    let (installation, complete, failed) = Installation::with_photos();
    let server = installation.up();
    let told = installation.json(&["replay", &complete, "--from", "image-generation", "--reroll", "--wait"]);
    let replay = &told["replays"][0];
    assert_eq!((&replay["state"], &replay["attempt"]), (&json!("complete"), &json!(2)));
    let ran = installation.run(&["replay", &failed, "--reason", "once more", "--wait"]);
    assert_eq!(ran.code, Some(1), "it ends badly again");
    assert!(ran.out.starts_with("failed ") && ran.out.contains("attempt 2"), "{ran:?}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_cannot_be_replayed_is_told_and_the_rest_is_ordered() {
    let (installation, complete, _) = Installation::with_photos();
    let unknown = "01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11";
    let ran = installation.run(&["replay", unknown, &complete, "--json"]);
    assert_eq!(ran.code, Some(1));
    let told = ran.json();
    assert_eq!(told["replays"][0]["code"], "not_found");
    assert_eq!(told["replays"][1]["ordered"], true);
    for (arguments, input, code, said) in [
        (&["replay", "nonsense"][..], "", 2, "not a UUID"),
        (&["replay", "-"], "01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 nonsense", 1, "nothing was ordered"),
        (&["replay", "-"], "\n", 1, "no ids"),
        (&["replay", &complete, "--from", "painting"], "", 2, "one of face-detection"),
        (&["replay", &complete, "--reason", &"x".repeat(501)], "", 1, "at most 500 bytes"),
        (&["replay", &complete, "--tenant", "stranger"], "", 1, "not_found"),
    ] {
        let ran = installation.run_with(arguments, input);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said) || ran.out.contains(said), "{arguments:?}: {ran:?}");
    }
}
