//! The deposit of a photo whose bytes are at hand: it is declared and put, as with a presigned URL.

use crate::content::Content;
use domain::ports::uploads::Created;
use domain::ports::{PortError, PortErrorKind};
use domain::upload::{Declared, Kind};
use domain::{FileName, MediaType, ObjectKey, Ports, Status, TenantId, Upload, UploadId, UserId};
use std::time::Duration;
use uuid::Uuid;

/// A photo to deposit.
pub struct Photo {
    pub owner: (TenantId, UserId),
    pub kind: Kind,
    /// By its first bytes.
    pub content_type: MediaType,
    pub content: Content,
    /// Its name on its owner's device.
    pub filename: Option<FileName>,
    /// W3C trace context that its messages carry.
    pub traceparent: Option<String>,
}

/// The result of [`deposit`].
#[derive(Clone, Debug, PartialEq)]
pub enum Deposited {
    /// The photo is stored and its event sent.
    Anew(Upload),
    /// The owner has this content already, under this upload.
    Known(Upload),
}

/// How long the record awaits the bytes that are put next; after a crash in between it expires.
const AWAITED: Duration = Duration::from_secs(900);

/// Deposits a photo. A record of the same content that still awaits its bytes gets them; a record for its faces only is
/// promoted if this one is a photo.
pub async fn deposit(ports: &Ports, photo: Photo) -> Result<Deposited, PortError> {
    let Photo { owner, kind, content_type, content, filename, traceparent } = photo;
    let sha256 = Some(content.sha256().await?);
    let declared = Declared { content_type, content_length: content.size(), sha256, filename };
    let now = ports.clock.now();
    let id = UploadId::new(Uuid::now_v7());
    let mut upload = Upload::awaiting(owner, id, declared, now + AWAITED, now);
    (upload.kind, upload.traceparent) = (kind, traceparent.clone());
    let mut upload = match ports.uploads.create(upload).await? {
        Created::Duplicate(upload) | Created::New(upload) => upload,
    };
    if kind == Kind::Photo {
        upload = lifecycle::promote(ports, upload, traceparent.as_deref()).await?;
    }
    if upload.status != Status::AwaitingUpload {
        return Ok(Deposited::Known(upload));
    }
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
    match content.put(ports.objects.as_ref(), &key).await {
        Ok(_) => Ok(Deposited::Anew(upload)),
        // Another request with the same content has put it.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(Deposited::Known(upload)),
        Err(error) => Err(error),
    }
}

impl Deposited {
    pub fn upload(self) -> Upload {
        match self {
            Deposited::Anew(upload) | Deposited::Known(upload) => upload,
        }
    }
}
