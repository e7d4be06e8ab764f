//! The limits of definitions and executions: quotas of Step Functions where named, else the interpreter's own.

/// Maximum bytes of a state's input, output or result, as compact JSON in UTF-8 (Step Functions: 256 KiB).
pub const MAX_OUTPUT_BYTES: usize = 262_144;

/// Maximum history events of one execution (Step Functions, standard workflows).
pub const HISTORY_LIMIT: u64 = 25_000;

/// Transitions of one call of [`crate::step`] before it returns [`crate::Effect::Continue`], so that a loop of Pass
/// states cannot hold the host's transaction open.
pub const TRANSITIONS_PER_STEP: u64 = 1_000;

/// Maximum bytes of a definition (Step Functions: 1 MiB).
pub(crate) const MAX_DEFINITION_BYTES: usize = 1_048_576;

/// Maximum characters of a state's name (Step Functions).
pub(crate) const MAX_NAME_CHARS: usize = 80;

/// Maximum bytes of all variables of one scope together (Step Functions: 10 MiB).
pub(crate) const MAX_VARIABLES_BYTES: usize = 10 * 1_048_576;

/// Maximum seconds of TimeoutSeconds, HeartbeatSeconds, Seconds and IntervalSeconds (Step Functions).
pub(crate) const MAX_SECONDS: u64 = 99_999_999;

/// Wall-clock limit of one JSONata expression, in milliseconds. It only turns a runaway expression into an error:
/// expressions that end stay deterministic.
pub(crate) const EXPRESSION_MS: u64 = 500;

/// Maximum depth of one JSONata expression's evaluation; fits the stack of a worker thread.
pub(crate) const EXPRESSION_DEPTH: usize = 500;

/// Maximum length of a sequence in one JSONata expression.
pub(crate) const EXPRESSION_SEQUENCE: usize = 100_000;

/// Maximum nesting of a value in a frame: JSON readers stop at 128 levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// Maximum nesting of Parallel states, for the same reason.
pub(crate) const MAX_PARALLEL_DEPTH: usize = 8;

/// Maximum length of the result of `$range` (Step Functions' ArrayRange).
pub(crate) const MAX_RANGE: usize = 1_000;

/// Maximum MaxDelaySeconds of a retrier ("less than 31622400", which are 366 days).
pub(crate) const MAX_DELAY_SECONDS: u64 = 31_622_399;
