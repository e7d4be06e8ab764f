//! `semblante bench accuracy`: how often the emotions of labelled photos are right.

mod labels;
mod measures;
mod page;

use self::labels::{Labelled, LabelledPhoto};
use self::measures::{Answer, Measures};
use super::{output_file, photo_search, photos};
use crate::exit::{Exit, UsageError};
use crate::print::{self, Printer, Screen, cell, percent};
use crate::settings::Settings;
use anyhow::Context;
use domain::{Distribution, Emotion};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use vision::{AnalysedFace, Analyser, Options};

pub const EXAMPLES: &str = "\
Examples:
  semblante bench accuracy faces --html report.html
  semblante bench accuracy labels.csv --json > report.json
  semblante bench accuracy faces --set emotion_prior=0

A directory has a subdirectory for each emotion: faces/HAPPY, faces/sad, faces/neutral. A CSV file has a header and the
columns file (relative to it) and label. Equal numbers of each emotion make the measures comparable.

Exits with 1 if a photo could not be read.";

/// Wrong answers that are listed.
const MAX_MISSES: usize = 50;

#[derive(clap::Subcommand, Debug)]
pub enum Bench {
    /// Measure how often the emotions of labelled photos are right, with the embedded engine
    ///
    /// Prints accuracy, macro-F1, calibration error, the share of sure answers, and the figures of each emotion. The
    /// answer of a photo with several faces is that of the pipeline. docs/accuracy.md explains the measures.
    #[command(after_help = EXAMPLES)]
    Accuracy(Arguments),
}

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Directory or CSV file with labelled photos
    #[arg(value_name = "DIR|CSV")]
    labelled: PathBuf,
    /// Write the report as one HTML page with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    source: String,
    model: Model,
    photos_total: usize,
    /// Photos without a face.
    no_face: usize,
    /// Photos that are no photos, or damaged.
    unread: usize,
    several_faces: usize,
    #[serde(flatten)]
    measures: Measures,
    /// The most confident wrong answers.
    misses: Vec<Miss>,
    photos: Vec<Row>,
    /// Files in a directory that are no photos.
    skipped: Vec<photo_search::Skipped>,
}

#[derive(Debug, Serialize)]
struct Model {
    name: &'static str,
    digest: String,
    prior: f64,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct Miss {
    file: String,
    label: Emotion,
    answer: Emotion,
    confidence: f64,
}

#[derive(Debug, Serialize)]
struct Row {
    file: String,
    label: Emotion,
    #[serde(flatten)]
    reading: Reading,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Reading {
    Answered { faces: usize, answer: Emotion, uncertain: bool, emotions: Distribution },
    NoFace,
    Unread { error: String },
}

pub fn run(settings: &Settings, bench: &Bench, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let Bench::Accuracy(arguments) = bench;
    if arguments.html.as_deref().is_some_and(photos::is_stdin) {
        return Err(UsageError("--html requires a file".to_owned()).into());
    }
    let Labelled { photos, skipped } = labels::read(&arguments.labelled)?;
    let analyser = Analyser::open(&settings.models_dir)?;
    let prior = settings.emotion_prior;
    let readings = read_all(&photos, &analyser, prior, printer.screen())?;
    let model = Model {
        name: vision::MODEL,
        digest: analyser.digest().to_owned(),
        prior,
        version: env!("CARGO_PKG_VERSION"),
    };
    let report = Report::new(arguments.labelled.display().to_string(), model, photos, readings, skipped);
    if let Some(file) = &arguments.html {
        output_file::write(file, page::html(&report).as_bytes())
            .with_context(|| format!("--html {}", file.display()))?;
    }
    printer.document(&report, || report.text())?;
    Ok(Exit::success_if(report.unread == 0))
}

/// Reads photos on every core; the result has their order.
fn read_all(
    photos: &[LabelledPhoto],
    analyser: &Analyser,
    prior: f64,
    screen: &Screen,
) -> anyhow::Result<Vec<Reading>> {
    let bar = screen.bar(photos.len(), "photos");
    let next = AtomicUsize::new(0);
    let work = || {
        let mut readings = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(photo) = photos.get(index) else { return readings };
            readings.push((index, read(photo, analyser, prior)));
            bar.inc(1);
        }
    };
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    let mut readings = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let joined: Result<Vec<_>, _> = threads.into_iter().map(|thread| thread.join()).collect();
        joined.map(|readings| readings.into_iter().flatten().collect::<Vec<_>>())
    })
    .map_err(|_| anyhow::anyhow!("the analysis of a photo panicked"))?;
    bar.finish_and_clear();
    readings.sort_by_key(|(index, _)| *index);
    Ok(readings.into_iter().map(|(_, reading)| reading).collect())
}

fn read(photo: &LabelledPhoto, analyser: &Analyser, prior: f64) -> Reading {
    let decoded = photos::read(&photo.file, vision::limits::MAX_BYTES as u64)
        .map_err(|unread| unread.to_string())
        .and_then(|bytes| vision::decode(&bytes).map_err(|error| format!("{}: {error}", error.code())));
    let picture = match decoded {
        Ok(picture) => picture,
        Err(error) => return Reading::Unread { error },
    };
    let analysed = analyser.analyse(&picture, Options { prior, ..Options::default() });
    let faces: Vec<_> = analysed.into_iter().map(|AnalysedFace { face, .. }| face).collect();
    match workers::emotion_analysis::feeling(&faces) {
        Some(affect) => Reading::Answered {
            faces: faces.len(),
            answer: affect.distribution.dominant().0,
            uncertain: affect.distribution.is_uncertain(),
            emotions: affect.distribution,
        },
        None => Reading::NoFace,
    }
}

impl Report {
    fn new(
        source: String,
        model: Model,
        photos: Vec<LabelledPhoto>,
        readings: Vec<Reading>,
        skipped: Vec<photo_search::Skipped>,
    ) -> Self {
        let row = |(photo, reading): (LabelledPhoto, Reading)| Row {
            file: photo.file.display().to_string(),
            label: photo.label,
            reading,
        };
        let photos: Vec<Row> = photos.into_iter().zip(readings).map(row).collect();
        let answers: Vec<Answer> = photos.iter().filter_map(Row::answer).collect();
        let count = |holds: fn(&Reading) -> bool| photos.iter().filter(|row| holds(&row.reading)).count();
        Report {
            source,
            model,
            photos_total: photos.len(),
            no_face: count(|reading| matches!(reading, Reading::NoFace)),
            unread: count(|reading| matches!(reading, Reading::Unread { .. })),
            several_faces: count(|reading| matches!(reading, Reading::Answered { faces: 2.., .. })),
            measures: Measures::of(&answers),
            misses: misses(&photos),
            photos,
            skipped,
        }
    }

    /// The main figures, a name and a value each.
    fn summary(&self) -> [(&'static str, String); 11] {
        let m = &self.measures;
        let interval =
            m.accuracy_interval.map(|[low, high]| format!(" ({} to {})", percent(low), percent(high)));
        let accuracy = format!("{}{}", cell(m.accuracy.map(percent)), interval.unwrap_or_default());
        [
            ("photos", self.photos_total.to_string()),
            ("answered", m.answers.to_string()),
            ("with several faces", self.several_faces.to_string()),
            ("without a face", self.no_face.to_string()),
            ("not read", self.unread.to_string()),
            ("right", accuracy),
            ("macro-F1", cell(m.macro_f1.map(|f1| format!("{f1:.2}")))),
            ("mean confidence", cell(m.mean_confidence.map(percent))),
            ("calibration error", cell(m.calibration_error.map(|error| format!("{error:.3}")))),
            (
                "sure, and right when sure",
                format!("{}, {}", cell(m.sure.map(percent)), cell(m.accuracy_when_sure.map(percent))),
            ),
            ("tone right", cell(m.tone_accuracy.map(percent))),
        ]
    }

    /// Files that gave no answer, with the reason.
    fn without_answer(&self) -> impl Iterator<Item = (&str, &str)> {
        let photos = self.photos.iter().filter_map(|row| match &row.reading {
            Reading::Answered { .. } => None,
            Reading::NoFace => Some((row.file.as_str(), "no face was found")),
            Reading::Unread { error } => Some((row.file.as_str(), error.as_str())),
        });
        photos.take(MAX_MISSES)
    }

    fn text(&self) -> String {
        let summary = self.summary().map(|(name, value)| [name.to_owned(), value]);
        let emotions = self.measures.emotions.iter().map(|e| {
            let [precision, recall] = [e.precision, e.recall].map(|share| cell(share.map(percent)));
            let f1 = cell(e.f1.map(|f1| format!("{f1:.2}")));
            [e.emotion.to_string(), e.labels.to_string(), e.answers.to_string(), precision, recall, f1]
        });
        let mixes = self.measures.mixes.iter().map(|mix| {
            let [right, sure, when_sure] =
                [mix.accuracy, mix.sure, mix.accuracy_when_sure].map(|share| cell(share.map(percent)));
            let error = cell(mix.calibration_error.map(|error| format!("{error:.2}")));
            [mix.name.to_owned(), right, sure, when_sure, error]
        });
        let unread = self.photos.iter().filter_map(|row| match &row.reading {
            Reading::Unread { error } => Some(format!("unread    {}  {error}", print::name(&row.file))),
            _ => None,
        });
        let lines: Vec<String> = self.skipped.iter().map(ToString::to_string).chain(unread).collect();
        [
            print::table(["MEASURE", "VALUE"], summary.into_iter()),
            print::table(["EMOTION", "LABELS", "ANSWERS", "PRECISION", "RECALL", "F1"], emotions),
            print::table(
                ["IF AS FREQUENT AS IN", "RIGHT", "SURE", "RIGHT WHEN SURE", "CALIBRATION ERROR"],
                mixes,
            ),
            self.confusion(),
            lines.join("\n"),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
    }

    /// Labels and what they were taken for, most frequent first.
    fn confusion(&self) -> String {
        let rows = self.measures.confusion.iter().map(|(label, answers)| {
            let mut answers: Vec<_> = answers.iter().collect();
            answers.sort_by(|a, b| b.1.cmp(a.1));
            let answers: Vec<String> =
                answers.iter().map(|(answer, count)| format!("{answer} {count}")).collect();
            [label.to_string(), answers.join(", ")]
        });
        print::table(["LABEL", "ANSWERS"], rows)
    }
}

impl Row {
    fn answer(&self) -> Option<Answer> {
        match &self.reading {
            Reading::Answered { emotions, .. } => {
                Some(Answer { label: self.label, emotions: emotions.clone() })
            }
            Reading::NoFace | Reading::Unread { .. } => None,
        }
    }
}

fn misses(photos: &[Row]) -> Vec<Miss> {
    let miss = |row: &Row| {
        let answer = row.answer().filter(|answer| !answer.is_right())?;
        let (label, confidence) = (row.label, answer.confidence());
        Some(Miss { file: row.file.clone(), label, answer: answer.emotion(), confidence })
    };
    let mut misses: Vec<Miss> = photos.iter().filter_map(miss).collect();
    misses.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    misses.truncate(MAX_MISSES);
    misses
}
