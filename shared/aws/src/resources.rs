//! The names of what the template makes in an account.

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

/// A table; the README beside this crate says what is in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each is its port's
pub enum Table {
    Uploads,
    Gallery,
    Faces,
    DeadLetters,
    Users,
    Sessions,
    Throttle,
    Agenda,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 8] = [
        Table::Uploads,
        Table::Gallery,
        Table::Faces,
        Table::DeadLetters,
        Table::Users,
        Table::Sessions,
        Table::Throttle,
        Table::Agenda,
    ];

    /// Its name behind the prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Table::Uploads => "uploads",
            Table::Gallery => "gallery",
            Table::Faces => "faces",
            Table::DeadLetters => "dead-letters",
            Table::Users => "users",
            Table::Sessions => "sessions",
            Table::Throttle => "throttle",
            Table::Agenda => "agenda",
        }
    }
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
