//! The one loop that changes an upload's record: load, change, save, and again from the load while other writers win.

use domain::ports::gallery::GalleryPlace;
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::{Ports, Record, Upload};

/// Lost writes after which a change is given up as `Busy`.
pub const MAX_WRITES: usize = 16;

/// The result of [`update`].
pub enum Updated<N> {
    /// The record as saved.
    Saved(Box<Upload>),
    /// The change does not apply to the record as it is now; nothing was written.
    Unchanged(Box<Upload>, N),
    /// The upload was erased; nothing was written.
    Erased,
}

/// Changes a record, beginning with `upload` as it was loaded. `change` is called again on the stored record whenever
/// another writer was faster; `Err` means that it does not apply. A change that closes the attempt also writes the gallery
/// row, in the same transaction.
///
/// Errors: `Busy` after [`MAX_WRITES`] lost writes.
pub async fn update<N>(
    ports: &Ports,
    mut upload: Upload,
    mut change: impl FnMut(&mut Upload) -> Result<(), N>,
) -> Result<Updated<N>, PortError> {
    let (tenant, id) = (upload.tenant_id.clone(), upload.upload_id);
    for _ in 0..MAX_WRITES {
        let was_open = upload.end().is_none();
        if let Err(reason) = change(&mut upload) {
            return Ok(Updated::Unchanged(Box::new(upload), reason));
        }
        let gallery = match was_open && upload.end().is_some() {
            true => gallery_write(ports, &upload).await?,
            false => GalleryWrite::Keep,
        };
        match ports.uploads.save(upload, gallery).await {
            Ok(saved) => return Ok(Updated::Saved(Box::new(saved))),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        match ports.uploads.get(&tenant, id).await? {
            Some(Record::Live(stored)) => upload = *stored,
            Some(Record::Erased(_)) | None => return Ok(Updated::Erased),
        }
    }
    Err(PortError::new(PortErrorKind::Busy, "other writers change the record faster than it can be saved"))
}

async fn gallery_write(ports: &Ports, closed: &Upload) -> Result<GalleryWrite, PortError> {
    let place = GalleryPlace::of(closed);
    let shown = ports.gallery.row(&closed.tenant_id, &closed.user_id, place).await?;
    Ok(GalleryWrite::closing(closed, shown.as_ref()))
}
