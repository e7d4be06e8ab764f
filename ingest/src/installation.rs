//! What an installation is and accepts, for pages and clients that have no token yet.

use crate::auth::AuthSettings;
use crate::http::HttpSettings;
use crate::http::sentences::{MAX_MEGAPIXELS, MAX_SIDE_PX};
use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use domain::MediaType;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Runtime {
    OneMachine,
    Aws,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InstallationDocument {
    pub runtime: Runtime,
    /// Whether `POST /api/v1/auth/demo` begins a session without a password.
    pub demo_user: bool,
    /// Maximum size of a photo that is put with a presigned URL.
    pub max_upload_bytes: u64,
    /// Maximum size of a photo in a request to the API itself.
    pub max_photo_body_bytes: u64,
    pub media_types: Vec<&'static str>,
    pub max_side_px: u32,
    /// Of a JPEG that is not progressive; other pictures may have fewer.
    pub max_megapixels: u32,
    /// Of the sentences of refusals, by `Accept-Language`.
    pub languages: [&'static str; 2],
    pub version: &'static str,
}

impl InstallationDocument {
    pub fn new(runtime: Runtime, http: &HttpSettings, auth: &AuthSettings) -> Self {
        InstallationDocument {
            runtime,
            demo_user: auth.demo_user,
            max_upload_bytes: http.max_photo_bytes,
            max_photo_body_bytes: http.max_inline_bytes,
            media_types: MediaType::ALL.iter().map(|accepted| accepted.as_str()).collect(),
            max_side_px: MAX_SIDE_PX,
            max_megapixels: MAX_MEGAPIXELS,
            languages: ["en", "es"],
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Get what the installation is and accepts.
#[utoipa::path(
    get, path = "/api/v1/installation", operation_id = "get_installation", tag = "operation", security(()),
    responses((status = 200, description = "Clients may keep it for a minute", body = InstallationDocument)),
)]
async fn get(State(document): State<Arc<InstallationDocument>>) -> Response {
    ([(CACHE_CONTROL, "public, max-age=60")], Json(document.as_ref())).into_response()
}

pub fn routes(document: InstallationDocument) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(get)).with_state(Arc::new(document))
}
