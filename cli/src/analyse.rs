//! `semblante analyse`: the faces of photos and what they express; nothing is stored.

mod drawing;

use crate::exit::End;
use crate::photo_content;
use crate::rows::Rows;
use crate::settings::Settings;
use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vision::{AnalysedFace, Analyser, Options, Picture};

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante analyse models/sample1.jpg
  semblante analyse *.jpg --json --draw seen

Ends with 1 if a photo could not be looked at.";

/// What `analyse` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Photos: JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Look for small faces in overlapping tiles too: up to 14 times the work
    #[arg(long)]
    tiles: bool,
    /// Describe each face with 128 numbers, by which a person can be told again: biometric data
    #[arg(long, requires = "json")]
    descriptors: bool,
    /// Write each photo into DIR with boxes and points drawn on it
    #[arg(long, value_name = "DIR")]
    draw: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What there is to see on one photo.
struct Look {
    picture: Picture,
    faces: Vec<AnalysedFace>,
    decoding: Duration,
    seeing: Duration,
}

/// Looks at the photos.
pub fn run(settings: &Settings, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let analyser = Analyser::open(&settings.models_dir)?;
    let options = Options { tiles: arguments.tiles, descriptors: arguments.descriptors };
    let mut rows = Rows::begin(out, arguments.json, "photos", ProgressBar::hidden())?;
    let mut end = End::Well;
    for file in &arguments.files {
        let look = look(&analyser, file, options);
        match (&arguments.draw, &look) {
            (Some(dir), Ok(look)) => draw(dir, file, look)?,
            (None, Ok(_)) => {}
            (_, Err(_)) => end = End::Badly,
        }
        rows.row(&entry(file, &look), || line(file, &look))?;
    }
    rows.end(&[("model", json!({"name": vision::MODEL, "digest": analyser.digest()}))])?;
    Ok(end)
}

/// Errors: why the file is no photo, the stable code first.
fn look(analyser: &Analyser, file: &Path, options: Options) -> Result<Look, String> {
    let start = Instant::now();
    let (bytes, _) = photo_content::read(file, vision::limits::MAX_BYTES as u64)?;
    let picture = vision::decode(&bytes).map_err(|error| format!("{}: {error}", error.code()))?;
    let decoding = start.elapsed();
    let faces = analyser.analyse(&picture, options);
    Ok(Look { picture, faces, decoding, seeing: start.elapsed() - decoding })
}

fn entry(file: &Path, look: &Result<Look, String>) -> Value {
    let file = file.display().to_string();
    match look {
        Ok(look) => {
            let (width, height) = look.picture.original();
            let faces: Vec<Value> = look.faces.iter().map(face).collect();
            json!({"file": file, "width": width, "height": height, "faces": faces})
        }
        Err(error) => json!({"file": file, "error": error}),
    }
}

fn face(seen: &AnalysedFace) -> Value {
    let mut face = json!(seen.face);
    if let Some(descriptor) = &seen.descriptor {
        face["descriptor"] = json!(descriptor.as_slice());
    }
    face
}

fn line(file: &Path, look: &Result<Look, String>) -> String {
    let file = file.display();
    let look = match look {
        Ok(look) => look,
        Err(error) => return format!("{file}: {error}"),
    };
    let (width, height) = look.picture.original();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (decoding, seeing) = (ms(look.decoding), ms(look.seeing));
    let faces = look.faces.len();
    let mut line =
        format!("{file}: {width}x{height}, {faces} faces, decode {decoding:.1} ms, see {seeing:.1} ms");
    for (number, AnalysedFace { face, .. }) in look.faces.iter().enumerate() {
        let b = &face.bounding_box;
        let mut emotions: Vec<_> = face.emotions.iter().filter(|(_, p)| *p >= 0.01).collect();
        emotions.sort_by(|a, b| b.1.total_cmp(&a.1));
        let emotions: Vec<String> = emotions.iter().map(|(e, p)| format!("{e} {p:.2}")).collect();
        let doubt = if face.emotions.is_uncertain() { " (uncertain)" } else { "" };
        let place = format!("{:.3},{:.3} {:.3}x{:.3}", b.left, b.top, b.width, b.height);
        let (number, sure, emotions) = (number + 1, face.confidence, emotions.join(", "));
        write!(line, "\n  {number}: {place} confidence {sure:.2}: {emotions}{doubt}")
            .expect("writing to a string cannot fail");
    }
    line
}

fn draw(dir: &Path, file: &Path, look: &Look) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("--draw {}", dir.display()))?;
    let name = file.file_name().context("a photo has a name")?.to_string_lossy();
    let to = dir.join(format!("{name}.png"));
    let mut picture = look.picture.clone();
    drawing::faces(&mut picture, &look.faces);
    std::fs::write(&to, drawing::png(&picture)?).with_context(|| format!("--draw {}", to.display()))
}
