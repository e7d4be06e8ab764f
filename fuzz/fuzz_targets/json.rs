//! `cargo +nightly fuzz run json`; on stable see `semblante_fuzz`.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::targets::JSON;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (JSON.run)(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::main(&JSON)
}
