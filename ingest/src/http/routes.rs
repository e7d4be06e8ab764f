//! The table of routes, from which they are mounted and described, and the layers around all of them.

use super::api::{Api, App};
use super::openapi::{self, Route};
use super::{
    body, declare, faces, gallery, generate, health, layers, next_attempt, page_files, photo, signed_objects,
    uploads,
};
use crate::request_context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post, put};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

const JSON: &[&str] = &["application/json"];
const PHOTO: &[&str] = &["multipart/form-data", "application/json"];
const PICTURES: &[&str] = &[openapi::PICTURES];
const ARTS: &[(u16, &str)] = &[(200, "Made, with its link"), (202, "Accepted, with its status URL")];
const UPLOADED: &[(u16, &str)] = &[(200, "Done within the wait"), (202, "Accepted, with its status URL")];
const ORDER: &[&str] = &["emotion", "upload_id"];

/// A route that needs a token and has no body.
const fn route(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answers: &'static [(u16, &'static str)],
    mount: fn() -> MethodRouter<Arc<Api>>,
) -> Route {
    let writes = !matches!(method.as_bytes(), b"GET");
    Route { method, path, summary, query: &[], takes: &[], answers, open: false, writes, mount }
}

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    Route { takes: JSON, ..route("POST", "/uploads", "Declare a photo", &[(201, "Declared, with a presigned PUT"), (200, "The same content exists")], || post(declare::post)) },
    Route { query: &["state", "since", "limit"], ..route("GET", "/uploads", "List the caller's uploads that changed since a cursor", &[(200, "A page")], || get(uploads::list)) },
    route("GET", "/uploads/{id}", "Get the status document", &[(200, "The document"), (304, "Unchanged")], || get(uploads::get)),
    route("DELETE", "/uploads/{id}", "Erase an upload", &[(204, "Erased")], || delete(uploads::delete)),
    route("GET", "/uploads/{id}/faces", "Get the faces of a photo", &[(200, "Faces, relative to the upright picture")], || get(faces::get)),
    Route { takes: JSON, ..route("POST", "/uploads/{id}/replay", "Begin the next attempt", &[(202, "Ordered")], || post(next_attempt::replay)) },
    Route { takes: JSON, ..route("PUT", "/uploads/{id}/emotion", "Correct the emotion; picture and melody are made again", &[(202, "Ordered")], || put(next_attempt::correct)) },
    route("POST", "/uploads/{id}/url", "Get a fresh presigned PUT", &[(200, "Signed")], || post(declare::url)),
    Route { open: true, takes: PICTURES, query: &["expires", "signature"], ..route("PUT", "/objects/{*key}", "Put a declared photo, once", &[(200, "Stored")], || put(signed_objects::put)) },
    Route { open: true, query: &["expires", "signature"], ..route("GET", "/objects/{*key}", "Get an object by its signed link", &[(200, "Whole"), (206, "In part"), (304, "Unchanged")], || get(signed_objects::get)) },
    Route { takes: PHOTO, ..route("POST", "/upload-image", "Upload a photo in the request", UPLOADED, || post(photo::upload)) },
    Route { takes: PHOTO, ..route("POST", "/upload-photo", "Upload a photo in the request", UPLOADED, || post(photo::upload)) },
    Route { takes: PICTURES, ..route("POST", "/detect-faces", "Find the faces of a picture", UPLOADED, || post(faces::detect)) },
    Route { query: ORDER, writes: true, ..route("GET", "/generate-image", "Make a picture from an emotion", ARTS, || get(generate::image)) },
    Route { takes: JSON, ..route("POST", "/generate-image", "Make a picture from an emotion", ARTS, || post(generate::image)) },
    Route { query: ORDER, writes: true, ..route("GET", "/generate-melody", "Make a melody from an emotion", ARTS, || get(generate::melody)) },
    Route { takes: JSON, ..route("POST", "/generate-melody", "Make a melody from an emotion", ARTS, || post(generate::melody)) },
    Route { query: &["limit", "cursor", "emotion", "state", "from", "to"], ..route("GET", "/gallery", "List the caller's gallery, newest first", &[(200, "A page")], || get(gallery::get)) },
    Route { open: true, ..route("GET", "/healthz", "Check that the process answers", &[(200, "It answers")], || get(health::alive)) },
    Route { open: true, ..route("GET", "/readyz", "Check that the stores answer", &[(200, "They answer")], || get(health::ready)) },
    Route { open: true, ..route("GET", "/openapi.json", "Get this description", &[(200, "OpenAPI 3.1")], || get(openapi::get)) },
];

pub fn router(app: App) -> Router {
    router_beside(app, Router::new())
}

/// The API and other routes, with the same request ids, limits, logs, problems and CORS.
pub fn router_beside(app: App, others: Router) -> Router {
    let openapi = openapi::document(ROUTES, &app.settings);
    let api = Arc::new(Api::new(app, openapi));
    let cors = layers::cors(&api.settings.allowed_origins);
    let mounted = ROUTES.iter().fold(Router::new(), |routes, route| {
        let handler = (route.mount)();
        let handler = if route.writes { handler.route_layer(from_fn(layers::detach)) } else { handler };
        routes.route(route.path, handler)
    });
    let routes = mounted
        .fallback(layers::redirect)
        .with_state(api.clone())
        .merge(page_files::routes(api.url_verifier.objects_origin()))
        .merge(others.layer(from_fn(layers::detach)))
        // Each route that reads a body sets its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(api.clone(), body::pace))
        .layer(from_fn_with_state(api.clone(), layers::admit))
        .layer(from_fn(layers::check_host))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(api, layers::observe))
        .layer(from_fn(request_context::around));
    match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}
