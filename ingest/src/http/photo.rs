//! A photo that came in a request: told by its first bytes, stored as if its owner had put it with a presigned URL.

use crate::deposit::{Deposited, Photo, deposit};
use crate::problem::Problem;
use bytes::Bytes;
use domain::Ports;
use domain::upload::Kind;
use domain::{MediaType, TenantId, UserId};

/// The accepted formats, for people.
const FORMATS: &str = "photos are JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF";

/// The type that a client declares. Errors: 415 with the list.
pub(crate) fn declared_type(raw: &str) -> Result<MediaType, Problem> {
    MediaType::parse(raw).ok_or_else(|| Problem::unsupported("unsupported_type", FORMATS))
}

/// The type that the first bytes tell. Errors: 415 with the list.
pub(crate) fn sniffed_type(bytes: &[u8]) -> Result<MediaType, Problem> {
    MediaType::sniff(bytes).ok_or_else(|| Problem::unsupported("unsupported_type", FORMATS))
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
    fn types_are_declared_and_sniffed() {
        assert_eq!(declared_type("image/HEIC").unwrap(), MediaType::Heic);
        assert_eq!(sniffed_type(b"\0\0\0\x14ftypheic\0\0\0\0mif1").unwrap(), MediaType::Heic);
        assert_eq!(declared_type("image/png").unwrap(), MediaType::Png);
        for refused in [declared_type("image/x-icon"), sniffed_type(b"plain text")] {
            assert!(format!("{:?}", refused.unwrap_err()).contains("HEIC, AVIF, GIF"));
        }
    }
}
