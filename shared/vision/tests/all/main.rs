//! The engine as a whole: against its reference, with real photos, and with hostile files.

mod reference;
mod samples;
