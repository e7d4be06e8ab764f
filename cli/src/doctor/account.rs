//! Does what template.yaml made in the account answer? Each check asks for something that need not be there.

use super::finding::Finding;
use super::queues;
use crate::boot;
use crate::settings::Settings;
use domain::ports::PortError;
use domain::{Bucket, ExecutionName, ObjectKey, UploadId};
use ingest::auth::AuthSettings;
use uuid::Uuid;

const ACCOUNT: &str = "account";
/// Nobody is given a link here.
const NO_URL: &str = "http://localhost";
const WHAT_TO_DO: &str = "compare credentials, region and settings with the stack and its outputs";

/// Asks each store, the queues and the state machine.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let installation = match boot::open(settings, NO_URL).await {
        Ok(installation) => installation,
        Err(error) => return vec![Finding::failed(ACCOUNT, &error, error.remedy())],
    };
    let (tenant, upload) = (AuthSettings::new(NO_URL).default_tenant, UploadId::new(Uuid::nil()));
    let ports = &installation.ports;
    let key = ObjectKey::preview(&tenant, upload);
    let attempt = ExecutionName::new(upload, 1);
    vec![
        told("tables", ports.uploads.get(&tenant, upload).await.map(drop)),
        told("media bucket", ports.objects.head(Bucket::Media, &key).await.map(drop)),
        told("state machine", ports.orchestrator.describe(&attempt).await.map(drop)),
        told("secret", installation.check_secrets().await),
        queues::check(&installation).await,
    ]
}

fn told(name: &'static str, answered: Result<(), PortError>) -> Finding {
    match answered {
        Ok(()) => Finding::ok(name, "answers"),
        Err(error) => Finding::failed(name, error, WHAT_TO_DO),
    }
}
