//! The place of an object: a bucket and a key that is safe on every backend.

use crate::owner::{TenantId, UserId};
use crate::stage::Stage;
use crate::upload_id::UploadId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The two buckets. Enrolment photos are biometric data and have their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// Uploads, previews and generated artefacts.
    Media,
    /// Enrolment photos of faces.
    UsersPhotos,
}

impl Bucket {
    pub const ALL: [Bucket; 2] = [Bucket::Media, Bucket::UsersPhotos];

    /// The name on one machine; on AWS the resource in the template.
    pub fn as_str(self) -> &'static str {
        match self {
            Bucket::Media => "media",
            Bucket::UsersPhotos => "users-photos",
        }
    }

    pub fn parse(raw: &str) -> Option<Self> {
        Bucket::ALL.into_iter().find(|bucket| bucket.as_str() == raw)
    }
}

/// A key: 1 to 1024 bytes of UTF-8 (S3's limit), no control characters, and no segment that is empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("object key {0:?}: 1 to 1024 bytes, no control characters, no empty, '.' or '..' segment")]
pub struct InvalidObjectKey(String);

/// The prefix under which an arriving object raises an event.
pub const UPLOADS_PREFIX: &str = "user-uploads/";

impl ObjectKey {
    pub fn parse(raw: &str) -> Result<Self, InvalidObjectKey> {
        let length_ok = (1..=1024).contains(&raw.len());
        let segments_ok = raw.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
        if length_ok && segments_ok && !raw.chars().any(char::is_control) {
            return Ok(ObjectKey(raw.to_owned()));
        }
        Err(InvalidObjectKey(raw.chars().take(80).collect()))
    }

    /// An uploaded photo. The user's file name is not part of the key.
    pub fn upload(tenant: &TenantId, user: &UserId, upload: UploadId) -> Self {
        ObjectKey(format!("{UPLOADS_PREFIX}{tenant}/{user}/{upload}"))
    }

    pub fn picture(tenant: &TenantId, upload: UploadId, attempt: u32) -> Self {
        ObjectKey(format!("generated-images/{tenant}/{upload}/{attempt}.jpg"))
    }

    /// The MP3 of an attempt's melody.
    pub fn melody(tenant: &TenantId, upload: UploadId, attempt: u32) -> Self {
        ObjectKey(format!("generated-melodies/{tenant}/{upload}/{attempt}.mp3"))
    }

    /// The MIDI of an attempt's melody.
    pub fn score(tenant: &TenantId, upload: UploadId, attempt: u32) -> Self {
        ObjectKey(format!("generated-melodies/{tenant}/{upload}/{attempt}.mid"))
    }

    /// The upright, small copy of the photo without metadata.
    pub fn preview(tenant: &TenantId, upload: UploadId) -> Self {
        ObjectKey(format!("previews/{tenant}/{upload}.jpg"))
    }

    /// The objects that a stage's attempt makes. All of them stored means that the stage did its work.
    pub fn artefacts(stage: Stage, tenant: &TenantId, upload: UploadId, attempt: u32) -> Vec<Self> {
        match stage {
            Stage::ImageGeneration => vec![ObjectKey::picture(tenant, upload, attempt)],
            Stage::MelodyGeneration => {
                vec![ObjectKey::melody(tenant, upload, attempt), ObjectKey::score(tenant, upload, attempt)]
            }
            _ => Vec::new(),
        }
    }

    /// The prefixes of an upload's generated objects, for every attempt.
    pub fn prefixes_of(tenant: &TenantId, upload: UploadId) -> [String; 2] {
        [format!("generated-images/{tenant}/{upload}/"), format!("generated-melodies/{tenant}/{upload}/")]
    }

    /// The owner of an uploaded object and the object's name; None unless it is exactly one level below a user's prefix.
    pub fn owner(&self) -> Option<(TenantId, UserId, &str)> {
        let mut parts = self.0.strip_prefix(UPLOADS_PREFIX)?.split('/');
        let tenant = TenantId::parse(parts.next()?).ok()?;
        let user = UserId::parse(parts.next()?).ok()?;
        let name = parts.next()?;
        parts.next().is_none().then_some((tenant, user, name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = InvalidObjectKey;
    fn try_from(raw: String) -> Result<Self, InvalidObjectKey> {
        ObjectKey::parse(&raw)
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> String {
        key.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_keys_are_refused() {
        for bad in ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\0b", "a\nb", &"k".repeat(1025)] {
            assert!(ObjectKey::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "ключ/ф ото.jpg", "a/..b/c.", "a%2F..", &"k".repeat(1024)] {
            assert!(ObjectKey::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn the_owner_is_read_from_exactly_one_level() {
        let key = |raw: &str| ObjectKey::parse(raw).unwrap();
        let ours = key("user-uploads/acme/ana/photo 1.jpg");
        let (tenant, user, name) = ours.owner().unwrap();
        assert_eq!((tenant.as_str(), user.as_str(), name), ("acme", "ana", "photo 1.jpg"));
        for strange in [
            "user-uploads/acme/ana",
            "user-uploads/acme/ana/x/y",
            "previews/acme/ana/x",
            "user-uploads/@/ana/x",
        ] {
            assert_eq!(key(strange).owner(), None, "{strange}");
        }
    }

    #[test]
    fn generated_keys_parse_and_have_the_prefixes_of_an_erasure() {
        let (tenant, user) = (TenantId::parse("t").unwrap(), UserId::parse("u").unwrap());
        let id = UploadId::parse("00000000-0000-0000-0000-000000000007").unwrap();
        let source = ObjectKey::upload(&tenant, &user, id);
        let made = [
            ObjectKey::picture(&tenant, id, 2),
            ObjectKey::melody(&tenant, id, 2),
            ObjectKey::score(&tenant, id, 2),
        ];
        for key in &made {
            let prefixes = ObjectKey::prefixes_of(&tenant, id);
            assert!(
                prefixes.iter().any(|prefix| key.as_str().starts_with(prefix)),
                "{key} survives an erasure"
            );
        }
        for key in made.into_iter().chain([source, ObjectKey::preview(&tenant, id)]) {
            assert_eq!(ObjectKey::parse(key.as_str()), Ok(key.clone()));
        }
    }
}
