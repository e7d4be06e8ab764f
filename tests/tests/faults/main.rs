//! Faults at every step: the whole flow on the embedded backend, with stand-in stages, a clock that is wound by hand,
//! and a process that dies, fails or repeats wherever it can. `tests/README.md` names each crash point and its test.

mod attempts;
mod crashing;
mod plan;
mod scripted;
mod stages;
mod sweeps;
mod uploads;
mod world;
