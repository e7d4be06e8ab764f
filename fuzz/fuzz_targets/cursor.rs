//! `cargo +nightly fuzz run cursor`; on stable see `semblante_fuzz`.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::targets::CURSOR;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (CURSOR.run)(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::main(&CURSOR)
}
