//! An object came to be: an awaited photo is checked and its first attempt begins; one that was put without the API is
//! adopted; one that is not what was declared is refused.

use crate::attempt;
use crate::trace;
use domain::Ports;
use domain::object_event::ObjectCreated;
use domain::ports::objects::ObjectHead;
use domain::ports::uploads::{Created, GalleryWrite};
use domain::ports::{PortError, PortErrorKind};
use domain::upload::StoredObject;
use domain::{Bucket, Code, MediaType, ObjectKey, Record, Status, TenantId, Upload, UploadId, UserId};
use tracing::Instrument;

/// Takes one created object; `bucket` is the name of the bucket of uploads.
pub(crate) async fn take(ports: &Ports, bucket: &str, created: &ObjectCreated) -> Result<(), PortError> {
    let Some((key, tenant, user, name)) = ours(bucket, created) else {
        tracing::warn!(
            bucket = created.bucket,
            size = created.size,
            "an object outside of every user's prefix"
        );
        ports.meter.object_ignored("foreign_key");
        return Ok(());
    };
    if let Ok(id) = UploadId::parse(&name) {
        match ports.uploads.get(&tenant, id).await? {
            Some(Record::Erased(_)) => return ports.objects.delete(Bucket::Media, &key).await,
            Some(Record::Live(upload)) => {
                let span = trace::span(id, upload.traceparent.as_deref());
                return arrived(ports, *upload, &key, created).instrument(span).await;
            }
            None => {}
        }
    }
    adopt(ports, (tenant, user), &key, created).await
}

fn ours(bucket: &str, created: &ObjectCreated) -> Option<(ObjectKey, TenantId, UserId, String)> {
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
        // A crash may have come between record and execution: starting again does no harm.
        Status::Stored if is(&upload, created) => attempt::start(ports, upload).await,
        // A refused object whose deletion was cut short.
        Status::Failed if upload.refused.is_some() => ports.objects.delete(Bucket::Media, key).await,
        _ if is(&upload, created) => {
            ports.meter.object_ignored("repeated");
            Ok(())
        }
        _ => {
            tracing::warn!("an event with another etag changes nothing");
            ports.meter.object_ignored("another_etag");
            Ok(())
        }
    }
}

fn is(upload: &Upload, created: &ObjectCreated) -> bool {
    upload.object.as_ref().is_some_and(|object| object.etag == created.etag)
}

/// One read of headers and first bytes decides whether the object is what was declared.
async fn check(ports: &Ports, mut upload: Upload, key: &ObjectKey, etag: &str) -> Result<(), PortError> {
    let Some((head, sniffed)) = look(ports, key, etag).await? else { return Ok(()) };
    let now = ports.clock.now();
    let changed = match verdict(&upload, &head, sniffed) {
        Ok(content_type) => {
            let object = StoredObject { key: key.clone(), etag: head.etag, size: head.size, content_type };
            upload.store(object, now)
        }
        Err(code) => {
            tracing::info!(code, size = head.size, "object refused");
            upload.refuse(Code::parse(code).expect("intake's codes are lower-case words"), now)
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
            attempt::start(ports, upload).await
        }
    }
}

/// The object's head and its type, or the stable code of why it is no photo, by its first bytes; None where it is gone or
/// is another by now.
async fn look(
    ports: &Ports,
    key: &ObjectKey,
    etag: &str,
) -> Result<Option<(ObjectHead, Result<MediaType, &'static str>)>, PortError> {
    let range = Some(0..MediaType::SNIFF_BYTES);
    match ports.objects.get(Bucket::Media, key, Some(etag), range).await {
        Ok((head, first)) => Ok(Some((head, sniff(&first)))),
        Err(error) if error.kind == PortErrorKind::Denied => {
            // An empty object has no first bytes.
            let head = ports.objects.head(Bucket::Media, key).await?;
            Ok(head.filter(|head| head.etag == etag).map(|head| (head, sniff(&[]))))
        }
        Err(error) if matches!(error.kind, PortErrorKind::NotFound | PortErrorKind::Conflict) => {
            tracing::info!(
                key_length = key.as_str().len(),
                "the object of an event is gone or another by now"
            );
            ports.meter.object_ignored("gone");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn sniff(first: &[u8]) -> Result<MediaType, &'static str> {
    MediaType::sniff(first).ok_or("unsupported_type")
}

/// Whether the object is what was declared: its type, or the stable code of what is wrong with it.
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
    if content_type != declared.content_type {
        return Err("wrong_type");
    }
    match (head.sha256, declared.sha256) {
        (Some(found), Some(declared)) if found != declared => Err("wrong_checksum"),
        _ => Ok(content_type),
    }
}

/// An object that nobody declared, exactly under the prefix of an existing user: its record begins with it. Anything
/// else is left where it is.
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
            return attempt::start(ports, *upload).await;
        }
        Some(Record::Live(_)) => return Ok(()),
        None => {}
    }
    if ports.users.get(&owner.0, &owner.1).await?.is_none() {
        tracing::warn!(tenant = %owner.0, "an object of a user who does not exist");
        ports.meter.object_ignored("no_such_user");
        return Ok(());
    }
    let Some((head, Ok(content_type))) = look(ports, key, &created.etag).await? else {
        tracing::warn!(upload.id = %id, "an object that is no photo is not adopted");
        ports.meter.object_ignored("no_photo");
        return Ok(());
    };
    let object = StoredObject { key: key.clone(), etag: head.etag, size: head.size, content_type };
    let trace = trace::root();
    let mut upload = Upload::adopted(owner, id, object, ports.clock.now());
    upload.traceparent = Some(trace.to_string());
    match ports.uploads.create(upload).await? {
        Created::New(upload) => {
            let span = trace::span(id, Some(trace.as_str()));
            span.in_scope(|| tracing::info!("adopted"));
            attempt::start(ports, upload).instrument(span).await
        }
        Created::Duplicate(_) => Ok(()),
    }
}
