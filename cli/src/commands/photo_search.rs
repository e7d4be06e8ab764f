//! The search for photos below the paths of a command line. The first bytes of a file decide; what is passed over is
//! listed with the reason.

use super::photos::{self, Unread};
use crate::print;
use anyhow::{Context, bail};
use domain::MediaType;
use serde::Serialize;
use std::fmt;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Photos of one run.
const MAX_PHOTOS: usize = 100_000;

/// Directories in which other programs keep thumbnails or deleted files: Synology, QNAP, freedesktop.org, macOS, Windows.
const OTHERS: [&str; 9] = [
    "@eaDir",
    "#recycle",
    ".@__thumb",
    "@Recycle",
    ".thumbnails",
    ".Trash",
    ".Trashes",
    "$RECYCLE.BIN",
    "System Volume Information",
];
/// The directories of deleted files of each user, at the top of a volume (freedesktop.org's trash specification).
const TRASH_OF_USER: &str = ".Trash-";

/// The result of a search.
#[derive(Debug, Default)]
pub struct Found {
    /// Files that were named, and every photo in directories that were named, by path.
    pub photos: Vec<PathBuf>,
    /// Other files, and directories that were not searched, by path.
    pub skipped: Vec<Skipped>,
}

/// A file or directory that was passed over.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub file: String,
    #[serde(flatten)]
    pub why: Unread,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "skipped   {}  {}", print::name(&self.file), self.why)
    }
}

/// Searches paths. Errors: a path that does not exist, a directory that cannot be read or has no file at all, too many
/// photos.
pub fn find(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for path in paths {
        let about = fs::metadata(path).with_context(|| path.display().to_string())?;
        match about.is_dir() {
            true => found.search(path)?,
            false => found.photos.push(path.clone()),
        }
        found.check()?;
    }
    Ok(found)
}

impl Found {
    fn search(&mut self, root: &Path) -> anyhow::Result<()> {
        let mut here = Found::default();
        let mut folders = here.list(root).with_context(|| root.display().to_string())?;
        while let Some(folder) = folders.pop() {
            match here.list(&folder) {
                Ok(below) => folders.extend(below),
                Err(error) => here.skip(&folder, Unread::new("unreadable_directory", error.to_string())),
            }
            here.check()?;
        }
        if here.photos.is_empty() && here.skipped.is_empty() {
            bail!("{}: no photo in it", root.display());
        }
        here.photos.sort();
        here.skipped.sort_by(|a, b| a.file.cmp(&b.file));
        self.photos.append(&mut here.photos);
        self.skipped.append(&mut here.skipped);
        Ok(())
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.photos.len() > MAX_PHOTOS {
            bail!(
                "more than {MAX_PHOTOS} photos in one run: name some of the directories below, one run after the other"
            );
        }
        Ok(())
    }

    /// Takes the files of a directory; returns the directories in it that are to be searched.
    fn list(&mut self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() && !is_of_another_program(&entry) {
                folders.push(entry.path());
            } else if let Err(why) = check(&entry) {
                self.skip(&entry.path(), why);
            } else {
                self.photos.push(entry.path());
            }
        }
        Ok(folders)
    }

    fn skip(&mut self, path: &Path, why: Unread) {
        self.skipped.push(Skipped { file: path.display().to_string(), why });
    }
}

fn is_of_another_program(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    name.starts_with(TRASH_OF_USER) || OTHERS.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Whether a file of a directory is a photo. One that cannot be read is: the attempt to send it reports that.
fn check(entry: &DirEntry) -> Result<(), Unread> {
    let kind = entry.file_type()?;
    if kind.is_dir() {
        let detail = "other programs keep thumbnails or deleted files in it; name it to search it";
        return Err(Unread::new("foreign_directory", detail));
    }
    if kind.is_symlink() {
        return Err(Unread::new("symbolic_link", "links are not followed; name it to take what it leads to"));
    }
    if !kind.is_file() {
        return Err(photos::irregular());
    }
    match photos::first_bytes(&entry.path()) {
        Ok(first) if MediaType::sniff(&first).is_none() => Err(photos::refusal(&first)),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    const JPEG: &[u8] = b"\xff\xd8\xff\xe0";

    #[test]
    fn photos_are_found_and_the_rest_is_told() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for folder in
            ["deep", "empty", "@eaDir/b.jpg", ".thumbnails/large", ".Trash-1000/files", "$Recycle.Bin"]
        {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for photo in ["b.jpg", "deep/a.bin", "@eaDir/b.jpg/SYNOPHOTO_THUMB_M.jpg", ".thumbnails/large/c.jpg"]
        {
            fs::write(at(photo), JPEG).unwrap();
        }
        fs::write(at(".Trash-1000/files/d.jpg"), JPEG).unwrap();
        fs::write(at("deep/notes.txt"), b"no photo").unwrap();
        fs::write(at("empty.jpg"), b"").unwrap();
        assert!(Command::new("mkfifo").arg(at("fifo.jpg")).status().unwrap().success());
        symlink(".", at("loop")).unwrap();
        symlink("b.jpg", at("link.jpg")).unwrap();

        let found = find(&[root.path().to_owned()]).unwrap();
        assert_eq!(found.photos, [at("b.jpg"), at("deep/a.bin")]);
        let told: Vec<_> =
            found.skipped.iter().map(|skipped| (Path::new(&skipped.file), skipped.why.code)).collect();
        let expected = [
            ("$Recycle.Bin", "foreign_directory"),
            (".Trash-1000", "foreign_directory"),
            (".thumbnails", "foreign_directory"),
            ("@eaDir", "foreign_directory"),
            ("deep/notes.txt", "unsupported_type"),
            ("empty.jpg", "empty_photo"),
            ("fifo.jpg", "irregular_file"),
            ("link.jpg", "symbolic_link"),
            ("loop", "symbolic_link"),
        ]
        .map(|(name, code)| (at(name), code));
        assert_eq!(told, expected.iter().map(|(path, code)| (path.as_path(), *code)).collect::<Vec<_>>());
        let named = find(&[at(".thumbnails"), at("link.jpg"), at("deep/notes.txt")]).unwrap().photos;
        assert_eq!(
            named,
            [at(".thumbnails/large/c.jpg"), at("link.jpg"), at("deep/notes.txt")],
            "what is named is taken"
        );
    }

    #[test]
    fn a_path_without_files_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        assert!(find(&[root.path().to_owned()]).unwrap_err().to_string().contains("no photo"));
        let absent = find(&[root.path().join("absent.jpg")]).unwrap_err();
        assert!(format!("{absent:#}").contains("absent.jpg"));
    }
}
