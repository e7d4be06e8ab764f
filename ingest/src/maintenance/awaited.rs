//! Uploads whose object did not come in time: perhaps only its event was lost.

use super::Care;
use domain::Ports;
use domain::object_event::ObjectCreated;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::{Bucket, ObjectKey, QueueName, Upload};

pub(super) async fn needed(ports: &Ports, bucket: &str, upload: &Upload) -> Result<Care, PortError> {
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
    let found = ports.objects.head(Bucket::Media, &key).await?;
    Ok(found.map_or(Care::Expire, |head| {
        let (bucket, key) = (bucket.to_owned(), key.to_string());
        Care::SendEvent(ObjectCreated { bucket, key, size: head.size, etag: head.etag })
    }))
}

pub(super) async fn send(ports: &Ports, upload: &Upload, event: &ObjectCreated) -> Result<(), PortError> {
    let body = event.to_event_bridge(&upload.upload_id.to_string(), ports.clock.now()).to_string();
    let message = NewMessage::new(body, Some(MessageGroup::live(&upload.tenant_id)));
    ports.queue.send(QueueName::UPLOADS, vec![message]).await
}

pub(super) async fn expire(ports: &Ports, mut upload: Upload) -> Result<(), PortError> {
    upload.expire(ports.clock.now());
    match ports.uploads.save(upload, GalleryWrite::Keep).await {
        // The object came at this very moment.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
        saved => saved.map(drop),
    }
}
