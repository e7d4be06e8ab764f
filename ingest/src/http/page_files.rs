//! The gallery page and the documentation: the files of `web/`, embedded, compressed once, revalidated by ETag.

use super::answer::with;
use super::object_response::matches;
use super::problem_codes;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use domain::Sha256;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::sync::{Arc, LazyLock};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! files {
    ($($name:literal: $media_type:expr),* $(,)?) => {
        &[$(($name, $media_type, include_bytes!(concat!("../../../web/", $name)))),*]
    };
}

/// Name, media type and bytes of each file of the page.
const FILES: &[(&str, &str, &[u8])] = files! {
    "index.html": HTML,
    "style.css": STYLE,
    "theme.js": SCRIPT,
    "app.js": SCRIPT,
    "api.js": SCRIPT,
    "dom.js": SCRIPT,
    "texts.js": SCRIPT,
    "uploads.js": SCRIPT,
    "hash.js": SCRIPT,
    "studio.js": SCRIPT,
    "gallery.js": SCRIPT,
    "trash.js": SCRIPT,
    "detail.js": SCRIPT,
    "faces.js": SCRIPT,
    "made.js": SCRIPT,
    "orders.js": SCRIPT,
    "share.js": SCRIPT,
    "player.js": SCRIPT,
    "midi.js": SCRIPT,
    "calendar.js": SCRIPT,
    "account.js": SCRIPT,
    "docs.html": HTML,
    "docs.css": STYLE,
    "docs.js": SCRIPT,
    "schemas.js": SCRIPT,
    "mark.svg": "image/svg+xml",
    "strip.webp": "image/webp",
    "strip-s.webp": "image/webp",
};

struct File {
    name: &'static str,
    media_type: &'static str,
    bytes: Bytes,
    gzip: Option<Bytes>,
    /// A digest of the bytes, the same for both encodings (a weak validator).
    etag: String,
}

static PAGE: LazyLock<Vec<File>> = LazyLock::new(|| {
    FILES.iter().map(|&(name, kind, bytes)| File::new(name, kind, Bytes::from_static(bytes))).collect()
});

impl File {
    fn new(name: &'static str, media_type: &'static str, bytes: Bytes) -> Self {
        let gzip = (media_type != "image/webp").then(|| gzip(&bytes));
        let etag = hex::encode(&Sha256::of(&bytes).bytes()[..16]);
        File { name, media_type, bytes, gzip, etag }
    }

    fn answer(&self, headers: &HeaderMap, policy: &str) -> Response {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let is_known = text(header::IF_NONE_MATCH).is_some_and(|known| matches(known, &self.etag));
        let takes_gzip = text(header::ACCEPT_ENCODING).is_some_and(accepts_gzip);
        let response = match (&self.gzip, is_known) {
            (_, true) => StatusCode::NOT_MODIFIED.into_response(),
            (Some(gzip), _) if takes_gzip => {
                with(gzip.clone().into_response(), header::CONTENT_ENCODING, "gzip")
            }
            _ => self.bytes.clone().into_response(),
        };
        let of_file = [
            (header::CONTENT_TYPE, self.media_type),
            (header::ETAG, &format!("W/\"{}\"", self.etag)),
            (header::CACHE_CONTROL, "no-cache"),
            (header::VARY, "Accept-Encoding"),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        of_file.into_iter().fold(response, |response, (name, value)| with(response, name, value))
    }
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a Vec takes every byte");
    encoder.finish().expect("a Vec takes every byte").into()
}

fn accepts_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && parts.next() != Some("q=0")
    })
}

/// What the page may load: its own files, and objects where signed links lead.
fn policy(objects: Option<&str>) -> String {
    let objects = objects.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' blob:{objects}; \
         media-src 'self'{objects}; connect-src 'self'{objects}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// `GET /`, `GET /web/{file}` and the documentation. `objects`: the origin of signed links, unless it is this API.
/// `problems`: the page that explains the codes of problems.
pub(crate) fn routes(objects: Option<&'static str>, problems: String) -> Router {
    let problems = Arc::new(File::new("problems.html", HTML, Bytes::from(problems)));
    let answer = move |name: &str, headers: &HeaderMap| match PAGE.iter().find(|file| file.name == name) {
        Some(file) => file.answer(headers, &policy(objects)),
        None => StatusCode::NOT_FOUND.into_response(),
    };
    Router::new()
        .route("/", get(move |headers: HeaderMap| async move { answer("index.html", &headers) }))
        .route("/docs", get(move |headers: HeaderMap| async move { answer("docs.html", &headers) }))
        .route(
            problem_codes::PAGE,
            get(move |headers: HeaderMap| async move { problems.answer(&headers, &policy(None)) }),
        )
        .route(
            "/web/{file}",
            get(move |Path(name): Path<String>, headers: HeaderMap| async move { answer(&name, &headers) }),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../web");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut there: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        let mut embedded: Vec<&str> = FILES.iter().map(|(name, ..)| *name).collect();
        there.sort();
        embedded.sort_unstable();
        assert_eq!(embedded, there);
    }

    #[test]
    fn gzip_is_sent_only_to_those_that_accept_it() {
        for (accepted, expected) in
            [("gzip", true), ("br, gzip;q=0.5", true), ("gzip;q=0", false), ("br", false), ("", false)]
        {
            assert_eq!(accepts_gzip(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let file = &PAGE[0];
        let mut headers = HeaderMap::new();
        let policy = policy(None);
        assert_eq!(file.answer(&headers, &policy).status(), StatusCode::OK);
        let known = format!("W/\"{}\"", file.etag).parse().unwrap();
        headers.insert(header::IF_NONE_MATCH, known);
        assert_eq!(file.answer(&headers, &policy).status(), StatusCode::NOT_MODIFIED);
    }
}
