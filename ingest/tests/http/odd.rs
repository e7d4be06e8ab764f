//! What people's phones, browsers and scripts send.

use crate::client::{Client, PHOTO, declaration, send};
use crate::generated::waited;
use crate::server::Server;
use domain::ports::uploads::GalleryWrite;
use domain::{Code, Outcome, Record, Stage, StageResult, UploadId, fixture};
use reqwest::Method;
use serde_json::{Value, json};

fn part(name: &str, disposition: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{disposition}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

const FILE: &str = "; filename=\"a.jpg\"";
const NOT_CHOSEN: &str = "; filename=\"\"";

/// Records that face detection failed with this code.
async fn fail_faces(server: &Server, id: &str, code: &'static str) {
    let id = UploadId::parse(id).expect("an id");
    let record = server.ports.uploads.get(&fixture::owner().0, id).await.expect("reading works");
    let mut upload = record.and_then(Record::live).expect("it is there");
    let outcome = Outcome::Failed { code: Code::fixed(code) };
    let result = StageResult::without_work(outcome, upload.attempt, fixture::now());
    upload.record(Stage::FaceDetection, result).expect("it has no result yet");
    server.ports.uploads.save(upload, GalleryWrite::Keep).await.expect("saving works");
}

#[tokio::test]
async fn a_photo_that_failed_is_not_one_without_faces() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    for (number, status, code) in [
        (1, 422, "undecodable_image"),
        (2, 422, "image_too_large"),
        (3, 415, "unsupported_type"),
        (4, 503, "retries_exhausted"),
    ] {
        let photo = [PHOTO, &[number]].concat();
        let detect = ana.ask(Method::POST, "/detect-faces").header("prefer", "wait=20").body(photo);
        let detected = tokio::spawn(send(detect));
        while server.hosts[0].drain(1).await == 0 {
            tokio::task::yield_now().await;
        }
        let stored = ana.get("/uploads?state=stored").await.json();
        let id = stored["uploads"][0]["upload_id"].as_str().expect("intake has accepted it");
        fail_faces(&server, id, code).await;
        server.drain().await;
        detected.await.expect("no panic").assert_problem(status, code);
        let faces = ana.get(&format!("/uploads/{id}/faces")).await;
        faces.assert_problem(status, code);
        assert_eq!(faces.header("retry-after").is_empty(), status != 503);
    }
    let refused = ana.upload(b"a text called photo.jpg").await;
    server.drain().await;
    ana.get(&format!("/uploads/{refused}/faces")).await.assert_problem(415, "unsupported_type");
}

#[tokio::test]
async fn a_status_tells_why_and_the_limit_in_the_callers_language() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let photo = ana.upload(PHOTO).await;
    assert_eq!(server.hosts[0].drain(1).await, 1);
    fail_faces(&server, &photo, "image_too_large").await;
    let text = ana.upload(b"a text called photo.jpg").await;
    server.drain().await;
    let ask = async |id: &str, language: &str| {
        let answered =
            send(ana.ask(Method::GET, &format!("/uploads/{id}")).header("accept-language", language));
        let answered = answered.await;
        assert_eq!(answered.header("vary"), "Accept-Language");
        (answered.json(), answered.header("etag").to_owned())
    };
    let (english, english_etag) = ask(&photo, "en").await;
    let (spanish, spanish_etag) = ask(&photo, "es-MX,es;q=0.9,en;q=0.5").await;
    for (document, limit) in [(english, "30,000 pixels"), (spanish, "30.000 píxeles")] {
        let error = &document["stages"][0]["error"];
        assert_eq!(error["code"], "image_too_large");
        assert!(error["detail"].as_str().expect("a sentence").contains(limit), "{error}");
    }
    assert_ne!(english_etag, spanish_etag, "they are two representations");
    let (refused, _) = ask(&text, "es").await;
    assert_eq!(refused["refused"], "unsupported_type");
    assert!(refused["refused_detail"].as_str().expect("a sentence").contains("JPEG"), "{refused}");
    let listed = ana.get("/uploads").await.json();
    let mut failures =
        listed["uploads"].as_array().expect("uploads").iter().map(|it| &it["stages"][0]["error"]);
    assert!(failures.any(|failure| failure["detail"].is_string()), "{listed}");
}

/// In memory and in a spool; 30,001 pixels across.
#[tokio::test]
async fn a_photo_that_declares_too_many_pixels_is_refused_before_it_is_stored() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let header = b"\xff\xd8\xff\xc0\0\x11\x08\0\x10\x75\x31\x03";
    for length in [100, 2 << 20] {
        let photo = [&header[..], &vec![0; length]].concat();
        let declared = ana.declare(&photo).await.json();
        let put = ana.put(&declared["upload"], &photo).await;
        let posted = send(ana.ask(Method::POST, "/detect-faces").body(photo)).await;
        for refused in [put, posted] {
            refused.assert_problem(422, "image_too_large");
            assert!(refused.json()["detail"].as_str().expect("a sentence").contains("30000 a side"));
        }
    }
    server.drain().await;
    let uploads = ana.get("/uploads").await.json();
    let states = uploads["uploads"].as_array().expect("a list").iter().map(|upload| &upload["state"]);
    assert_eq!(states.collect::<Vec<_>>(), ["awaiting_upload", "awaiting_upload"]);
}

#[tokio::test]
async fn an_upload_that_failed_within_the_wait_has_an_error() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let upload = ana.ask(Method::POST, "/upload-image").header("content-type", "application/json");
    let upload = upload.header("prefer", "wait=20").header("accept-language", "es");
    let uploading = tokio::spawn(send(upload.body(json!({"image": "/9j/4CBhIHBob3Rv"}).to_string())));
    while server.hosts[0].drain(1).await == 0 {
        tokio::task::yield_now().await;
    }
    let stored = ana.get("/uploads?state=stored").await.json();
    let id = stored["uploads"][0]["upload_id"].as_str().expect("intake has accepted it");
    fail_faces(&server, id, "undecodable_image").await;
    server.drain().await;
    let uploaded = uploading.await.expect("no panic").json();
    assert_eq!(uploaded["state"], "failed", "{uploaded}");
    let error = &uploaded["error"];
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("undecodable_image"), &json!(false)),
        "{uploaded}"
    );
    assert!(error["detail"].as_str().expect("a sentence").starts_with("la imagen está dañada"), "{uploaded}");
    assert_eq!(
        ana.post("/upload-image", &json!({"image": "/9j/4CBhIHBob3Rvcw=="})).await.json()["error"],
        json!(null)
    );
}

#[tokio::test]
async fn refusals_speak_the_callers_language() {
    let server = Server::with(|settings| settings.max_inline_bytes = 100_000).await;
    let ana = Client::of(&server, "ana@acme");
    for (path, body, code, english, spanish) in [
        (
            "/upload-image",
            json!({"image": "dGV4dA=="}),
            "unsupported_type",
            "is not supported; send JPEG",
            "no es una imagen",
        ),
        ("/upload-image", json!({"image": ""}), "empty_photo", "is empty", "está vacía"),
        ("/upload-image", json!({"image": "/9j/".repeat(40_000)}), "too_large", "at most", "como máximo"),
        ("/uploads", declaration(b""), "empty_photo", "at least 1", "está vacía"),
    ] {
        for (language, part) in [("en", english), ("es", spanish), ("de", english)] {
            let request = ana.ask(Method::POST, path).header("content-type", "application/json");
            let answered = send(request.header("accept-language", language).body(body.to_string())).await;
            let problem = answered.json();
            assert_eq!(problem["code"], code, "{problem}");
            assert!(problem["detail"].as_str().expect("a sentence").contains(part), "{language}: {problem}");
            if let Some(limit) = problem["limit"].as_u64() {
                assert!(
                    problem["detail"].as_str().expect("a sentence").contains(&limit.to_string()),
                    "{problem}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_form_has_one_photo_wherever_it_is() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let form = async |parts: &[Vec<u8>]| {
        let body = [&parts.concat()[..], b"--x--\r\n"].concat();
        let request = ana.ask(Method::POST, "/upload-image");
        send(request.header("content-type", "multipart/form-data; boundary=x").body(body)).await
    };
    let photo = |number: u8| [PHOTO, &[number]].concat();
    for (number, before) in [
        (1, part("image", NOT_CHOSEN, b"")),
        (2, part("photo", "", b"my holiday")),
        (3, part("photo", "", "una foto de María".as_bytes())),
    ] {
        let sent = form(&[before, part("file", FILE, &photo(number))]).await;
        assert_eq!(sent.status, 202, "{sent:?}");
        let read = ana.get(sent.json()["image_url"].as_str().expect("a link")).await;
        assert_eq!(read.bytes, photo(number));
    }
    let sent = form(&[part("file", FILE, &photo(4)), part("image", NOT_CHOSEN, b"")]).await;
    assert_eq!(sent.status, 202, "{sent:?}");
    for second in ["image", "file"] {
        let several = [part("image", FILE, &photo(5)), part(second, FILE, &photo(6))];
        form(&several).await.assert_problem(422, "several_photos");
    }
    form(&[part("image", NOT_CHOSEN, b"")]).await.assert_problem(422, "empty_photo");
    form(&[part("image", "", b"no photo")]).await.assert_problem(415, "unsupported_type");
}

#[tokio::test]
async fn base64_is_the_very_photo_or_refused() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    for (text, read) in [
        ("/9j/4CBhIHBob3Rv", true),
        ("DATA:image/jpeg;BASE64,/9j/4CBhIHBob3Rv", true),
        (" data:image/jpeg;base64,%2F9j%2F4CBhIHBob3Rv\n", true),
        ("/9j/4CBh IHBob3Rv", false),
        ("/9j/ CBhIHBob3Rv", false),
    ] {
        for key in ["image", "photo", "file"] {
            let sent = ana.post("/upload-image", &json!({key: text})).await;
            match read {
                true => assert_eq!(sent.status, 202, "{text}: {sent:?}"),
                false => sent.assert_problem(400, "bad_base64"),
            }
        }
    }
}

#[tokio::test]
async fn types_are_told_by_the_bytes_and_have_many_names() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let declared = |content: &[u8], content_type: &str| {
        let mut body = declaration(content);
        body["content_type"] = json!(content_type);
        body
    };
    for (number, content_type) in
        ["image/jpg", "image/pjpeg", "IMAGE/JPEG", "image/jpeg; charset=binary", " image/jpeg "]
            .iter()
            .enumerate()
    {
        let content = [PHOTO, &[number as u8]].concat();
        let answered = ana.post("/uploads", &declared(&content, content_type)).await;
        assert_eq!(answered.status, 201, "{content_type}");
        assert_eq!(ana.put(&answered.json()["upload"], &content).await.status, 200, "{content_type}");
    }
    let answered = ana.post("/uploads", &declared(PHOTO, "image/png")).await.json();
    assert_eq!(ana.put(&answered["upload"], PHOTO).await.status, 200);
    server.drain().await;
    let id = answered["upload_id"].as_str().expect("an id");
    let status = ana.get(&format!("/uploads/{id}")).await.json();
    assert_eq!(status["state"], "complete", "a JPEG that was declared as PNG: {status}");
    let original = ana.get(status["original_image"].as_str().expect("a link")).await;
    assert_eq!(original.header("content-type"), "image/jpeg");
}

#[tokio::test]
async fn queries_and_bodies_are_taken_as_people_write_them() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    ana.upload(PHOTO).await;
    server.drain().await;
    for (path, count) in [
        ("/gallery?state=COMPLETE", 1),
        ("/gallery?cursor=", 1),
        ("/gallery?from=2026-01-01", 1),
        ("/gallery?from=2026-01-02", 0),
        ("/gallery?from=2026-01-01T02:00:00+02:00", 1),
        ("/gallery?to=2026-01-01T01:00:00+02:00", 0),
        ("/uploads?state=Complete", 1),
        ("/uploads?since=", 1),
    ] {
        let page = ana.get(path).await.json();
        assert_eq!(page["uploads"].as_array().map(Vec::len), Some(count), "{path}: {page}");
    }
    for (content_type, mark) in [("application/json", "\u{feff}"), ("text/json", "")] {
        let body = format!("{mark}{}", declaration(&[PHOTO, content_type.as_bytes()].concat()));
        let request = ana.ask(Method::POST, "/uploads").header("content-type", content_type);
        assert_eq!(send(request.body(body)).await.status, 201, "{content_type}");
    }
    let request = ana.ask(Method::POST, "/uploads").header("content-type", "application/json");
    let problem = send(request.body("photo")).await.json();
    assert!(problem["detail"].as_str().expect("a sentence").starts_with("the body is not JSON"), "{problem}");
}

#[tokio::test]
async fn slashes_too_many_lead_to_the_route() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    for path in ["/gallery/", "//gallery", "/gallery//?limit=1"] {
        assert_eq!(ana.get(path).await.status, 200, "{path}");
    }
    let declared = ana.post("/uploads/", &declaration(PHOTO)).await;
    assert_eq!(declared.status, 201, "method and body are kept");
    ana.get("//evil.example/").await.assert_problem(404, "no_such_route");
    ana.get("/nowhere/").await.assert_problem(404, "no_such_route");
}

#[tokio::test]
async fn browsers_of_other_origins_may_read_ranges() {
    let server = Server::with(|settings| settings.allowed_origins = vec!["*".into()]).await;
    let preflight = Client::anonymous(&server).ask(Method::OPTIONS, "/objects/media/x");
    let preflight = preflight
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "range, if-range");
    assert!(send(preflight).await.header("access-control-allow-headers").contains("if-range"));
    let get = Client::anonymous(&server).ask(Method::GET, "/healthz").header("origin", "https://app.example");
    let exposed = send(get).await.header("access-control-expose-headers").to_owned();
    for header in ["accept-ranges", "content-range", "etag", "preference-applied"] {
        assert!(exposed.contains(header), "{exposed}");
    }
}

/// The original says where it was taken; the preview has no metadata.
#[tokio::test]
async fn an_uploads_image_is_its_preview_once_there_is_one() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let upload = || {
        let request = ana.ask(Method::POST, "/upload-image").header("content-type", "application/json");
        request.body(json!({"image": "/9j/4CBhIHBob3Rv"}).to_string())
    };
    let path = |body: &Value| body["image_url"].as_str().expect("a link").replace(&server.url, "");
    let first = send(upload()).await.json();
    assert!(path(&first).starts_with("/objects/media/user-uploads/"), "{first}");
    let done = waited(&server, upload()).await.json();
    assert!(path(&done).starts_with("/objects/media/previews/"), "{done}");
}
