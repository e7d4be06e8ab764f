//! Erases enrolments. The row is claimed first, so that no request is answered with a photo that goes; then its photo is
//! deleted, by its exact key; then the row. What stops halfway is found by its row again.

use domain::ports::{PortError, PortErrorKind};
use domain::{Bucket, Email, Enrolment, Ports, TenantId, UserId};

/// How often an erasure reads again what changed meanwhile; its order is repeated after that.
const MAX_TRIES: usize = 4;

/// Erases an enrolment. `Conflict`: it was used or replaced since it was read, and nothing of the new one is erased.
pub async fn erase_enrolment(ports: &Ports, enrolment: &Enrolment) -> Result<(), PortError> {
    let claimed = match enrolment.ending {
        true => enrolment.clone(),
        false => ports.enrolments.save(enrolment.ended()).await?,
    };
    ports.objects.delete(Bucket::UsersPhotos, &claimed.photo).await?;
    ports.enrolments.delete(&claimed).await
}

/// Takes back an enrolment that was just made: its row, unless another one has replaced it, and its photo.
pub async fn withdraw_enrolment(ports: &Ports, made: &Enrolment) -> Result<(), PortError> {
    let is_ours = |stored: &Enrolment| stored.photo == made.photo;
    erase_under(ports, &made.tenant_id, &made.email, is_ours).await?;
    ports.objects.delete(Bucket::UsersPhotos, &made.photo).await
}

/// Erases the faces that a person's account enrolled, and every photo that it ever put, also one without a row.
pub(crate) async fn erase_of(
    ports: &Ports,
    tenant: &TenantId,
    user: &UserId,
    email: Option<&Email>,
) -> Result<(), PortError> {
    let is_theirs = |stored: &Enrolment| stored.owner.as_ref() == Some(user);
    // The listing may miss one that was just made.
    if let Some(email) = email {
        erase_under(ports, tenant, email, is_theirs).await?;
    }
    for enrolment in ports.enrolments.of_owner(tenant, user).await? {
        erase_under(ports, tenant, &enrolment.email, is_theirs).await?;
    }
    ports.objects.delete_prefix(Bucket::UsersPhotos, &Enrolment::photos(tenant, user)).await.map(drop)
}

async fn erase_under(
    ports: &Ports,
    tenant: &TenantId,
    email: &Email,
    is_wanted: impl Fn(&Enrolment) -> bool,
) -> Result<(), PortError> {
    for _ in 0..MAX_TRIES {
        let stored = ports.enrolments.get(tenant, email).await?;
        let Some(enrolment) = stored.filter(&is_wanted) else { return Ok(()) };
        match erase_enrolment(ports, &enrolment).await {
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            erased => return erased,
        }
    }
    Err(PortError::conflict("an enrolment changes as often as it is erased"))
}
