//! Promotion: an upload that was sent for its faces only is sent again as a photo, and goes on as one.

use crate::attempt;
use crate::update::{Updated, update};
use domain::begin::BeginRefused;
use domain::ports::PortError;
use domain::upload::Kind;
use domain::{Begin, Ports, Timestamp, Upload};

/// Why a record was left as it is.
enum Unpromoted {
    /// It is not for its faces only, or not any more.
    OtherKind,
    /// This order must be on its way before the attempt is written.
    Unordered(Box<Begin>),
    Refused(BeginRefused),
}

/// Makes a photo of an upload for its faces only and leaves any other as it is; returns the record as it is then. Results
/// are kept and the missing ones made. Callers that do the same at a time begin one attempt.
///
/// Intake begins the attempt, as any other; it is also written ahead here, so that no reader finds an upload complete that
/// is about to go on.
pub async fn promote(
    ports: &Ports,
    mut upload: Upload,
    traceparent: Option<&str>,
) -> Result<Upload, PortError> {
    let mut ordered = None;
    loop {
        let now = ports.clock.now();
        match update(ports, upload, |upload| promoted(upload, ordered.as_ref(), traceparent, now)).await? {
            Updated::Saved(upload) | Updated::Unchanged(upload, Unpromoted::OtherKind) => return Ok(*upload),
            Updated::Unchanged(_, Unpromoted::Refused(refused)) => return Err(PortError::conflict(refused)),
            Updated::Erased => return Err(PortError::not_found("the upload was erased")),
            Updated::Unchanged(fresh, Unpromoted::Unordered(begin)) => {
                attempt::order(ports, &fresh, &begin).await?;
                (upload, ordered) = (*fresh, Some(*begin));
            }
        }
    }
}

fn promoted(
    upload: &mut Upload,
    ordered: Option<&Begin>,
    traceparent: Option<&str>,
    now: Timestamp,
) -> Result<(), Unpromoted> {
    if upload.kind != Kind::Faces {
        return Err(Unpromoted::OtherKind);
    }
    if upload.promote() {
        return Ok(());
    }
    let begin = Begin::promote(upload, traceparent);
    if ordered != Some(&begin) {
        return Err(Unpromoted::Unordered(Box::new(begin)));
    }
    upload.begin(&begin, now).map(drop).map_err(Unpromoted::Refused)
}
