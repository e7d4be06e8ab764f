//! Hostile and malformed requests.

use crate::client::{Client, PHOTO, declaration, send};
use crate::server::Server;
use domain::{Bucket, fixture};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn tokens_are_needed() {
    let server = Server::start().await;
    let anonymous = Client::anonymous(&server);
    for path in ["/gallery", "/uploads/00000000-0000-0000-0000-000000000007"] {
        let refused = anonymous.get(path).await;
        refused.assert_problem(401, "missing_token");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    for token in ["forged", &"x".repeat(5000)] {
        Client::of(&server, token).get("/gallery").await.assert_problem(401, "invalid_token");
    }
    anonymous.get("/nowhere").await.assert_problem(404, "no_such_route");
    anonymous.delete("/gallery").await.assert_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn declarations_are_checked() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let with = |field: &str, value: Value| {
        let mut body = declaration(PHOTO);
        body[field] = value;
        body
    };
    for (body, status, code) in [
        (with("content_type", json!("image/x-icon")), 415, "unsupported_type"),
        (with("content_type", json!("text/html")), 415, "unsupported_type"),
        (with("content_length", json!(0)), 422, "empty_photo"),
        (with("content_length", json!(-1)), 422, "invalid_field"),
        (with("content_length", json!(u64::MAX)), 413, "too_large"),
        (with("sha256", json!("abc")), 422, "bad_sha256"),
        (with("filename", json!("x".repeat(300))), 422, "bad_filename"),
        (json!([]), 422, "invalid_field"),
        (json!({"x": "y".repeat(20_000)}), 413, "too_large"),
    ] {
        ana.post("/uploads", &body).await.assert_problem(status, code);
    }
    let raw = async |content_type: &str, body: &'static str| {
        send(ana.ask(Method::POST, "/uploads").header("content-type", content_type).body(body)).await
    };
    raw("application/json", "{\"content_type\":").await.assert_problem(400, "bad_json");
    raw("text/plain", "{}").await.assert_problem(415, "not_json");
    let accepted =
        ana.post("/uploads", &with("content_type", json!("image/jxl"))).await.json()["accepted"].clone();
    let formats = ["jpeg", "png", "webp", "heic", "avif", "gif", "bmp", "tiff"];
    assert_eq!(accepted, json!(formats.map(|format| format!("image/{format}"))));
}

#[tokio::test]
async fn photos_in_requests_are_checked() {
    let server = Server::with(|settings| settings.max_inline_bytes = 1000).await;
    let ana = Client::of(&server, "ana@acme");
    for (body, status, code) in [
        (json!({"image": "!!!"}), 400, "bad_base64"),
        (json!({}), 400, "missing_photo"),
        (json!({"image": 7}), 422, "invalid_field"),
        (json!({"image": ""}), 422, "empty_photo"),
        (json!({"image": "dGV4dA=="}), 415, "unsupported_type"),
        (json!({"image": "AAAAGGZ0eXBtcDQyAAAA"}), 415, "unsupported_type"),
        (json!({"image": "/9j/".repeat(400)}), 413, "too_large"),
        (json!({"image": "/9j/".repeat(40_000)}), 413, "too_large"),
    ] {
        ana.post("/upload-image", &body).await.assert_problem(status, code);
    }
    let form = async |content_type: &str, body: Vec<u8>| {
        send(ana.ask(Method::POST, "/upload-photo").header("content-type", content_type).body(body)).await
    };
    let part = |name: &str, content: &[u8]| {
        [
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes(),
            content,
            b"\r\n",
        ]
        .concat()
    };
    let boundary = "multipart/form-data; boundary=x";
    form("multipart/form-data", Vec::new()).await.assert_problem(400, "bad_multipart");
    form(boundary, b"--x\r\ngarbage".to_vec()).await.assert_problem(400, "bad_multipart");
    form(boundary, [part("other", b"x"), b"--x--\r\n".to_vec()].concat())
        .await
        .assert_problem(400, "missing_photo");
    let parts = part("n", b"x");
    form(boundary, [parts.repeat(20), part("image", PHOTO)].concat())
        .await
        .assert_problem(400, "too_many_parts");
    form(boundary, [part("image", &[0xff; 2000]), b"--x--\r\n".to_vec()].concat())
        .await
        .assert_problem(413, "too_large");
    form("image/jpeg", PHOTO.to_vec()).await.assert_problem(415, "unsupported_body");
}

#[tokio::test]
async fn ten_thousand_parts_are_not_read() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let part = b"--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nx\r\n".repeat(10_000);
    let request = ana.ask(Method::POST, "/upload-photo");
    let request = request.header("content-type", "multipart/form-data; boundary=x").body(part);
    send(request).await.assert_problem(400, "too_many_parts");
}

/// Other content is refused, whatever its declared type and file name.
#[tokio::test]
async fn objects_that_are_no_photos_are_refused_and_deleted() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let cases: [(&[u8], &str); 3] = [
        (b"a text called photo.jpg", "unsupported_type"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "unsupported_type"),
        (b"\xff", "unsupported_type"),
    ];
    for (content, code) in cases {
        let id = ana.upload(content).await;
        server.drain().await;
        let status = ana.get(&format!("/uploads/{id}")).await.json();
        assert_eq!(status["state"], "failed");
        assert_eq!(status["refused"], code);
        assert_eq!(status["original_image"], json!(null), "it is not kept");
        let replay = ana.post(&format!("/uploads/{id}/replay"), &json!({})).await;
        replay.assert_problem(409, "nothing_stored");
        assert_eq!(ana.declare(content).await.status, 201, "it may be tried again");
    }
    let (tenant, user) = fixture::owner();
    let prefix = format!("user-uploads/{tenant}/{user}/");
    let kept = server.ports.objects.list(Bucket::Media, &prefix, None, 10).await.expect("listing works");
    assert_eq!(kept.objects, []);
}

#[tokio::test]
async fn file_names_lead_nowhere() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let names =
        ["../../../etc/passwd", "/etc/shadow", "C:\\x.jpg", "a\0b.jpg", "\u{202e}gpj.exe", "%2e%2e%2f", ""];
    for (number, name) in names.into_iter().enumerate() {
        let content = [PHOTO, &[number as u8]].concat();
        let mut declared = declaration(&content);
        declared["filename"] = json!(name);
        let answered = ana.post("/uploads", &declared).await;
        let body = answered.json();
        assert_eq!(answered.status, 201, "{name:?}");
        let id = body["upload_id"].as_str().expect("an id");
        let url = body["upload"]["url"].as_str().expect("a url");
        let path = url.strip_prefix(&server.url).expect("below the server").split('?').next();
        assert_eq!(path, Some(&*format!("/objects/media/user-uploads/acme/ana/{id}")), "{name:?}");
    }
}

#[tokio::test]
async fn the_same_photo_at_the_same_time_is_one_upload() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let declared = ana.declare(PHOTO).await.json();
    let put = || ana.put(&declared["upload"], PHOTO);
    let body = json!({"image": "/9j/4CBhIHBob3Rv"});
    let send = || ana.post("/upload-image", &body);
    let (first, second, third, fourth) = tokio::join!(put(), send(), put(), send());
    let mut puts = [first.status, third.status];
    puts.sort();
    assert!([[200, 412], [412, 412]].contains(&puts), "{puts:?}: one of the four has stored it");
    for sent in [second, fourth] {
        assert_eq!(sent.status, 202);
        assert_eq!(sent.json()["upload_id"], declared["upload_id"]);
    }
    server.drain().await;
    let shown = ana.get("/gallery").await.json();
    assert_eq!(shown["uploads"].as_array().map(Vec::len), Some(1));
    let status = ana.get(declared["status_url"].as_str().expect("a url")).await.json();
    assert_eq!(status["state"], "complete");
    assert_eq!(status["attempt"], 1);
}

#[tokio::test]
async fn queries_and_ids_are_checked() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    for (query, code) in [
        ("limit=0", "bad_limit"),
        ("limit=1000", "bad_limit"),
        ("cursor=garbage", "bad_cursor"),
        ("emotion=GLUM", "bad_emotion"),
        ("state=running", "bad_state"),
        ("from=yesterday", "bad_time"),
        ("limit=1&limit=2", "bad_query"),
    ] {
        ana.get(&format!("/gallery?{query}")).await.assert_problem(400, code);
    }
    for id in ["x", "..%2f..", "00000000-0000-0000-0000-000000000009"] {
        ana.get(&format!("/uploads/{id}")).await.assert_problem(404, "not_found");
    }
    ana.get("/objects/media/..%2f..%2fetc?expires=1&signature=00").await.assert_problem(403, "bad_signature");
}

#[tokio::test]
async fn ids_of_requests_are_taken_over_only_if_harmless() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let ask = async |id: &str| send(ana.ask(Method::GET, "/healthz").header("x-request-id", id)).await;
    assert_eq!(ask("abc-1.2_3").await.header("x-request-id"), "abc-1.2_3");
    for bad in ["a b", "<script>", &"x".repeat(129)] {
        assert_eq!(ask(bad).await.header("x-request-id").len(), 36, "{bad}");
    }
    let host = send(ana.ask(Method::GET, "/gallery").header("host", "evil.example")).await;
    assert_eq!(host.status, 200);
    let body = declaration(PHOTO).to_string();
    let request = ana.ask(Method::POST, "/uploads").header("host", "evil.example");
    let declared = send(request.header("content-type", "application/json").body(body)).await;
    assert!(!String::from_utf8_lossy(&declared.bytes).contains("evil"));
}

#[tokio::test]
async fn requests_over_the_memory_budget_are_refused() {
    let server = Server::with(|settings| settings.max_bytes_in_memory = 0).await;
    let ana = Client::of(&server, "ana@acme");
    let refused = ana.post("/upload-image", &json!({"image": "/9j/4CBhIHBob3Rv"})).await;
    refused.assert_problem(503, "busy");
    assert_eq!(refused.header("retry-after"), "2");
}

#[tokio::test]
async fn browsers_are_let_in_by_origin() {
    let closed = Server::start().await;
    let open = Server::with(|settings| settings.allowed_origins = vec!["https://app.example".into()]).await;
    let ask = async |server: &Server, origin: &str| {
        let answered =
            send(Client::of(server, "ana@acme").ask(Method::GET, "/gallery").header("origin", origin)).await;
        answered.header("access-control-allow-origin").to_owned()
    };
    let preflight = Client::anonymous(&open).ask(Method::OPTIONS, "/uploads/x/emotion");
    let preflight = preflight.header("access-control-request-method", "PUT");
    let preflight =
        preflight.header("access-control-request-headers", "authorization, idempotency-key, prefer");
    let allowed = send(preflight.header("origin", "https://app.example")).await;
    for header in ["authorization", "idempotency-key", "prefer", "traceparent", "x-amz-checksum-sha256"] {
        assert!(allowed.header("access-control-allow-headers").contains(header), "{header}: {allowed:?}");
    }
    assert!(allowed.header("access-control-allow-methods").contains("PUT"));
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    let answered =
        send(Client::anonymous(&open).ask(Method::GET, "/gallery").header("origin", "https://app.example"));
    let answered = answered.await;
    assert_eq!(answered.status, 401);
    assert_eq!(answered.header("access-control-allow-origin"), "https://app.example");
    for header in ["etag", "location", "retry-after", "x-request-id"] {
        assert!(answered.header("access-control-expose-headers").contains(header), "{header}");
    }
    assert_eq!(ask(&closed, "https://app.example").await, "");
    assert_eq!(ask(&open, "https://app.example").await, "https://app.example");
    assert_eq!(ask(&open, "https://evil.example").await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_declarations_of_one_content_are_one_upload() {
    let server = Server::start().await;
    let ana = std::sync::Arc::new(Client::of(&server, "ana@acme"));
    for key in [None, Some("one key")] {
        let content = [PHOTO, key.unwrap_or_default().as_bytes()].concat();
        let declaring: Vec<_> = (0..20)
            .map(|_| {
                let (ana, body) = (ana.clone(), declaration(&content).to_string());
                tokio::spawn(async move {
                    let request =
                        ana.ask(Method::POST, "/uploads").header("content-type", "application/json");
                    let request =
                        key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
                    send(request.body(body)).await
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for declared in declaring {
            let declared = declared.await.expect("no panic");
            assert!(declared.json()["upload"]["url"].is_string(), "{declared:?}");
            statuses.push(declared.status);
        }
        statuses.sort();
        assert_eq!(statuses, [&[200; 19][..], &[201]].concat());
    }
}

#[tokio::test]
async fn a_url_of_an_erased_upload_puts_nothing() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let declared = ana.declare(PHOTO).await.json();
    let path = format!("/uploads/{}", declared["upload_id"].as_str().expect("an id"));
    assert_eq!(ana.delete(&path).await.status, 204);
    ana.put(&declared["upload"], PHOTO).await.assert_problem(410, "erased");
    let kept = server.ports.objects.list(Bucket::Media, "", None, 10).await.expect("listing works");
    assert_eq!(kept.objects, []);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = Server::start().await;
    for (version, hosts, status) in [
        ("1.1", "host: x\r\n", "200"),
        ("1.1", "", "400"),
        ("1.1", "host: x\r\nhost: y\r\n", "400"),
        ("1.0", "", "200"),
        ("1.0", "host: x\r\nhost: y\r\n", "400"),
    ] {
        let request = format!("GET /healthz HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        let answer = crate::slow::ask(&server, &request).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{version} {hosts:?}: {answer}");
        assert_eq!(answer.contains("bad_host"), status == "400", "{answer}");
    }
}

/// Links need no token, so an answer with links is not kept by caches.
#[tokio::test]
async fn answers_with_links_are_not_stored() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = ana.upload(PHOTO).await;
    server.drain().await;
    for path in ["/gallery".to_owned(), format!("/uploads/{id}"), "/uploads".into()] {
        assert_eq!(ana.get(&path).await.header("cache-control"), "private, no-store", "{path}");
    }
}
