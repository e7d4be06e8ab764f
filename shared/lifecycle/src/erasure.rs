//! Erases an upload: an order first, so that a crash cannot leave half of it; then the tombstone, so that nothing comes
//! back; then everything else, in passes until nothing can arrive any more.

use domain::domain_event::{DomainEvent, DomainEventKind};
use domain::ports::PortError;
use domain::ports::queue::{MAX_DELAY, MessageGroup, NewMessage};
use domain::record::MIN_PASSES;
use domain::{
    Bucket, Erase, ExecutionName, IntakeMessage, ObjectKey, Ports, QueueName, Record, TenantId, UploadId,
    UserId,
};
use std::time::Duration;

/// Faces of attempts up to this one are deleted by a repeated order.
const MAX_REPEATED_ATTEMPTS: u32 = 10;

/// Erases an upload; false if the tenant has none with this id. When it returns, everything that was stored is gone and
/// later passes are ordered.
pub async fn erase(ports: &Ports, tenant: &TenantId, id: UploadId) -> Result<bool, PortError> {
    let Some(Record::Live(upload)) = ports.uploads.get(tenant, id).await? else { return Ok(false) };
    let order = Erase::of(&upload, ports.clock.now());
    send(ports, &order, Duration::ZERO).await?;
    sweep(ports, &order).await?;
    Ok(true)
}

/// One later pass over an erased upload, and the order for the next.
pub async fn pass(ports: &Ports, order: &Erase) -> Result<(), PortError> {
    let found = sweep(ports, order).await?;
    ports.uploads.scrub().await?;
    match order.next(found) {
        Some(next) => send(ports, &next, MAX_DELAY).await,
        None => Ok(()),
    }
}

/// Sends an order again whose message was received too often. An erasure is never given up: its user was told that the
/// data go.
pub async fn postpone(ports: &Ports, order: &Erase) -> Result<(), PortError> {
    send(ports, order, MAX_DELAY).await
}

/// Orders another pass over an upload that was erased; nothing happens if it was not. The tombstone says neither whose it
/// was nor how far it came, hence `user` and `MAX_REPEATED_ATTEMPTS`.
pub async fn repeat(ports: &Ports, tenant: &TenantId, user: &UserId, id: UploadId) -> Result<(), PortError> {
    let Some(Record::Erased(tombstone)) = ports.uploads.get(tenant, id).await? else { return Ok(()) };
    let order = Erase {
        tenant_id: tenant.clone(),
        upload_id: id,
        source: ObjectKey::upload(tenant, user, id),
        last_attempt: MAX_REPEATED_ATTEMPTS,
        asked_at: tombstone.erased_at,
        pass: MIN_PASSES,
    };
    send(ports, &order, Duration::ZERO).await
}

async fn send(ports: &Ports, order: &Erase, delay: Duration) -> Result<(), PortError> {
    let group = order.source.owner().map(|(tenant, user, _)| MessageGroup::live(&tenant, &user));
    let message = NewMessage { delay, ..NewMessage::new(IntakeMessage::erase_body(order), group) };
    ports.queue.send(QueueName::UPLOADS, vec![message]).await
}

/// Erases what is stored now and returns the number of objects found. May be repeated.
async fn sweep(ports: &Ports, order: &Erase) -> Result<u64, PortError> {
    let (tenant, id) = (&order.tenant_id, order.upload_id);
    ports.uploads.erase(order.tombstone()).await?;
    let execution = ExecutionName::new(id, order.last_attempt);
    ports.orchestrator.stop(&execution, "Erased", "the upload was erased").await?;
    let mut found = 0;
    for prefix in ObjectKey::prefixes_of(tenant, id) {
        found += ports.objects.delete_prefix(Bucket::Media, &prefix).await?;
    }
    for key in [&order.source, &ObjectKey::preview(tenant, id)] {
        found += u64::from(ports.objects.head(Bucket::Media, key).await?.is_some());
        ports.objects.delete(Bucket::Media, key).await?;
    }
    ports.faces.delete(id, order.last_attempt.saturating_add(1)).await?;
    ports.dead_letters.delete_of(tenant, id).await?;
    let event = DomainEvent::new(DomainEventKind::Erased, tenant.clone(), (id, 0), order.asked_at);
    ports.events.publish(&event).await?;
    tracing::info!(upload.id = %id, pass = order.pass, found, "upload erased");
    Ok(found)
}
