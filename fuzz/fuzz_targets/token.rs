//! `cargo +nightly fuzz run token`; on stable see `semblante_fuzz`.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::targets::TOKEN;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TOKEN.run)(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::main(&TOKEN)
}
