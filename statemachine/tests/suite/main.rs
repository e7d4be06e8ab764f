//! The state machine from outside: the pipeline, what is refused, what is bounded, and what holds for every execution.

mod limits;
mod load;
mod pipeline;
mod properties;
mod retries;
