//! When an upload is due for maintenance.

use crate::owner::TenantId;
use crate::status::Status;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long after the end of its URL an upload expires, and how long an attempt may stay open before maintenance asks the
/// orchestrator about it.
pub const GRACE: Duration = Duration::from_secs(3600);
/// How long superseded objects are kept, because clients have links to them.
pub const SUPERSEDED_KEPT: Duration = Duration::from_secs(24 * 3600);

/// An upload's place among those that are due: (due_at, tenant_id, upload_id), ascending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DuePlace {
    pub due_at: Timestamp,
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
}

impl Upload {
    /// The moment from which it is due: [`GRACE`] after the end of its URL, or, while an attempt is open, after the later of
    /// its beginning and that end (so that the moment stays the same through a first attempt); [`SUPERSEDED_KEPT`] after a
    /// later attempt closed. None: never in this state.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.status {
            Status::AwaitingUpload => Some(self.url_expires_at.unwrap_or(self.created_at) + GRACE),
            Status::Stored | Status::Running => {
                let url_end = self.url_expires_at.filter(|_| self.attempt <= 1);
                let begun_at = self.begun_at.unwrap_or(self.created_at);
                Some(url_end.map_or(begun_at, |end| end.max(begun_at)) + GRACE)
            }
            Status::Erased => None,
            Status::Complete | Status::Partial | Status::NoFace | Status::Failed | Status::Expired => {
                self.superseded_at.map(|at| at + SUPERSEDED_KEPT)
            }
        }
    }

    pub fn due_place(&self) -> Option<DuePlace> {
        let (tenant_id, upload_id) = (self.tenant_id.clone(), self.upload_id);
        self.due_at().map(|due_at| DuePlace { due_at, tenant_id, upload_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, later, now};
    use crate::outcome::Outcome;
    use crate::stage::Stage;
    use crate::stage_result::StageResult;
    use crate::status::EndState;

    #[test]
    fn the_moment_stays_the_same_through_a_first_attempt() {
        let awaiting = fixture::awaiting();
        assert_eq!(awaiting.due_at(), Some(later(900) + GRACE));
        let mut stored = fixture::stored();
        assert_eq!(stored.due_at(), awaiting.due_at());
        let seen = StageResult::without_work(Outcome::Succeeded, 1, later(1));
        stored.record(Stage::FaceDetection, seen).unwrap();
        assert_eq!(stored.status, Status::Running);
        assert_eq!(stored.due_at(), awaiting.due_at());
    }

    #[test]
    fn a_closed_upload_is_due_only_if_it_has_superseded_artefacts() {
        let mut upload = fixture::closed(EndState::Partial);
        assert_eq!(upload.due_at(), None);
        upload.begin(&fixture::begin(&upload, 1), later(10_000)).unwrap();
        assert_eq!(upload.due_at(), Some(later(10_000) + GRACE));
        let closed = fixture::closed_again(upload);
        assert_eq!(closed.due_at(), closed.superseded_at.map(|at| at + SUPERSEDED_KEPT));
        assert!(closed.due_at() > Some(now()));
    }

    #[test]
    fn an_expired_upload_is_never_due() {
        let mut upload = fixture::awaiting();
        upload.expire(later(10_000));
        assert_eq!(upload.due_place(), None);
    }
}
