//! The message that a Task sends, as SQS receives it, and SQS's answers to it.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// Identifies one scheduled task within its execution. A retry is a new task.
pub type TaskId = u64;

/// One message for a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The task that sends the message.
    pub task: TaskId,
    /// `QueueUrl`: the queue as the definition names it.
    pub queue_url: String,
    /// `MessageBody`: a string as it is, anything else as compact JSON.
    pub body: String,
    /// `MessageGroupId`, the tenant in fair queues.
    pub group_id: Option<String>,
    /// `MessageDeduplicationId`, for FIFO queues only.
    pub deduplication_id: Option<String>,
    /// `DelaySeconds`, from 0 to 900.
    pub delay_s: u32,
    /// `MessageAttributes`, by their names.
    pub attributes: BTreeMap<String, Attribute>,
    /// The task token that the task waits for; `None`: the task ends when the message is sent.
    pub token: Option<String>,
}

/// One attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `DataType`: `String` or `Number`, optionally with a label after a dot. `Binary` is not supported.
    pub data_type: String,
    /// `StringValue`, also for numbers.
    pub value: String,
}

/// The transport type of a string in the digest of attributes.
const STRING_VALUE: u8 = 1;

/// An error of SQS about the arguments of a message, in its words.
pub(crate) struct Refusal {
    code: &'static str,
    message: String,
}

/// The arguments of `sqs:sendMessage` that a [`Message`] can carry.
pub(crate) const ARGUMENTS: [&str; 6] = [
    "QueueUrl",
    "MessageBody",
    "MessageGroupId",
    "MessageDeduplicationId",
    "DelaySeconds",
    "MessageAttributes",
];

/// Maximum delay of a message, in seconds (SQS).
const MAX_DELAY_S: u64 = 900;

impl Refusal {
    fn missing(name: &str) -> Refusal {
        Refusal {
            code: "MissingParameter",
            message: format!("The request must contain the parameter {name}."),
        }
    }

    fn invalid(message: String) -> Refusal {
        Refusal { code: "InvalidParameterValue", message }
    }

    /// The failure that Step Functions reports for the refusal.
    pub fn failure(&self, request_id: &str) -> Failure {
        let Refusal { code, message } = self;
        let cause = format!(
            "{message} (Service: AmazonSQS; Status Code: 400; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
        );
        Failure::new("SQS.AmazonSQSException", cause)
    }
}

impl Message {
    /// Reads the arguments of a Task.
    pub(crate) fn read(task: TaskId, arguments: &Value, token: Option<String>) -> Result<Message, Refusal> {
        let text = |name: &str| match arguments.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::invalid(format!(
                "Value for parameter {name} is invalid. Reason: Must be a string."
            ))),
        };
        let body = match arguments.get("MessageBody") {
            None | Some(Value::Null) => return Err(Refusal::missing("MessageBody")),
            Some(Value::String(text)) if text.is_empty() => return Err(Refusal::missing("MessageBody")),
            Some(Value::String(text)) => text.clone(),
            Some(body) => body.to_string(),
        };
        Ok(Message {
            task,
            queue_url: text("QueueUrl")?.ok_or_else(|| Refusal::missing("QueueUrl"))?,
            body,
            group_id: text("MessageGroupId")?,
            deduplication_id: text("MessageDeduplicationId")?,
            delay_s: delay(arguments.get("DelaySeconds"))?,
            attributes: attributes(arguments.get("MessageAttributes"))?,
            token,
        })
    }

    /// SQS's answer: `{MessageId, MD5OfMessageBody, MD5OfMessageAttributes?}`, the output of
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

    /// Name, type and value in the order of the names, each after its length, as in the SQS developer guide
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

fn delay(value: Option<&Value>) -> Result<u32, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(0) };
    let seconds = value.as_u64().filter(|seconds| *seconds <= MAX_DELAY_S);
    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(|| {
        Refusal::invalid(format!(
            "Value {value} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        ))
    })
}

fn attributes(value: Option<&Value>) -> Result<BTreeMap<String, Attribute>, Refusal> {
    let fields = value.and_then(Value::as_object).into_iter().flatten();
    let read = |(name, attribute): (&String, &Value)| {
        let text = |field: &str| {
            let text = attribute.get(field).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| {
                Refusal::invalid(format!("The message attribute '{name}' must contain a {field}."))
            })
        };
        Ok((name.clone(), Attribute { data_type: text("DataType")?, value: text("StringValue")? }))
    };
    fields.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments() {
        for (arguments, wanted) in [
            (json!({"QueueUrl": "q", "MessageBody": {"a": 1}, "DelaySeconds": 900}), Ok("{\"a\":1}")),
            (json!({"QueueUrl": "q", "MessageBody": "text"}), Ok("text")),
            (json!({"QueueUrl": "q", "MessageBody": ""}), Err("MissingParameter")),
            (json!({"QueueUrl": "q"}), Err("MissingParameter")),
            (json!({"MessageBody": "b"}), Err("MissingParameter")),
            (json!({"QueueUrl": 1, "MessageBody": "b"}), Err("InvalidParameterValue")),
            (json!({"QueueUrl": "q", "MessageBody": "b", "DelaySeconds": 901}), Err("InvalidParameterValue")),
            (
                json!({"QueueUrl": "q", "MessageBody": "b", "MessageAttributes": {"a": {}}}),
                Err("InvalidParameterValue"),
            ),
        ] {
            let read = Message::read(1, &arguments, None)
                .map(|message| message.body)
                .map_err(|refusal| refusal.code);
            assert_eq!(read, wanted.map(str::to_owned), "{arguments}");
        }
    }

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
