//! Measurements of the pipeline.

use crate::outcome::{Code, Outcome};
use crate::queue_name::QueueName;
use crate::stage::Stage;
use std::time::Duration;

/// Takes measurements for operators, in memory or as log lines. It MUST return at once and cannot fail. Series MUST be
/// distinguished by a call's arguments only, none of which is an id, and their number MUST be bounded: a code may come from
/// an outside service.
pub trait Meter: Send + Sync {
    /// A stage worked on a message for `took`, with any end.
    fn stage_ran(&self, stage: Stage, took: Duration);

    /// A stage has a result in the record.
    fn stage_ended(&self, stage: Stage, outcome: &Outcome);

    /// A message of a stage was left, to be delivered again.
    fn stage_retried(&self, stage: Stage);

    /// A message that was sent to this queue became a dead-letter row.
    fn dead_lettered(&self, queue: QueueName, code: &Code);

    /// An object differs from its declaration.
    fn object_refused(&self, code: &Code);

    /// An object's event changed nothing; `why` is a stable word.
    fn object_ignored(&self, why: &'static str);
}
