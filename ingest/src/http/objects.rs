//! `PUT`, `GET` and `HEAD` of signed object URLs.

use super::answer::{Answer, with};
use super::object_response::{self, Wanted};
use super::signed_urls::UrlRefused;
use super::{Api, Shared, body};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use domain::object_key::UPLOADS_PREFIX;
use domain::ports::objects::{NewObject, PutGrant};
use domain::ports::{PortError, PortErrorKind};
use domain::{Bucket, MediaType, ObjectKey, Sha256};
use std::collections::BTreeMap;

fn refused(error: UrlRefused) -> Problem {
    let status = match error.code {
        "missing_signed_header" => StatusCode::BAD_REQUEST,
        _ => StatusCode::FORBIDDEN,
    };
    Problem::new(status, error.code, error.detail)
}

fn already_there() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "already_there",
        "the photo is there already; this is a success",
    )
}

pub(crate) async fn put(State(api): Shared, uri: Uri, headers: HeaderMap, body: Body) -> Answer {
    let sent: BTreeMap<String, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let grant = api.door.verify_put(uri.path(), uri.query().unwrap_or_default(), &sent).map_err(refused)?;
    if api.ports.objects.head(Bucket::Media, &grant.key).await?.is_some() {
        return Err(already_there());
    }
    let room = api.budget.reserve(grant.content_length)?;
    let bytes = room.hold(body::read(body, grant.content_length, "exactly what was declared").await?);
    let etag = store(&api, grant, bytes).await?;
    Ok(with(StatusCode::OK.into_response(), header::ETAG, &format!("\"{etag}\"")))
}

/// Puts what was granted and nothing else.
async fn store(api: &Api, grant: PutGrant, bytes: Bytes) -> Result<String, Problem> {
    if bytes.len() as u64 != grant.content_length {
        return Err(Problem::malformed("wrong_length", "the content has another length than was declared"));
    }
    let hashed = bytes.clone();
    let found = tokio::task::spawn_blocking(move || Sha256::of(&hashed)).await;
    if found.map_err(PortError::broken)? != grant.sha256 {
        return Err(Problem::malformed("wrong_checksum", "the content has another sha256 than was declared"));
    }
    let content_type = grant.content_type.as_str().to_owned();
    let object = NewObject { bytes, content_type, metadata: BTreeMap::new() };
    match api.ports.objects.put(Bucket::Media, &grant.key, object).await {
        Ok(head) => Ok(head.etag),
        Err(error) if error.kind == PortErrorKind::Conflict => Err(already_there()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn get(State(api): Shared, method: Method, uri: Uri, headers: HeaderMap) -> Answer {
    let (bucket, key) = api.door.verify_get(uri.path(), uri.query().unwrap_or_default()).map_err(refused)?;
    let gone = || Problem::new(StatusCode::NOT_FOUND, "no_such_object", "there is no such object (any more)");
    let head = api.ports.objects.head(bucket, &key).await?.ok_or_else(gone)?;
    let content_type = content_type(&api, bucket, &key, &head.content_type).await?;
    let wanted = Wanted::of(&headers, &head);
    let bytes = match &wanted {
        Wanted::Part(range) if method == Method::GET => Some(range.clone()),
        Wanted::All if method == Method::GET && head.size > 0 => Some(0..head.size),
        _ => None,
    };
    let bytes = match bytes {
        None => Bytes::new(),
        Some(range) => {
            // Held until the client has read it, or is gone.
            let room = api.budget.reserve(range.end - range.start)?;
            room.hold(api.ports.objects.get(bucket, &key, Some(&head.etag), Some(range)).await?.1)
        }
    };
    Ok(object_response::write(&head, &content_type, wanted, bytes))
}

/// What a user put is served as what it is, whatever he called it.
async fn content_type(api: &Api, bucket: Bucket, key: &ObjectKey, said: &str) -> Result<String, Problem> {
    if bucket == Bucket::Media && !key.as_str().starts_with(UPLOADS_PREFIX) {
        return Ok(said.to_owned());
    }
    let first = match api.ports.objects.get(bucket, key, None, Some(0..MediaType::SNIFF_BYTES)).await {
        Ok((_, first)) => first,
        Err(error) if error.kind == PortErrorKind::Denied => Bytes::new(),
        Err(error) => return Err(error.into()),
    };
    let sniffed = MediaType::sniff(&first).map(MediaType::as_str);
    Ok(sniffed.unwrap_or("application/octet-stream").to_owned())
}
