//! `POST /register`: enrols the face of a photo under an e-mail address.

use super::enrolments::EnrolmentService;
use super::face_documents::{ConsentDocument, EnrolledDocument, RegisterFields};
use super::face_request::{caller, read};
use super::face_throttle::Try;
use crate::auth::Address;
use crate::auth::documents::private;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Enrolment;
use std::sync::Arc;

/// Enrol the face of a photo under an e-mail address.
///
/// With a token the face belongs to the account, whose address it must be, and replaces the account's former one;
/// one without an account is taken over if the photo matches it. Without a token, where the installation allows it, the face
/// is an identity of its own.
#[utoipa::path(
    post, path = "/register", operation_id = "enrol_face", tag = "faces", security((), ("bearer" = [])), request_body = RegisterFields,
    responses((status = 200, description = "Enrolled", body = EnrolledDocument)),
    extensions(("x-problems" = json!(["400 bad_base64", "400 invalid_field", "400 invalid_email", "400 invalid_name", "400 missing_field", "400 missing_photo", "403 foreign_email", "409 already_enrolled", "415 unsupported_type", "415 heic_unsupported", "422 empty_photo", "422 image_too_large", "422 image_too_small", "422 multiple_faces", "422 no_face", "422 undecodable_image", "429 too_many_requests"]))),
)]
pub async fn post(
    State(service): State<Arc<EnrolmentService>>,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let caller = caller(&service, &headers).await?;
    service.admits(caller.as_ref())?;
    let request = read(&service, &headers, &address, body).await?;
    let owner = service.owner(caller.as_ref(), &request.email).await?;
    let tenant = service.tenant(caller.as_ref());
    let email = request.email.clone();
    let one = Try { tenant: &tenant, email: &email, address: &address, owner: owner.as_ref() };
    service.count(&one).await?;
    let enrolment = service.enrol(tenant.clone(), owner.clone(), request).await?;
    if owner.is_some() {
        service.forgive(&one).await?;
    }
    let photo_url = service.links.to_enrolled(&enrolment.photo).await?;
    let Enrolment { tenant_id, email, consent, enrolled_at, .. } = enrolment;
    tracing::info!(tenant.id = %tenant_id, "face enrolled");
    let document = EnrolledDocument {
        status: "ok",
        email,
        photo_url,
        consent: ConsentDocument {
            source: consent.source,
            at: consent.at,
            text_version: consent.text_version,
        },
        model: service.model(),
        enrolled_at,
    };
    Ok(private(StatusCode::OK, document))
}
