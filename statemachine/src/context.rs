//! `$states.context`, the context object of Step Functions.

use jsonata_core::value::JValue;

use crate::frame::{Execution, Strand};
use crate::time::{Millis, iso};
use crate::value::{object, to_jsonata};

/// `{Execution, State, StateMachine, Task?}`; Task only while a task's fields are evaluated.
pub(crate) fn context(
    execution: &Execution,
    started_at: Millis,
    strand: &Strand,
    token: Option<&str>,
) -> JValue {
    let retries: u64 = strand.retries.values().sum();
    let mut parts = vec![
        (
            "Execution",
            object([
                ("Id", execution.id.as_str().into()),
                ("Input", to_jsonata(&execution.input)),
                ("Name", execution.name.as_str().into()),
                ("RoleArn", execution.role_arn.as_deref().map_or(JValue::Null, JValue::from)),
                ("StartTime", iso(started_at).into()),
                ("RedriveCount", JValue::from(0_u64)),
            ]),
        ),
        (
            "State",
            object([
                ("Name", strand.state.as_str().into()),
                ("EnteredTime", iso(strand.entered_at).into()),
                ("RetryCount", JValue::from(retries)),
            ]),
        ),
        (
            "StateMachine",
            object([
                ("Id", execution.machine_id.as_str().into()),
                ("Name", execution.machine_name.as_str().into()),
            ]),
        ),
    ];
    if let Some(token) = token {
        parts.push(("Task", object([("Token", token.into())])));
    }
    object(parts)
}
