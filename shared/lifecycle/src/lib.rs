//! The life of uploads over ports. The API, intake, the workers and maintenance all change uploads through this crate.

pub mod attempt;
pub mod backoff;
pub mod closing;
pub mod dead_letter;
pub mod enrolment_erasure;
pub mod erasure;
pub mod promotion;
pub mod span;
pub mod update;
pub mod user_erasure;

pub use attempt::{Begun, begin, order, start};
pub use backoff::Backoff;
pub use closing::{Finished, announce, execution_ended, finish_stage};
pub use dead_letter::{Redriven, redrive};
pub use enrolment_erasure::{erase_enrolment, withdraw_enrolment};
pub use erasure::erase;
pub use promotion::promote;
pub use update::{Updated, update};
pub use user_erasure::erase_user;
