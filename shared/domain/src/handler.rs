//! The seam between hosts, which receive messages (a poll host, a Lambda function), and handlers, which settle them.

use crate::intake_message::IntakeMessage;
use crate::ports::queue::Delivery;
use crate::queue_name::QueueName;
use crate::task::StageTask;
use async_trait::async_trait;

/// A delivery, decoded once by its host.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub queue: QueueName,
    pub delivery: Delivery,
    pub body: Body,
}

/// The decoded body of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A task of the queue's stage.
    Task(StageTask),
    /// A message of queue `uploads`.
    Intake(IntakeMessage),
    /// Neither, and why. It becomes a dead letter, and its batch goes on.
    Malformed(String),
}

/// The host's next step with a handled message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that the message asks for is stored: acknowledge it.
    Acknowledge,
    /// Leave it. It is delivered again when its visibility timeout ends, or becomes a dead letter.
    Leave,
}

/// Settles messages of one queue, each by itself.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles one message. It cannot fail: a message that cannot be settled is logged and left.
    async fn handle(&self, message: &Message) -> Verdict;
}

impl Message {
    /// Decodes a delivery of `queue`; dead letters have the bodies of their source.
    pub fn decode(queue: QueueName, delivery: Delivery) -> Self {
        let body = match queue.stage() {
            None => IntakeMessage::parse(&delivery.body)
                .map_or_else(|error| Body::Malformed(error.to_string()), Body::Intake),
            Some(stage) => match StageTask::parse(&delivery.body) {
                Ok(task) if task.stage == stage => Body::Task(task),
                Ok(task) => Body::Malformed(format!("the body is a task of {}", task.stage)),
                Err(error) => Body::Malformed(error.to_string()),
            },
        };
        Message { queue, delivery, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::ports::queue::Receipt;
    use crate::stage::Stage;

    const TASK: &str = r#"{"schema":1,"stage":"face-detection","tenant_id":"acme",
        "upload_id":"00000000-0000-0000-0000-000000000007","attempt":1,"task_token":"secret"}"#;

    fn decode(queue: QueueName, body: &str) -> Body {
        let delivery = Delivery {
            message_id: "m".into(),
            receipt: Receipt("r".into()),
            body: body.into(),
            receive_count: 1,
            sent_at: fixture::now(),
        };
        Message::decode(queue, delivery).body
    }

    #[test]
    fn a_queue_decides_how_its_bodies_are_decoded() {
        let (faces, emotions) = (QueueName::of(Stage::FaceDetection), QueueName::of(Stage::EmotionAnalysis));
        assert!(matches!(decode(faces, TASK), Body::Task(_)));
        assert!(matches!(decode(faces.dead_letters(), TASK), Body::Task(_)));
        assert!(matches!(decode(emotions, TASK), Body::Malformed(_)), "a task of another stage");
        assert!(matches!(decode(QueueName::UPLOADS, TASK), Body::Malformed(_)));
        let event = r#"{"Event":"s3:TestEvent"}"#;
        assert!(matches!(decode(QueueName::UPLOADS, event), Body::Intake(IntakeMessage::Ignored(_))));
        assert!(matches!(decode(faces, event), Body::Malformed(_)));
    }
}
