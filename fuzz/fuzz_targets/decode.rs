//! `cargo +nightly fuzz run decode`; on stable a replay of files.
#![cfg_attr(fuzzing, no_main)]

use semblante_fuzz::decode_anything;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decode_anything(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    semblante_fuzz::replay(decode_anything)
}
