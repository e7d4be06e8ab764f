//! Erases enrolments: the photos first, because a row without them is found again, and photos without a row are not.

use domain::ports::{PortError, PortErrorKind};
use domain::{Bucket, Email, Enrolment, Ports, TenantId, UserId};

/// How often an erasure reads again what changed meanwhile; its order is repeated after that.
const MAX_TRIES: usize = 4;

/// Erases an enrolment. `Conflict`: it was used or replaced since it was read.
pub async fn erase_enrolment(ports: &Ports, enrolment: &Enrolment) -> Result<(), PortError> {
    let photos = Enrolment::photos(&enrolment.tenant_id, &enrolment.email);
    ports.objects.delete_prefix(Bucket::UsersPhotos, &photos).await?;
    ports.enrolments.delete(enrolment).await
}

/// Erases the faces of a person: those that their account enrolled, and one under their address, with or without a token.
pub(crate) async fn erase_of(
    ports: &Ports,
    tenant: &TenantId,
    user: &UserId,
    email: Option<&Email>,
) -> Result<(), PortError> {
    if let Some(email) = email {
        erase_under(ports, tenant, email).await?;
    }
    for enrolment in ports.enrolments.of_owner(tenant, user).await? {
        erase_under(ports, tenant, &enrolment.email).await?;
    }
    Ok(())
}

async fn erase_under(ports: &Ports, tenant: &TenantId, email: &Email) -> Result<(), PortError> {
    for _ in 0..MAX_TRIES {
        let Some(enrolment) = ports.enrolments.get(tenant, email).await? else { return Ok(()) };
        match erase_enrolment(ports, &enrolment).await {
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            erased => return erased,
        }
    }
    Err(PortError::conflict("an enrolment changes as often as it is erased"))
}
