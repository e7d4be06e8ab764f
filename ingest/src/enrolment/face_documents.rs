//! The bodies that the routes of enrolments take and answer.

use crate::http::words;
use bytes::Bytes;
use domain::enrolment::Names;
use domain::{Email, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A face and its names.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the photo is decoded as it arrives")]
pub struct RegisterFields {
    #[schema(example = "ana@example.org")]
    email: String,
    #[schema(min_length = 1, content_encoding = "base64")]
    /// One face: base64, or a data URL in base64.
    photo: String,
    #[schema(max_length = 100)]
    first_name: Option<String>,
    #[schema(max_length = 100)]
    last_name: Option<String>,
    #[schema(max_length = 100)]
    name: Option<String>,
    consent: Option<ConsentFields>,
}

/// A face to compare.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the photo is decoded as it arrives")]
pub struct VerifyFields {
    #[schema(example = "ana@example.org")]
    email: String,
    /// One face: base64, or a data URL in base64.
    #[schema(min_length = 1, content_encoding = "base64")]
    photo: String,
}

/// A photo under an address.
pub struct FaceRequest {
    pub email: Email,
    pub photo: Bytes,
    pub names: Names,
    pub consent: ConsentFields,
}

/// What the person agreed to, and where.
#[derive(Debug, Default, ToSchema)]
pub struct ConsentFields {
    /// Where the consent was given, in the client's words.
    #[schema(max_length = 100, example = "signup form")]
    pub source: Option<String>,
    /// The version of the text that was agreed to.
    #[schema(max_length = 100, example = "2026-01")]
    pub text_version: Option<String>,
}

/// The face that is enrolled now.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledDocument {
    /// `ok`; a refusal has another status code.
    #[schema(example = "ok")]
    pub status: &'static str,
    #[schema(value_type = String)]
    pub email: Email,
    #[schema(value_type = words::SignedLink)]
    pub photo_url: String,
    pub consent: ConsentDocument,
    /// Engine and model; another one's enrolments are made anew.
    pub model: String,
    #[schema(value_type = words::Moment)]
    pub enrolled_at: Timestamp,
}

/// The consent as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentDocument {
    pub source: String,
    #[schema(value_type = words::Moment)]
    pub at: Timestamp,
    pub text_version: Option<String>,
}

/// Whether a photo shows the face that is enrolled under an address. An address without one is answered as another face.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedDocument {
    pub r#match: bool,
    /// The same as `match`.
    pub verified: bool,
    /// 0 to 100, rounded to 5; below the threshold only for the account that enrolled the face.
    pub similarity: Option<f64>,
    /// The similarity from which on it is a match.
    pub threshold: f64,
    /// Always `none`: a photo of a photo is not detected.
    #[schema(example = "none")]
    pub liveness: &'static str,
    pub model: String,
    /// Only of a match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub user: Option<PersonDocument>,
}

/// The person whose face it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonDocument {
    #[schema(value_type = String)]
    pub email: Email,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
    /// Only for the account that enrolled the face.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = words::SignedLink, required = false, nullable = false)]
    pub photo_url: Option<String>,
}

impl PersonDocument {
    pub fn new(email: Email, names: Names, photo_url: Option<String>) -> Self {
        let Names { first_name, last_name, name } = names;
        PersonDocument { email, first_name, last_name, name, photo_url }
    }
}
