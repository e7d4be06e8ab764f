//! Checks of a stack in an AWS account: each asks for something that need not exist.

use super::data;
use super::finding::Finding;
use crate::boot;
use crate::settings::Settings;
use domain::ports::PortError;
use domain::{Bucket, ExecutionName, ObjectKey, UploadId};
use ingest::auth::AuthSettings;
use uuid::Uuid;

const ACCOUNT: &str = "account";
/// Links are not shown, so they need no address.
const NO_URL: &str = "http://localhost";
const REMEDY: &str = "compare credentials, region and settings with the stack and its outputs";

pub async fn check(settings: &Settings) -> Vec<Finding> {
    let installation = match boot::open(settings, NO_URL).await {
        Ok(installation) => installation,
        Err(error) => return vec![Finding::failed(ACCOUNT, &error, &error.remedy())],
    };
    let (tenant, upload) = (AuthSettings::new(NO_URL).default_tenant, UploadId::new(Uuid::nil()));
    let ports = &installation.ports;
    let key = ObjectKey::preview(&tenant, upload);
    let attempt = ExecutionName::new(upload, 1);
    vec![
        answer("tables", ports.uploads.get(&tenant, upload).await.map(drop)),
        answer("media bucket", ports.objects.head(Bucket::Media, &key).await.map(drop)),
        answer("state machine", ports.orchestrator.describe(&attempt).await.map(drop)),
        answer("secret", ports.secrets.token_seeds().await.map(drop)),
        data::queues(&installation).await,
    ]
}

fn answer(name: &'static str, answered: Result<(), PortError>) -> Finding {
    match answered {
        Ok(()) => Finding::ok(name, "answers"),
        Err(error) => Finding::failed(name, error, REMEDY),
    }
}
