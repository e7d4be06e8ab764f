//! Enrolments: a person's face under an e-mail address, with which later photos are compared. Biometric data: neither
//! the numbers of a template nor a photo is ever logged.

use crate::email::Email;
use crate::object_key::{InvalidObjectKey, ObjectKey};
use crate::owner::{TenantId, UserId};
use crate::sha256::Sha256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// A use is noted at most once in this time, so that a verification seldom writes.
const USE_NOTED_AFTER: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrolment {
    pub tenant_id: TenantId,
    pub email: Email,
    /// The account whose token enrolled the face. None: an identity of its own, which is part of no login.
    pub owner: Option<UserId>,
    pub names: Names,
    pub template: FaceTemplate,
    /// The key of the photo in bucket `users-photos`.
    pub photo: ObjectKey,
    pub consent: Consent,
    pub enrolled_at: Timestamp,
    pub last_used_at: Timestamp,
    /// Of the row; 0 before it is stored.
    pub version: u64,
}

/// The names that came with the photo.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
}

/// The consent that came with the photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Where it was given, in the client's words.
    pub source: String,
    pub at: Timestamp,
    /// The version of the text that was agreed to.
    pub text_version: Option<String>,
}

/// A face as one engine and one model compare it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceTemplate {
    pub engine: String,
    /// Another model's numbers mean something else.
    pub model: String,
    /// Empty for an engine that compares photos.
    pub descriptor: Vec<f32>,
}

impl Enrolment {
    /// A new key for the photo of an enrolment; [`Enrolment::photos`] is its prefix.
    pub fn photo_key(tenant: &TenantId, email: &Email, photo: Uuid) -> Result<ObjectKey, InvalidObjectKey> {
        ObjectKey::parse(&format!("{}{photo}.jpg", Enrolment::photos(tenant, email)))
    }

    /// The prefix of all photos that were ever enrolled under an address. The address itself is not in it.
    pub fn photos(tenant: &TenantId, email: &Email) -> String {
        format!("enrolments/{tenant}/{}/", Enrolment::digest(tenant, email))
    }

    /// Stands for the address in keys.
    pub fn digest(tenant: &TenantId, email: &Email) -> String {
        hex::encode(Sha256::of_words(&[tenant.as_str(), email.as_str()]).bytes())
    }

    /// The enrolment after a use; None while the last noted use is recent.
    pub fn used(&self, now: Timestamp) -> Option<Self> {
        let is_recent = self.last_used_at + USE_NOTED_AFTER > now;
        (!is_recent).then(|| Enrolment { last_used_at: now, ..self.clone() })
    }
}

/// Without the names, which must not be logged.
impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names(..)")
    }
}

/// Without the numbers, which must not be logged.
impl fmt::Debug for FaceTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceTemplate({} {})", self.engine, self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn nothing_of_a_face_is_written_to_a_log() {
        let logged = format!("{:?}", fixture::enrolment("ana@example.org"));
        for secret in ["ana@", "Quispe", "0.25"] {
            assert!(!logged.contains(secret), "{logged}");
        }
    }

    #[test]
    fn a_use_is_noted_once_a_day() {
        let enrolment = fixture::enrolment("ana@example.org");
        assert_eq!(enrolment.used(fixture::later(24 * 3600 - 1)), None);
        let used = enrolment.used(fixture::later(24 * 3600)).unwrap();
        assert_eq!(used.last_used_at, fixture::later(24 * 3600));
    }

    #[test]
    fn photos_of_an_address_share_a_prefix_of_their_own() {
        let (tenant, _) = fixture::owner();
        let email = |raw: &str| Email::parse(raw).unwrap();
        let key = Enrolment::photo_key(&tenant, &email("ana@example.org"), Uuid::nil()).unwrap();
        assert!(key.as_str().starts_with(&Enrolment::photos(&tenant, &email("ANA@example.org"))));
        assert!(!key.as_str().contains("ana@"));
        assert_ne!(
            Enrolment::photos(&tenant, &email("ana@example.org")),
            Enrolment::photos(&tenant, &email("bea@example.org"))
        );
    }
}
