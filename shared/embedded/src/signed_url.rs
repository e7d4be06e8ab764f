//! Presigned URLs on one machine: HMAC-SHA256 over everything that the request must have, with one key for writing and one
//! for reading. The headers of a PUT are S3's.

use crate::keys::{Keys, Purpose};
use domain::ports::objects::{PutGrant, SignedRequest};
use domain::{Bucket, MediaType, ObjectKey, Sha256, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::collections::BTreeMap;

/// All but RFC 3986's unreserved characters and the slash are percent-encoded.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The path of signed URLs.
pub const OBJECTS_PATH: &str = "/objects/";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("the URL has expired")]
    Expired,
    /// Signed with another key, or for another method, object key, expiry, length, type or checksum.
    #[error("the signature does not match the request")]
    Forged,
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
}

#[derive(Clone)]
pub struct SignedUrls {
    base: String,
    put_key: [u8; 32],
    get_key: [u8; 32],
}

impl UrlError {
    /// The stable code in the API.
    pub fn code(self) -> &'static str {
        match self {
            UrlError::Expired => "url_expired",
            UrlError::Forged => "bad_signature",
            UrlError::Header(_) => "missing_signed_header",
        }
    }
}

impl SignedUrls {
    /// URLs below `public_url` (scheme, host, port; no path).
    pub fn new(public_url: &str, keys: &Keys) -> Self {
        SignedUrls {
            base: public_url.trim_end_matches('/').to_owned(),
            put_key: keys.derive(Purpose::PutUrl),
            get_key: keys.derive(Purpose::GetUrl),
        }
    }

    /// A request that puts exactly the granted content, until `expires_at` (whole seconds).
    pub fn sign_put(&self, grant: &PutGrant, expires_at: Timestamp) -> SignedRequest {
        let signature = hex::encode(self.put_mac(grant, expires_at.as_second()).finalize().into_bytes());
        SignedRequest {
            url: self.url(Bucket::Media, &grant.key, expires_at, &signature),
            headers: vec![
                ("content-length".into(), grant.content_length.to_string()),
                ("content-type".into(), grant.content_type.as_str().into()),
                ("x-amz-checksum-sha256".into(), grant.sha256.to_base64()),
                ("if-none-match".into(), "*".into()),
            ],
            expires_at,
        }
    }

    /// A link to an object until `expires_at` (whole seconds); the same link for the same arguments.
    pub fn sign_get(&self, bucket: Bucket, key: &ObjectKey, expires_at: Timestamp) -> String {
        let signature =
            hex::encode(self.get_mac(bucket, key, expires_at.as_second()).finalize().into_bytes());
        self.url(bucket, key, expires_at, &signature)
    }

    /// The grant of a PUT request whose path (below [`OBJECTS_PATH`]), query and headers are those that were signed. The
    /// caller checks length and checksum of the content against it.
    pub fn verify_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<PutGrant, UrlError> {
        let (bucket, key) = object_of(path).ok_or(UrlError::Forged)?;
        let (expires, signature) = terms(query).ok_or(UrlError::Forged)?;
        let grant = granted(key, headers)?;
        self.put_mac(&grant, expires).verify_slice(&signature).map_err(|_| UrlError::Forged)?;
        if bucket != Bucket::Media {
            return Err(UrlError::Forged);
        }
        unexpired(expires, now)?;
        Ok(grant)
    }

    /// The object that a GET request may read.
    pub fn verify_get(
        &self,
        path: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<(Bucket, ObjectKey), UrlError> {
        let (bucket, key) = object_of(path).ok_or(UrlError::Forged)?;
        let (expires, signature) = terms(query).ok_or(UrlError::Forged)?;
        self.get_mac(bucket, &key, expires).verify_slice(&signature).map_err(|_| UrlError::Forged)?;
        unexpired(expires, now)?;
        Ok((bucket, key))
    }

    fn url(&self, bucket: Bucket, key: &ObjectKey, expires_at: Timestamp, signature: &str) -> String {
        let key = utf8_percent_encode(key.as_str(), PATH);
        let (base, bucket, expires) = (&self.base, bucket.as_str(), expires_at.as_second());
        format!("{base}{OBJECTS_PATH}{bucket}/{key}?expires={expires}&signature={signature}")
    }

    fn put_mac(&self, grant: &PutGrant, expires: i64) -> Hmac<sha2::Sha256> {
        let length = grant.content_length.to_string();
        let sha256 = grant.sha256.to_base64();
        let parts = ["PUT", Bucket::Media.as_str(), grant.key.as_str(), &expires.to_string()];
        mac(&self.put_key, parts.into_iter().chain([&*length, grant.content_type.as_str(), &*sha256, "*"]))
    }

    fn get_mac(&self, bucket: Bucket, key: &ObjectKey, expires: i64) -> Hmac<sha2::Sha256> {
        mac(&self.get_key, ["GET", bucket.as_str(), key.as_str(), &expires.to_string()])
    }
}

/// Each part is preceded by its length, so that no two lists of parts have the same bytes.
fn mac<'a>(key: &[u8; 32], parts: impl IntoIterator<Item = &'a str>) -> Hmac<sha2::Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

fn object_of(path: &str) -> Option<(Bucket, ObjectKey)> {
    let (bucket, key) = path.strip_prefix(OBJECTS_PATH)?.split_once('/')?;
    let key = percent_decode_str(key).decode_utf8().ok()?;
    Some((Bucket::parse(bucket)?, ObjectKey::parse(&key).ok()?))
}

fn terms(query: &str) -> Option<(i64, Vec<u8>)> {
    let term = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    Some((term("expires")?.parse().ok()?, hex::decode(term("signature")?).ok()?))
}

fn granted(key: ObjectKey, headers: &BTreeMap<String, String>) -> Result<PutGrant, UrlError> {
    let header = |name: &'static str| headers.get(name).map(String::as_str).ok_or(UrlError::Header(name));
    if header("if-none-match")? != "*" {
        return Err(UrlError::Header("if-none-match"));
    }
    Ok(PutGrant {
        key,
        content_length: header("content-length")?.parse().map_err(|_| UrlError::Header("content-length"))?,
        content_type: MediaType::parse(header("content-type")?).ok_or(UrlError::Header("content-type"))?,
        sha256: Sha256::parse_base64(header("x-amz-checksum-sha256")?)
            .map_err(|_| UrlError::Header("x-amz-checksum-sha256"))?,
    })
}

fn unexpired(expires: i64, now: Timestamp) -> Result<(), UrlError> {
    if now.as_second() < expires { Ok(()) } else { Err(UrlError::Expired) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::DataDir;
    use domain::fixture;

    fn urls() -> SignedUrls {
        let root = tempfile::tempdir().unwrap();
        let keys = Keys::open(&DataDir::prepare(root.path()).unwrap()).unwrap();
        SignedUrls::new("http://localhost:8080/", &keys)
    }

    fn grant() -> PutGrant {
        PutGrant {
            key: ObjectKey::parse("user-uploads/acme/ana/ä b%").unwrap(),
            content_length: 5,
            content_type: MediaType::Jpeg,
            sha256: Sha256::of(b"photo"),
        }
    }

    fn split(url: &str) -> (String, String) {
        let (path, query) = url.strip_prefix("http://localhost:8080").unwrap().split_once('?').unwrap();
        (path.to_owned(), query.to_owned())
    }

    #[test]
    fn a_put_is_allowed_exactly_as_signed() {
        let urls = urls();
        let signed = urls.sign_put(&grant(), fixture::later(900));
        let (path, query) = split(&signed.url);
        let headers: BTreeMap<_, _> = signed.headers.into_iter().collect();
        let open =
            |path: &str, query: &str, headers: &BTreeMap<_, _>, at| urls.verify_put(path, query, headers, at);
        assert_eq!(open(&path, &query, &headers, fixture::later(899)), Ok(grant()));
        assert_eq!(open(&path, &query, &headers, fixture::later(900)), Err(UrlError::Expired));
        let prolonged = query.replace("expires=17", "expires=18");
        assert_eq!(open(&path, &prolonged, &headers, fixture::now()), Err(UrlError::Forged));
        let elsewhere = path.replace("ana", "bob");
        assert_eq!(open(&elsewhere, &query, &headers, fixture::now()), Err(UrlError::Forged));
        for (header, other, error) in [
            ("content-length", "6", UrlError::Forged),
            ("content-length", "x", UrlError::Header("content-length")),
            ("content-type", "image/png", UrlError::Forged),
            ("content-type", "text/html", UrlError::Header("content-type")),
            ("x-amz-checksum-sha256", &Sha256::of(b"other").to_base64(), UrlError::Forged),
            ("if-none-match", "etag", UrlError::Header("if-none-match")),
        ] {
            let changed =
                headers.iter().map(|(k, v)| (k.clone(), if k == header { other.into() } else { v.clone() }));
            assert_eq!(
                open(&path, &query, &changed.collect(), fixture::now()),
                Err(error),
                "{header}: {other}"
            );
        }
    }

    #[test]
    fn a_link_reads_one_object_and_writes_none() {
        let urls = urls();
        let (path, query) = split(&urls.sign_get(Bucket::Media, &grant().key, fixture::later(60)));
        assert_eq!(urls.verify_get(&path, &query, fixture::now()), Ok((Bucket::Media, grant().key)));
        assert_eq!(urls.verify_get(&path, &query, fixture::later(60)), Err(UrlError::Expired));
        let other = path.replace("/media/", "/users-photos/");
        assert_eq!(urls.verify_get(&other, &query, fixture::now()), Err(UrlError::Forged));
        let headers = urls.sign_put(&grant(), fixture::later(60)).headers.into_iter().collect();
        assert_eq!(urls.verify_put(&path, &query, &headers, fixture::now()), Err(UrlError::Forged));
    }
}
