//! Faces under e-mail addresses: `POST /register` enrols one, `POST /verify` compares a photo with it. No session ever begins
//! with a face.

mod enrolments;
mod face_documents;
mod face_failure;
mod face_request;
mod face_throttle;
mod register;
mod retention;
mod verify;

pub use enrolments::{EnrolmentService, EnrolmentSettings};
pub use retention::end_unused;

use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Merge these into a larger router, as those of [`crate::auth::routes`].
pub fn routes(service: Arc<EnrolmentService>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(register::post)).routes(routes!(verify::post)).with_state(service)
}
