//! The routes, and what is around all of them.

use super::{
    Api, App, context, cors, declare, erase, faces, gallery, health, metrics, objects, replay, status,
    upload_photo,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// The API.
pub fn router(app: App) -> Router {
    let api = Arc::new(Api::new(app));
    let cors = cors::layer(&api.settings.allowed_origins);
    let routes = Router::new()
        .route("/uploads", post(declare::post))
        .route("/uploads/{id}", get(status::get).delete(erase::delete))
        .route("/uploads/{id}/faces", get(faces::get))
        .route("/uploads/{id}/replay", post(replay::post))
        .route("/uploads/{id}/url", post(declare::url))
        .route("/objects/{*key}", put(objects::put).get(objects::get))
        .route("/upload-image", post(upload_photo::post))
        .route("/upload-photo", post(upload_photo::post))
        .route("/gallery", get(gallery::get))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::get))
        // Each route that reads a body sets its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(context::panicked))
        .layer(from_fn_with_state(api.clone(), context::around))
        .with_state(api);
    match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}
