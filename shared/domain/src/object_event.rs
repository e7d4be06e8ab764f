//! Events of created objects, in the two shapes that S3 sends.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// A created object. The key is raw and unchecked, because clients can put any key into a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCreated {
    pub bucket: String,
    /// Decoded, whatever the event's shape.
    pub key: String,
    pub size: u64,
    /// Without its quotation marks.
    pub etag: String,
}

impl ObjectCreated {
    /// EventBridge's `Object Created`, as the embedded store raises it.
    pub fn to_event_bridge(&self, id: &str, at: Timestamp) -> Value {
        json!({
            "version": "0",
            "id": id,
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "000000000000",
            "time": at.to_string(),
            "region": "local",
            "resources": [format!("arn:aws:s3:::{}", self.bucket)],
            "detail": {
                "version": "0",
                "bucket": {"name": self.bucket},
                "object": {"key": self.key, "size": self.size, "etag": self.etag},
                "reason": "PutObject"
            }
        })
    }

    /// Reads the `detail` of EventBridge's `Object Created`; its keys are raw.
    pub(crate) fn from_detail(detail: &Value) -> Option<Self> {
        let object = detail.get("object")?;
        Some(ObjectCreated {
            bucket: detail.get("bucket")?.get("name")?.as_str()?.to_owned(),
            key: object.get("key")?.as_str()?.to_owned(),
            size: object.get("size").and_then(Value::as_u64).unwrap_or(0),
            etag: unquoted(object.get("etag")?.as_str()?),
        })
    }

    /// Reads one of `Records[]` of S3's direct notification; its keys are form-encoded. None if the record is malformed or
    /// not a creation.
    pub(crate) fn from_record(record: &Value) -> Option<Self> {
        let name = record.get("eventName")?.as_str()?;
        if !name.trim_start_matches("s3:").starts_with("ObjectCreated:") {
            return None;
        }
        let object = record.get("s3")?.get("object")?;
        let key = object.get("key")?.as_str()?.replace('+', " ");
        Some(ObjectCreated {
            bucket: record.get("s3")?.get("bucket")?.get("name")?.as_str()?.to_owned(),
            key: percent_decode_str(&key).decode_utf8().ok()?.into_owned(),
            size: object.get("size").and_then(Value::as_u64).unwrap_or(0),
            etag: unquoted(object.get("eTag")?.as_str()?),
        })
    }
}

fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}
