//! A photo in a request, `POST /upload-image` and `POST /upload-photo`: its type is sniffed from its first bytes, and it
//! is stored as if its owner had put it with a presigned URL.

use super::access::{Writer, owner};
use super::answer::{Answer, json, with};
use super::api::{Api, Shared};
use super::budget::Owner;
use super::photo_form::PhotoForm;
use super::photo_json::PhotoRequest;
use super::reception::Reception;
use super::sentences::Language;
use super::status_document::{Facts, Failure, preview};
use super::words::{EmotionName, Link, SignedLink, UploadState, Uuid};
use super::{body, photo_form, photo_json, prefer};
use crate::auth::Caller;
use crate::content::Content;
use crate::deposit::{Deposited, Photo, deposit};
use crate::problem::Problem;
use crate::trace;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::upload::Kind;
use domain::{Emotion, FileName, MediaType, ObjectKey, Ports, Status, TenantId, Upload, UploadId, UserId};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// The type that a client declares. Errors: 415 with the list.
pub(crate) fn declared_type(raw: &str) -> Result<MediaType, Problem> {
    let name = raw.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let name = match name.as_str() {
        // Names that browsers and older software use.
        "image/jpg" | "image/pjpeg" => "image/jpeg",
        "image/x-png" => "image/png",
        "image/heif" | "image/heic-sequence" | "image/heif-sequence" => "image/heic",
        "image/x-ms-bmp" | "image/x-bmp" => "image/bmp",
        "image/tif" | "image/x-tiff" => "image/tiff",
        name => name,
    };
    let detail = || format!("{raw:?} is not accepted; send {}", MediaType::NAMES);
    MediaType::parse(name).ok_or_else(|| Problem::unsupported("unsupported_type", detail()))
}

/// The type by the first bytes. Errors: 415 with the name of the format, if it is known, and the list.
fn sniffed_type(bytes: &[u8]) -> Result<MediaType, Problem> {
    MediaType::sniff(bytes).ok_or_else(|| Problem::unsupported("unsupported_type", MediaType::refusal(bytes)))
}

/// Stores a photo. Errors: 422 for an empty one, 415 for another type.
pub async fn store(
    ports: &Ports,
    owner: (TenantId, UserId),
    kind: Kind,
    content: impl Into<Content>,
    filename: Option<FileName>,
    traceparent: Option<String>,
) -> Result<Deposited, Problem> {
    let content = content.into();
    if content.size() == 0 {
        return Err(Problem::unprocessable("empty_photo", "the photo is empty"));
    }
    let content_type = sniffed_type(content.first())?;
    Ok(deposit(ports, Photo { owner, kind, content_type, content, filename, traceparent }).await?)
}

/// Stores a photo of a request within its owner's quota. Errors: as [`store`], and 429 or 507 over the quota.
pub(crate) async fn receive(
    api: &Api,
    owner: Owner,
    kind: Kind,
    (content, filename): (Content, Option<FileName>),
    traceparent: Option<String>,
) -> Result<Deposited, Problem> {
    let bytes = content.size();
    let admitted = api.admit(&owner, bytes).await;
    let is_counted = admitted.is_ok();
    if let Err(refusal) = admitted
        && !api.has_content(&owner, &content.sha256().await?).await?
    {
        return Err(refusal);
    }
    let stored = store(&api.ports, owner.clone(), kind, content, filename, traceparent).await;
    if is_counted && !matches!(stored, Ok(Deposited::Anew(_))) {
        api.withdraw(&owner, bytes);
    }
    stored
}

/// Upload a photo in the request.
///
/// A form with one field `image`, `file` or `photo`, or JSON with the picture in base64 or as a data URL.
#[utoipa::path(
    post, path = "/upload-image", operation_id = "upload_image", tag = "photos in a request",
    request_body(content((PhotoForm = "multipart/form-data"), (PhotoRequest = "application/json"))),
    responses(
        (status = 200, description = "Done within the wait", body = PhotoDocument),
        (status = 202, description = "Accepted, with its status URL", body = PhotoDocument),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_base64", "400 bad_multipart", "400 missing_photo", "400 too_many_parts", "415 unsupported_body", "415 unsupported_type", "422 empty_photo", "422 image_too_large", "422 several_photos", "429 too_many_declared_bytes", "429 too_many_open_uploads", "507 quota_exceeded"])),
    ),
)]
pub(crate) async fn upload_image(state: Shared, writer: Writer, request: Request) -> Answer {
    upload(state, writer, request).await
}

/// Upload a photo in the request.
///
/// A form with one field `image`, `file` or `photo`, or JSON with the picture in base64 or as a data URL.
#[utoipa::path(
    post, path = "/upload-photo", operation_id = "upload_photo", tag = "photos in a request",
    request_body(content((PhotoForm = "multipart/form-data"), (PhotoRequest = "application/json"))),
    responses(
        (status = 200, description = "Done within the wait", body = PhotoDocument),
        (status = 202, description = "Accepted, with its status URL", body = PhotoDocument),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_base64", "400 bad_multipart", "400 missing_photo", "400 too_many_parts", "415 unsupported_body", "415 unsupported_type", "422 empty_photo", "422 image_too_large", "422 several_photos", "429 too_many_declared_bytes", "429 too_many_open_uploads", "507 quota_exceeded"])),
    ),
)]
pub(crate) async fn upload_photo(state: Shared, writer: Writer, request: Request) -> Answer {
    upload(state, writer, request).await
}

async fn upload(State(api): Shared, Writer(caller, _place): Writer, request: Request) -> Answer {
    let headers = request.headers().clone();
    let wait = prefer::wait(&api, &headers);
    let owner = owner(&caller);
    let photo = read(&api, &owner, &headers, request).await?;
    let stored = receive(&api, owner, Kind::Photo, photo, trace::parent(&headers)).await?;
    answer(&api, &caller, stored.upload(), (wait, Language::of(&headers))).await
}

/// The photo of a multipart or JSON request, and its file name if a form has one. Errors: 415 for other types.
async fn read(
    api: &Api,
    owner: &Owner,
    headers: &HeaderMap,
    request: Request,
) -> Result<(Content, Option<FileName>), Problem> {
    let limit = api.settings.max_inline_bytes;
    let reception = Reception::new(api, owner, limit, body::USE_A_PRESIGNED_URL)?;
    let check_length = |max: u64| match body::announced(headers) {
        Some(length) if length > max => Err(Problem::too_large(limit, body::USE_A_PRESIGNED_URL)),
        _ => Ok(()),
    };
    match body::media_type(headers).as_deref() {
        Some("multipart/form-data") => {
            check_length(photo_form::max_bytes(limit))?;
            photo_form::read(request, limit, reception).await
        }
        _ if body::is_json(headers) => {
            check_length(photo_json::max_bytes(limit))?;
            Ok((photo_json::read(request.into_body(), limit, reception).await?, None))
        }
        _ => Err(Problem::unsupported(
            "unsupported_body",
            "send multipart/form-data with a field image, file or photo, or application/json with the picture in base64",
        )),
    }
}

/// 202 at once, or 200 with the result if it is done within the wait.
async fn answer(
    api: &Api,
    caller: &Caller,
    upload: Upload,
    (wait, language): (Option<Duration>, Language),
) -> Answer {
    let upload = match wait {
        Some(_) => prefer::until_done(api, caller, upload.upload_id, wait).await?,
        None => upload,
    };
    let status_url = api.links.status(upload.upload_id);
    let body = document(api, &upload, language).await?;
    let response = match wait.is_some() && upload.status.is_done() {
        true => json(StatusCode::OK, &body),
        false => with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1"),
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), wait))
}

/// An uploaded photo: its emotion once it is known.
#[derive(Serialize, ToSchema)]
pub(crate) struct PhotoDocument {
    #[schema(value_type = Option<EmotionName>)]
    emotion: Option<Emotion>,
    error: Option<Failure>,
    #[schema(value_type = SignedLink)]
    image_url: String,
    #[schema(value_type = UploadState)]
    state: Status,
    #[schema(value_type = Link)]
    status_url: String,
    #[schema(value_type = Uuid)]
    upload_id: UploadId,
}

/// A photo that failed has an `error`, so that it does not read like one without a face.
async fn document(api: &Api, upload: &Upload, language: Language) -> Result<PhotoDocument, Problem> {
    let (tenant, user, id) = (&upload.tenant_id, &upload.user_id, upload.upload_id);
    let stored = upload.object.as_ref().map(|object| object.key.clone());
    let original = || stored.unwrap_or_else(|| ObjectKey::upload(tenant, user, id));
    // The preview has no metadata; the original may say where it was taken.
    let key = preview(upload).unwrap_or_else(original);
    let facts = Facts::of(upload, language);
    Ok(PhotoDocument {
        emotion: facts.emotion,
        error: facts.failure(),
        image_url: api.links.to(&key).await?,
        state: upload.status,
        status_url: api.links.status(id),
        upload_id: id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_type_is_refused_with_the_list() {
        for refused in [declared_type("image/x-icon"), sniffed_type(b"plain text")] {
            assert!(format!("{:?}", refused.unwrap_err()).contains("HEIC, AVIF, GIF"));
        }
        assert_eq!(sniffed_type(b"\0\0\0\x14ftypheic\0\0\0\0mif1").unwrap(), MediaType::Heic);
    }

    #[test]
    fn other_names_and_parameters_of_a_type_are_accepted() {
        for (raw, expected) in [
            ("image/png", MediaType::Png),
            ("image/jpg", MediaType::Jpeg),
            ("Image/PJPEG", MediaType::Jpeg),
            ("image/HEIF", MediaType::Heic),
            ("image/jpeg; charset=binary", MediaType::Jpeg),
            (" image/webp ", MediaType::Webp),
        ] {
            assert_eq!(declared_type(raw).unwrap(), expected, "{raw}");
        }
        for bad in ["image/jpegs", "text/html", "", ";image/png"] {
            assert!(declared_type(bad).is_err(), "{bad}");
        }
    }
}
