//! Photos of the file system: what the command line names, and what lies in the directories that it names.

use anyhow::{Context, bail};
use domain::MediaType;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most files of one run.
const MAX_FILES: usize = 100_000;

/// The files to look at: those that are named, and every photo in a named directory, by path. Errors: a path that is
/// not there, a directory that cannot be read or has no photo, too many files.
pub fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let about = fs::metadata(path).with_context(|| path.display().to_string())?;
        match about.is_dir() {
            true => match photos_in(path)? {
                photos if photos.is_empty() => bail!("{}: no photo in it", path.display()),
                photos => files.extend(photos),
            },
            false => files.push(path.clone()),
        }
        if files.len() > MAX_FILES {
            bail!("more than {MAX_FILES} photos in one run");
        }
    }
    Ok(files)
}

fn photos_in(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && may_be_a_photo(&entry.path()) {
                files.push(entry.path());
            }
        }
        if files.len() > MAX_FILES {
            bail!("more than {MAX_FILES} photos in {}", root.display());
        }
    }
    files.sort();
    Ok(files)
}

/// By its first bytes. What cannot be read is told when it is to be.
fn may_be_a_photo(path: &Path) -> bool {
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MediaType::SNIFF_BYTES).read_to_end(&mut first));
    read.is_err() || MediaType::sniff(&first).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_files_and_the_photos_of_named_directories() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        fs::write(at("b.jpg"), b"\xff\xd8\xff\xe0").unwrap();
        fs::write(at("deep/a.bin"), b"\x89PNG\r\n\x1a\n").unwrap();
        fs::write(at("notes.txt"), b"no photo").unwrap();
        assert_eq!(find(&[root.path().to_owned()]).unwrap(), [at("b.jpg"), at("deep/a.bin")]);
        assert_eq!(find(&[at("notes.txt")]).unwrap(), [at("notes.txt")], "what is named is looked at");
        fs::create_dir(at("empty")).unwrap();
        assert!(find(&[at("empty")]).unwrap_err().to_string().contains("no photo"));
        let absent = find(&[at("absent.jpg")]).unwrap_err();
        assert!(format!("{absent:#}").contains("absent.jpg"));
    }
}
