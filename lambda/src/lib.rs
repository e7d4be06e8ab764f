//! The pipeline as AWS Lambda functions: each receives events and hands them to the code that every backend shares.

pub mod batch;
pub mod boot;
pub mod function;
pub mod settings;
pub mod telemetry;
