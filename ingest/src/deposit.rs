//! A photo whose bytes are here: declared and put, as if its owner had done so with a presigned URL.

use crate::promotion;
use bytes::Bytes;
use domain::Ports;
use domain::ports::objects::NewObject;
use domain::ports::uploads::Created;
use domain::ports::{PortError, PortErrorKind};
use domain::upload::{Declared, Kind};
use domain::{Bucket, FileName, MediaType, ObjectKey, Sha256, Status, TenantId, Upload, UploadId, UserId};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// A photo to deposit.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Whose it is.
    pub owner: (TenantId, UserId),
    /// What for.
    pub kind: Kind,
    /// What its first bytes say it is.
    pub content_type: MediaType,
    /// Its content.
    pub bytes: Bytes,
    /// Its name on its owner's device.
    pub filename: Option<FileName>,
    /// W3C trace context that its messages carry.
    pub traceparent: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Deposited {
    /// It is stored, and its event is on its way.
    Anew(Upload),
    /// Its owner has this content already, under this upload.
    Known(Upload),
}

/// How long an upload is awaited whose bytes are about to be put: a crash in between leaves no more than that.
const AWAITED: Duration = Duration::from_secs(900);

/// Deposits a photo. A record of the same content that still awaits its bytes gets them; one that was for its faces only
/// goes on as what this one is for.
pub async fn deposit(ports: &Ports, photo: Photo) -> Result<Deposited, PortError> {
    let hashed = photo.bytes.clone();
    let sha256 = tokio::task::spawn_blocking(move || Sha256::of(&hashed)).await.map_err(PortError::broken)?;
    let Photo { owner, kind, content_type, bytes, filename, traceparent } = photo;
    let declared =
        Declared { content_type, content_length: bytes.len() as u64, sha256: Some(sha256), filename };
    let now = ports.clock.now();
    let id = UploadId::new(Uuid::now_v7());
    let mut upload = Upload::awaiting(owner, id, declared, now + AWAITED, now);
    (upload.kind, upload.traceparent) = (kind, traceparent.clone());
    let mut upload = match ports.uploads.create(upload).await? {
        Created::Duplicate(upload) | Created::New(upload) => upload,
    };
    if kind == Kind::Photo {
        upload = promotion::promote(ports, upload, traceparent.as_deref()).await?;
    }
    if upload.status != Status::AwaitingUpload {
        return Ok(Deposited::Known(upload));
    }
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
    let object = NewObject { bytes, content_type: content_type.as_str().into(), metadata: BTreeMap::new() };
    match ports.objects.put(Bucket::Media, &key, object).await {
        Ok(_) => Ok(Deposited::Anew(upload)),
        // The same content came in twice at a time: it is there.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(Deposited::Known(upload)),
        Err(error) => Err(error),
    }
}

impl Deposited {
    /// The upload that the photo has.
    pub fn upload(self) -> Upload {
        match self {
            Deposited::Anew(upload) | Deposited::Known(upload) => upload,
        }
    }
}
