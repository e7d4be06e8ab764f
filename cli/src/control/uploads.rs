//! `GET /tenants/{tenant}/uploads/{id}`: the API's status document, and whose upload it is.

use super::{Answer, Control, Shared};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Record, TenantId, Upload, UploadId};
use ingest::http::{Problem, status_document};
use serde_json::json;

pub async fn status(State(control): Shared, Path((tenant, id)): Path<(TenantId, UploadId)>) -> Answer {
    let upload = find(&control, &tenant, id).await?;
    let mut document = status_document::document(&control.links, &upload).await?;
    document["tenant_id"] = json!(upload.tenant_id);
    document["user_id"] = json!(upload.user_id);
    Ok(Json(document))
}

/// An upload of a tenant. Errors: 404, 410 where it was erased.
pub(super) async fn find(control: &Control, tenant: &TenantId, id: UploadId) -> Result<Upload, Problem> {
    match control.ports.uploads.get(tenant, id).await? {
        Some(Record::Live(upload)) => Ok(*upload),
        Some(Record::Erased(tombstone)) => {
            let when = tombstone.erased_at;
            Err(Problem::new(StatusCode::GONE, "erased", format!("upload {id} was erased at {when}")))
        }
        None => {
            let words = format!("tenant {tenant} has no upload {id}; of another tenant? --tenant names it");
            Err(Problem::new(StatusCode::NOT_FOUND, "not_found", words))
        }
    }
}
