//! `POST /uploads` declares a photo and answers with a presigned PUT of exactly that; `POST /uploads/{id}/url` signs anew.

use super::access::{Writer, owned_by_path, owner};
use super::answer::{Answer, json, with};
use super::api::{Api, Shared};
use super::idempotency::{self, IdempotencyKey};
use super::words::{Link, Moment, PhotoType, Sha256Hex, SignedLink, UploadState, Uuid as UuidText};
use super::{body, photo};
use crate::problem::Problem;
use crate::trace;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::file_name::MAX_FILE_NAME_BYTES;
use domain::ports::PortErrorKind;
use domain::ports::objects::{PutGrant, SignedRequest};
use domain::ports::uploads::Created;
use domain::upload::Declared;
use domain::{FileName, ObjectKey, Record, Sha256, Status, Timestamp, Upload, UploadId};
use lifecycle::Updated;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// A saved expiry is renewed when it is older than this.
const RENEWED: Duration = Duration::from_secs(60);

#[derive(Deserialize, ToSchema)]
pub(crate) struct DeclareRequest {
    /// The media type; `image/jpg` and other names of browsers are accepted.
    #[schema(value_type = PhotoType)]
    content_type: String,
    /// The size of the photo in bytes.
    #[schema(minimum = 1, example = 183245)]
    content_length: u64,
    #[schema(value_type = Sha256Hex)]
    sha256: String,
    /// The photo's name on its owner's device.
    #[schema(example = "ana.jpg", max_length = 255)]
    #[serde(default)]
    filename: Option<String>,
}

/// A presigned PUT: send exactly these headers and the declared bytes, once.
#[derive(Serialize, ToSchema)]
pub(crate) struct PresignedPut {
    #[schema(value_type = Moment)]
    expires_at: Timestamp,
    headers: BTreeMap<String, String>,
    #[schema(example = "PUT")]
    method: &'static str,
    #[schema(value_type = SignedLink)]
    url: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DeclaredUpload {
    #[schema(value_type = Link)]
    status_url: String,
    upload: PresignedPut,
    #[schema(value_type = UuidText)]
    upload_id: UploadId,
}

/// The existing upload of the same content.
#[derive(Serialize, ToSchema)]
pub(crate) struct DuplicateUpload {
    duplicate: bool,
    #[schema(value_type = UploadState)]
    state: Status,
    #[schema(value_type = Link)]
    status_url: String,
    /// Only while the bytes are awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<PresignedPut>,
    #[schema(value_type = UuidText)]
    upload_id: UploadId,
}

impl DeclareRequest {
    fn declared(&self, max: u64) -> Result<Declared, Problem> {
        if self.filename.as_ref().is_some_and(|name| name.len() > MAX_FILE_NAME_BYTES) {
            return Err(Problem::unprocessable(
                "bad_filename",
                format!("filename has at most {MAX_FILE_NAME_BYTES} bytes"),
            ));
        }
        let content_type = photo::declared_type(&self.content_type)?;
        if self.content_length == 0 {
            return Err(Problem::unprocessable("empty_photo", "content_length must be at least 1"));
        }
        if self.content_length > max {
            return Err(Problem::too_large(max, "send a smaller photo"));
        }
        let sha256 = Sha256::parse(&self.sha256)
            .map_err(|_| Problem::unprocessable("bad_sha256", "sha256 is 64 hexadecimal digits"))?;
        let filename = self.filename.as_deref().and_then(FileName::of);
        Ok(Declared { content_type, content_length: self.content_length, sha256: Some(sha256), filename })
    }
}

/// Declare a photo.
///
/// The answer has a presigned PUT of exactly what is declared. Content that its owner declared before leads to that upload.
#[utoipa::path(
    post, path = "/uploads", operation_id = "declare_upload", tag = "uploads",
    request_body = DeclareRequest,
    responses(
        (status = 201, description = "Declared, with a presigned PUT", body = DeclaredUpload),
        (status = 200, description = "The same content exists", body = DuplicateUpload),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Idempotency-Key"])), ("x-gives" = json!(["201 Location"])),
        ("x-problems" = json!(["400 bad_idempotency_key", "409 already_stored", "410 erased", "410 expired", "413 too_large", "415 unsupported_type", "422 bad_filename", "422 bad_sha256", "422 empty_photo", "422 idempotency_key_reused", "429 too_many_declared_bytes", "429 too_many_open_uploads", "507 quota_exceeded"])),
    ),
)]
pub(crate) async fn post(
    State(api): Shared,
    Writer(caller, _place): Writer,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let key = IdempotencyKey::of(&headers, &caller, "POST /uploads")?;
    let request: DeclareRequest = body::json(&headers, body, body::MAX_JSON).await?;
    let declared = request.declared(api.settings.max_photo_bytes)?;
    let id = UploadId::new(key.map_or_else(Uuid::now_v7, IdempotencyKey::id));
    let now = api.ports.clock.now();
    let (owner, bytes) = (owner(&caller), declared.content_length);
    let mut upload = Upload::awaiting(owner.clone(), id, declared.clone(), now + api.settings.url_ttl, now);
    upload.traceparent = trace::parent(&headers);
    let traceparent = upload.traceparent.clone();
    let admitted = api.admit(&owner, bytes).await;
    let is_counted = admitted.is_ok();
    if let (Err(refusal), Some(sha256)) = (admitted, &declared.sha256)
        && !api.has_content(&owner, sha256).await?
    {
        return Err(refusal);
    }
    let made = api.ports.uploads.create(upload).await;
    if is_counted && !matches!(made, Ok(Created::New(_))) {
        api.withdraw(&owner, bytes);
    }
    match made {
        Ok(Created::New(upload)) => created(&api, &upload).await,
        Ok(Created::Duplicate(upload)) => duplicate(&api, upload, traceparent.as_deref()).await,
        Err(error) if error.kind == PortErrorKind::Conflict && key.is_some() => {
            let record = api.ports.uploads.get(&caller.tenant_id, id).await?;
            let upload = record.and_then(Record::live).filter(|upload| upload.user_id == caller.user_id);
            let upload = upload.ok_or_else(|| gone("erased"))?;
            match upload.declared.as_ref() == Some(&declared) {
                true => duplicate(&api, upload, traceparent.as_deref()).await,
                false => Err(idempotency::reused()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn created(api: &Api, upload: &Upload) -> Answer {
    let status_url = api.links.status(upload.upload_id);
    let signed = presigned(sign(api, upload).await?);
    let body = DeclaredUpload { status_url: status_url.clone(), upload: signed, upload_id: upload.upload_id };
    Ok(with(json(StatusCode::CREATED, &body), header::LOCATION, &status_url))
}

/// The existing upload of the same content, with a fresh URL while its bytes are awaited.
async fn duplicate(api: &Api, upload: Upload, traceparent: Option<&str>) -> Answer {
    if upload.status == Status::Expired {
        return Err(gone("expired"));
    }
    let upload = lifecycle::promote(&api.ports, upload, traceparent).await?;
    let (upload, signed) = renew(api, upload).await?;
    let body = DuplicateUpload {
        duplicate: true,
        state: upload.status,
        status_url: api.links.status(upload.upload_id),
        upload: signed.map(presigned),
        upload_id: upload.upload_id,
    };
    Ok(json(StatusCode::OK, &body))
}

/// Get a fresh presigned PUT.
#[utoipa::path(
    post, path = "/uploads/{id}/url", operation_id = "renew_upload_url", tag = "uploads",
    params(("id" = UuidText, Path, description = "The upload")),
    responses((status = 200, description = "Signed", body = DeclaredUpload)),
    security(("bearer" = [])),
    extensions(("x-problems" = json!(["404 not_found", "409 already_stored", "410 erased", "410 expired"]))),
)]
pub(crate) async fn url(
    State(api): Shared,
    Writer(caller, _place): Writer,
    Path(id): Path<String>,
) -> Answer {
    let upload = owned_by_path(&api, &caller, &id).await?;
    let (upload, signed) = renew(&api, upload).await?;
    let signed = signed.ok_or_else(|| match upload.status {
        Status::Expired => gone("expired"),
        _ => already_stored(),
    })?;
    let status_url = api.links.status(upload.upload_id);
    let body = DeclaredUpload { status_url, upload: presigned(signed), upload_id: upload.upload_id };
    Ok(json(StatusCode::OK, &body))
}

fn already_stored() -> Problem {
    Problem::conflict("already_stored", "the photo is already stored")
}

/// 410; `code` says why.
fn gone(code: &str) -> Problem {
    let detail = "the upload is gone; declare the photo again, with another Idempotency-Key if any";
    Problem::new(StatusCode::GONE, code, detail)
}

/// Signs anew while the bytes are awaited, and saves the new expiry, so that the upload does not expire before. An expiry
/// that another request has just saved will do.
async fn renew(api: &Api, upload: Upload) -> Result<(Upload, Option<SignedRequest>), Problem> {
    let expires_at = api.ports.clock.now() + api.settings.url_ttl;
    let is_recent = |saved: Timestamp| expires_at < saved + RENEWED;
    let renewed = lifecycle::update(&api.ports, upload, |upload| {
        let saved = upload.url_expires_at;
        if upload.status != Status::AwaitingUpload || saved.is_some_and(is_recent) {
            return Err(());
        }
        upload.url_expires_at = Some(expires_at);
        Ok(())
    });
    let upload = match renewed.await? {
        Updated::Saved(upload) | Updated::Unchanged(upload, ()) => *upload,
        Updated::Erased => return Err(gone("erased")),
    };
    match upload.status {
        Status::AwaitingUpload => sign(api, &upload).await.map(|signed| (upload, Some(signed))),
        _ => Ok((upload, None)),
    }
}

async fn sign(api: &Api, upload: &Upload) -> Result<SignedRequest, Problem> {
    let declared = upload.declared.as_ref();
    let (Some(declared), Some(sha256)) = (declared, declared.and_then(|declared| declared.sha256)) else {
        return Err(already_stored());
    };
    let grant = PutGrant {
        key: ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id),
        content_length: declared.content_length,
        content_type: declared.content_type,
        sha256,
    };
    Ok(api.ports.objects.sign_put(&grant, api.settings.url_ttl).await?)
}

fn presigned(signed: SignedRequest) -> PresignedPut {
    let SignedRequest { url, headers, expires_at } = signed;
    PresignedPut { expires_at, headers: headers.into_iter().collect(), method: "PUT", url }
}
