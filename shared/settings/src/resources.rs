//! What template.yaml made in an AWS account: the outputs of the deployed stack.

use crate::keys::{self, Key};
use crate::reader::Reader;
use domain::{Bucket, QueueName};

/// Names of buckets, queues, tables and so on. Queues and tables bear the domain's names behind a prefix, which is the
/// stack's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Bucket of uploads, previews and generated artefacts.
    pub media_bucket: String,
    /// Bucket of enrolment photos; empty where enrolment is off.
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
    /// The keys that may not be empty where AWS is used.
    pub const KEYS: [&Key<String>; 6] = [
        &keys::MEDIA_BUCKET,
        &keys::QUEUE_URL_PREFIX,
        &keys::TABLE_PREFIX,
        &keys::STATE_MACHINE,
        &keys::EVENT_BUS,
        &keys::SECRET,
    ];

    pub fn read(reader: &mut Reader) -> Self {
        let [media_bucket, queue_url_prefix, table_prefix, state_machine_arn, event_bus, secret_id] =
            Resources::KEYS.map(|key| reader.take(key));
        Resources {
            media_bucket,
            users_photos_bucket: reader.take(&keys::USERS_PHOTOS_BUCKET),
            queue_url_prefix,
            table_prefix,
            state_machine_arn,
            event_bus,
            secret_id,
        }
    }

    pub fn queue_url(&self, queue: QueueName) -> String {
        format!("{}{queue}", self.queue_url_prefix)
    }

    pub fn table(&self, name: &str) -> String {
        format!("{}{name}", self.table_prefix)
    }

    pub fn bucket(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Media => &self.media_bucket,
            Bucket::UsersPhotos => &self.users_photos_bucket,
        }
    }
}
