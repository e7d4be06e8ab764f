//! Who is calling: the bearer token of a request.

use super::Api;
use crate::auth::{AuthError, Caller};
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::{TenantId, UserId};
use std::sync::Arc;

/// The longest token that is looked at.
const MAX_TOKEN: usize = 4096;

/// The caller of a request that reads.
pub(crate) struct Reader(pub Caller);

/// The caller of a request that writes: his session is looked up now, not in a cache.
pub(crate) struct Writer(pub Caller);

impl FromRequestParts<Arc<Api>> for Reader {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        caller(parts, api, false).await.map(Reader)
    }
}

impl FromRequestParts<Arc<Api>> for Writer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        caller(parts, api, true).await.map(Writer)
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

/// Whose uploads a caller sees.
pub(crate) fn owner(caller: &Caller) -> (TenantId, UserId) {
    (caller.tenant_id.clone(), caller.user_id.clone())
}
