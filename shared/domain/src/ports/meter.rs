//! What the pipeline counts and times of itself.

use crate::outcome::{Code, Outcome};
use crate::queue_name::QueueName;
use crate::stage::Stage;
use std::time::Duration;

/// Takes measurements, for operators: in memory until they are asked for, or as lines of a log. It MUST return at once
/// and cannot fail. Whatever tells series apart MUST come from a call's arguments, none of which is an id, and there MUST
/// be a bound on how many there are: a code may be the word of a service outside.
pub trait Meter: Send + Sync {
    /// A stage worked on a message for so long, however that ended.
    fn stage_ran(&self, stage: Stage, took: Duration);

    /// A stage has a result in the record.
    fn stage_ended(&self, stage: Stage, outcome: &Outcome);

    /// A message of a stage was left, to come again.
    fn stage_retried(&self, stage: Stage);

    /// A message that was sent to this queue became a dead-letter row.
    fn dead_lettered(&self, queue: QueueName, code: &Code);

    /// An object is not what was declared.
    fn object_refused(&self, code: &Code);

    /// An object's event changed nothing: a stable word for why.
    fn object_ignored(&self, why: &'static str);
}
