//! The message that a Task sends, as SQS would get it.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use serde_json::{Map, Value};

use crate::frame::TaskId;

/// One message for a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The task that sends it.
    pub task: TaskId,
    /// `QueueUrl`: whatever the definition names the queue by.
    pub queue_url: String,
    /// `MessageBody`: a string as it is, anything else as compact JSON.
    pub body: String,
    /// `MessageGroupId`.
    pub group_id: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication_id: Option<String>,
    /// `DelaySeconds`.
    pub delay_s: u32,
    /// `MessageAttributes`, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The task token that the task waits for; `None`: the task ends when the message is sent.
    pub token: Option<String>,
}

/// One message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `DataType`: `String` or `Number`, with a label after a dot if wanted. Binary ones are not supported.
    pub data_type: String,
    /// `StringValue`.
    pub value: String,
}

/// The transport type of a string in the digest of attributes.
const STRING_VALUE: u8 = 1;

impl Message {
    /// What SQS answers: `{MessageId, MD5OfMessageBody, MD5OfMessageAttributes?}`, for
    /// [`crate::Event::MessageSent`].
    pub fn accepted(&self, message_id: &str) -> Value {
        let mut answer = Map::new();
        answer.insert("MD5OfMessageBody".into(), hex::encode(Md5::digest(&self.body)).into());
        if !self.attributes.is_empty() {
            answer.insert("MD5OfMessageAttributes".into(), self.md5_of_attributes().into());
        }
        answer.insert("MessageId".into(), message_id.into());
        Value::Object(answer)
    }

    /// Name, type and value in order of the names, each with its length before it, as the SQS developer guide has it
    /// ("Calculating the MD5 message digest for message attributes").
    fn md5_of_attributes(&self) -> String {
        let mut digest = Md5::new();
        for (name, attribute) in &self.attributes {
            for text in [name, &attribute.data_type] {
                digest.update((text.len() as u32).to_be_bytes());
                digest.update(text);
            }
            digest.update([STRING_VALUE]);
            digest.update((attribute.value.len() as u32).to_be_bytes());
            digest.update(&attribute.value);
        }
        hex::encode(digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_sqs() {
        let attribute =
            |data_type: &str, value: &str| Attribute { data_type: data_type.into(), value: value.into() };
        let mut message = Message {
            task: 1,
            queue_url: "q".into(),
            body: "text".into(),
            group_id: None,
            deduplication_id: None,
            delay_s: 0,
            attributes: BTreeMap::new(),
            token: None,
        };
        let digest =
            |message: &Message| message.accepted("m")["MD5OfMessageAttributes"].as_str().map(str::to_owned);
        assert_eq!(message.accepted("m")["MD5OfMessageBody"], "1cb251ec0d568de6a929b520c4aed8d1");
        assert_eq!(digest(&message), None);
        message.attributes.insert("Kind".into(), attribute("String", "note"));
        assert_eq!(digest(&message).as_deref(), Some("f7843b4726d8dabdd244e6cc26cbb6a0"));
        message.attributes.insert("Age".into(), attribute("Number.int", "7"));
        assert_eq!(digest(&message).as_deref(), Some("97f0ca2fc974a8c942950caa8d84bcd1"));
    }
}
