//! `PUT`, `GET` and `HEAD` of signed object URLs.

use super::answer::{Answer, with};
use super::api::{Api, Shared};
use super::budget::Owner;
use super::links::UrlRefused;
use super::object_response::{self, Selection};
use super::reception;
use super::words::FileBytes;
use crate::content::Content;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::IntoResponse;
use domain::ports::PortErrorKind;
use domain::ports::objects::PutGrant;
use domain::{Bucket, ObjectKey, Record, UploadId};
use std::collections::BTreeMap;
use utoipa::IntoParams;

/// The signature of a URL; take the URL as a whole from the answer that has it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the verifier reads the query as it was signed")]
struct SignatureQuery {
    /// The end of its validity, in seconds since 1970.
    expires: u64,
    signature: String,
}

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

/// Put a declared photo, once.
#[utoipa::path(
    put, path = "/objects/{*key}", operation_id = "put_object", tag = "objects",
    params(("key" = String, Path, description = "The object's key; it has slashes"), SignatureQuery),
    request_body(content((Vec<u8> = "image/*"))),
    responses((status = 200, description = "Stored")),
    security(()),
    extensions(
        ("x-gives" = json!(["200 ETag"])),
        ("x-problems" = json!(["400 missing_signed_header", "400 wrong_checksum", "400 wrong_length", "403 bad_signature", "403 url_expired", "410 erased", "412 already_there", "422 image_too_large"])),
    ),
)]
pub(crate) async fn put(State(api): Shared, uri: Uri, headers: HeaderMap, body: Body) -> Answer {
    let sent: BTreeMap<String, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let query = uri.query().unwrap_or_default();
    let grant = api.url_verifier.verify_put(uri.path(), query, &sent).map_err(refused)?;
    let owner = owner(&grant.key)?;
    let _place = api.writers.take(&owner, 1)?;
    refuse_erased(&api, &grant.key).await?;
    if api.ports.objects.head(Bucket::Media, &grant.key).await?.is_some() {
        return Err(already_there());
    }
    let length = grant.content_length;
    let content = reception::whole(&api, &owner, body, length, "send what was declared").await?;
    refuse_erased(&api, &grant.key).await?;
    let etag = store(&api, grant, content).await?;
    Ok(with(StatusCode::OK.into_response(), header::ETAG, &format!("\"{etag}\"")))
}

/// The user whose upload a key is. Errors: 403, the key of no upload.
fn owner(key: &ObjectKey) -> Result<Owner, Problem> {
    let owner = key.owner().map(|(tenant, user, _)| (tenant, user));
    owner.ok_or_else(|| {
        Problem::new(StatusCode::FORBIDDEN, "bad_signature", "the URL is not one of an upload")
    })
}

/// A URL that was signed before its upload was erased is worth nothing. What passes here while it is being erased is
/// deleted by intake.
async fn refuse_erased(api: &Api, key: &ObjectKey) -> Result<(), Problem> {
    let upload = key.owner().and_then(|(tenant, _, name)| Some((tenant, UploadId::parse(name).ok()?)));
    let Some((tenant, id)) = upload else { return Ok(()) };
    match api.ports.uploads.get(&tenant, id).await? {
        Some(Record::Erased(_)) => Err(Problem::new(StatusCode::GONE, "erased", "the upload was erased")),
        _ => Ok(()),
    }
}

/// Puts exactly what was granted.
async fn store(api: &Api, grant: PutGrant, content: Content) -> Result<String, Problem> {
    if content.size() != grant.content_length {
        return Err(Problem::malformed("wrong_length", "the content's length is not the declared one"));
    }
    if content.sha256().await? != grant.sha256 {
        return Err(Problem::malformed("wrong_checksum", "the content's sha256 is not the declared one"));
    }
    match content.put(api.ports.objects.as_ref(), &grant.key).await {
        Ok(head) => Ok(head.etag),
        Err(error) if error.kind == PortErrorKind::Conflict => Err(already_there()),
        Err(error) => Err(error.into()),
    }
}

/// Get an object by its signed link.
#[utoipa::path(
    get, path = "/objects/{*key}", operation_id = "get_object", tag = "objects",
    params(("key" = String, Path, description = "The object's key; it has slashes"), SignatureQuery),
    responses(
        (status = 200, description = "Whole", content_type = "application/octet-stream", body = FileBytes),
        (status = 206, description = "In part", content_type = "application/octet-stream", body = FileBytes),
        (status = 304, description = "Unchanged"),
    ),
    security(()),
    extensions(
        ("x-takes" = json!(["If-None-Match", "Range", "If-Range"])),
        ("x-gives" = json!(["200 ETag", "200 Accept-Ranges", "206 ETag", "206 Content-Range", "304 ETag"])),
        ("x-problems" = json!(["403 bad_signature", "403 url_expired", "404 no_such_object", "416 range_not_satisfiable"])),
    ),
)]
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
        // The ETag pins one content.
        Some(range) => {
            let (_, pieces) = api.ports.objects.stream(bucket, &key, Some(&head.etag), Some(range)).await?;
            Body::from_stream(pieces)
        }
    };
    Ok(object_response::write(&head, selection, body))
}
