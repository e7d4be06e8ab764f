//! An AWS account: what template.yaml made there. Region and credentials are the environment's, or the role's; so are
//! other addresses than AWS's, for all services (`AWS_ENDPOINT_URL`) or for one (`AWS_ENDPOINT_URL_S3`).

use super::Installation;
use crate::settings::Settings;
use aws::{Clients, Connection, Resources};
use domain::ports;
use ingest::http::NoLocalObjects;
use ingest::{Metrics, NotifyingUploads, UploadNotifier};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Opens it. Nothing is asked of AWS yet.
pub async fn open(settings: &Settings) -> Installation {
    let of_template = settings.account.clone();
    let connection = Connection { s3_path_style: of_template.buckets_in_path, ..Connection::default() };
    let clients = Clients::connect(&connection).await;
    let uploads_bucket = of_template.media_bucket.clone();
    let resources = Arc::new(Resources {
        media_bucket: of_template.media_bucket,
        users_photos_bucket: of_template.users_photos_bucket,
        queue_url_prefix: of_template.queue_url_prefix,
        table_prefix: of_template.table_prefix,
        state_machine_arn: of_template.state_machine,
        event_bus: of_template.event_bus,
        secret_id: of_template.secret,
    });
    let metrics = Arc::new(Metrics::default());
    let notifier = Arc::new(UploadNotifier::default());
    let mut ports = aws::ports(&clients, &resources, metrics.clone());
    ports.uploads = Arc::new(NotifyingUploads::new(ports.uploads, notifier.clone()));
    let door = Arc::new(NoLocalObjects);
    Installation { ports, directory: None, door, metrics, notifier, uploads_bucket }
}

/// Amazon Rekognition; what it must have converted is converted under `permits`.
pub async fn face_engine(permits: Arc<Semaphore>) -> Arc<dyn ports::FaceEngine> {
    Arc::new(aws::FaceEngine::new(&Clients::connect(&Connection::default()).await, permits))
}
