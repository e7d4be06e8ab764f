//! The upload that a path names, if it is the caller's. Another's id is answered like one that does not exist.

use super::Api;
use crate::auth::Caller;
use crate::problem::Problem;
use domain::{Record, Upload, UploadId};

pub(crate) async fn find(api: &Api, caller: &Caller, id: UploadId) -> Result<Upload, Problem> {
    let record = api.ports.uploads.get(&caller.tenant_id, id).await?;
    let upload = record.and_then(Record::live).ok_or_else(Problem::not_found)?;
    if upload.user_id != caller.user_id {
        return Err(Problem::not_found());
    }
    Ok(upload)
}

/// The id in a path. Errors: what is no id is not found.
pub(crate) fn id(raw: &str) -> Result<UploadId, Problem> {
    UploadId::parse(raw).map_err(|_| Problem::not_found())
}

/// The same, by the text of the path.
pub(crate) async fn by_path(api: &Api, caller: &Caller, id: &str) -> Result<Upload, Problem> {
    find(api, caller, self::id(id)?).await
}
