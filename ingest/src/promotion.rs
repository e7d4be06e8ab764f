//! A photo whose owner sent it for its faces first, and now sends it as a photo: the upload goes on as one.

use crate::attempt;
use domain::Ports;
use domain::begin::{Begin, Replace, Scope};
use domain::ports::uploads::GalleryWrite;
use domain::ports::{PortError, PortErrorKind};
use domain::upload::Kind;
use domain::{Record, Sha256, Upload};
use uuid::Uuid;

/// How often a write that lost to another is tried again.
const MAX_WRITES: usize = 16;

/// Makes a photo of an upload for its faces only, and leaves any other as it is; returns it as it is then. What it has is
/// kept and the rest is made. Whoever does the same at the same time begins nothing twice.
///
/// Its attempt is ordered from intake like any other, and written ahead here, so that nobody reads of an upload that is
/// about to go on that it is complete.
pub(crate) async fn promote(
    ports: &Ports,
    mut upload: Upload,
    traceparent: Option<&str>,
) -> Result<Upload, PortError> {
    for _ in 0..MAX_WRITES {
        if upload.kind != Kind::Faces {
            return Ok(upload);
        }
        let (tenant, id) = (upload.tenant_id.clone(), upload.upload_id);
        if upload.attempt == 0 {
            upload.promote();
        } else {
            let begin = order(&upload, traceparent);
            attempt::order(ports, &begin).await?;
            upload.begin(&begin, ports.clock.now()).map_err(PortError::conflict)?;
        }
        match ports.uploads.save(upload, GalleryWrite::Keep).await {
            Ok(saved) => return Ok(saved),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        let found = ports.uploads.get(&tenant, id).await?.and_then(Record::live);
        upload = found.ok_or_else(|| PortError::new(PortErrorKind::NotFound, "erased meanwhile"))?;
    }
    Err(PortError::new(PortErrorKind::Busy, "the record changes faster than it can be written"))
}

/// The order to go on as a photo. The same attempt is promoted by the same order, whoever sends it.
fn order(upload: &Upload, traceparent: Option<&str>) -> Begin {
    let digest = Sha256::of(format!("promotion\n{}\n{}", upload.upload_id, upload.attempt).as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.bytes()[..16]);
    Begin {
        id: Uuid::new_v8(id),
        tenant_id: upload.tenant_id.clone(),
        upload_id: upload.upload_id,
        expect_attempt: upload.attempt,
        scope: Scope::Resume,
        supersede: true,
        replace: Replace::AtLeastAsGood,
        correct: None,
        promote: true,
        reroll: false,
        replay: false,
        reason: Some("sent as a photo".into()),
        actor: upload.user_id.to_string(),
        traceparent: traceparent.map(str::to_owned),
    }
}
