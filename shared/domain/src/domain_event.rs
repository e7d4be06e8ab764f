//! Events that other systems receive: an attempt was closed, an upload was erased.

use crate::owner::TenantId;
use crate::sha256::Sha256;
use crate::status::EndState;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum DomainEventKind {
    #[serde(rename = "upload.closed")]
    Closed { state: EndState },
    #[serde(rename = "upload.erased")]
    Erased,
}

/// An event. It carries ids only and is published at least once; repeats have the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainEvent {
    pub id: Uuid,
    #[serde(flatten)]
    pub kind: DomainEventKind,
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    pub attempt: u32,
    pub at: Timestamp,
}

impl DomainEventKind {
    /// The event's type on the bus.
    pub fn as_str(self) -> &'static str {
        match self {
            DomainEventKind::Closed { .. } => "upload.closed",
            DomainEventKind::Erased => "upload.erased",
        }
    }
}

impl DomainEvent {
    /// The event whose id is a hash of upload, attempt and type.
    pub fn new(kind: DomainEventKind, tenant_id: TenantId, upload: (UploadId, u32), at: Timestamp) -> Self {
        let (upload_id, attempt) = upload;
        let digest = Sha256::of(format!("{upload_id}\n{attempt}\n{}", kind.as_str()).as_bytes());
        DomainEvent { id: digest.to_uuid(), kind, tenant_id, upload_id, attempt, at }
    }

    /// The event of a closed attempt; None while it is open.
    pub fn closed(upload: &Upload) -> Option<Self> {
        let kind = DomainEventKind::Closed { state: upload.end()? };
        let attempt = (upload.upload_id, upload.attempt);
        Some(DomainEvent::new(kind, upload.tenant_id.clone(), attempt, upload.changed_at))
    }
}
