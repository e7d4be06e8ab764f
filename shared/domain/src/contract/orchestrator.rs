//! The contract of [`crate::ports::Orchestrator`].
