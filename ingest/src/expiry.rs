//! What becomes of an upload whose object did not come in time: perhaps only its event was lost.

use crate::ports::Ports;
use domain::object_event::ObjectCreated;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::{Bucket, ObjectKey, QueueName, Record, Status, TenantId, UploadId};
use std::time::Duration;

/// How long after the end of its URL an upload is given up.
pub const GRACE: Duration = Duration::from_secs(3600);

/// What was done about an awaited upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It is too early to give up, or it is not awaited (any more).
    NotDue,
    /// Its object is there: the event that was lost was sent again.
    EventSent,
    /// There is no object: it expired.
    Expired,
}

/// Looks after one awaited upload; `bucket` is the name by which events call the bucket of uploads.
pub async fn look(ports: &Ports, bucket: &str, tenant: &TenantId, id: UploadId) -> Result<Looked, PortError> {
    let Some(Record::Live(mut upload)) = ports.uploads.get(tenant, id).await? else {
        return Ok(Looked::NotDue);
    };
    let now = ports.clock.now();
    let over = upload.url_expires_at.is_some_and(|end| end + GRACE <= now);
    if upload.status != Status::AwaitingUpload || !over {
        return Ok(Looked::NotDue);
    }
    let key = ObjectKey::upload(tenant, &upload.user_id, id);
    if let Some(head) = ports.objects.head(Bucket::Media, &key).await? {
        let lost = ObjectCreated {
            bucket: bucket.to_owned(),
            key: key.to_string(),
            size: head.size,
            etag: head.etag,
        };
        let body = lost.to_event_bridge(&id.to_string(), now).to_string();
        let message = NewMessage::new(body, Some(MessageGroup::live(tenant)));
        ports.queue.send(QueueName::UPLOADS, vec![message]).await?;
        return Ok(Looked::EventSent);
    }
    upload.expire(now);
    match ports.uploads.save(*upload, GalleryWrite::Keep).await {
        Ok(_) => Ok(Looked::Expired),
        // The object came at this very moment.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(Looked::NotDue),
        Err(error) => Err(error),
    }
}
