//! The routes: one table from which they are mounted and described, and what is around all of them.

use super::{
    Api, App, changes, context, cors, declare, detect_faces, emotion, erase, faces, gallery, generate,
    health, metrics, objects, openapi, replay, status, traffic, upload_photo,
};
use crate::request_context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post, put};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// A route as it is mounted and described.
pub(crate) struct Described {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) does: &'static str,
    /// Parameters of the query.
    pub(crate) query: &'static [&'static str],
    /// Media types of the body.
    pub(crate) takes: &'static [&'static str],
    /// Statuses of success.
    pub(crate) answers: &'static [(u16, &'static str)],
    /// Whether it needs no token.
    pub(crate) open: bool,
    mount: fn() -> MethodRouter<Arc<Api>>,
}

const JSON: &[&str] = &["application/json"];
const PHOTO: &[&str] = &["multipart/form-data", "application/json"];
const PICTURES: &[&str] = &["image/jpeg", "image/png", "image/webp"];
const ARTS: &[(u16, &str)] = &[(200, "Made, with its link"), (202, "On its way, with its status URL")];
const UPLOADED: &[(u16, &str)] = &[(200, "Done within the wait"), (202, "On its way, with its status URL")];
const ORDER: &[&str] = &["emotion", "upload_id"];

/// A route that needs a token and has no body.
const fn route(
    method: &'static str,
    path: &'static str,
    does: &'static str,
    answers: &'static [(u16, &'static str)],
    mount: fn() -> MethodRouter<Arc<Api>>,
) -> Described {
    Described { method, path, does, query: &[], takes: &[], answers, open: false, mount }
}

#[rustfmt::skip]
pub(crate) const ROUTES: &[Described] = &[
    Described { takes: JSON, ..route("POST", "/uploads", "Declares a photo", &[(201, "Declared, with a presigned PUT"), (200, "The same content is there")], || post(declare::post)) },
    Described { query: &["state", "since", "limit"], ..route("GET", "/uploads", "The caller's uploads that changed since a cursor", &[(200, "A page")], || get(changes::get)) },
    route("GET", "/uploads/{id}", "The status document", &[(200, "The document"), (304, "Unchanged")], || get(status::get)),
    route("DELETE", "/uploads/{id}", "Erases an upload", &[(204, "Erased")], || delete(erase::delete)),
    route("GET", "/uploads/{id}/faces", "The faces of a photo", &[(200, "Faces, relative to the upright picture")], || get(faces::get)),
    Described { takes: JSON, ..route("POST", "/uploads/{id}/replay", "Begins the next attempt", &[(202, "Ordered")], || post(replay::post)) },
    Described { takes: JSON, ..route("PUT", "/uploads/{id}/emotion", "Corrects the emotion; picture and melody are made again", &[(202, "Ordered")], || put(emotion::put)) },
    route("POST", "/uploads/{id}/url", "A fresh presigned PUT", &[(200, "Signed anew")], || post(declare::url)),
    Described { open: true, takes: PICTURES, query: &["expires", "signature"], ..route("PUT", "/objects/{*key}", "Puts what was declared, once", &[(200, "Stored")], || put(objects::put)) },
    Described { open: true, query: &["expires", "signature"], ..route("GET", "/objects/{*key}", "Reads an object by a signed link", &[(200, "Whole"), (206, "In part"), (304, "Unchanged")], || get(objects::get)) },
    Described { takes: PHOTO, ..route("POST", "/upload-image", "Uploads a photo in the request", UPLOADED, || post(upload_photo::post)) },
    Described { takes: PHOTO, ..route("POST", "/upload-photo", "Uploads a photo in the request", UPLOADED, || post(upload_photo::post)) },
    Described { takes: PICTURES, ..route("POST", "/detect-faces", "Finds the faces of a picture", UPLOADED, || post(detect_faces::post)) },
    Described { query: ORDER, ..route("GET", "/generate-image", "A picture from an emotion", ARTS, || get(generate::image)) },
    Described { takes: JSON, ..route("POST", "/generate-image", "A picture from an emotion", ARTS, || post(generate::image)) },
    Described { query: ORDER, ..route("GET", "/generate-melody", "A melody from an emotion", ARTS, || get(generate::melody)) },
    Described { takes: JSON, ..route("POST", "/generate-melody", "A melody from an emotion", ARTS, || post(generate::melody)) },
    Described { query: &["limit", "cursor", "emotion", "state", "from", "to"], ..route("GET", "/gallery", "The caller's gallery, newest first", &[(200, "A page")], || get(gallery::get)) },
    Described { open: true, ..route("GET", "/healthz", "Whether the process answers", &[(200, "It does")], || get(health::alive)) },
    Described { open: true, ..route("GET", "/readyz", "Whether its stores answer", &[(200, "They do")], || get(health::ready)) },
    Described { open: true, ..route("GET", "/metrics", "Metrics in Prometheus' text format", &[(200, "Metrics")], || get(metrics::get)) },
    Described { open: true, ..route("GET", "/openapi.json", "This description", &[(200, "OpenAPI 3.1")], || get(openapi::get)) },
];

/// The API.
pub fn router(app: App) -> Router {
    router_beside(app, Router::new())
}

/// The API and other routes: request ids, limits, logs, problems and CORS are the same for all.
pub fn router_beside(app: App, others: Router) -> Router {
    let api = Arc::new(Api::new(app));
    let cors = cors::layer(&api.settings.allowed_origins);
    let mounted =
        ROUTES.iter().fold(Router::new(), |routes, route| routes.route(route.path, (route.mount)()));
    let routes = mounted
        .with_state(api.clone())
        .merge(others)
        // Each route that reads a body sets its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyTimeoutLayer::new(api.settings.body_idle_timeout))
        .layer(from_fn_with_state(api.clone(), traffic::admit))
        .layer(CatchPanicLayer::custom(context::panicked))
        .layer(from_fn_with_state(api, context::around))
        .layer(from_fn(request_context::around));
    match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}
