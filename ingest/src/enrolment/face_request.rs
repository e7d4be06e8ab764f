//! What the routes of enrolments read from a request.

use super::enrolments::EnrolmentService;
use super::face_documents::{ConsentFields, FaceRequest};
use super::face_failure::EnrolmentFailure;
use crate::auth::{Address, Caller};
use crate::http::body::{self, is_json};
use crate::http::photo_json;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::Email;
use domain::enrolment::Names;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Of a name, and of the words of a consent.
const MAX_CHARACTERS: usize = 100;

/// A body whose photo was taken out.
#[derive(Deserialize)]
struct Frame {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    name: Option<String>,
    /// An object: a list would be taken for one by its order.
    consent: Option<Map<String, Value>>,
}

impl FromRequestParts<Arc<EnrolmentService>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<EnrolmentService>,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Ok(Address::of(peer, &parts.headers, &service.settings.trusted_proxies))
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

fn fields(frame: Frame) -> Result<(Email, Names, ConsentFields), EnrolmentFailure> {
    let invalid = |code, detail: String| EnrolmentFailure::InvalidField { code, detail };
    let email = frame.email.ok_or_else(|| invalid("missing_field", "email is missing".to_owned()))?;
    let email = Email::parse(&email).map_err(|error| invalid("invalid_email", error.to_string()))?;
    let names = Names {
        first_name: short(frame.first_name)?,
        last_name: short(frame.last_name)?,
        name: short(frame.name)?,
    };
    let word = |name: &str| match frame.consent.as_ref().and_then(|consent| consent.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => short(Some(text.clone())),
        Some(_) => Err(invalid("invalid_field", format!("consent.{name} must be a string"))),
    };
    let consent = ConsentFields { source: word("source")?, text_version: word("text_version")? };
    Ok((email, names, consent))
}

/// A short text without control characters, or none.
fn short(text: Option<String>) -> Result<Option<String>, EnrolmentFailure> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MAX_CHARACTERS || text.chars().any(char::is_control) {
        let detail = format!("a name has at most {MAX_CHARACTERS} characters and no control characters");
        return Err(EnrolmentFailure::InvalidField { code: "invalid_name", detail });
    }
    Ok(Some(text))
}

/// The caller of a request; None without a token. Errors: the token is not valid.
pub async fn caller(
    service: &EnrolmentService,
    headers: &HeaderMap,
) -> Result<Option<Caller>, EnrolmentFailure> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| EnrolmentFailure::InvalidToken)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(service.auth.caller(token.trim(), true).await?))
        }
        _ => Err(EnrolmentFailure::InvalidToken),
    }
}
