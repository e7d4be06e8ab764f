//! Looks at photos: `cargo run --release -p vision --example analyse -- [--json] [--descriptors] [--tiles]
//! [--draw DIR] FILE...`. The models are read from `SEMBLANTE_MODELS_DIR`, by default `models`.

mod paint;

use anyhow::Context;
use clap::Parser;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vision::{Analyser, Options, Picture, Seen};

/// Finds faces and reads their expressions.
#[derive(Parser)]
struct Arguments {
    /// Print one JSON array and nothing else.
    #[arg(long)]
    json: bool,
    /// Describe each face with 128 numbers.
    #[arg(long)]
    descriptors: bool,
    /// Look for small faces in overlapping tiles too.
    #[arg(long)]
    tiles: bool,
    /// Write each photo to DIR with boxes and points painted on it.
    #[arg(long, value_name = "DIR")]
    draw: Option<PathBuf>,
    /// Photos: JPEG, PNG or WebP.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What became of one file.
struct Look {
    picture: Picture,
    faces: Vec<Seen>,
    decoding: Duration,
    seeing: Duration,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let dir = std::env::var_os("SEMBLANTE_MODELS_DIR").map_or_else(|| PathBuf::from("models"), PathBuf::from);
    let analyser = Analyser::open(&dir)?;
    let options = Options { tiles: arguments.tiles, descriptors: arguments.descriptors };
    let mut entries = Vec::new();
    for file in &arguments.files {
        let look = look(&analyser, file, options);
        if let (Some(dir), Ok(look)) = (&arguments.draw, &look) {
            draw(dir, file, look)?;
        }
        if arguments.json { entries.push(entry(file, &look)) } else { print(file, &look) }
    }
    if arguments.json {
        println!("{}", Value::Array(entries));
    }
    Ok(())
}

fn look(analyser: &Analyser, file: &Path, options: Options) -> anyhow::Result<Look> {
    let start = Instant::now();
    let mut bytes = Vec::new();
    let limit = vision::decode::BYTES_LIMIT as u64 + 1;
    std::fs::File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    let picture = vision::decode(&bytes).map_err(|e| anyhow::anyhow!("{}: {e}", e.code()))?;
    let decoding = start.elapsed();
    let faces = analyser.analyse(&picture, options);
    Ok(Look { picture, faces, decoding, seeing: start.elapsed() - decoding })
}

fn entry(file: &Path, look: &anyhow::Result<Look>) -> Value {
    let mut entry = Map::new();
    entry.insert("file".to_owned(), json!(file.to_string_lossy()));
    match look {
        Ok(look) => {
            let (width, height) = look.picture.original();
            entry.insert("width".to_owned(), json!(width));
            entry.insert("height".to_owned(), json!(height));
            entry.insert("faces".to_owned(), look.faces.iter().map(face).collect());
        }
        Err(error) => {
            entry.insert("error".to_owned(), json!(format!("{error:#}")));
        }
    }
    Value::Object(entry)
}

fn face(seen: &Seen) -> Value {
    let mut face = json!(seen.face);
    if let Some(descriptor) = &seen.descriptor {
        face["descriptor"] = json!(descriptor.as_slice());
    }
    face
}

fn print(file: &Path, look: &anyhow::Result<Look>) {
    let look = match look {
        Ok(look) => look,
        Err(error) => return println!("{}: {error:#}", file.display()),
    };
    let (width, height) = look.picture.original();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (decoding, seeing) = (ms(look.decoding), ms(look.seeing));
    let faces = look.faces.len();
    println!(
        "{}: {width}x{height}, {faces} faces, decode {decoding:.1} ms, see {seeing:.1} ms",
        file.display()
    );
    for (n, Seen { face, .. }) in look.faces.iter().enumerate() {
        let b = &face.bounding_box;
        let mut emotions: Vec<_> = face.emotions.iter().filter(|(_, p)| *p >= 0.01).collect();
        emotions.sort_by(|a, b| b.1.total_cmp(&a.1));
        let emotions: Vec<String> = emotions.iter().map(|(e, p)| format!("{e} {p:.2}")).collect();
        let doubt = if face.emotions.is_uncertain() { " (uncertain)" } else { "" };
        let place = format!("{:.3},{:.3} {:.3}x{:.3}", b.left, b.top, b.width, b.height);
        println!("  {}: {place} confidence {:.2}: {}{doubt}", n + 1, face.confidence, emotions.join(", "));
    }
}

fn draw(dir: &Path, file: &Path, look: &Look) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("--draw {}", dir.display()))?;
    let name = file.file_name().context("a photo has a name")?.to_string_lossy();
    let to = dir.join(format!("{name}.png"));
    let mut picture = look.picture.clone();
    paint::faces(&mut picture, &look.faces);
    std::fs::write(&to, paint::png(&picture)?).with_context(|| format!("--draw {}", to.display()))
}
