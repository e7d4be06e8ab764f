//! `POST /verify`: compares a photo with the face that is enrolled under an e-mail address.

use super::enrolments::{EnrolmentService, Verified};
use super::face_documents::{PersonDocument, VerifiedDocument, VerifyFields};
use super::face_request::{caller, read};
use super::face_throttle::Try;
use crate::auth::Address;
use crate::auth::documents::private;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// The step to which similarities are rounded: finer ones would tell whether a changed photo is nearer.
const STEP: f64 = 5.0;

/// Compare a photo with the face that is enrolled under an e-mail address.
///
/// An address without an enrolment is answered as another person's face. No session begins with a face.
#[utoipa::path(
    post, path = "/verify", operation_id = "verify_face", tag = "faces", security((), ("bearer" = [])), request_body = VerifyFields,
    responses((status = 200, description = "Compared", body = VerifiedDocument)),
    extensions(("x-problems" = json!(["400 bad_base64", "400 invalid_field", "400 invalid_email", "400 invalid_name", "400 missing_field", "400 missing_photo", "409 reenrol", "415 unsupported_type", "415 heic_unsupported", "422 empty_photo", "422 image_too_large", "422 image_too_small", "422 multiple_faces", "422 no_face", "422 undecodable_image", "429 too_many_requests"]))),
)]
pub async fn post(
    State(service): State<Arc<EnrolmentService>>,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let caller = caller(&service, &headers).await?;
    let request = read(&service, &headers, &address, body).await?;
    let (tenant, email) = (service.tenant(caller.as_ref()), request.email.clone());
    let one = Try { tenant: &tenant, email: &email, address: &address, owner: None };
    service.count(&one).await?;
    let verified = service.verify(&tenant, caller.as_ref(), request).await?;
    if verified.matched.is_some() {
        service.forgive(&one).await?;
    }
    let document = document(&service, verified).await?;
    tracing::info!(tenant.id = %tenant, is_match = document.r#match, "face compared");
    Ok(private(StatusCode::OK, document))
}

async fn document(service: &EnrolmentService, verified: Verified) -> Result<VerifiedDocument, Problem> {
    let Verified { similarity, matched, is_own } = verified;
    let is_match = matched.is_some();
    let user = match matched {
        None => None,
        Some(enrolment) => {
            let photo_url = match is_own {
                true => Some(service.links.to_enrolled(&enrolment.photo).await?),
                false => None,
            };
            Some(PersonDocument::new(enrolment.email, enrolment.names, photo_url))
        }
    };
    Ok(VerifiedDocument {
        r#match: is_match,
        verified: is_match,
        similarity: (is_match || is_own).then(|| (similarity / STEP).round() * STEP),
        threshold: service.threshold(),
        liveness: "none",
        model: service.model(),
        user,
    })
}
