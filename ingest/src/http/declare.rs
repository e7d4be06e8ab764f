//! `POST /uploads` declares a photo and answers with a presigned PUT of exactly that; `POST /uploads/{id}/url` signs anew.

use super::access::{Writer, owned_by_path, owner};
use super::answer::{Answer, json, moment, with};
use super::api::{Api, Shared};
use super::idempotency::{self, IdempotencyKey};
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
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// A saved expiry is renewed when it is older than this.
const RENEWED: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct DeclareRequest {
    content_type: String,
    content_length: u64,
    sha256: String,
    #[serde(default)]
    filename: Option<String>,
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
    let mut upload = Upload::awaiting(owner(&caller), id, declared.clone(), now + api.settings.url_ttl, now);
    upload.traceparent = trace::parent(&headers);
    let traceparent = upload.traceparent.clone();
    match api.ports.uploads.create(upload).await {
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
    let body = json!({
        "upload_id": upload.upload_id,
        "upload": presigned(&sign(api, upload).await?),
        "status_url": status_url,
    });
    Ok(with(json(StatusCode::CREATED, &body), header::LOCATION, &status_url))
}

/// The existing upload of the same content, with a fresh URL while its bytes are awaited.
async fn duplicate(api: &Api, upload: Upload, traceparent: Option<&str>) -> Answer {
    if upload.status == Status::Expired {
        return Err(gone("expired"));
    }
    let upload = lifecycle::promote(&api.ports, upload, traceparent).await?;
    let (upload, signed) = renew(api, upload).await?;
    let mut body = json!({
        "upload_id": upload.upload_id,
        "duplicate": true,
        "state": upload.status,
        "status_url": api.links.status(upload.upload_id),
    });
    if let Some(signed) = signed {
        body["upload"] = presigned(&signed);
    }
    Ok(json(StatusCode::OK, &body))
}

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
    let body = json!({"upload_id": upload.upload_id, "upload": presigned(&signed), "status_url": status_url});
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

fn presigned(signed: &SignedRequest) -> Value {
    let headers: serde_json::Map<String, Value> =
        signed.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    json!({"method": "PUT", "url": signed.url, "headers": headers, "expires_at": moment(signed.expires_at)})
}
