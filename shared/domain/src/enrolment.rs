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
    /// It is being erased: it matches nothing, and any new face replaces it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ending: bool,
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
    /// A new key for a photo: below [`Enrolment::photos`] of its account, or below the digest of the address. No key contains
    /// the address.
    pub fn photo_key(
        tenant: &TenantId,
        owner: Option<&UserId>,
        email: &Email,
        photo: Uuid,
    ) -> Result<ObjectKey, InvalidObjectKey> {
        let folder = match owner {
            Some(owner) => Enrolment::photos(tenant, owner),
            None => format!("enrolments/{tenant}/{}/", Enrolment::digest(tenant, email)),
        };
        ObjectKey::parse(&format!("{folder}{photo}.jpg"))
    }

    /// The prefix of all photos that an account ever enrolled.
    pub fn photos(tenant: &TenantId, owner: &UserId) -> String {
        format!("enrolments/{tenant}/{owner}/")
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

    /// The enrolment once its erasure has begun. Its last use is the earliest moment, so that retention finds it first if the
    /// erasure stops halfway.
    pub fn ended(&self) -> Self {
        Enrolment { ending: true, last_used_at: Timestamp::UNIX_EPOCH, ..self.clone() }
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
    fn photos_of_an_account_share_a_prefix_of_their_own() {
        let (tenant, ana) = fixture::owner();
        let email = Email::parse("ana@example.org").unwrap();
        let key = |owner| Enrolment::photo_key(&tenant, owner, &email, Uuid::nil()).unwrap();
        let photos = Enrolment::photos(&tenant, &ana);
        assert!(key(Some(&ana)).as_str().starts_with(&photos));
        for other in [key(None), key(Some(&UserId::parse("ana2").unwrap()))] {
            assert!(!other.as_str().starts_with(&photos));
            assert!(!other.as_str().contains("ana@"));
        }
    }
}
