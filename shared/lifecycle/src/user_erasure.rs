//! Erases a user: an order first, so that a crash cannot leave half of it; then the tombstone, so that no login works and the
//! e-mail address is free; then the sessions, the enrolled faces and every upload, in passes until nothing can arrive any more.

use crate::{enrolment_erasure, erasure};
use domain::ports::PortError;
use domain::ports::queue::{MAX_DELAY, MessageGroup, NewMessage};
use domain::record::MIN_PASSES;
use domain::user::EraseUser;
use domain::{Email, IntakeMessage, Ports, QueueName, TenantId, UserId};
use std::time::Duration;

/// Uploads that one pass erases: a few seconds of work, less than the timeout of the function in template.yaml.
const MAX_ERASED: usize = 20;

/// Erases a user. When it returns, the account and its sessions are gone, and the erasure of the uploads is ordered, with that
/// of faces that could not be erased at once.
pub async fn erase_user(ports: &Ports, tenant: &TenantId, user: &UserId) -> Result<(), PortError> {
    let order = EraseUser {
        tenant_id: tenant.clone(),
        user_id: user.clone(),
        asked_at: ports.clock.now(),
        quiet_passes: 0,
    };
    send(ports, &order, Duration::ZERO).await?;
    let email = end(ports, &order).await?;
    if let Err(error) = enrolment_erasure::erase_of(ports, tenant, user, email.as_ref()).await {
        tracing::warn!(user.id = %user, error = %error, "the faces of an erased user are left to its order");
    }
    Ok(())
}

/// One pass over an erased user, and the order for the next.
pub async fn pass(ports: &Ports, order: &EraseUser) -> Result<(), PortError> {
    let email = end(ports, order).await?;
    let (tenant, user) = (&order.tenant_id, &order.user_id);
    enrolment_erasure::erase_of(ports, tenant, user, email.as_ref()).await?;
    let page = ports.uploads.changed(tenant, user, None, None, MAX_ERASED).await?;
    let mut erased = 0;
    for upload in page.uploads {
        erased += u32::from(erasure::erase(ports, tenant, upload.upload_id).await?);
    }
    ports.uploads.scrub().await?;
    tracing::info!(user.id = %user, erased, quiet_passes = order.quiet_passes, "user erased");
    // Uploads that were under way when the user was erased arrive within the time of an upload's own passes.
    let quiet_passes = if erased > 0 { 0 } else { order.quiet_passes + 1 };
    let delay = if erased > 0 { Duration::ZERO } else { MAX_DELAY };
    match quiet_passes < MIN_PASSES {
        true => send(ports, &EraseUser { quiet_passes, ..order.clone() }, delay).await,
        false => Ok(()),
    }
}

/// Sends an order again whose message was received too often: as [`erasure::postpone`].
pub async fn postpone(ports: &Ports, order: &EraseUser) -> Result<(), PortError> {
    send(ports, order, MAX_DELAY).await
}

/// The account goes before its sessions: a login that is under way ends its session when it finds no user. Returns the
/// address that the tombstone forgets.
async fn end(ports: &Ports, order: &EraseUser) -> Result<Option<Email>, PortError> {
    let (tenant, id) = (&order.tenant_id, &order.user_id);
    let email = ports.users.get(tenant, id).await?.and_then(|user| user.email);
    ports.users.erase(tenant, id).await?;
    ports.sessions.end_all(tenant, id, None).await?;
    Ok(email)
}

async fn send(ports: &Ports, order: &EraseUser, delay: Duration) -> Result<(), PortError> {
    let group = Some(MessageGroup::live(&order.tenant_id, &order.user_id));
    let message = NewMessage { delay, ..NewMessage::new(IntakeMessage::erase_user_body(order), group) };
    ports.queue.send(QueueName::UPLOADS, vec![message]).await
}
