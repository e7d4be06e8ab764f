//! An AWS account in which template.yaml is deployed. Region, credentials and other addresses than AWS's are the
//! environment's or the role's (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`).

use super::installation::Installation;
use crate::settings::Settings;
use aws::{Clients, Connection};
use domain::ports;
use ingest::http::NoLocalObjects;
use ingest::{Metrics, NotifyingUploads, UploadNotifier};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Opens the installation. Nothing is asked of AWS yet.
pub async fn open(settings: &Settings) -> Installation {
    let connection = Connection { s3_path_style: settings.buckets_in_path, ..Connection::default() };
    let clients = Clients::connect(&connection).await;
    let metrics = Arc::new(Metrics::default());
    let notifier = Arc::new(UploadNotifier::default());
    let resources = Arc::new(settings.resources.clone());
    let mut ports = aws::ports(&clients, &resources, metrics.clone());
    ports.uploads = Arc::new(NotifyingUploads::new(ports.uploads, notifier.clone()));
    let uploads_bucket = resources.media_bucket.clone();
    Installation {
        ports,
        machine: None,
        url_verifier: Arc::new(NoLocalObjects),
        metrics,
        notifier,
        uploads_bucket,
    }
}

/// Amazon Rekognition; photos that it must have converted are converted under `permits`.
pub async fn face_engine(permits: Arc<Semaphore>) -> Arc<dyn ports::FaceEngine> {
    Arc::new(aws::FaceEngine::new(&Clients::connect(&Connection::default()).await, permits))
}

/// Comparisons by Amazon Rekognition, with the enrolled photos in `objects`.
pub async fn face_verifier(
    objects: Arc<dyn ports::Objects>,
    permits: Arc<Semaphore>,
) -> Arc<dyn ports::FaceVerifier> {
    Arc::new(aws::FaceVerifier::new(&Clients::connect(&Connection::default()).await, objects, permits))
}
