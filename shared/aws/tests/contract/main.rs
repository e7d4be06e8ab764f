//! Every contract suite on AWS's adapters, against the emulator.

mod account;
mod emulator;
mod events;
mod objects;
mod orchestrator;
mod queue;
