//! The list of routes, which mounts and describes them, and the layers around all of them.

use super::api::{Api, App};
use super::{
    body, declare, faces, gallery, generate, health, layers, next_attempt, openapi, page_files, photo,
    problem_page, signed_objects, uploads,
};
use crate::request_context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes that only read.
fn reads() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(uploads::list))
        .routes(routes!(uploads::get))
        .routes(routes!(faces::get))
        .routes(routes!(gallery::get))
        .routes(routes!(signed_objects::get))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(openapi::get))
}

/// Routes that write: they run to their end even if the client leaves.
fn writes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(declare::post))
        .routes(routes!(declare::url))
        .routes(routes!(uploads::delete))
        .routes(routes!(next_attempt::replay))
        .routes(routes!(next_attempt::correct))
        .routes(routes!(signed_objects::put))
        .routes(routes!(photo::upload_image))
        .routes(routes!(photo::upload_photo))
        .routes(routes!(faces::detect))
        .routes(routes!(generate::get_image, generate::post_image))
        .routes(routes!(generate::get_melody, generate::post_melody))
        .route_layer(from_fn(layers::detach))
}

pub fn router(app: App) -> Router {
    router_beside(app, OpenApiRouter::new())
}

/// The API and other routes, with the same request ids, limits, logs, problems, CORS and description.
pub fn router_beside(app: App, others: OpenApiRouter) -> Router {
    let (others, mut described) = others.split_for_parts();
    let (mounted, ours) = reads().merge(writes()).split_for_parts();
    described.merge(ours);
    let openapi = openapi::document(&described, &app.settings);
    let problems = problem_page::page(&openapi);
    let api = Arc::new(Api::new(app, openapi));
    let cors = layers::cors(&api.settings.allowed_origins);
    let routes = mounted
        .fallback(layers::redirect)
        .with_state(api.clone())
        .merge(page_files::routes(api.url_verifier.objects_origin(), problems))
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
