//! What bounds an execution. The numbers of Step Functions' quotas page are named; the others are ours.

/// Most bytes of a state's input or output, as compact JSON in UTF-8 (Step Functions: 256 KiB).
pub const MAX_OUTPUT_BYTES: usize = 262_144;

/// Most history events of one execution (Step Functions, standard workflows).
pub const HISTORY_LIMIT: u64 = 25_000;

/// States that one call of [`crate::step`] enters before it hands back [`crate::Effect::Continue`], so that a loop of
/// Pass states cannot hold the host's transaction open.
pub const TRANSITIONS_PER_STEP: u64 = 1_000;

/// Most bytes of a definition (Step Functions: 1 MiB).
pub(crate) const MAX_DEFINITION_BYTES: usize = 1_048_576;

/// Most characters of a state's name (Step Functions).
pub(crate) const MAX_NAME_CHARS: usize = 80;

/// Most bytes of all variables of one scope together (Step Functions: 10 MiB).
pub(crate) const MAX_VARIABLES_BYTES: usize = 10 * 1_048_576;

/// Most seconds of a TimeoutSeconds, HeartbeatSeconds, Seconds or IntervalSeconds that AWS takes (about three years).
pub(crate) const MAX_SECONDS: u64 = 99_999_999;

/// Wall-clock time of one JSONata expression. It only ever turns a runaway expression into an error, so the
/// interpreter stays deterministic for expressions that end.
pub(crate) const EXPRESSION_MS: u64 = 500;

/// Depth of one JSONata expression's evaluation: deep enough for any recursion that a definition has use for, small
/// enough for a worker thread's stack and memory.
pub(crate) const EXPRESSION_DEPTH: usize = 500;

/// Longest sequence that one JSONata expression builds.
pub(crate) const EXPRESSION_SEQUENCE: usize = 100_000;

/// Deepest nesting of a value that an execution keeps: a frame is JSON, and JSON readers stop at 128 levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// Deepest nesting of Parallel states, for the same reason.
pub(crate) const MAX_PARALLEL_DEPTH: usize = 8;

/// Most elements that `$range` makes (Step Functions' ArrayRange).
pub(crate) const MAX_RANGE: usize = 1_000;

/// Most seconds of a retrier's MaxDelaySeconds ("less than 31622400", which are 366 days).
pub(crate) const MAX_DELAY_SECONDS: u64 = 31_622_399;
