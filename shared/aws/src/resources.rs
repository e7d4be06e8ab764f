//! The names of what the template makes in an account.

use crate::tables::Table;
use domain::{Bucket, QueueName};

/// Names of buckets, queues, tables and so on. Queues and tables bear the domain's names behind a prefix, which is the
/// stack's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Bucket of uploads, previews and generated artefacts.
    pub media_bucket: String,
    /// Bucket of enrolment photos.
    pub users_photos_bucket: String,
    /// What stands before each queue's name in its URL: `https://sqs.REGION.amazonaws.com/ACCOUNT/STACK-`.
    pub queue_url_prefix: String,
    /// What stands before each table's name: `STACK-`.
    pub table_prefix: String,
    /// The pipeline's state machine.
    pub state_machine_arn: String,
    /// The bus for events out.
    pub event_bus: String,
    /// The secret with the installation's keys: its name or ARN.
    pub secret_id: String,
}

impl Resources {
    /// A queue's URL.
    pub fn queue_url(&self, queue: QueueName) -> String {
        format!("{}{queue}", self.queue_url_prefix)
    }

    /// A table's name.
    pub fn table(&self, table: Table) -> String {
        format!("{}{}", self.table_prefix, table.as_str())
    }

    /// A bucket's name.
    pub fn bucket(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Media => &self.media_bucket,
            Bucket::UsersPhotos => &self.users_photos_bucket,
        }
    }
}
