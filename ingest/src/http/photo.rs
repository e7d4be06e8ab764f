//! A photo that came in a request: told by its first bytes, stored as if its owner had put it with a presigned URL.

use crate::deposit::{Deposited, Photo, deposit};
use crate::problem::Problem;
use bytes::Bytes;
use domain::Ports;
use domain::upload::Kind;
use domain::{MediaType, TenantId, UserId};

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
        None if MediaType::is_heif(bytes) => Err(heic()),
        None => Err(Problem::unsupported("unsupported_type", "the bytes are no JPEG, PNG or WebP")),
    }
}

/// Stores a photo. Errors: 422 for an empty one, 415 for what is no photo.
pub async fn store(
    ports: &Ports,
    owner: (TenantId, UserId),
    kind: Kind,
    bytes: Bytes,
    traceparent: Option<String>,
) -> Result<Deposited, Problem> {
    if bytes.is_empty() {
        return Err(Problem::meaningless("empty_photo", "the photo is empty"));
    }
    let content_type = sniffed_type(&bytes)?;
    Ok(deposit(ports, Photo { owner, kind, content_type, bytes, traceparent }).await?)
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
