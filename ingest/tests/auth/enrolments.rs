//! Faces under e-mail addresses: what enrols, what matches, and what an attacker learns.

use crate::faces::THRESHOLD;
use crate::server::{Reply, Server};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use domain::{Bucket, Email, Enrolment, Ports, TenantId};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

pub const ANA: &str = "ana@example.org";

/// The photo of these faces as a data URL.
fn photo(faces: &Value) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(faces.to_string()))
}

pub fn tenant() -> TenantId {
    TenantId::parse("default").expect("an id")
}

pub fn email(raw: &str) -> Email {
    Email::parse(raw).expect("an address")
}

pub async fn register(server: &Server, email: &str, faces: &Value) -> Reply {
    server.post("/register", &json!({"email": email, "first_name": "Ana", "photo": photo(faces)})).await
}

pub async fn verify(server: &Server, email: &str, faces: &Value) -> Reply {
    server.post("/verify", &json!({"email": email, "photo": photo(faces)})).await
}

/// A request to a route with a body and a token.
pub async fn with(server: &Server, path: &str, token: &str, email: &str, faces: &Value) -> Reply {
    let body = json!({"email": email, "photo": photo(faces)}).to_string();
    server.send("POST", path, &[format!("authorization: Bearer {token}")], body.as_bytes()).await
}

/// A verification from an address.
async fn verify_from(server: &Server, address: &str, email: &str, face: f64) -> Reply {
    let body = json!({"email": email, "photo": photo(&json!([face]))}).to_string();
    server.send("POST", "/verify", &[format!("x-forwarded-for: {address}")], body.as_bytes()).await
}

pub async fn enrolled(ports: &Ports, address: &str) -> Option<Enrolment> {
    ports.enrolments.get(&tenant(), &email(address)).await.expect("reading works")
}

pub async fn photos(ports: &Ports) -> usize {
    ports.objects.list(Bucket::UsersPhotos, "", None, 100).await.expect("listing works").objects.len()
}

/// The fields of seed 000's app, whose base64 may lack its padding.
#[tokio::test]
async fn the_app_enrols_and_verifies() {
    let server = Server::start().await;
    let picture = BASE64_STANDARD_NO_PAD.encode("[7.5]");
    let fields =
        json!({"email": " Ana@Example.org", "first_name": "Ana", "last_name": "Quispe", "photo": picture});
    let reply = server.post("/register", &fields).await;
    assert_eq!((reply.status, &reply.body["status"]), (200, &json!("ok")), "{}", reply.body);
    assert!(reply.text("photo_url").starts_with("http://photos.example/objects/users-photos/enrolments/"));
    assert_eq!(reply.body["consent"]["source"], "unstated");

    let same = verify(&server, ANA, &json!([9.0])).await;
    let user = json!({"email": ANA, "first_name": "Ana", "last_name": "Quispe", "name": null});
    let expected = json!({
        "match": true, "verified": true, "similarity": 100.0, "threshold": THRESHOLD, "liveness": "none",
        "model": "numbers 1", "user": user,
    });
    assert_eq!((same.status, &same.body), (200, &expected));
    assert_eq!(same.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_consent_is_recorded() {
    let server = Server::start().await;
    let consent = json!({"source": "signup form", "text_version": "2026-01"});
    let fields = json!({"email": ANA, "photo": photo(&json!([1])), "consent": consent});
    let told = server.post("/register", &fields).await.body["consent"].clone();
    assert_eq!((&told["source"], &told["text_version"]), (&json!("signup form"), &json!("2026-01")));
    let stored = enrolled(&server.ports().await, ANA).await.expect("it is stored").consent;
    assert_eq!((stored.source.as_str(), stored.text_version.as_deref()), ("signup form", Some("2026-01")));
    for (field, wrong, named) in [
        ("consent", json!(["form"]), "consent must be an object"),
        ("consent", json!("form"), "consent must be an object"),
        ("consent", json!({"source": 5}), "consent.source must be a string"),
        ("consent", json!({"text_version": []}), "consent.text_version must be a string"),
        ("email", json!(5), "email must be a string"),
        ("last_name", json!({}), "last_name must be a string"),
    ] {
        let mut fields = json!({"email": "bea@example.org", "photo": photo(&json!([1]))});
        fields[field] = wrong;
        let refused = server.post("/register", &fields).await;
        refused.expect(422, "invalid_field");
        assert_eq!(refused.body["detail"], named);
    }
}

/// An address without an enrolment is answered, and worked for, as one with another face.
#[tokio::test]
async fn an_unknown_address_looks_like_another_face() {
    let server = Server::start().await;
    assert_eq!(register(&server, ANA, &json!([1])).await.status, 200);
    let other = verify(&server, ANA, &json!([60])).await;
    let unknown = verify(&server, "unknown@example.org", &json!([60])).await;
    assert_eq!((other.status, &other.body), (unknown.status, &unknown.body));
    assert_eq!((&other.body["match"], &other.body["similarity"]), (&json!(false), &Value::Null));
    assert!(other.body.get("user").is_none());
    assert_eq!(server.faces.compared.load(Ordering::Relaxed), 2, "each was compared");
    for faces in [json!([]), json!([1, 2]), json!("no photo")] {
        let code = |reply: &Reply| (reply.status, reply.body["code"].clone());
        let known = code(&verify(&server, ANA, &faces).await);
        assert_eq!(known, code(&verify(&server, "unknown@example.org", &faces).await), "{faces}");
        assert_eq!(known.0, 422);
    }
}

#[tokio::test]
async fn a_photo_has_exactly_one_face() {
    let server = Server::start().await;
    for (faces, code) in
        [(json!([]), "no_face"), (json!([1, 1]), "multiple_faces"), (json!("?"), "undecodable_image")]
    {
        register(&server, ANA, &faces).await.expect(422, code);
        verify(&server, ANA, &faces).await.expect(422, code);
    }
    let ports = server.ports().await;
    assert_eq!((enrolled(&ports, ANA).await, photos(&ports).await), (None, 0), "nothing stays of them");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let server = Server::start().await;
    let long = "x".repeat(101);
    for path in ["/register", "/verify"] {
        for (fields, status, code) in [
            (json!({}), 400, "missing_photo"),
            (json!({"photo": "Wzdd"}), 400, "missing_field"),
            (json!({"email": ANA}), 400, "missing_photo"),
            (json!({"email": "ana", "photo": "Wzdd"}), 400, "invalid_email"),
            (json!({"email": ANA, "photo": "?"}), 400, "bad_base64"),
            (json!({"email": ANA, "photo": ""}), 422, "empty_photo"),
            (json!({"email": ANA, "photo": 5}), 422, "invalid_field"),
            (json!({"email": ANA, "photo": "Wzdd", "first_name": long}), 400, "invalid_name"),
            (json!({"email": ANA, "photo": "A".repeat(140_000)}), 413, "too_large"),
        ] {
            server.post(path, &fields).await.expect(status, code);
        }
        let form = ["content-type: text/plain".to_owned()];
        server.send("POST", path, &form, b"{}").await.expect(415, "not_json");
        server.send("POST", path, &[], b"[]").await.expect(422, "invalid_field");
        server.wind(60);
    }
}

#[tokio::test]
async fn a_stranger_replaces_no_face() {
    let server = Server::start().await;
    let ports = server.ports().await;
    assert_eq!(register(&server, ANA, &json!([1])).await.status, 200);
    let first = enrolled(&ports, ANA).await.expect("it is stored");
    assert_eq!(first.owner, None, "an identity of its own");
    register(&server, ANA, &json!([50])).await.expect(409, "already_enrolled");
    let stranger = server.sign_up("mallory@example.org").await.text("access_token");
    with(&server, "/register", &stranger, ANA, &json!([50])).await.expect(403, "foreign_email");
    with(&server, "/register", "nonsense", ANA, &json!([50])).await.expect(401, "invalid_token");
    assert_eq!(enrolled(&ports, ANA).await, Some(first.clone()));

    // Signing up proves no address: an account takes over a face only with a photo of it.
    let owner = server.sign_up(ANA).await.text("access_token");
    with(&server, "/register", &owner, ANA, &json!([50])).await.expect(409, "already_enrolled");
    assert_eq!(enrolled(&ports, ANA).await, Some(first));
    assert_eq!(with(&server, "/register", &owner, ANA, &json!([2])).await.status, 200);
    let second = enrolled(&ports, ANA).await.expect("it is stored");
    assert!(second.owner.is_some() && second.version == 2);
    assert_eq!(photos(&ports).await, 1, "the former photo is deleted");
    register(&server, ANA, &json!([2])).await.expect(409, "already_enrolled");
    assert_eq!(with(&server, "/register", &owner, ANA, &json!([50])).await.status, 200);
    assert_eq!(photos(&ports).await, 1, "the former photo is deleted");
    assert_eq!(verify(&server, ANA, &json!([1])).await.body["match"], json!(false));
    assert_eq!(verify(&server, ANA, &json!([50])).await.body["match"], json!(true));
}

#[tokio::test]
async fn many_at_once_enrol_one_face() {
    let server = std::sync::Arc::new(Server::start().await);
    let tries: Vec<_> = (0..8)
        .map(|face| {
            let server = server.clone();
            tokio::spawn(async move { register(&server, ANA, &json!([face * 20])).await.status })
        })
        .collect();
    let mut enrolled_ones = 0;
    for one in tries {
        let status = one.await.expect("it is answered");
        assert!([200, 409].contains(&status), "{status}");
        enrolled_ones += usize::from(status == 200);
    }
    assert_eq!((enrolled_ones, photos(&server.ports().await).await), (1, 1));
}

#[tokio::test]
async fn where_accounts_enrol_a_token_is_needed() {
    let server = Server::of_accounts().await;
    register(&server, ANA, &json!([1])).await.expect(401, "missing_token");
    server.send("POST", "/register", &[], b"not JSON").await.expect(401, "missing_token");
    let owner = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &owner, ANA, &json!([1])).await.status, 200);
    assert_eq!(verify(&server, ANA, &json!([1])).await.body["match"], json!(true), "without a token");
}

#[tokio::test]
async fn only_the_owner_sees_the_photo_and_how_far_off_a_face_is() {
    let server = Server::start().await;
    let owner = server.sign_up(ANA).await.text("access_token");
    let stranger = server.sign_up("mallory@example.org").await.text("access_token");
    assert_eq!(with(&server, "/register", &owner, ANA, &json!([1])).await.status, 200);
    for (token, sees) in [(&owner, true), (&stranger, false)] {
        let matched = with(&server, "/verify", token, ANA, &json!([1])).await.body;
        assert_eq!(matched["user"]["photo_url"].is_string(), sees, "{matched}");
        let other = with(&server, "/verify", token, ANA, &json!([48])).await.body;
        assert_eq!(other["similarity"], if sees { json!(55.0) } else { Value::Null });
        assert!(other.get("user").is_none());
    }
}

/// No answer below the threshold says whether a changed photo is nearer, and tries are few.
#[tokio::test]
async fn hill_climbing_learns_nothing_and_is_throttled() {
    let server = Server::start().await;
    assert_eq!(register(&server, ANA, &json!([1])).await.status, 200);
    assert_eq!(verify_from(&server, "192.0.2.9", ANA, 1.0).await.body["match"], json!(true));
    for (address, tries) in [("192.0.2.1", 10), ("192.0.2.2", 10), ("192.0.2.3", 8)] {
        let mut answers = Vec::new();
        for step in 0..tries {
            let reply = verify_from(&server, address, ANA, 90.0 - f64::from(step)).await;
            assert_eq!(reply.status, 200, "{address} {step}: {}", reply.body);
            answers.push(reply.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        verify_from(&server, address, ANA, 1.0).await.expect(429, "too_many_requests");
    }
    // From any number of addresses, as few.
    verify_from(&server, "198.51.100.1", ANA, 1.0).await.expect(429, "too_many_requests");
    // Where it matched before, none of that matters; nor does it for other faces.
    assert_eq!(verify_from(&server, "192.0.2.9", ANA, 1.0).await.body["match"], json!(true));
    assert_eq!(verify_from(&server, "198.51.100.1", "bea@example.org", 1.0).await.status, 200);
    // Unknown addresses are throttled alike.
    for _ in 0..10 {
        assert_eq!(verify_from(&server, "203.0.113.5", "unknown@example.org", 1.0).await.status, 200);
    }
    verify_from(&server, "203.0.113.5", "unknown@example.org", 1.0).await.expect(429, "too_many_requests");
}

#[tokio::test]
async fn an_address_has_thirty_requests_a_minute() {
    let server = Server::start().await;
    for number in 0..30 {
        assert_eq!(verify(&server, &format!("{number}@example.org"), &json!([1])).await.status, 200);
    }
    register(&server, ANA, &json!([1])).await.expect(429, "too_many_requests");
    server.wind(60);
    assert_eq!(register(&server, ANA, &json!([1])).await.status, 200);
}

#[tokio::test]
async fn a_failed_replacement_keeps_the_former_face() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let token = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &token, ANA, &json!([1])).await.status, 200);
    let former = enrolled(&ports, ANA).await.expect("it is stored");
    *server.broken.lock().expect("no panic") = Some(email(ANA));
    with(&server, "/register", &token, ANA, &json!([50])).await.expect(500, "internal");
    assert_eq!(enrolled(&ports, ANA).await.as_ref(), Some(&former));
    assert!(ports.objects.head(Bucket::UsersPhotos, &former.photo).await.expect("reading works").is_some());
    assert_eq!(photos(&ports).await, 1, "nothing of the new one stays");
    assert_eq!(verify(&server, ANA, &json!([1])).await.body["match"], json!(true));
}

#[tokio::test]
async fn strangers_do_not_lock_the_owner_out() {
    let server = Server::start().await;
    let owner = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &owner, ANA, &json!([1])).await.status, 200);
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        for _ in 0..10 {
            assert_eq!(verify_from(&server, address, ANA, 90.0).await.status, 200);
        }
    }
    verify_from(&server, "192.0.2.4", ANA, 90.0).await.expect(429, "too_many_requests");
    for _ in 0..12 {
        assert_eq!(with(&server, "/register", &owner, ANA, &json!([1])).await.status, 200);
    }
}

#[tokio::test]
async fn another_engines_face_is_enrolled_again() {
    let server = Server::start().await;
    let ports = server.ports().await;
    assert_eq!(register(&server, ANA, &json!([1])).await.status, 200);
    let mut stored = enrolled(&ports, ANA).await.expect("it is stored");
    stored.template.model = "0".into();
    ports.enrolments.save(stored).await.expect("it saves");
    verify(&server, ANA, &json!([1])).await.expect(409, "reenrol");
    verify(&server, ANA, &json!([])).await.expect(422, "no_face");
}
