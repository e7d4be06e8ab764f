//! `PUT`, `GET` and `HEAD` of signed object URLs.

use super::answer::{Answer, with};
use super::api::{Api, Shared};
use super::body;
use super::budget::Owner;
use super::links::UrlRefused;
use super::object_response::{self, Selection};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use domain::ports::objects::{NewObject, PutGrant};
use domain::ports::{Objects, PortError, PortErrorKind};
use domain::{Bucket, MediaType, ObjectKey, Sha256};
use futures_util::{StreamExt, stream};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// An answer holds one piece of its object in memory at a time.
const PIECE_BYTES: u64 = 64 << 10;

fn refused(error: UrlRefused) -> Problem {
    let status = match error.code {
        "missing_signed_header" => StatusCode::BAD_REQUEST,
        _ => StatusCode::FORBIDDEN,
    };
    Problem::new(status, error.code, error.detail)
}

fn already_there() -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "already_there", "object already uploaded")
}

pub(crate) async fn put(State(api): Shared, uri: Uri, headers: HeaderMap, body: Body) -> Answer {
    let sent: BTreeMap<String, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let query = uri.query().unwrap_or_default();
    let grant = api.url_verifier.verify_put(uri.path(), query, &sent).map_err(refused)?;
    let owner = owner(&grant.key)?;
    let _place = api.writers.take(&owner, 1)?;
    if api.ports.objects.head(Bucket::Media, &grant.key).await?.is_some() {
        return Err(already_there());
    }
    let room = api.memory.take(&owner, grant.content_length)?;
    let bytes = room.hold(body::read(body, grant.content_length, "send what was declared").await?);
    let etag = store(&api, grant, bytes).await?;
    Ok(with(StatusCode::OK.into_response(), header::ETAG, &format!("\"{etag}\"")))
}

/// The user whose upload a key is. Errors: 403, the key of no upload.
fn owner(key: &ObjectKey) -> Result<Owner, Problem> {
    let owner = key.owner().map(|(tenant, user, _)| (tenant, user));
    owner.ok_or_else(|| {
        Problem::new(StatusCode::FORBIDDEN, "bad_signature", "the URL is not one of an upload")
    })
}

/// Puts exactly what was granted. Its content type is what its first bytes say, because it is served with it.
async fn store(api: &Api, grant: PutGrant, bytes: Bytes) -> Result<String, Problem> {
    if bytes.len() as u64 != grant.content_length {
        return Err(Problem::malformed("wrong_length", "the content's length is not the declared one"));
    }
    let hashed = bytes.clone();
    let found = tokio::task::spawn_blocking(move || Sha256::of(&hashed)).await;
    if found.map_err(PortError::broken)? != grant.sha256 {
        return Err(Problem::malformed("wrong_checksum", "the content's sha256 is not the declared one"));
    }
    let sniffed = MediaType::sniff(&bytes).map_or("application/octet-stream", MediaType::as_str);
    let object = NewObject { bytes, content_type: sniffed.to_owned(), metadata: BTreeMap::new() };
    match api.ports.objects.put(Bucket::Media, &grant.key, object).await {
        Ok(head) => Ok(head.etag),
        Err(error) if error.kind == PortErrorKind::Conflict => Err(already_there()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn get(State(api): Shared, method: Method, uri: Uri, headers: HeaderMap) -> Answer {
    let query = uri.query().unwrap_or_default();
    let (bucket, key) = api.url_verifier.verify_get(uri.path(), query).map_err(refused)?;
    let gone =
        || Problem::new(StatusCode::NOT_FOUND, "no_such_object", "the object does not exist (any more)");
    let head = api.ports.objects.head(bucket, &key).await?.ok_or_else(gone)?;
    let selection = Selection::of(&headers, &head);
    let range = match &selection {
        Selection::Part(range) if method == Method::GET => Some(range.clone()),
        Selection::Whole if method == Method::GET && head.size > 0 => Some(0..head.size),
        _ => None,
    };
    let body = match range {
        None => Body::empty(),
        Some(range) => content(api.ports.objects.clone(), bucket, key, &head.etag, range).await?,
    };
    Ok(object_response::write(&head, selection, body))
}

/// A part of an object, read piece by piece as the client takes it. The ETag pins one content; if the object is erased
/// meanwhile, the answer breaks off.
async fn content(
    objects: Arc<dyn Objects>,
    bucket: Bucket,
    key: ObjectKey,
    etag: &str,
    range: Range<u64>,
) -> Result<Body, Problem> {
    let (etag, end) = (etag.to_owned(), range.end);
    let read = move |start: u64| {
        let (objects, key, etag) = (objects.clone(), key.clone(), etag.clone());
        let piece = start..end.min(start + PIECE_BYTES);
        async move { Ok::<_, PortError>(objects.get(bucket, &key, Some(&etag), Some(piece)).await?.1) }
    };
    let first = read(range.start).await?;
    let rest = stream::try_unfold(range.start + first.len() as u64, move |start| {
        let read = (start < end).then(|| read(start));
        async move {
            let Some(read) = read else { return Ok(None) };
            let piece = read.await?;
            let next = start + piece.len() as u64;
            Ok::<_, PortError>(Some((piece, next)))
        }
    });
    Ok(Body::from_stream(stream::once(async { Ok(first) }).chain(rest)))
}
