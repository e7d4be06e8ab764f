//! Accounts from the command line, while a server runs and while it does not.

use crate::installation::Installation;
use serde_json::{Value, json};

/// Status and answer of a request to a running server.
async fn post(url: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let client = reqwest::Client::new();
    let reply =
        client.post(format!("{url}{path}")).bearer_auth(token).json(body).send().await.expect("an answer");
    let status = reply.status().as_u16();
    (status, reply.json().await.unwrap_or_default())
}

async fn log_in(url: &str, email: &str, password: &str) -> (u16, Value) {
    post(url, "/api/v1/auth/login", "", &json!({"email": email, "password": password})).await
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_user_is_out_at_once_and_an_enabled_one_is_back() {
    let installation = Installation::new();
    let operator = installation.json(&["operators", "create", "root@example.com"]);
    assert_eq!((&operator["role"], &operator["email"]), (&json!("operator"), &json!("root@example.com")));
    let server = installation.up();
    let (status, session) = log_in(&server.url, "root@example.com", &text(&operator, "password")).await;
    assert_eq!((status, &session["role"]), (200, &json!("operator")), "{session}");

    let ran = installation.run_with(
        &[
            "users",
            "create",
            "ana@example.com",
            "--role",
            "admin",
            "--name",
            "Ana",
            "--password-stdin",
            "--json",
        ],
        "Secreta123\n",
    );
    assert_eq!((ran.code, ran.json().get("password")), (Some(0), None), "{ran:?}");
    let (status, ana) = log_in(&server.url, "ana@example.com", "Secreta123").await;
    assert_eq!((status, &ana["role"]), (200, &json!("admin")));

    let disabled = installation.json(&["users", "disable", "ana@example.com"]);
    assert!(disabled["disabled_at"].is_string(), "{disabled}");
    let refresh = json!({"refresh_token": ana["refresh_token"]});
    assert_eq!(post(&server.url, "/api/v1/token/refresh", "", &refresh).await.0, 401);
    let logout = post(&server.url, "/api/v1/auth/logout", &text(&ana, "access_token"), &json!({})).await;
    assert_eq!(logout.0, 401, "a write reads the session from the store");
    let (status, refused) = log_in(&server.url, "ana@example.com", "Secreta123").await;
    assert_eq!((status, &refused["code"]), (401, &json!("wrong_credentials")));

    assert!(installation.json(&["users", "disable", "ana@example.com", "--undo"])["disabled_at"].is_null());
    let (status, again) = log_in(&server.url, "ana@example.com", "Secreta123").await;
    assert_eq!(status, 200);
    let changed = installation.json(&["users", "role", "ana@example.com", "customer"]);
    assert_eq!(changed["role"], "customer");
    let logout = post(&server.url, "/api/v1/auth/logout", &text(&again, "access_token"), &json!({})).await;
    assert_eq!(logout.0, 401, "a session with the former role has ended");
    assert_eq!(log_in(&server.url, "ana@example.com", "Secreta123").await.1["role"], "customer");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn users_are_listed_and_wrong_orders_are_told() {
    let installation = Installation::new();
    for number in 0..3 {
        let created = installation.run(&["users", "create", &format!("user{number}@example.com")]);
        assert!(created.out.contains("\npassword  "), "{created:?}");
    }
    let page = installation.json(&["users", "list", "--limit", "2"]);
    assert_eq!(page["users"].as_array().map(Vec::len), Some(2));
    let rest = installation.json(&["users", "list", "--cursor", &text(&page, "next_cursor")]);
    assert_eq!(rest["users"][0]["email"], "user2@example.com");
    assert!(!rest.to_string().contains("argon2"));
    assert!(installation.run(&["users", "list", "--tenant", "acme"]).out.contains("no users"));
    for (arguments, code, told) in [
        (&["users", "create", "user1@example.com"][..], 1, "email_taken"),
        (&["users", "create", "no-address"], 2, "e-mail address"),
        (&["users", "create", "x@example.com", "--role", "operator"], 2, "customer or admin"),
        (&["users", "create", "x@example.com", "--password-stdin"], 2, "no password"),
        (&["users", "role", "user1@example.com", "operator"], 2, "customer or admin"),
        (&["users", "role", "eve@example.com", "admin"], 1, "no_such_user"),
        (&["users", "disable", "eve@example.com"], 1, "no_such_user"),
    ] {
        let ran = installation.run(arguments);
        assert!(ran.code == Some(code) && ran.err.contains(told), "{arguments:?}: {ran:?}");
    }
    let short =
        installation.run_with(&["operators", "create", "x@example.com", "--password-stdin"], "short\n");
    assert!(short.code == Some(1) && short.err.contains("invalid_password"), "{short:?}");
}
