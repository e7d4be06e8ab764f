//! A photo that came in a request: told by its first bytes, stored as if its owner had put it with a presigned URL.

use super::Api;
use super::session::owner;
use crate::auth::Caller;
use crate::problem::Problem;
use bytes::Bytes;
use domain::ports::objects::NewObject;
use domain::ports::uploads::Created;
use domain::ports::{PortError, PortErrorKind};
use domain::upload::{Declared, Kind};
use domain::{Bucket, MediaType, ObjectKey, Sha256, Status, Upload, UploadId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Boxes of ISO media files that hold HEIC or HEIF pictures.
const HEIF_BRANDS: [&[u8; 4]; 7] = [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"];

fn heic() -> Problem {
    Problem::unsupported("heic_unsupported", "HEIC/HEIF is not taken; send JPEG, PNG or WebP")
}

/// The type that a client declares. Errors: 415 with the list.
pub(crate) fn declared_type(raw: &str) -> Result<MediaType, Problem> {
    let lower = raw.to_ascii_lowercase();
    match MediaType::parse(raw) {
        Some(media_type) => Ok(media_type),
        None if lower.starts_with("image/hei") => Err(heic()),
        None => Err(Problem::unsupported("unsupported_type", "photos are JPEG, PNG or WebP")),
    }
}

/// The type that the first bytes tell. Errors: 415 with the list.
pub(crate) fn sniffed_type(bytes: &[u8]) -> Result<MediaType, Problem> {
    match MediaType::sniff(bytes) {
        Some(media_type) => Ok(media_type),
        None if bytes.get(4..8) == Some(b"ftyp")
            && HEIF_BRANDS.iter().any(|brand| bytes.get(8..12) == Some(&brand[..])) =>
        {
            Err(heic())
        }
        None => Err(Problem::unsupported("unsupported_type", "the bytes are no JPEG, PNG or WebP")),
    }
}

/// Stores a photo; the upload of the same content where its owner has one.
pub(crate) async fn store(
    api: &Api,
    caller: &Caller,
    kind: Kind,
    bytes: Bytes,
    traceparent: Option<String>,
) -> Result<Upload, Problem> {
    if bytes.is_empty() {
        return Err(Problem::meaningless("empty_photo", "the photo is empty"));
    }
    let content_type = sniffed_type(&bytes)?;
    let hashed = bytes.clone();
    let sha256 = tokio::task::spawn_blocking(move || Sha256::of(&hashed)).await.map_err(PortError::broken)?;
    let declared = Declared { content_type, content_length: bytes.len() as u64, sha256: Some(sha256) };
    let now = api.ports.clock.now();
    let id = UploadId::new(Uuid::now_v7());
    let upload = Upload::awaiting(owner(caller), id, declared, now + api.settings.url_ttl, now);
    let upload = Upload { kind, traceparent, ..upload };
    let upload = match api.ports.uploads.create(upload).await? {
        Created::New(upload) | Created::Duplicate(upload) => upload,
    };
    if upload.status == Status::AwaitingUpload {
        put(api, &upload, content_type, bytes).await?;
    }
    Ok(upload)
}

async fn put(api: &Api, upload: &Upload, content_type: MediaType, bytes: Bytes) -> Result<(), Problem> {
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
    let object = NewObject { bytes, content_type: content_type.as_str().into(), metadata: BTreeMap::new() };
    match api.ports.objects.put(Bucket::Media, &key, object).await {
        Ok(_) => Ok(()),
        // The same content came in twice at a time: it is there.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heic_is_refused_by_name() {
        let told = |problem: Problem| format!("{problem:?}").contains("heic_unsupported");
        assert!(told(declared_type("image/HEIC").unwrap_err()));
        assert!(told(sniffed_type(b"\0\0\0\x18ftypheic....").unwrap_err()));
        assert!(!told(sniffed_type(b"plain text").unwrap_err()));
        assert_eq!(declared_type("image/png").unwrap(), MediaType::Png);
    }
}
