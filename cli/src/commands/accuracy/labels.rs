//! Labelled photos: a directory with a subdirectory for each emotion, or a CSV file.

use super::super::photo_search::{self, Skipped};
use anyhow::{Context, bail};
use domain::{Emotion, UnknownEmotion};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Photos of one run, as of an import.
const MAX_PHOTOS: usize = 100_000;

/// Names that data sets give to emotions, beside Rekognition's.
const OTHER_NAMES: [(&str, Emotion); 13] = [
    ("neutral", Emotion::Calm),
    ("happiness", Emotion::Happy),
    ("joy", Emotion::Happy),
    ("sadness", Emotion::Sad),
    ("anger", Emotion::Angry),
    ("confusion", Emotion::Confused),
    ("disgust", Emotion::Disgusted),
    ("disgusting", Emotion::Disgusted),
    ("surprise", Emotion::Surprised),
    ("surprising", Emotion::Surprised),
    ("fearful", Emotion::Fear),
    ("afraid", Emotion::Fear),
    ("scared", Emotion::Fear),
];

/// A photo and the emotion that people see in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledPhoto {
    pub file: PathBuf,
    pub label: Emotion,
}

/// What was found, and what was passed over with the reason.
#[derive(Debug, Default)]
pub struct Labelled {
    pub photos: Vec<LabelledPhoto>,
    pub skipped: Vec<Skipped>,
}

/// A row of a CSV file.
#[derive(Deserialize)]
struct Row {
    #[serde(alias = "path", alias = "image", alias = "photo")]
    file: PathBuf,
    #[serde(alias = "emotion")]
    label: String,
}

/// Reads the labels of a directory or of a CSV file. Errors name the path, and the line of a CSV file.
pub fn read(path: &Path) -> anyhow::Result<Labelled> {
    let name = || path.display().to_string();
    let is_directory = fs::metadata(path).with_context(name)?.is_dir();
    let labelled = if is_directory { directory(path) } else { csv_file(path) }.with_context(name)?;
    match labelled.photos.len() {
        0 => bail!("{}: it has no labelled photo", name()),
        1..=MAX_PHOTOS => Ok(labelled),
        _ => bail!("{}: it has more than {MAX_PHOTOS} photos", name()),
    }
}

fn directory(path: &Path) -> anyhow::Result<Labelled> {
    let mut labelled = Labelled::default();
    let mut folders: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let label = emotion(&name).context("each subdirectory is named by the emotion of its photos")?;
        let found = photo_search::find(std::slice::from_ref(&folder))?;
        labelled.photos.extend(found.photos.into_iter().map(|file| LabelledPhoto { file, label }));
        labelled.skipped.extend(found.skipped);
    }
    Ok(labelled)
}

fn csv_file(path: &Path) -> anyhow::Result<Labelled> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path)?;
    let mut photos = Vec::new();
    for row in reader.deserialize::<Row>().take(MAX_PHOTOS + 1) {
        let row = row.context("it must be a CSV file with a header and the columns file and label")?;
        let label = emotion(&row.label).with_context(|| row.file.display().to_string())?;
        photos.push(LabelledPhoto { file: folder.join(row.file), label });
    }
    Ok(Labelled { photos, skipped: Vec::new() })
}

/// The emotion of a label, in any case. UNKNOWN is none: no answer could be right.
fn emotion(label: &str) -> anyhow::Result<Emotion> {
    let named = Emotion::ALL.into_iter().map(|emotion| (emotion.as_str(), emotion)).chain(OTHER_NAMES);
    let found = named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(label));
    let (_, emotion) = found.ok_or_else(|| UnknownEmotion(label.to_owned()))?;
    match emotion {
        Emotion::Unknown => bail!("UNKNOWN is not a label"),
        known => Ok(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff\xe0";

    #[test]
    fn directories_are_labels_in_any_spelling() {
        let root = tempfile::tempdir().unwrap();
        for (folder, file) in [("Happy", "b.jpg"), ("neutral", "a.jpg"), ("SURPRISE/deep", "c.jpg")] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join(file), JPEG).unwrap();
        }
        fs::write(root.path().join("Happy/notes.txt"), "text").unwrap();
        fs::write(root.path().join("README"), "beside the labels").unwrap();
        let labelled = read(root.path()).unwrap();
        let labels: Vec<_> = labelled.photos.iter().map(|photo| photo.label).collect();
        assert_eq!(labels, [Emotion::Happy, Emotion::Surprised, Emotion::Calm]);
        assert_eq!(labelled.skipped.len(), 1);
        fs::create_dir(root.path().join("holiday")).unwrap();
        let error = format!("{:#}", read(root.path()).unwrap_err());
        assert!(error.contains("named by the emotion") && error.contains("holiday"), "{error}");
    }

    #[test]
    fn a_csv_file_names_files_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let csv = root.path().join("labels.csv");
        fs::write(&csv, "label,path\nfear, a.jpg\n\"SAD\",\"b, c.jpg\"\n").unwrap();
        let expected = [("a.jpg", Emotion::Fear), ("b, c.jpg", Emotion::Sad)]
            .map(|(file, label)| LabelledPhoto { file: root.path().join(file), label });
        assert_eq!(read(&csv).unwrap().photos, expected);
        for (text, part) in [
            ("", "no labelled photo"),
            ("file,label\na.jpg,UNKNOWN\n", "not a label"),
            ("file,label\na.jpg,merry\n", "merry"),
            ("name,label\na.jpg,SAD\n", "columns file and label"),
            ("file,label\na.jpg\n", "line: 2"),
        ] {
            fs::write(&csv, text).unwrap();
            let error = format!("{:#}", read(&csv).unwrap_err());
            assert!(error.contains(part) && error.contains("labels.csv"), "{error}");
        }
        assert!(format!("{:#}", read(&root.path().join("absent")).unwrap_err()).contains("absent"));
    }
}
