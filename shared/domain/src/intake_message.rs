//! Messages of queue `uploads`: object events in two shapes, ends of executions, orders to begin and to erase an
//! upload or a user.

use crate::begin::Begin;
use crate::execution::{ExecutionInput, ExecutionName, ExecutionStatus};
use crate::object_event::ObjectCreated;
use crate::record::Erase;
use crate::user::EraseUser;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum IntakeMessage {
    Objects {
        created: Vec<ObjectCreated>,
        /// The number of records that are malformed or not creations.
        illegible: usize,
    },
    Begin(Box<Begin>),
    Erase(Box<Erase>),
    EraseUser(Box<EraseUser>),
    ExecutionEnded {
        name: ExecutionName,
        status: ExecutionStatus,
        /// None if the input is not an attempt's.
        input: Option<ExecutionInput>,
    },
    /// Well-formed and irrelevant: S3's test event, another detail type, a running execution.
    Ignored(&'static str),
}

/// Why a body is malformed.
#[derive(Debug, thiserror::Error)]
pub enum InvalidIntakeMessage {
    #[error("the body is not JSON: {0}")]
    Json(#[source] serde_json::Error),
    #[error("the body is neither an event nor an order: {0}")]
    Shape(String),
}

impl IntakeMessage {
    pub fn parse(body: &str) -> Result<Self, InvalidIntakeMessage> {
        let value: Value = serde_json::from_str(body).map_err(InvalidIntakeMessage::Json)?;
        if value.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
            return Ok(IntakeMessage::Ignored("s3:TestEvent"));
        }
        if let Some(records) = value.get("Records").and_then(Value::as_array) {
            return Ok(of_records(records));
        }
        if let Some(begin) = order(&value, "begin")? {
            return Ok(IntakeMessage::Begin(Box::new(begin)));
        }
        if let Some(erase) = order(&value, "erase")? {
            return Ok(IntakeMessage::Erase(Box::new(erase)));
        }
        if let Some(erase) = order(&value, "erase_user")? {
            return Ok(IntakeMessage::EraseUser(Box::new(erase)));
        }
        let (source, detail_type) = (text(&value, "source"), text(&value, "detail-type"));
        match (source, detail_type, value.get("detail")) {
            ("aws.s3", "Object Created", Some(detail)) => ObjectCreated::from_detail(detail)
                .map(|created| IntakeMessage::Objects { created: vec![created], illegible: 0 })
                .ok_or_else(|| {
                    InvalidIntakeMessage::Shape("Object Created without bucket, key or etag".into())
                }),
            ("aws.states", "Step Functions Execution Status Change", Some(detail)) => {
                of_status_change(detail)
            }
            ("", "", _) => Err(InvalidIntakeMessage::Shape("no known field".into())),
            _ => Ok(IntakeMessage::Ignored("another event")),
        }
    }

    pub fn begin_body(begin: &Begin) -> String {
        serde_json::json!({ "begin": begin }).to_string()
    }

    pub fn erase_body(erase: &Erase) -> String {
        serde_json::json!({ "erase": erase }).to_string()
    }

    pub fn erase_user_body(erase: &EraseUser) -> String {
        serde_json::json!({ "erase_user": erase }).to_string()
    }

    /// The body that reports an execution's end, as EventBridge writes it.
    pub fn status_change_body(name: &ExecutionName, status: ExecutionStatus, input: &Value) -> String {
        serde_json::json!({
            "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change",
            "detail": {"name": name, "status": status, "input": input.to_string()}
        })
        .to_string()
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

/// The order under `name`; None if the body has no such field.
fn order<T: DeserializeOwned>(value: &Value, name: &str) -> Result<Option<T>, InvalidIntakeMessage> {
    let shape = |error: serde_json::Error| InvalidIntakeMessage::Shape(format!("{name}: {error}"));
    value.get(name).map(|order| serde_json::from_value(order.clone()).map_err(shape)).transpose()
}

fn of_records(records: &[Value]) -> IntakeMessage {
    let created: Vec<_> = records.iter().filter_map(ObjectCreated::from_record).collect();
    let illegible = records.len() - created.len();
    IntakeMessage::Objects { created, illegible }
}

fn of_status_change(detail: &Value) -> Result<IntakeMessage, InvalidIntakeMessage> {
    let name = ExecutionName::parse(text(detail, "name"));
    let status = detail.get("status").and_then(|status| serde_json::from_value(status.clone()).ok());
    match (name, status) {
        (_, Some(ExecutionStatus::Running)) => Ok(IntakeMessage::Ignored("a running execution")),
        (Some(name), Some(status)) => {
            // Step Functions leaves out a long input; the handler logs an end that it cannot attribute.
            let input = serde_json::from_str(text(detail, "input")).ok();
            Ok(IntakeMessage::ExecutionEnded { name, status, input })
        }
        _ => Err(InvalidIntakeMessage::Shape("a status change without name or status".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use proptest::prelude::*;
    use serde_json::json;

    fn created(key: &str) -> ObjectCreated {
        ObjectCreated { bucket: "media".into(), key: key.into(), size: 5, etag: "e".into() }
    }

    #[test]
    fn event_bridge_keys_are_raw() {
        let object = created("user-uploads/acme/ana/a+b %41.jpg");
        let body = object.to_event_bridge("1", fixture::now()).to_string();
        let expected = IntakeMessage::Objects { created: vec![object], illegible: 0 };
        assert_eq!(IntakeMessage::parse(&body).unwrap(), expected);
    }

    #[test]
    fn direct_notifications_are_form_decoded_record_by_record() {
        let record = |name: &str, key: &str| {
            json!({"eventName": name, "s3": {"bucket": {"name": "media"},
                "object": {"key": key, "size": 5, "eTag": "\"e\""}}})
        };
        let body = json!({"Records": [
            record("ObjectCreated:Put", "a+b%2Bc%C3%A4"),
            record("ObjectRemoved:Delete", "gone"),
            {"nonsense": true},
            record("s3:ObjectCreated:CompleteMultipartUpload", "d"),
        ]});
        let expected =
            IntakeMessage::Objects { created: vec![created("a b+cä"), created("d")], illegible: 2 };
        assert_eq!(IntakeMessage::parse(&body.to_string()).unwrap(), expected);
    }

    #[test]
    fn orders_and_ends_read_back() {
        let begin = fixture::begin(&fixture::stored(), 3);
        assert_eq!(
            IntakeMessage::parse(&IntakeMessage::begin_body(&begin)).unwrap(),
            IntakeMessage::Begin(Box::new(begin))
        );
        let erase = Erase::of(&fixture::stored(), fixture::now());
        assert_eq!(
            IntakeMessage::parse(&IntakeMessage::erase_body(&erase)).unwrap(),
            IntakeMessage::Erase(Box::new(erase))
        );
        let (tenant_id, user_id) = fixture::owner();
        let erase = EraseUser { tenant_id, user_id, asked_at: fixture::now(), quiet_passes: 2 };
        assert_eq!(
            IntakeMessage::parse(&IntakeMessage::erase_user_body(&erase)).unwrap(),
            IntakeMessage::EraseUser(Box::new(erase))
        );
        let name = ExecutionName::new(fixture::upload_id(7), 1);
        let input = ExecutionInput::of(&fixture::stored());
        let body = IntakeMessage::status_change_body(&name, ExecutionStatus::TimedOut, &json!(input));
        let expected =
            IntakeMessage::ExecutionEnded { name, status: ExecutionStatus::TimedOut, input: Some(input) };
        assert_eq!(IntakeMessage::parse(&body).unwrap(), expected);
    }

    #[test]
    fn irrelevant_events_are_ignored_and_malformed_bodies_are_named() {
        for ignored in [
            json!({"Service": "Amazon S3", "Event": "s3:TestEvent"}),
            json!({"source": "aws.ec2", "detail-type": "x", "detail": {}}),
            json!({"source": "aws.states", "detail-type": "Step Functions Execution Status Change",
                "detail": {"name": "x-1", "status": "RUNNING"}}),
        ] {
            assert!(
                matches!(IntakeMessage::parse(&ignored.to_string()), Ok(IntakeMessage::Ignored(_))),
                "{ignored}"
            );
        }
        for bad in [
            "",
            "{",
            "null",
            "{}",
            r#"{"begin":{}}"#,
            r#"{"source":"aws.s3","detail-type":"Object Created","detail":{}}"#,
        ] {
            assert!(IntakeMessage::parse(bad).is_err(), "{bad}");
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let words = [
            "Records",
            "begin",
            "detail",
            "object",
            "key",
            "source",
            "aws.s3",
            "Object Created",
            "detail-type",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::sample::select(words.to_vec()).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(
                    prop::sample::select(words.to_vec()).prop_map(String::from),
                    inner,
                    0..5
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parsing_never_panics(value in json_value(), text in ".*") {
            for body in [value.to_string(), text] {
                if let Err(error) = IntakeMessage::parse(&body) {
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }
    }
}
