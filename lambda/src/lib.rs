//! The pipeline as AWS Lambda functions: what receives an event and hands it to the code that every backend shares.

pub mod batch;
pub mod boot;
pub mod function;
pub mod http;
pub mod keys;
pub mod log_meter;
pub mod round;
pub mod settings;
pub mod telemetry;
