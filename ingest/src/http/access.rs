//! The caller of a request by its bearer token, and the uploads that the caller owns.

use super::api::Api;
use super::budget::{Owner, Share};
use crate::auth::{AuthError, Caller};
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::{Record, Upload, UploadId};
use std::sync::Arc;

/// A longer token is refused unread.
const MAX_TOKEN: usize = 4096;

/// The caller of a request that reads; a cached session will do.
pub(crate) struct Reader(pub Caller);

/// The caller of a request that writes: the session is read from the store. It holds a place among the writers.
pub(crate) struct Writer(pub Caller, pub Share);

impl FromRequestParts<Arc<Api>> for Reader {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        caller(parts, api, false).await.map(Reader)
    }
}

impl FromRequestParts<Arc<Api>> for Writer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let caller = caller(parts, api, true).await?;
        let place = api.writers.take(&owner(&caller), 1)?;
        Ok(Writer(caller, place))
    }
}

async fn caller(parts: &Parts, api: &Api, fresh: bool) -> Result<Caller, Problem> {
    let missing =
        || Problem::unauthorized("missing_token", "this route needs the header Authorization: Bearer");
    let given = parts.headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, token) = given.to_str().ok().and_then(|given| given.split_once(' ')).ok_or_else(missing)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(missing());
    }
    let invalid = || Problem::unauthorized("invalid_token", "the token is not valid");
    if token.len() > MAX_TOKEN {
        return Err(invalid());
    }
    match api.auth.caller(token, fresh).await {
        Ok(caller) => Ok(caller),
        Err(AuthError::Invalid) => Err(invalid()),
        Err(AuthError::Port(error)) => Err(error.into()),
    }
}

/// The owner of what the caller uploads.
pub(crate) fn owner(caller: &Caller) -> Owner {
    (caller.tenant_id.clone(), caller.user_id.clone())
}

/// The caller's upload. Another user's upload is answered like one that does not exist.
pub(crate) async fn owned(api: &Api, caller: &Caller, id: UploadId) -> Result<Upload, Problem> {
    let record = api.ports.uploads.get(&caller.tenant_id, id).await?;
    let upload = record.and_then(Record::live).ok_or_else(Problem::not_found)?;
    if upload.user_id != caller.user_id {
        return Err(Problem::not_found());
    }
    Ok(upload)
}

/// The id in a path. Errors: 404 for anything that is not an id.
pub(crate) fn upload_id(raw: &str) -> Result<UploadId, Problem> {
    UploadId::parse(raw).map_err(|_| Problem::not_found())
}

/// The caller's upload by the id in a path.
pub(crate) async fn owned_by_path(api: &Api, caller: &Caller, id: &str) -> Result<Upload, Problem> {
    owned(api, caller, upload_id(id)?).await
}
