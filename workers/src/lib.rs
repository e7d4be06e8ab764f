//! Settles the messages of the five stages: the core that a poll host and a Lambda function share.

mod answer;
mod backoff;
pub mod dead_letters;
pub mod limits;
mod pass;
pub mod poll_host;
pub mod ports;
pub mod settle;
pub mod stage_worker;
pub mod stand_in;
pub mod store;
mod visibility;

pub use dead_letters::DeadLetterHandler;
pub use limits::Limits;
pub use poll_host::{PollHost, Polling};
pub use ports::Ports;
pub use settle::Settle;
pub use stage_worker::{StageWorker, Work};
