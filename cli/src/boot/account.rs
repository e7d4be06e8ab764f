//! An AWS account: what template.yaml made there. Region and credentials are the environment's, or the role's; so are
//! other addresses than AWS's, for all services (`AWS_ENDPOINT_URL`) or for one (`AWS_ENDPOINT_URL_S3`).

use super::Installation;
use crate::settings::Settings;
use aws::{Clients, Connection, Resources};
use domain::ports;
use ingest::auth::AuthPorts;
use ingest::http::ClosedDoor;
use ingest::{Bell, Metrics, RingingUploads};
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
    let clock: Arc<dyn ports::Clock> = Arc::new(aws::SystemClock::default());
    let metrics = Arc::new(Metrics::default());
    let bell = Arc::new(Bell::default());
    let uploads = Arc::new(aws::Uploads::new(&clients, &resources, clock.clone()));
    let ports = ingest::Ports {
        clock: clock.clone(),
        dead_letters: Arc::new(aws::DeadLetters::new(&clients, &resources)),
        events: Arc::new(aws::Events::new(&clients, &resources)),
        faces: Arc::new(aws::Faces::new(&clients, &resources)),
        gallery: Arc::new(aws::Gallery::new(&clients, &resources)),
        meter: metrics.clone(),
        objects: Arc::new(aws::Objects::new(&clients, &resources, clock.clone())),
        orchestrator: Arc::new(aws::Orchestrator::new(&clients, &resources)),
        queue: Arc::new(aws::Queue::new(&clients, &resources)),
        uploads: Arc::new(RingingUploads::new(uploads, bell.clone())),
        users: Arc::new(aws::Users::new(&clients, &resources)),
    };
    let auth_ports = AuthPorts {
        clock: clock.clone(),
        secrets: Arc::new(aws::Secrets::new(&clients, &resources, clock)),
        sessions: Arc::new(aws::Sessions::new(&clients, &resources)),
        throttle: Arc::new(aws::Throttle::new(&clients, &resources)),
        users: ports.users.clone(),
    };
    let door = Arc::new(ClosedDoor);
    Installation { ports, directory: None, auth_ports, door, metrics, bell, uploads_bucket }
}

/// Amazon Rekognition; what it must have converted is converted under `permits`.
pub async fn face_engine(permits: Arc<Semaphore>) -> Arc<dyn ports::FaceEngine> {
    Arc::new(aws::FaceEngine::new(&Clients::connect(&Connection::default()).await, permits))
}
