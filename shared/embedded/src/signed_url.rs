//! Presigned URLs on one machine: HMAC-SHA256 over everything that the request must be, with keys of their own for
//! writing and for reading. The headers of a PUT are S3's.

use crate::keys::{Keys, Purpose};
use domain::ports::objects::{PutGrant, SignedRequest};
use domain::{Bucket, MediaType, ObjectKey, Sha256, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::collections::BTreeMap;

/// RFC 3986's unreserved characters and the segments' slash stand as they are.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The path under which a server answers signed URLs.
pub const OBJECTS_PATH: &str = "/objects/";

/// Why a request is not what was signed. The code is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Its time is over.
    #[error("the URL has expired")]
    Expired,
    /// Not signed by us, or signed for something else: another method, key, expiry, length, type or checksum.
    #[error("the signature does not fit the request")]
    Forged,
    /// A signed header is absent or not legible.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// The content is not as long as was signed.
    #[error("the content has another length than was signed")]
    Length,
    /// The content is another than was signed.
    #[error("the content has another sha256 than was signed")]
    Checksum,
}

/// Signs and checks URLs.
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
            UrlError::Length => "wrong_length",
            UrlError::Checksum => "wrong_checksum",
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

    /// A request that puts exactly what is granted, until `expires_at` (whole seconds).
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

    /// A link to an object, the same for the same expiry (whole seconds).
    pub fn sign_get(&self, bucket: Bucket, key: &ObjectKey, expires_at: Timestamp) -> String {
        let signature =
            hex::encode(self.get_mac(bucket, key, expires_at.as_second()).finalize().into_bytes());
        self.url(bucket, key, expires_at, &signature)
    }

    /// What a PUT request is allowed to put: its path (below [`OBJECTS_PATH`]), query and headers must be those that
    /// were signed. The content is checked with [`SignedUrls::check_content`] once it is there.
    pub fn verify_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<PutGrant, UrlError> {
        let (bucket, key) = place(path).ok_or(UrlError::Forged)?;
        let (expires, signature) = terms(query).ok_or(UrlError::Forged)?;
        let grant = granted(key, headers)?;
        self.put_mac(&grant, expires).verify_slice(&signature).map_err(|_| UrlError::Forged)?;
        if bucket != Bucket::Media {
            return Err(UrlError::Forged);
        }
        unexpired(expires, now)?;
        Ok(grant)
    }

    /// Which object a GET request may read.
    pub fn verify_get(
        &self,
        path: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<(Bucket, ObjectKey), UrlError> {
        let (bucket, key) = place(path).ok_or(UrlError::Forged)?;
        let (expires, signature) = terms(query).ok_or(UrlError::Forged)?;
        self.get_mac(bucket, &key, expires).verify_slice(&signature).map_err(|_| UrlError::Forged)?;
        unexpired(expires, now)?;
        Ok((bucket, key))
    }

    /// Whether the content is what was granted.
    pub fn check_content(grant: &PutGrant, content: &[u8]) -> Result<(), UrlError> {
        if content.len() as u64 != grant.content_length {
            return Err(UrlError::Length);
        }
        if Sha256::of(content) != grant.sha256 {
            return Err(UrlError::Checksum);
        }
        Ok(())
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

/// Each part with its length before it, so that no two lists of parts look the same.
fn mac<'a>(key: &[u8; 32], parts: impl IntoIterator<Item = &'a str>) -> Hmac<sha2::Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

fn place(path: &str) -> Option<(Bucket, ObjectKey)> {
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
    fn content_is_checked_against_the_grant() {
        assert_eq!(SignedUrls::check_content(&grant(), b"photo"), Ok(()));
        assert_eq!(SignedUrls::check_content(&grant(), b"photos"), Err(UrlError::Length));
        assert_eq!(SignedUrls::check_content(&grant(), b"ph0to"), Err(UrlError::Checksum));
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
