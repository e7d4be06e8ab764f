//! The acceptance of created objects: an awaited photo is checked and its first attempt begins; a photo that was put
//! without the API is adopted; an object that differs from its declaration is refused.

use crate::trace;
use domain::object_event::ObjectCreated;
use domain::ports::objects::ObjectHead;
use domain::ports::uploads::{Created, GalleryWrite};
use domain::ports::{PortError, PortErrorKind};
use domain::upload::StoredObject;
use domain::{Bucket, Code, MediaType, ObjectKey, Ports, Record, Status, TenantId, Upload, UploadId, UserId};
use lifecycle::{span, start};
use tracing::Instrument;

/// Accepts one created object; `bucket` is the name of the upload bucket in events. May be repeated.
pub(crate) async fn accept(ports: &Ports, bucket: &str, created: &ObjectCreated) -> Result<(), PortError> {
    let Some((key, tenant, user, name)) = parsed(bucket, created) else {
        tracing::warn!(
            bucket = created.bucket,
            size = created.size,
            "object ignored: outside of every user's prefix"
        );
        ports.meter.object_ignored("foreign_key");
        return Ok(());
    };
    if let Ok(id) = UploadId::parse(&name) {
        match ports.uploads.get(&tenant, id).await? {
            Some(Record::Erased(_)) => return ports.objects.delete(Bucket::Media, &key).await,
            Some(Record::Live(upload)) => {
                let span = span::of_upload(id, upload.traceparent.as_deref());
                return arrived(ports, *upload, &key, created).instrument(span).await;
            }
            None => {}
        }
    }
    adopt(ports, (tenant, user), &key, created).await
}

fn parsed(bucket: &str, created: &ObjectCreated) -> Option<(ObjectKey, TenantId, UserId, String)> {
    if created.bucket != bucket {
        return None;
    }
    let key = ObjectKey::parse(&created.key).ok()?;
    let (tenant, user, name) = key.owner()?;
    let name = name.to_owned();
    Some((key, tenant, user, name))
}

/// The object of a declared upload arrived, for the first time or again.
async fn arrived(
    ports: &Ports,
    upload: Upload,
    key: &ObjectKey,
    created: &ObjectCreated,
) -> Result<(), PortError> {
    match upload.status {
        Status::AwaitingUpload | Status::Expired => check(ports, upload, key, &created.etag).await,
        // The process may have died between record and execution; starting may be repeated.
        Status::Stored if is_accepted(&upload, created) => start(ports, &upload).await,
        // The process may have died between refusal and deletion.
        Status::Failed if upload.refused.is_some() => ports.objects.delete(Bucket::Media, key).await,
        _ if is_accepted(&upload, created) => {
            ports.meter.object_ignored("repeated");
            Ok(())
        }
        _ => {
            tracing::warn!("object event ignored: another etag");
            ports.meter.object_ignored("another_etag");
            Ok(())
        }
    }
}

fn is_accepted(upload: &Upload, created: &ObjectCreated) -> bool {
    upload.object.as_ref().is_some_and(|object| object.etag == created.etag)
}

/// One read of headers and first bytes decides whether the object matches its declaration.
async fn check(ports: &Ports, mut upload: Upload, key: &ObjectKey, etag: &str) -> Result<(), PortError> {
    let Some((head, sniffed)) = sniff(ports, key, etag).await? else { return Ok(()) };
    let now = ports.clock.now();
    let changed = match verdict(&upload, &head, sniffed) {
        Ok(content_type) => {
            let object = StoredObject { key: key.clone(), etag: head.etag, size: head.size, content_type };
            upload.store(object, now)
        }
        Err(code) => {
            tracing::info!(code, size = head.size, "object refused");
            upload.refuse(Code::fixed(code), now)
        }
    };
    if !changed {
        return Ok(());
    }
    let upload = ports.uploads.save(upload, GalleryWrite::Keep).await?;
    match &upload.refused {
        Some(code) => {
            ports.meter.object_refused(code);
            ports.objects.delete(Bucket::Media, key).await
        }
        None => {
            tracing::info!(attempt = upload.attempt, "object accepted");
            start(ports, &upload).await
        }
    }
}

/// The object's head and its media type by its first bytes, or the code of why it is not a photo; None if the object is
/// gone or has another etag by now.
async fn sniff(
    ports: &Ports,
    key: &ObjectKey,
    etag: &str,
) -> Result<Option<(ObjectHead, Result<MediaType, &'static str>)>, PortError> {
    let range = Some(0..MediaType::SNIFF_BYTES);
    match ports.objects.get(Bucket::Media, key, Some(etag), range).await {
        Ok((head, first)) => Ok(Some((head, media_type(&first)))),
        Err(error) if error.kind == PortErrorKind::Denied => {
            // An empty object has no first bytes.
            let head = ports.objects.head(Bucket::Media, key).await?;
            Ok(head.filter(|head| head.etag == etag).map(|head| (head, media_type(&[]))))
        }
        Err(error) if matches!(error.kind, PortErrorKind::NotFound | PortErrorKind::Conflict) => {
            tracing::info!("object event ignored: the object is gone or has another etag");
            ports.meter.object_ignored("gone");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn media_type(first: &[u8]) -> Result<MediaType, &'static str> {
    MediaType::sniff(first).ok_or("unsupported_type")
}

/// The object's media type by its bytes, whatever was declared, if the rest matches the declaration; else the code of the
/// difference.
fn verdict(
    upload: &Upload,
    head: &ObjectHead,
    sniffed: Result<MediaType, &'static str>,
) -> Result<MediaType, &'static str> {
    let content_type = sniffed?;
    let Some(declared) = &upload.declared else { return Ok(content_type) };
    if head.size != declared.content_length {
        return Err("wrong_length");
    }
    match (head.sha256, declared.sha256) {
        (Some(found), Some(declared)) if found != declared => Err("wrong_checksum"),
        _ => Ok(content_type),
    }
}

/// An object without a declaration, exactly under the prefix of an existing user: its record begins with it. Any other
/// object is left where it is.
async fn adopt(
    ports: &Ports,
    owner: (TenantId, UserId),
    key: &ObjectKey,
    created: &ObjectCreated,
) -> Result<(), PortError> {
    let id = UploadId::adopted(Bucket::Media.as_str(), key.as_str(), &created.etag);
    match ports.uploads.get(&owner.0, id).await? {
        Some(Record::Erased(_)) => return ports.objects.delete(Bucket::Media, key).await,
        Some(Record::Live(upload)) if upload.status == Status::Stored => {
            return start(ports, &upload).await;
        }
        Some(Record::Live(_)) => return Ok(()),
        None => {}
    }
    if ports.users.get(&owner.0, &owner.1).await?.is_none() {
        tracing::warn!(tenant = %owner.0, "object ignored: its user does not exist");
        ports.meter.object_ignored("no_such_user");
        return Ok(());
    }
    let Some((head, Ok(content_type))) = sniff(ports, key, &created.etag).await? else {
        tracing::warn!(upload.id = %id, "object ignored: not a photo");
        ports.meter.object_ignored("no_photo");
        return Ok(());
    };
    let object = StoredObject { key: key.clone(), etag: head.etag, size: head.size, content_type };
    let trace = trace::root();
    let mut upload = Upload::adopted(owner, id, object, ports.clock.now());
    upload.traceparent = Some(trace.to_string());
    match ports.uploads.create(upload).await? {
        Created::New(upload) => {
            let span = span::of_upload(id, Some(trace.as_str()));
            span.in_scope(|| tracing::info!("object adopted"));
            start(ports, &upload).instrument(span).await
        }
        Created::Duplicate(_) => Ok(()),
    }
}
