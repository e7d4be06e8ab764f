//! The pipeline's state machine: [`PIPELINE`] for Step Functions, and a pure interpreter of the same definition for the
//! embedded runtime.
//!
//! The interpreter has no storage, clock, queue or environment. A host
//! 1. loads a [`Definition`] once,
//! 2. starts an execution with [`start`] and stores its [`Frame`] (the complete state, a few hundred bytes of JSON),
//! 3. applies the [`Effect`]s in the transaction that stores the frame,
//! 4. calls [`step`] with each [`Event`] of the execution, and when [`Frame::next_deadline`] is due.
//!
//! Each call runs one burst: until every strand of the execution waits for an event or a time. The same definition,
//! frame, event and time give the same frame and effects, byte for byte; nothing is replayed. Randomness (task tokens,
//! jitter, `$random`, `$uuid`) comes from the [`Seed`] that the host gives at the start.
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
//! let Some(Effect::Ended(end)) = effects.last() else { panic!("a Pass state ends at once") };
//! assert_eq!(end.output, Some(serde_json::json!("Hello, Ada")));
//! assert_eq!(frame.transitions(), 2);
//! # Ok::<(), statemachine::LoadError>(())
//! ```

#![warn(missing_docs)]

mod burst;
mod definition;
mod exit;
mod expression;
mod failure;
mod fields;
mod frame;
mod functions;
mod graph;
mod history;
mod host;
mod limits;
mod load;
mod load_error;
mod load_fields;
mod load_state;
mod message;
mod parallel;
mod run;
mod scope;
mod seed;
mod states;
mod step;
mod strand;
mod syntax;
mod task;
mod template;
mod time;
mod value;

pub use definition::Definition;
pub use frame::{Execution, Frame, FrameError};
pub use history::{EventKind, HistoryEvent};
pub use host::{Effect, End, Event, Status};
pub use limits::{HISTORY_LIMIT, MAX_OUTPUT_BYTES, TRANSITIONS_PER_STEP};
pub use load::Substitutions;
pub use load_error::{LoadError, LoadErrorKind, Path};
pub use message::{Attribute, Message, TaskId};
pub use seed::Seed;
pub use step::{Step, start, step};

/// The pipeline's definition, for Step Functions and for the embedded runtime. Its substitutions are the five queue URLs:
/// `FaceDetectionQueueUrl`, `EmotionAnalysisQueueUrl`, `ImageGenerationQueueUrl`, `MelodyGenerationQueueUrl`,
/// `GalleryIndexingQueueUrl`. Its input is `{tenant_id, upload_id, attempt, group, traceparent}`, all required; `group`
/// is the message group: the tenant, or `{tenant}:replay`.
pub const PIPELINE: &str = include_str!("../pipeline.asl.json");
