//! The state machine from outside: the pipeline, refused definitions, limits, retries, and properties of every execution.

mod bounds;
mod diagnostics;
mod evaluation;
mod pipeline;
mod properties;
mod refusals;
mod retries;
mod sizes;
mod tasks;
