//! `$states.context`, the context object of Step Functions.

use jsonata_core::value::JValue;

use crate::frame::Execution;
use crate::strand::Strand;
use crate::time::{Millis, iso};
use crate::value::{object, to_jsonata};

/// `{Execution, State, StateMachine, Task?}`; Task only while a task's fields are evaluated. Seen in recordings:
/// RetryCount is there only for states that can retry, and RedriveCount not for express executions.
pub(crate) fn context(
    execution: &Execution,
    started_at: Millis,
    strand: &Strand,
    retries: bool,
    token: Option<&str>,
) -> JValue {
    let mut run = vec![
        ("Id", execution.id.as_str().into()),
        ("Input", to_jsonata(&execution.input)),
        ("Name", execution.name.as_str().into()),
        ("RoleArn", execution.role_arn.as_deref().map_or(JValue::Null, JValue::from)),
        ("StartTime", iso(started_at).into()),
    ];
    if !execution.id.contains(":express:") {
        run.push(("RedriveCount", JValue::from(0_u64)));
    }
    let mut state =
        vec![("Name", strand.state.as_str().into()), ("EnteredTime", iso(strand.entered_at).into())];
    if retries {
        state.push(("RetryCount", JValue::from(strand.retries.values().sum::<u64>())));
    }
    let machine =
        [("Id", execution.machine_id.as_str().into()), ("Name", execution.machine_name.as_str().into())];
    let mut parts =
        vec![("Execution", object(run)), ("State", object(state)), ("StateMachine", object(machine))];
    if let Some(token) = token {
        parts.push(("Task", object([("Token", token.into())])));
    }
    object(parts)
}
