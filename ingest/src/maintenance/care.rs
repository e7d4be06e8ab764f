//! What an upload that is due can need, and the giving of it.

use super::{awaited, overdue, superseded};
use crate::attempt;
use domain::Ports;
use domain::object_event::ObjectCreated;
use domain::ports::PortError;
use domain::{ObjectKey, Status, Upload};

/// What an upload needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Care {
    /// It is not due (any more), or its execution still runs.
    Nothing,
    /// Its object is there and the event was lost: it is sent again.
    SendEvent(ObjectCreated),
    /// Its object never came.
    Expire,
    /// Its attempt was written and never started.
    Start,
    /// Its execution ended without closing the attempt; with this code it is closed.
    Close(&'static str),
    /// A later attempt has replaced these objects, some maybe; nothing shows them.
    Tidy {
        /// What goes.
        objects: Vec<ObjectKey>,
        /// Face rows of the attempts up to this one go.
        faces_up_to: u32,
        /// Whether there is more than one round takes.
        more: bool,
    },
}

impl Care {
    /// A word for logs and listings.
    pub fn as_str(&self) -> &'static str {
        match self {
            Care::Nothing => "nothing",
            Care::SendEvent(_) => "send-event",
            Care::Expire => "expire",
            Care::Start => "start",
            Care::Close(_) => "close",
            Care::Tidy { .. } => "tidy",
        }
    }
}

/// Finds out what an upload needs; changes nothing.
pub(super) async fn needed(ports: &Ports, bucket: &str, upload: &Upload) -> Result<Care, PortError> {
    if upload.due_at().is_none_or(|due_at| due_at > ports.clock.now()) {
        return Ok(Care::Nothing);
    }
    match upload.status {
        Status::AwaitingUpload => awaited::needed(ports, bucket, upload).await,
        Status::Stored | Status::Running => overdue::needed(ports, upload).await,
        Status::Erased => Ok(Care::Nothing),
        Status::Complete | Status::Partial | Status::NoFace | Status::Failed | Status::Expired => {
            superseded::needed(ports, upload).await
        }
    }
}

/// Gives it. Where somebody changed the record meanwhile nothing is done; the next round sees what it needs then.
pub(super) async fn give(ports: &Ports, upload: Upload, care: &Care) -> Result<(), PortError> {
    match care {
        Care::Nothing => Ok(()),
        Care::SendEvent(event) => awaited::send(ports, &upload, event).await,
        Care::Expire => awaited::expire(ports, upload).await,
        Care::Start => attempt::start(ports, upload).await,
        Care::Close(code) => attempt::close(ports, upload, code).await.map(drop),
        Care::Tidy { objects, faces_up_to, more } => {
            superseded::tidy(ports, upload, objects, *faces_up_to, *more).await
        }
    }
}
