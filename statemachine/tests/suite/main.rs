//! The state machine from outside: the pipeline, refused definitions, limits, retries, and properties of every execution.

mod bounds;
mod pipeline;
mod properties;
mod refusals;
mod retries;
