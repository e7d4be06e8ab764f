//! The engine as a whole: against its reference, with real photos, and with hostile files.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod face_engine;
mod face_verifier;
mod formats;
mod hostile;
mod models;
mod photos;
mod profiles;
mod reference;
mod samples;
