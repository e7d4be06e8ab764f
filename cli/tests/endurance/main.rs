//! What `semblante up` endures as a process: SIGKILL while photos come in, and two hundred photos at a time. Real photos
//! and networks; pictures and melodies are small.

#![allow(clippy::unwrap_used)] // all of it is tests; clippy.toml allows it in functions marked so

mod client;
mod crowd;
mod kill;
#[path = "../operator/server.rs"]
mod server;

use server::{ROOT, Server};
use std::path::Path;

/// Where clients believe the server to be, whatever port it has: as behind a proxy. Tokens name it as their issuer.
const PUBLIC_URL: &str = "http://semblante.example";

fn start(data: &Path) -> Server {
    let environment = [
        ("SEMBLANTE_PUBLIC_URL", PUBLIC_URL),
        ("SEMBLANTE_PICTURE_SIZE", "128"),
        ("SEMBLANTE_MELODY_BARS", "2"),
        ("SEMBLANTE_LOG_LEVEL", "error"),
    ];
    Server::start(data, &environment)
}

/// A photo that differs from all others: the sample, and after its end the number and so many bytes.
fn photo(number: usize, padding: usize) -> Vec<u8> {
    let sample = std::fs::read(Path::new(ROOT).join("models/sample1.jpg"));
    let sample = sample.expect("there are no models; fetch them: make models");
    [&sample[..], &number.to_be_bytes(), &vec![0; padding]].concat()
}
