//! Targets that are plain functions of bytes.

use domain::intake_message::IntakeMessage;
use domain::ports::objects::PutGrant;
use domain::{Bucket, MediaType, ObjectKey, Sha256, TenantId, UploadId, UserId, fixture};
use embedded::{Keys, Options, SignedUrls, Store};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use uuid::Uuid;
use vision::{Weights, decode, preview};

/// Any bytes are a picture that a preview can be made of, or a typed error.
pub fn decode_anything(bytes: &[u8]) {
    if let Ok(picture) = decode(bytes) {
        assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3);
        preview(&picture).expect("a picture has a preview");
    }
}

/// Any bytes are weights or a typed error: a manifest, a zero byte, shards.
pub fn read_any_weights(bytes: &[u8]) {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let shards = bytes.get(end + 1..).unwrap_or_default();
    let taken = Weights::parse("fuzz", &bytes[..end], shards).and_then(|mut weights| weights.take("a", &[1]));
    if let Ok(values) = taken {
        assert_eq!(values.len(), 1);
    }
}

/// Any text is a message of queue `uploads` or a typed error.
pub fn read_any_intake_message(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(IntakeMessage::parse(text));
    }
}

/// Only the URLs that were signed verify: a path with its query, and the headers of a PUT, a line each.
pub fn read_any_signed_url(bytes: &[u8]) {
    let signed = signed();
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let (path, query) = lines.next().unwrap_or_default().split_once('?').unwrap_or_default();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    if let Ok(grant) = signed.urls.verify_put(path, query, &headers, fixture::now()) {
        assert_eq!(grant, signed.grant);
    }
    if let Ok((bucket, key)) = signed.urls.verify_get(path, query, fixture::now()) {
        assert_eq!((bucket, &key), (Bucket::Media, &signed.grant.key));
    }
}

/// What was signed for [`read_any_signed_url`].
pub(crate) struct Signed {
    pub urls: SignedUrls,
    pub grant: PutGrant,
}

pub(crate) fn signed() -> &'static Signed {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(folder.path(), Options::default()).expect("a fresh directory opens");
        let keys: &Keys = store.keys();
        let (tenant, user) = (TenantId::parse("acme"), UserId::parse("ana"));
        let (tenant, user) = (tenant.expect("a legal id"), user.expect("a legal id"));
        let grant = PutGrant {
            key: ObjectKey::upload(&tenant, &user, UploadId::new(Uuid::nil())),
            content_length: 5,
            content_type: MediaType::Jpeg,
            sha256: Sha256::of(b"photo"),
        };
        Signed { urls: SignedUrls::new("", keys), grant }
    })
}
