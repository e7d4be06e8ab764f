//! `cargo +nightly fuzz run signed_url`; on stable see `semblante_fuzz`.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::targets::SIGNED_URL;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (SIGNED_URL.run)(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::main(&SIGNED_URL)
}
