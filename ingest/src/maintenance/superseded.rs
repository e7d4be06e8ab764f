//! What a later attempt has replaced: a day later its objects and face rows go, except what the record or the gallery
//! still shows.

use super::Care;
use domain::Ports;
use domain::ports::objects::MAX_LISTED;
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::{Bucket, ObjectKey, Stage, Upload, closing};

pub(super) async fn needed(ports: &Ports, upload: &Upload) -> Result<Care, PortError> {
    let shown = shown(ports, upload).await?;
    let (mut objects, mut more) = (Vec::new(), false);
    for prefix in ObjectKey::prefixes_of(&upload.tenant_id, upload.upload_id) {
        let listing = ports.objects.list(Bucket::Media, &prefix, None, MAX_LISTED).await?;
        more |= listing.next.is_some();
        let keys = listing.objects.into_iter().map(|(key, _)| key);
        objects.extend(keys.filter(|key| !shown.contains(key)));
    }
    let faces_up_to = upload.made_at(Stage::FaceDetection).map_or(0, |attempt| attempt.saturating_sub(1));
    Ok(Care::Tidy { objects, faces_up_to, more })
}

/// The objects that the record names, and those of the gallery row, which may be an earlier attempt's.
async fn shown(ports: &Ports, upload: &Upload) -> Result<Vec<ObjectKey>, PortError> {
    let (tenant, id) = (&upload.tenant_id, upload.upload_id);
    let mut shown = Vec::new();
    if let Some(attempt) = upload.made_at(Stage::ImageGeneration) {
        shown.push(ObjectKey::picture(tenant, id, attempt));
    }
    if let Some(attempt) = upload.made_at(Stage::MelodyGeneration) {
        shown.extend([ObjectKey::melody(tenant, id, attempt), ObjectKey::score(tenant, id, attempt)]);
    }
    let row = ports.gallery.row(tenant, &upload.user_id, closing::place(upload)).await?;
    shown.extend(row.into_iter().flat_map(|row| [row.picture, row.melody, row.score]).flatten());
    Ok(shown)
}

/// Takes them away, then the record's note that there is something to take away.
pub(super) async fn tidy(
    ports: &Ports,
    mut upload: Upload,
    objects: &[ObjectKey],
    faces_up_to: u32,
    more: bool,
) -> Result<(), PortError> {
    for key in objects {
        ports.objects.delete(Bucket::Media, key).await?;
    }
    if faces_up_to > 0 {
        ports.faces.delete(upload.upload_id, faces_up_to).await?;
    }
    if more && !objects.is_empty() {
        return Ok(());
    }
    upload.superseded_at = None;
    match ports.uploads.save(upload, GalleryWrite::Keep).await {
        // Another attempt was begun meanwhile; when that closes, the note is written anew.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
        saved => saved.map(drop),
    }
}
