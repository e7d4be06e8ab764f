//! One machine: a data directory with everything in it.

use super::installation::{BootError, Installation, Machine};
use crate::settings::Settings;
use ::settings::Durability;
use domain::ports::objects::PutGrant;
use domain::ports::{Clock, PortError};
use domain::{Bucket, ObjectKey};
use embedded::{Options, Orchestrator, Policy, SignedUrls, Store, UrlError};
use ingest::http::{UrlRefused, UrlVerifier};
use ingest::maintenance::MIN_ORPHAN_AGE;
use ingest::{Metrics, NotifyingUploads, UploadNotifier};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const DATABASE: &str = "semblante.db";

/// Opens the directory, whatever backend the settings name. It is created if missing and brought up to date if old.
pub async fn open(settings: &Settings, data: &Path, public_url: &str) -> Result<Installation, BootError> {
    let durability = match settings.durability {
        Durability::Full => embedded::Durability::Full,
        Durability::Normal => embedded::Durability::Normal,
    };
    let store = Store::open(data, Options { durability, ..Options::default() })?;
    let policy = Policy { max_receives: settings.max_receives, ..Policy::default() };
    let orchestrator = Orchestrator::open(&store).await?;
    let objects = embedded::Objects::new(&store, public_url);
    reconcile(&objects).await?;
    let metrics = Arc::new(Metrics::default());
    let notifier = Arc::new(UploadNotifier::default());
    let mut ports = embedded::ports(&store, &orchestrator, policy, public_url, metrics.clone());
    ports.uploads = Arc::new(NotifyingUploads::new(ports.uploads, notifier.clone()));
    let url_verifier = SignedObjects { urls: objects.signed_urls().clone(), clock: ports.clock.clone() };
    Ok(Installation {
        ports,
        machine: Some(Machine { orchestrator, store }),
        url_verifier: Arc::new(url_verifier),
        metrics,
        notifier,
        uploads_bucket: Bucket::Media.as_str().to_owned(),
    })
}

/// The path of the database, for those who only look whether it exists.
pub fn database(data: &Path) -> std::path::PathBuf {
    data.join(DATABASE)
}

async fn reconcile(objects: &embedded::Objects) -> Result<(), PortError> {
    let found = objects.reconcile_all(MIN_ORPHAN_AGE).await?;
    if found.removed > 0 || !found.lost.is_empty() {
        let lost_objects = found.lost.len();
        tracing::warn!(removed_files = found.removed, lost_objects, "files and rows were reconciled");
    }
    Ok(())
}

/// Verifies signed URLs by the installation's own key and clock.
struct SignedObjects {
    urls: SignedUrls,
    clock: Arc<dyn Clock>,
}

fn refused(error: UrlError) -> UrlRefused {
    UrlRefused { code: error.code(), detail: error.to_string() }
}

impl UrlVerifier for SignedObjects {
    fn verify_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<PutGrant, UrlRefused> {
        self.urls.verify_put(path, query, headers, self.clock.now()).map_err(refused)
    }

    fn verify_get(&self, path: &str, query: &str) -> Result<(Bucket, ObjectKey), UrlRefused> {
        self.urls.verify_get(path, query, self.clock.now()).map_err(refused)
    }
}
