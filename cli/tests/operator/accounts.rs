//! Accounts from the command line, while a server runs and while it does not.

use crate::installation::Installation;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_this_machine_learns_what_it_needs_and_tries_the_demo_user() {
    let installation = Installation::new();
    let server = installation.up();
    let client = reqwest::Client::new();
    let reply = client.get(format!("{}/api/v1/installation", server.url)).send().await.expect("an answer");
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["cache-control"]),
        (200, &"public, max-age=60".parse().expect("a value"))
    );
    let mut document: Value = reply.json().await.expect("JSON");
    let types = document["media_types"].take();
    assert!(types.as_array().is_some_and(|types| types.contains(&json!("image/jpeg"))), "{types}");
    let expected = json!({"runtime": "one_machine", "demo_user": true, "max_upload_bytes": 20 << 20,
        "max_photo_body_bytes": 10 << 20, "media_types": null, "max_side_px": 30_000, "max_megapixels": 200,
        "languages": ["en", "es"], "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(document, expected);

    let (status, demo) = post(&server.url, "/api/v1/auth/demo", "", &json!({})).await;
    assert_eq!((status, &demo["role"]), (200, &json!("customer")), "{demo}");
    let gallery = client.get(format!("{}/gallery", server.url)).bearer_auth(text(&demo, "access_token"));
    assert_eq!(gallery.send().await.expect("an answer").status(), 200);
    // The header of the page goes through every layer.
    let body = json!({"session": "cookie"});
    let reply =
        client.post(format!("{}/api/v1/auth/demo", server.url)).header("origin", &server.url).json(&body);
    let reply = reply.send().await.expect("an answer");
    let cookie =
        reply.headers()["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
    let refresh = client.post(format!("{}/api/v1/token/refresh", server.url)).header("cookie", cookie);
    let refresh = refresh.header("x-semblante-page", "1").header("origin", &server.url);
    assert_eq!(refresh.send().await.expect("an answer").status(), 200);
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

#[test]
fn a_users_archive_is_written_whole_or_not_at_all() {
    let installation = Installation::new();
    installation.photo("one.jpg", b"\xff\xd8\xff\xe0 and nothing more");
    let imported =
        installation.run(&["import", "photos", "photos", "--user", "ana@example.com", "--create", "--json"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let file = installation.path().join("ana.zip");
    let path = file.to_str().expect("text");
    let exported = installation.json(&["users", "export", "ana@example.com", path]);
    let archive = std::fs::read(&file).expect("the archive");
    assert_eq!(exported["bytes"], archive.len());
    let is_in = |part: &[u8]| archive.windows(part.len()).any(|window| window == part);
    assert!(
        archive.starts_with(b"PK\x03\x04") && is_in(b"PK\x05\x06"),
        "from its first file to its directory"
    );
    assert!(is_in(b"account.json") && is_in(b"and nothing more"));

    let server = installation.up();
    std::fs::remove_file(&file).expect("it is there");
    let again = installation.json(&["users", "export", "ana@example.com", path]);
    assert_eq!(
        again["bytes"],
        std::fs::metadata(&file).expect("the archive").len(),
        "through the server too"
    );
    drop(server);
    let unknown = installation.run(&["users", "export", "bea@example.com", path]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(std::fs::read(&file).expect("the archive").starts_with(b"PK"), "the earlier one stays");
}

/// Made by passlib 1.7.4 of `$QWE098$`.
const OF_PASSLIB: &str =
    "$pbkdf2-sha256$29000$.V.Lce4dozSmFCJEyBnDeA$oGaRaMsdvPUjl/T8M60vFk.U01EMApKFGVQIT3tvWB4";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_other_systems_are_imported_and_log_in() {
    let installation = Installation::new();
    let file = installation.path().join("users.jsonl");
    // The SHA-256 of `Secreta123`, as table t_usuarios has it.
    let sha256 = "b7588c7796997f1fc2115555b483ad990738db432ec4be3f5f2fa7ccfd57903b";
    let rows = [
        json!({"tenant_id": "6200millas", "user_id": "admin@6200millas.pe", "password_hash": sha256, "role": "admin"}),
        json!({"Item": {"Id": {"S": "1"}, "Email": {"S": "Info@teos.com"}, "Name": {"S": "TEOS"}, "Password": {"S": OF_PASSLIB}}}),
        json!({"email": "plain@x.pe", "password": "Secreta123"}),
        json!({"email": "no address", "password": sha256}),
    ];
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    std::fs::write(&file, lines.join("\n")).expect("a file");
    let import = |more: &[&str]| {
        let path = file.to_str().expect("text");
        let ran = installation.run(&[&["users", "import", path, "--json"][..], more].concat());
        assert_eq!(ran.code, Some(1), "two rows are bad: {ran:?}");
        let report = ran.json();
        let bad = report["bad_rows"].as_array().expect("rows").clone();
        assert_eq!((&bad[0]["line"], &bad[1]["line"]), (&json!(3), &json!(4)), "{report}");
        report["outcomes"].clone()
    };
    let first = installation.json(&["users", "create", "root@example.com"]);
    assert_eq!(first["role"], "customer");
    assert_eq!(import(&["--dry-run"]), json!({"would_create": 2, "bad": 2}));
    assert_eq!(installation.json(&["users", "list"])["users"].as_array().map(Vec::len), Some(1));
    assert_eq!(import(&[]), json!({"created": 2, "bad": 2}));
    let listed = installation.json(&["users", "list", "--tenant", "6200millas"]);
    assert_eq!(listed["users"][0]["role"], "admin");

    let server = installation.up();
    assert_eq!(import(&[]), json!({"exists": 2, "bad": 2}), "a second run changes nothing");
    assert_eq!(installation.json(&["users", "list", "--tenant", "6200millas"]), listed);
    let body = json!({"tenant_id": "6200millas", "user_id": "admin@6200millas.pe", "password": "Secreta123"});
    let (status, session) = post(&server.url, "/usuarios/login", "", &body).await;
    assert_eq!((status, &session["role"]), (200, &json!("admin")), "{session}");
    assert_eq!(log_in(&server.url, "info@teos.com", "$QWE098$").await.0, 200);

    let reset = installation.json(&["users", "reset", "info@teos.com"]);
    let body = json!({"token": text(&reset, "reset_token"), "new_password": "Otra-Secreta-456"});
    assert_eq!(post(&server.url, "/api/v1/auth/reset", "", &body).await.0, 204);
    assert_eq!(log_in(&server.url, "info@teos.com", "$QWE098$").await.0, 401);
    assert_eq!(log_in(&server.url, "info@teos.com", "Otra-Secreta-456").await.0, 200);
}

/// The key id in the head of a token, and the ids of the keys that the server publishes.
async fn key_ids(url: &str, token: &str) -> (String, Vec<String>) {
    let head = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).expect("base64url");
    let head: Value = serde_json::from_slice(&head).expect("JSON");
    let published = reqwest::get(format!("{url}/.well-known/jwks.json")).await.expect("an answer");
    let published: Value = published.json().await.expect("JSON");
    let ids = published["keys"].as_array().expect("keys").iter().map(|key| text(key, "kid")).collect();
    (text(&head, "kid"), ids)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_key_signs_at_once_and_the_last_one_verifies_on() {
    let installation = Installation::new();
    let operator = installation.json(&["operators", "create", "root@example.com"]);
    let password = text(&operator, "password");
    let server = installation.up();
    let whoami = async |session: &Value| {
        post(&server.url, "/api/v1/auth/whoami", &text(session, "access_token"), &json!({})).await.0
    };
    let first = log_in(&server.url, "root@example.com", &password).await.1;
    let (first_key, ahead) = key_ids(&server.url, &text(&first, "access_token")).await;
    assert_eq!((ahead.len(), &ahead[0]), (2, &first_key));

    assert_eq!(installation.json(&["keys", "rotate"])["keys"], 3);
    assert_eq!(whoami(&first).await, 200, "the last key verifies on");
    let second = log_in(&server.url, "root@example.com", &password).await.1;
    let (second_key, published) = key_ids(&server.url, &text(&second, "access_token")).await;
    assert_eq!(ahead[1], second_key, "it was published before it signed");
    assert_eq!((published.len(), &published[0], &published[2]), (3, &second_key, &first_key));

    assert_eq!(installation.json(&["keys", "rotate"])["keys"], 3);
    assert_eq!((whoami(&first).await, whoami(&second).await), (401, 200), "only the last key verifies on");
    let refresh = json!({"refresh_token": first["refresh_token"]});
    assert_eq!(post(&server.url, "/api/v1/token/refresh", "", &refresh).await.0, 200, "sessions go on");

    assert_eq!(server.stop(), Some(0));
    assert_eq!(installation.json(&["keys", "rotate"])["keys"], 3, "without a server too");
    let server = installation.up();
    let whoami = post(&server.url, "/api/v1/auth/whoami", &text(&second, "access_token"), &json!({})).await;
    assert_eq!(whoami.0, 401);
}
