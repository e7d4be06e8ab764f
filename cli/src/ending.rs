//! Waits for the end of an upload that somebody works on.

use crate::control::operator::Operator;
use crate::status;
use anyhow::bail;
use domain::{TenantId, UploadId};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the end of one upload is waited for: the maintenance closes attempts that are open longer.
const LONGEST: Duration = Duration::from_secs(3600);
const PAUSE: Duration = Duration::from_millis(200);

/// The status document of an upload once its attempt `attempt`, or a later one, has ended.
pub async fn of(operator: &Operator, tenant: &TenantId, id: UploadId, attempt: u64) -> anyhow::Result<Value> {
    let deadline = Instant::now() + LONGEST;
    loop {
        let document = operator.get(&status::path(tenant, id)).await?;
        let begun = document["attempt"].as_u64().is_some_and(|at| at >= attempt);
        // What was refused or has expired never begins an attempt.
        let over = document["state"] == "expired" || !document["refused"].is_null();
        if document["done"] == true && (begun || over) {
            return Ok(document);
        }
        if Instant::now() >= deadline {
            bail!("upload {id} has not ended within {} minutes", LONGEST.as_secs() / 60);
        }
        sleep(PAUSE).await;
    }
}

/// Whether what was asked for came of it; no face is an outcome, not a failure.
pub fn is_good(document: &Value) -> bool {
    document["state"] == "complete" || document["state"] == "no_face"
}
