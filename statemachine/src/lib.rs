//! The state machine that both runtimes run: [`PIPELINE`] for Step Functions, and a pure interpreter of the same
//! definition for the embedded runtime.
//!
//! The interpreter knows no storage, no clock, no queue and no environment. A host
//! 1. loads a [`Definition`] once,
//! 2. begins an execution with [`start`] and keeps its [`Frame`] (the whole state, a few hundred bytes of JSON),
//! 3. applies the [`Effect`]s in the same transaction that stores the frame,
//! 4. calls [`step`] for everything that happens to the execution (an [`Event`]), and when
//!    [`Frame::next_deadline`] has come.
//!
//! One call is one burst: it runs until every strand of the execution waits for something outside. Nothing is replayed
//! and nothing is guessed: the same definition, frame, event and time give the same frame and effects, byte for byte.
//! Randomness (task tokens, jitter, `$random`, `$uuid`) is drawn from a [`Seed`] that the host gives at the start.
//!
//! ```
//! use statemachine::{Definition, Effect, Execution, Seed, Substitutions, start};
//!
//! let definition = Definition::load(
//!     r#"{"QueryLanguage": "JSONata", "StartAt": "Greet",
//!         "States": {"Greet": {"Type": "Pass", "Output": "{% 'Hello, ' & $states.input.name %}", "End": true}}}"#,
//!     &Substitutions::new(),
//! )?;
//! let execution = Execution::new("greeting-1", serde_json::json!({"name": "Ada"}));
//! let (frame, effects) = start(&definition, execution, Seed::from_bytes([7; 32]), jiff::Timestamp::UNIX_EPOCH);
//! let Some(Effect::Ended(end)) = effects.last() else { panic!("it waits for nothing") };
//! assert_eq!(end.output, Some(serde_json::json!("Hello, Ada")));
//! assert_eq!(frame.transitions(), 2);
//! # Ok::<(), statemachine::LoadError>(())
//! ```

#![warn(missing_docs)]

mod choice;
mod context;
mod definition;
mod effect;
mod event;
mod exit;
mod expression;
mod failure;
mod fields;
mod frame;
mod functions;
mod history;
mod limits;
mod load;
mod load_fields;
mod load_handlers;
mod load_state;
mod message;
mod parallel;
mod retry;
mod run;
mod scope;
mod seed;
mod step;
mod strand;
mod substitute;
mod task;
mod template;
mod time;
mod trial;
mod value;
mod wait;

pub use definition::Definition;
pub use effect::{Effect, End};
pub use event::Event;
pub use fields::{LoadError, LoadErrorKind, Path};
pub use frame::{Execution, Frame, FrameError, Status, TaskId};
pub use history::{EventKind, HistoryEvent};
pub use limits::{HISTORY_LIMIT, MAX_OUTPUT_BYTES, TRANSITIONS_PER_STEP};
pub use message::{Attribute, Message};
pub use seed::Seed;
pub use step::{Step, start, step};
pub use substitute::Substitutions;
pub use trial::{Mock, Outcome, Trial, Verdict};

/// The pipeline's definition, as Step Functions gets it and as the embedded runtime loads it. Its substitutions are the
/// five queue URLs: `FaceDetectionQueueUrl`, `EmotionAnalysisQueueUrl`, `ImageGenerationQueueUrl`,
/// `MelodyGenerationQueueUrl`, `GalleryIndexingQueueUrl`. Its input is `{tenant_id, upload_id, attempt, group,
/// traceparent}`, all of them present; `group` is the message group: the tenant, or `{tenant}:replay`.
pub const PIPELINE: &str = include_str!("../pipeline.asl.json");
