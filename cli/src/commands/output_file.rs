//! Files that a command writes: whole or not at all, and under names that are free.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What `umask` takes bits from.
const MODE: u32 = 0o666;
/// Of files with personal data.
const PRIVATE: u32 = 0o600;
/// Of links that lead to each other; as many as Linux follows.
const MAX_LINKS: usize = 40;

/// Writes a file by rename, so that a full disk leaves neither half a file nor a damaged earlier one. A device, a FIFO or
/// a terminal is written as it is.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return fs::write(path, bytes);
    }
    let mut draft = Draft::of(path, MODE)?;
    draft.write_all(bytes)?;
    draft.persist()
}

/// A file beside the one that it replaces once it is whole. Dropping it removes it.
pub struct Draft {
    path: PathBuf,
    file: NamedTempFile,
}

impl Draft {
    /// A file that its owner alone reads.
    pub fn private(path: &Path) -> io::Result<Self> {
        Draft::of(path, PRIVATE)
    }

    fn of(path: &Path, mode: u32) -> io::Result<Self> {
        let path = resolved(path);
        let mut builder = tempfile::Builder::new();
        let file = builder.permissions(Permissions::from_mode(mode)).tempfile_in(folder(&path))?;
        Ok(Draft { path, file })
    }

    pub fn persist(self) -> io::Result<()> {
        self.file.persist(self.path)?;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A beginning of file names in `folder` under which no file with one of these endings exists: `stem`, or `stem-2` and so
/// on.
pub fn free(folder: &Path, stem: &str, endings: &[&str]) -> PathBuf {
    let name = |number: usize| match number {
        1 => folder.join(stem),
        number => folder.join(format!("{stem}-{number}")),
    };
    let is_free = |base: &PathBuf| endings.iter().all(|ending| !with_ending(base, ending).exists());
    // A folder has fewer files than there are numbers.
    (1..).map(name).find(is_free).unwrap_or_else(|| name(1))
}

/// A file name of a beginning and an ending.
pub fn with_ending(base: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}.{ending}", base.display()))
}

/// The path that is written in the end: links are followed, also one whose target does not exist yet.
pub fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder(&path).join(target);
    }
    match (folder(&path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_replaced_whole_through_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(&at("a"), b"first").unwrap();
        symlink("a", at("link")).unwrap();
        symlink("absent", at("dangling")).unwrap();
        write(&at("link"), b"second").unwrap();
        write(&at("dangling"), b"third").unwrap();
        assert_eq!(fs::read(at("a")).unwrap(), b"second");
        assert_eq!(fs::read(at("absent")).unwrap(), b"third");
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert!(write(&at("no/such/folder"), b"").is_err());
        assert!(write(folder.path(), b"").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "no draft is left");
    }

    #[test]
    fn taken_names_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let next = || free(folder.path(), "x", &["mp3", "jpg"]);
        assert_eq!(next(), folder.path().join("x"));
        fs::write(folder.path().join("x.jpg"), "").unwrap();
        fs::write(folder.path().join("x-2.mp3"), "").unwrap();
        assert_eq!(next(), folder.path().join("x-3"));
    }
}
