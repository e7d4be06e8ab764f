//! What the routes of enrolments read from a request.

use super::enrolments::EnrolmentService;
use super::face_documents::{ConsentFields, FaceRequest};
use crate::auth::{Address, AuthFailure, Caller, bearer};
use crate::http::body::{self, is_json};
use crate::http::photo_json;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::Email;
use domain::enrolment::Names;
use serde::Deserialize;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;

/// Of a name, and of the words of a consent.
const MAX_CHARACTERS: usize = 100;

/// A body whose photo was taken out. What its fields are is checked with their names at hand.
#[derive(Deserialize)]
struct Frame {
    email: Option<Value>,
    first_name: Option<Value>,
    last_name: Option<Value>,
    name: Option<Value>,
    consent: Option<Value>,
}

impl FromRequestParts<Arc<EnrolmentService>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<EnrolmentService>,
    ) -> Result<Self, Infallible> {
        Ok(Address::of_request(parts, &service.settings.trusted_proxies))
    }
}

/// Reads a body. Errors: 400 for a field that is missing or has another meaning, 413, 415, 422 and 503 as with other photos.
pub async fn read(
    service: &EnrolmentService,
    headers: &HeaderMap,
    address: &str,
    body: Body,
) -> Result<FaceRequest, Problem> {
    if !is_json(headers) {
        let detail = "this route takes application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
    }
    let mut memory = service.memory_of(address)?;
    let (photo, frame) = photo_json::read_whole(body, service.settings.max_photo_bytes, &mut memory).await?;
    let frame: Frame = body::parse(&frame)?;
    let (email, names, consent) = fields(frame)?;
    if photo.is_empty() {
        return Err(Problem::unprocessable("empty_photo", "the photo is empty"));
    }
    Ok(FaceRequest { email, photo: memory.hold(photo), names, consent })
}

fn fields(frame: Frame) -> Result<(Email, Names, ConsentFields), Problem> {
    let email = text("email", frame.email)?;
    let email = email.ok_or_else(|| Problem::malformed("missing_field", "email is missing"))?;
    let email =
        Email::parse(&email).map_err(|error| Problem::malformed("invalid_email", error.to_string()))?;
    let names = Names {
        first_name: short("first_name", frame.first_name)?,
        last_name: short("last_name", frame.last_name)?,
        name: short("name", frame.name)?,
    };
    let mut consent = match frame.consent {
        None => serde_json::Map::new(),
        Some(Value::Object(consent)) => consent,
        Some(_) => return Err(Problem::unprocessable("invalid_field", "consent must be an object")),
    };
    let consent = ConsentFields {
        source: short("consent.source", consent.remove("source"))?,
        text_version: short("consent.text_version", consent.remove("text_version"))?,
    };
    Ok((email, names, consent))
}

fn text(name: &str, value: Option<Value>) -> Result<Option<String>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::unprocessable("invalid_field", format!("{name} must be a string"))),
    }
}

/// A short text without control characters, or none.
fn short(name: &str, value: Option<Value>) -> Result<Option<String>, Problem> {
    let text = text(name, value)?.map(|text| text.trim().to_owned());
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > MAX_CHARACTERS || text.chars().any(char::is_control) {
        let detail = format!("{name} has at most {MAX_CHARACTERS} characters and no control characters");
        return Err(Problem::malformed("invalid_name", detail));
    }
    Ok(Some(text))
}

/// The caller of a request; None without a token. Errors: the token is not valid.
pub async fn caller(service: &EnrolmentService, headers: &HeaderMap) -> Result<Option<Caller>, AuthFailure> {
    if !headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    // Another scheme is no way to be without a token.
    let token = bearer(headers).map_err(|_| AuthFailure::InvalidToken)?;
    Ok(Some(service.auth.caller(token, true).await?))
}
