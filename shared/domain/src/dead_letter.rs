//! Dead letters: messages that could not be settled, as rows that operators list, show and redrive.

use crate::outcome::Code;
use crate::owner::TenantId;
use crate::queue_name::QueueName;
use crate::sha256::Sha256;
use crate::stage::Stage;
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bytes of a body that a row keeps.
pub const MAX_BODY: usize = 4096;

/// One row. Its body has no task token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub id: Uuid,
    /// The queue that the message was sent to.
    pub queue: QueueName,
    /// None for queue `uploads`. The ids below are None if the body does not name them.
    pub stage: Option<Stage>,
    pub tenant_id: Option<TenantId>,
    pub upload_id: Option<UploadId>,
    pub attempt: Option<u32>,
    pub receive_count: u32,
    pub code: Code,
    pub first_seen: Timestamp,
    /// At most [`MAX_BODY`] bytes.
    pub body: String,
}

impl DeadLetter {
    /// The row id of a message; each delivery has the same.
    pub fn id_of(queue: QueueName, message_id: &str) -> Uuid {
        Sha256::of(format!("{queue}\n{message_id}").as_bytes()).to_uuid()
    }

    /// `body` cut to [`MAX_BODY`] at a character boundary.
    pub fn cut(body: &str) -> String {
        body[..body.floor_char_boundary(MAX_BODY)].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_bodies_are_cut_between_characters() {
        assert_eq!(DeadLetter::cut("short"), "short");
        let cut = DeadLetter::cut(&"é".repeat(MAX_BODY));
        assert!(cut.len() <= MAX_BODY && cut.chars().all(|c| c == 'é'));
    }
}
