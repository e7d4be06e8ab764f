//! Every contract suite on AWS's adapters, against the emulator; a photo's whole way, counted; faults of connections.

mod account;
mod canned;
mod emulator;
mod events;
mod face_verifier;
mod faults;
mod journey;
mod objects;
mod orchestrator;
mod queue;
mod rows;
mod uploads;
