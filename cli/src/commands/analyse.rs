//! `semblante analyse`: the faces of photos and what they express; nothing is stored.

mod drawing;

use super::{output_file, photos};
use crate::exit::{Exit, UsageError};
use crate::print::{self, Printer};
use crate::settings::Settings;
use anyhow::Context;
use domain::Face;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vision::{AnalysedFace, Analyser, Options, Picture};

pub const EXAMPLES: &str = "\
Examples:
  semblante analyse models/sample1.jpg
  semblante analyse *.jpg --json --draw drawn
  semblante analyse - < models/sample1.jpg

Exits with 1 if a photo could not be analysed.";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Photos; - reads one from standard input
    #[arg(required = true, value_name = "FILE|-")]
    files: Vec<PathBuf>,
    /// Search overlapping tiles for small faces too: up to 14 times the work
    #[arg(long)]
    tiles: bool,
    /// Add a descriptor of 128 numbers to each face, which identifies the person: biometric data; requires --json
    #[arg(long)]
    descriptors: bool,
    /// Write each photo as PNG into DIR, with boxes and landmarks drawn on it
    #[arg(long, value_name = "DIR")]
    draw: Option<PathBuf>,
}

/// A photo that was analysed.
struct Analysis {
    picture: Picture,
    faces: Vec<AnalysedFace>,
    decoding: Duration,
    analysing: Duration,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Analysed { file: &'a str, width: u32, height: u32, faces: Vec<FaceRow<'a>> },
    Failed { file: &'a str, error: &'a str },
}

#[derive(Serialize)]
struct FaceRow<'a> {
    #[serde(flatten)]
    face: &'a Face,
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptor: Option<&'a [f32]>,
}

/// What JSON says beside the photos.
#[derive(Serialize)]
struct Rest<'a> {
    model: Model<'a>,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    digest: &'a str,
}

pub fn run(settings: &Settings, arguments: &Arguments, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    if arguments.descriptors && !printer.is_json() {
        return Err(UsageError("--descriptors requires --json".to_owned()).into());
    }
    let analyser = Analyser::open(&settings.models_dir)?;
    let options =
        Options { prior: settings.emotion_prior, tiles: arguments.tiles, descriptors: arguments.descriptors };
    let (mut list, mut good) = (printer.list("photos"), true);
    for file in &arguments.files {
        let name = file.display().to_string();
        match analyse(&analyser, file, options) {
            Ok(analysis) => {
                if let Some(dir) = &arguments.draw {
                    draw(dir, file, &analysis)?;
                }
                list.row(&row(&name, &analysis), || text(&name, &analysis))?;
            }
            Err(error) => {
                good = false;
                list.row(&Row::Failed { file: &name, error: &error }, || {
                    format!("{}: {error}", print::name(&name))
                })?;
            }
        }
    }
    list.end_with(&Rest { model: Model { name: vision::MODEL, digest: analyser.digest() } })?;
    Ok(Exit::success_if(good))
}

/// Errors: why the file cannot be analysed, the stable code first.
fn analyse(analyser: &Analyser, file: &Path, options: Options) -> Result<Analysis, String> {
    let start = Instant::now();
    let bytes = photos::read(file, vision::limits::MAX_BYTES as u64).map_err(|unread| unread.to_string())?;
    let picture = vision::decode(&bytes).map_err(|error| format!("{}: {error}", error.code()))?;
    let decoding = start.elapsed();
    let faces = analyser.analyse(&picture, options);
    Ok(Analysis { picture, faces, decoding, analysing: start.elapsed() - decoding })
}

fn row<'a>(file: &'a str, analysis: &'a Analysis) -> Row<'a> {
    let (width, height) = analysis.picture.original();
    let faces = analysis.faces.iter().map(|AnalysedFace { face, descriptor }| FaceRow {
        face,
        descriptor: descriptor.as_ref().map(|descriptor| descriptor.as_slice()),
    });
    Row::Analysed { file, width, height, faces: faces.collect() }
}

fn text(file: &str, analysis: &Analysis) -> String {
    let (width, height) = analysis.picture.original();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (decoding, analysing) = (ms(analysis.decoding), ms(analysis.analysing));
    let faces = match analysis.faces.len() {
        1 => "1 face".to_owned(),
        count => format!("{count} faces"),
    };
    let file = print::name(file);
    let mut text = format!(
        "{file}: {width}x{height}, {faces}, decoded in {decoding:.1} ms, analysed in {analysing:.1} ms"
    );
    for (number, AnalysedFace { face, .. }) in analysis.faces.iter().enumerate() {
        let b = &face.bounding_box;
        let mut emotions: Vec<_> = face.emotions.iter().filter(|(_, p)| *p >= 0.01).collect();
        emotions.sort_by(|a, b| b.1.total_cmp(&a.1));
        let emotions: Vec<String> = emotions.iter().map(|(e, p)| format!("{e} {p:.2}")).collect();
        let doubt = if face.emotions.is_uncertain() { " (uncertain)" } else { "" };
        let place = format!("{:.3},{:.3} {:.3}x{:.3}", b.left, b.top, b.width, b.height);
        let (number, confidence, emotions) = (number + 1, face.confidence, emotions.join(", "));
        write!(text, "\n  {number}: {place} confidence {confidence:.2}: {emotions}{doubt}")
            .expect("writing to a string cannot fail");
    }
    text
}

fn draw(dir: &Path, file: &Path, analysis: &Analysis) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("--draw {}", dir.display()))?;
    let name = match photos::is_stdin(file) {
        true => "stdin".into(),
        false => file.file_name().context("a photo has a name")?.to_string_lossy(),
    };
    let to = output_file::with_ending(&output_file::free(dir, &name, &["png"]), "png");
    let mut picture = analysis.picture.clone();
    drawing::faces(&mut picture, &analysis.faces);
    output_file::write(&to, &drawing::png(&picture)?).with_context(|| format!("--draw {}", to.display()))
}
