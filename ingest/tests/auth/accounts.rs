//! Signup, login and whoami.

use crate::server::{PASSWORD, Server};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use domain::ports::Users as _;
use domain::user::{PasswordHash, Role, User};
use domain::{Email, Sha256, TenantId, UserId};
use embedded::Users;
use ingest::auth::password::Passwords;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

const SIGNUP: &str = "/api/v1/auth/signup";
const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn a_person_signs_up_logs_in_and_is_known() {
    let server = Server::start().await;
    let body =
        json!({"email": "Ana@Example.com", "password": PASSWORD, "username": "ana", "name": "Ana García"});
    let signed_up = server.post(SIGNUP, &body).await;
    assert_eq!(signed_up.status, 201, "{}", signed_up.body);
    assert_eq!(signed_up.header("cache-control"), Some("no-store"));
    let user = &signed_up.body["user"];
    for (field, expected) in [
        ("email", "ana@example.com"),
        ("username", "ana"),
        ("name", "Ana García"),
        ("role", "customer"),
        ("tenant_id", "default"),
        ("created_at", "2026-01-01T00:00:00Z"),
    ] {
        assert_eq!(user[field], expected, "{field}");
    }
    assert!(!signed_up.body.to_string().contains("argon2"));
    let logged_in = server.log_in("ANA@example.com", PASSWORD).await;
    assert_eq!(logged_in.status, 200);
    assert_eq!(&logged_in.body["user"], user);
    assert_eq!(logged_in.body["token_type"], "Bearer");
    assert_eq!(logged_in.body["expires_in"], 900);
    for reply in [&signed_up, &logged_in] {
        for method in ["GET", "POST"] {
            let me = server.with(method, "/api/v1/auth/whoami", &reply.text("access_token")).await;
            assert_eq!(me.status, 200);
            assert_eq!(&me.body, user);
        }
    }
}

#[tokio::test]
async fn older_clients_find_their_spelling_and_statuses() {
    let server = Server::start().await;
    let body = json!({"Email": "info@proyecto-teos.com", "Username": "TEOS", "Password": "$QWE098$",
        "Name": "proyecto TEOS"});
    let signed_up = server.post(SIGNUP, &body).await;
    assert_eq!(signed_up.status, 200, "{}", signed_up.body);
    assert_eq!(signed_up.body["user"]["name"], "proyecto TEOS");
    let logged_in =
        server.post(LOGIN, &json!({"Email": "info@proyecto-teos.com", "Password": "$QWE098$"})).await;
    assert_eq!(logged_in.status, 200);
    assert_eq!(server.who_am_i(&logged_in.text("token")).await.status, 200);
    let refreshed = server.refresh(&logged_in.text("refreshToken")).await;
    assert_eq!(server.who_am_i(&refreshed.text("accessToken")).await.status, 200);
    let wrong = json!({"Email": "info@proyecto-teos.com", "Password": "wrong"});
    server.post(LOGIN, &wrong).await.expect(400, "wrong_credentials");
}

#[tokio::test]
async fn addresses_are_unicode_and_have_one_spelling() {
    let server = Server::start().await;
    for (typed, again) in [
        ("jose\u{301}@correo.es", "JOSÉ@CORREO.ES"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("ß@x.de", "ß@X.DE"),
    ] {
        assert_eq!(server.sign_up(typed).await.status, 201, "{typed}");
        assert_eq!(server.log_in(again, PASSWORD).await.status, 200, "{again}");
        server.sign_up(again).await.expect(409, "email_taken");
    }
}

#[tokio::test]
async fn a_login_does_not_reveal_accounts() {
    let server = Server::start().await;
    server.sign_up("ana@example.com").await;
    let wrong_password = server.log_in("ana@example.com", "Secreta124").await;
    let mut answers = vec![wrong_password.body.clone()];
    wrong_password.expect(401, "wrong_credentials");
    for (email, password) in
        [("unknown@example.com", PASSWORD), ("no address", PASSWORD), ("ana@example.com", "")]
    {
        let reply = server.log_in(email, password).await;
        reply.expect(401, "wrong_credentials");
        answers.push(reply.body);
    }
    let other_tenant = json!({"email": "ana@example.com", "password": PASSWORD, "tenant_id": "acme"});
    answers.push(server.post(LOGIN, &other_tenant).await.body);
    let too_long = server.log_in("ana@example.com", &"x".repeat(2000)).await;
    answers.push(too_long.body);
    for answer in &mut answers {
        answer["request_id"] = Value::Null;
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn users_cannot_appoint_themselves() {
    let server = Server::start().await;
    for (extra, status, code) in [
        (json!({"role": "admin"}), 403, "role_not_allowed"),
        (json!({"role": "operator"}), 403, "role_not_allowed"),
        (json!({"Role": "admin"}), 403, "role_not_allowed"),
        (json!({"role": "root"}), 422, "invalid_role"),
        (json!({"tenant_id": "acme"}), 403, "tenant_closed"),
        (json!({"tenant_id": "../x"}), 422, "invalid_tenant_id"),
    ] {
        let mut body = json!({"email": "eve@example.com", "password": PASSWORD});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        server.post(SIGNUP, &body).await.expect(status, code);
    }
    server.log_in("eve@example.com", PASSWORD).await.expect(401, "wrong_credentials");
    let body =
        json!({"email": "eve@example.com", "password": PASSWORD, "role": "customer", "tenant_id": "default"});
    assert_eq!(server.post(SIGNUP, &body).await.body["role"], "customer");
}

#[tokio::test]
async fn of_two_signups_at_once_one_wins() {
    let server = Server::start().await;
    let (a, b) = tokio::join!(server.sign_up("ana@example.com"), server.sign_up("ana@example.com"));
    let mut statuses = [a.status, b.status];
    statuses.sort();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn a_login_renews_a_hash_with_outdated_parameters() {
    let server = Server::start().await;
    assert_eq!(server.sign_up("ana@example.com").await.status, 201);
    let users = Users::new(&server.store);
    let (tenant, email) = (TenantId::parse("default").expect("an id"), Email::parse("ana@example.com"));
    let email = email.expect("an address");
    let stored = async || users.by_email(&tenant, &email).await.expect("it is readable").expect("the user");
    let weak = Params::new(64, 1, 1, None).expect("legal parameters");
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
    let weak = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[1; 16]).expect("it hashes");
    let user = User { password_hash: Some(PasswordHash(weak.to_string())), ..stored().await };
    users.save(user.clone()).await.expect("it saves");
    assert_eq!(server.log_in("ana@example.com", "wrong-password").await.status, 401);
    assert_eq!(stored().await.password_hash, user.password_hash, "a wrong password changes nothing");
    assert_eq!(server.log_in("ana@example.com", PASSWORD).await.status, 200);
    let renewed = stored().await;
    let hash = renewed.password_hash.clone().expect("a hash").0;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(server.log_in("ana@example.com", PASSWORD).await.status, 200);
    assert_eq!(stored().await, renewed, "once");
}

/// The hash of another system as it is stored after an import.
async fn adopted(raw: &str) -> PasswordHash {
    let passwords = Passwords::new(Arc::new(Semaphore::new(1)));
    passwords.adopt(raw).await.expect("it hashes").expect("a known kind")
}

#[tokio::test]
async fn an_imported_hash_is_accepted_once_and_then_renewed() {
    let server = Server::start().await;
    let users = Users::new(&server.store);
    let tenant = TenantId::parse("default").expect("an id");
    let digest = Sha256::of(PASSWORD.as_bytes()).bytes().map(|byte| format!("{byte:02X}")).concat();
    // Made by passlib 1.7.4 of `Secreta123`.
    let passlib = "$pbkdf2-sha256$1200$UMo559xbC.Gck1KKcS5FiA$T4NwYrdOSv6TIxYEsRQOkGZD/J7PSI9wDb3pmFBRPIo";
    for (name, raw) in [("sha256", digest.as_str()), ("passlib", passlib)] {
        let email = Email::parse(&format!("{name}@example.com")).expect("an address");
        let new = User::new(tenant.clone(), UserId::fresh(), Role::Customer, domain::fixture::now());
        let password_hash = adopted(raw).await;
        assert!(!password_hash.0.contains(&digest.to_lowercase()), "a bare SHA-256 is not stored");
        let new = User { email: Some(email.clone()), password_hash: Some(password_hash.clone()), ..new };
        users.create(new).await.expect("it is created");
        let stored = async || users.by_email(&tenant, &email).await.expect("readable").expect("the user");
        for wrong in ["wrong-password", &digest, &digest.to_lowercase(), raw] {
            server.log_in(email.as_str(), wrong).await.expect(401, "wrong_credentials");
        }
        assert_eq!(stored().await.password_hash.as_ref(), Some(&password_hash), "unchanged");
        assert_eq!(server.log_in(email.as_str(), PASSWORD).await.status, 200, "{name}");
        let renewed = stored().await.password_hash.expect("a hash").0;
        assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
        assert_eq!(server.log_in(email.as_str(), PASSWORD).await.status, 200, "{name}");
        server.log_in(email.as_str(), "wrong-password").await.expect(401, "wrong_credentials");
    }
}

#[tokio::test]
async fn fields_of_the_row_are_not_taken_from_a_request() {
    let server = Server::start().await;
    let body = json!({
        "email": "eve@example.com", "password": PASSWORD, "id": "chosen", "user_id": "chosen",
        "created_at": "2001-01-01T00:00:00Z", "password_hash": "x", "disabled_at": null, "version": 7,
        "reset": {"digest": "0".repeat(64), "expires_at": "2999-01-01T00:00:00Z"}, "is_admin": true,
    });
    let eve = server.post(SIGNUP, &body).await;
    assert_eq!(eve.status, 201, "{}", eve.body);
    assert_ne!(eve.body["user"]["id"], "chosen");
    assert_ne!(eve.body["user"]["created_at"], "2001-01-01T00:00:00Z");
    let users = Users::new(&server.store);
    let tenant = TenantId::parse("default").expect("an id");
    let email = Email::parse("eve@example.com").expect("an address");
    let stored = users.by_email(&tenant, &email).await.expect("readable").expect("the user");
    assert_eq!((stored.reset, stored.version, stored.role), (None, 1, Role::Customer));
}
