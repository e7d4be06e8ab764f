//! Decodes the photos whose paths come on standard input, one a line. For each it writes a line of JSON to standard
//! output and, if the photo was read, the pixels after it: width × height × 3 bytes.

use serde_json::json;
use std::io::{BufRead, Write, stdin, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Whether a decoder panicked: [`vision::decode`] turns that into an error.
static PANICKED: AtomicBool = AtomicBool::new(false);

fn main() -> std::io::Result<()> {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        PANICKED.store(true, Ordering::Relaxed);
    }));
    let mut out = stdout().lock();
    for path in stdin().lock().lines() {
        let bytes = std::fs::read(path?)?;
        let start = Instant::now();
        let decoded = vision::decode(&bytes);
        let ms = start.elapsed().as_millis() as u64;
        let panicked = PANICKED.swap(false, Ordering::Relaxed);
        match decoded {
            Ok(picture) => {
                let (size, original) = ([picture.width(), picture.height()], picture.original());
                let line = json!({"size": size, "original": original, "ms": ms, "panicked": panicked});
                writeln!(out, "{line}")?;
                out.write_all(picture.rgb())?;
            }
            Err(error) => {
                let (code, detail) = (error.code(), error.to_string());
                writeln!(out, "{}", json!({"code": code, "error": detail, "ms": ms, "panicked": panicked}))?;
            }
        }
        out.flush()?;
    }
    Ok(())
}
