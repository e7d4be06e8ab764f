//! The functions' binaries under a Runtime API, with something in AWS's place that answers every call alike.

mod aws;
mod batches;
mod function;
mod runtime_api;
mod settings;
