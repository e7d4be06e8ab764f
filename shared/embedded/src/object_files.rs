//! The files of objects: `objects/<bucket>/<key>@<version>`, written whole or not at all.
//!
//! Every put writes a file of its own, whose name ends with `@` and a version. So two puts of one key never touch each
//! other's bytes, and a key may be an object and a prefix of other keys.

use crate::data_dir::{DataDir, sync_directory};
use crate::error::StoreError;
use bytes::Bytes;
use domain::ports::PortError;
use domain::ports::objects::MAX_PIECE_BYTES;
use domain::{Bucket, ObjectKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::NamedTempFile;
use uuid::Uuid;
use walkdir::WalkDir;

/// All other characters are percent-encoded in file names, `@` and `%` among them.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
/// File systems allow 255 bytes; the version needs some of them.
const MAX_NAME: usize = 200;
/// How often a put creates a folder again that a concurrent delete has removed.
const FOLDER_TRIES: usize = 8;

#[derive(Clone, Debug)]
pub(crate) struct ObjectFiles {
    objects: PathBuf,
    tmp: PathBuf,
}

impl ObjectFiles {
    pub(crate) fn new(dir: &DataDir) -> Self {
        ObjectFiles { objects: dir.objects(), tmp: dir.tmp() }
    }

    /// Runs `work` off the async threads.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ObjectFiles) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, PortError> {
        let files = self.clone();
        let task = tokio::task::spawn_blocking(move || work(&files));
        Ok(task.await.map_err(|_| StoreError::Panicked("a file operation"))??)
    }

    pub(crate) fn path(&self, bucket: Bucket, key: &ObjectKey, version: &str) -> PathBuf {
        let mut path = self.objects.join(bucket.as_str());
        path.extend(key.as_str().split('/').map(file_name));
        path.as_mut_os_string().push(format!("@{version}"));
        path
    }

    /// A file to write content into, in `tmp`.
    pub(crate) fn draft(&self) -> Result<Draft, StoreError> {
        let file = NamedTempFile::new_in(&self.tmp);
        let file = file.map_err(|source| StoreError::file("create a file in", &self.tmp, source))?;
        Ok(Draft { file, size: 0, digest: Sha256::new() })
    }

    /// Makes a draft the file of an object: synced, renamed, folder synced. Returns its version.
    pub(crate) fn place(&self, bucket: Bucket, key: &ObjectKey, draft: Draft) -> Result<String, StoreError> {
        let version = Uuid::now_v7().simple().to_string();
        let path = self.path(bucket, key, &version);
        let folder = path.parent().unwrap_or(&self.objects);
        let synced = draft.file.as_file().sync_all();
        synced.map_err(|source| StoreError::file("sync", draft.file.path(), source))?;
        self.persist(draft.file, &path, folder)?;
        sync_directory(folder)?;
        Ok(version)
    }

    fn persist(&self, mut file: NamedTempFile, path: &Path, folder: &Path) -> Result<(), StoreError> {
        let mut tries = 0..FOLDER_TRIES;
        loop {
            make_folder(folder, &self.objects)?;
            match file.persist(path) {
                Ok(_) => return Ok(()),
                Err(lost) if lost.error.kind() == ErrorKind::NotFound && tries.next().is_some() => {
                    file = lost.file;
                }
                Err(lost) => return Err(StoreError::file("rename to", path, lost.error)),
            }
        }
    }

    /// Opens a file at `range`, which must lie within it; None if the file is missing.
    pub(crate) fn open(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        version: &str,
        range: Range<u64>,
    ) -> Result<Option<Content>, StoreError> {
        let path = self.path(bucket, key, version);
        let opened = File::open(&path).and_then(|mut file| {
            file.seek(SeekFrom::Start(range.start))?;
            Ok(file)
        });
        match opened {
            Ok(file) => Ok(Some(Content { file, path, left: range.end.saturating_sub(range.start) })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::file("open", path, source)),
        }
    }

    pub(crate) fn remove(&self, bucket: Bucket, key: &ObjectKey, version: &str) -> Result<(), StoreError> {
        self.remove_path(&self.path(bucket, key, version))
    }

    /// Removes a file, if it exists, and the folders that it leaves empty.
    fn remove_path(&self, path: &Path) -> Result<(), StoreError> {
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(StoreError::file("remove", path, source)),
        }
        let is_bucket = |folder: &Path| folder.parent() == Some(&self.objects);
        for folder in path.ancestors().skip(1).take_while(|folder| !is_bucket(folder)) {
            if fs::remove_dir(folder).is_err() {
                break; // not empty
            }
        }
        Ok(())
    }

    /// Empties `tmp`, at start: the processes that wrote there are dead.
    pub(crate) fn clear_drafts(&self) -> Result<(), StoreError> {
        let drafts = fs::read_dir(&self.tmp).map_err(|source| StoreError::file("list", &self.tmp, source))?;
        for draft in drafts.flatten() {
            fs::remove_file(draft.path())
                .map_err(|source| StoreError::file("remove", draft.path(), source))?;
        }
        Ok(())
    }

    /// Removes files by their paths below `objects`.
    pub(crate) fn remove_all(&self, paths: &[PathBuf]) -> Result<(), StoreError> {
        paths.iter().try_for_each(|path| self.remove_path(&self.objects.join(path)))
    }

    /// Lists files in the order of their paths below `objects`, after the path `after`.
    pub(crate) fn list(&self, after: &Path, most: usize) -> Result<Vec<ListedFile>, StoreError> {
        let inside = |path: &Path| path.strip_prefix(&self.objects).unwrap_or(path).to_owned();
        let walk = WalkDir::new(&self.objects).min_depth(1).sort_by_file_name().into_iter();
        let walk = walk.filter_entry(|entry| {
            let path = inside(entry.path());
            path.as_path() > after || after.starts_with(&path)
        });
        let mut files = Vec::new();
        for entry in walk {
            match entry.and_then(|entry| Ok((entry.metadata()?, entry))) {
                Ok((about, entry)) if about.is_file() && inside(entry.path()).as_path() > after => {
                    let modified = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    files.push(ListedFile { path: inside(entry.path()), modified });
                }
                Ok(_) => {}
                Err(error) => check_gone(error, &self.objects)?,
            }
            if files.len() == most {
                break;
            }
        }
        Ok(files)
    }
}

pub(crate) struct ListedFile {
    /// The path below the folder `objects`.
    pub(crate) path: PathBuf,
    pub(crate) modified: SystemTime,
}

impl ListedFile {
    pub(crate) fn version(&self) -> Option<&str> {
        Some(self.path.file_name()?.to_str()?.rsplit_once('@')?.1)
    }
}

/// A file or folder that is removed while it is listed is no error.
fn check_gone(error: walkdir::Error, folder: &Path) -> Result<(), StoreError> {
    let source = std::io::Error::from(error);
    match source.kind() {
        ErrorKind::NotFound => Ok(()),
        _ => Err(StoreError::file("list", folder, source)),
    }
}

/// A file that is being written. Dropped before it is placed, it is removed.
pub(crate) struct Draft {
    file: NamedTempFile,
    size: u64,
    digest: Sha256,
}

impl Draft {
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.file.as_file_mut().write_all(bytes);
        written.map_err(|source| StoreError::file("write", self.file.path(), source))?;
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn sha256(&self) -> domain::Sha256 {
        domain::Sha256::new(self.digest.clone().finalize().into())
    }
}

/// An open file, or a range of it, read piece by piece.
pub(crate) struct Content {
    file: File,
    path: PathBuf,
    left: u64,
}

impl Content {
    pub(crate) fn is_at_end(&self) -> bool {
        self.left == 0
    }

    /// The next piece. Errors also if the file is shorter than its range.
    pub(crate) fn read(&mut self) -> Result<Bytes, StoreError> {
        let length = self.left.min(MAX_PIECE_BYTES as u64);
        let mut piece = vec![0; length as usize];
        self.file.read_exact(&mut piece).map_err(|source| StoreError::file("read", &self.path, source))?;
        self.left -= length;
        Ok(piece.into())
    }
}

/// A key's segment as a file name. A long segment is named by its hash; the database knows the key.
fn file_name(segment: &str) -> String {
    let encoded = utf8_percent_encode(segment, ENCODED).to_string();
    match encoded.len() {
        0..=MAX_NAME => encoded,
        _ => format!("%long-{}", hex::encode(Sha256::digest(segment))),
    }
}

/// Creates `folder` and its missing parents below `root`, and syncs each one's parent.
fn make_folder(folder: &Path, root: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| *path != root && !path.is_dir()).collect();
    for path in missing.into_iter().rev() {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()), // removed concurrently: the caller tries again
            Err(source) => return Err(StoreError::file("create", path, source)),
        }
        if let Some(parent) = path.parent() {
            sync_directory(parent)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_injective_and_safe() {
        assert_eq!(file_name("photo 1.jpg"), "photo%201.jpg");
        assert_eq!(file_name("a@b%"), "a%40b%25");
        let (long, other) = ("ж".repeat(120), format!("{}x", "ж".repeat(119)));
        assert!(file_name(&long).len() < 90);
        assert_ne!(file_name(&long), file_name(&other));
    }

    #[test]
    fn a_key_may_be_an_object_and_a_prefix() {
        let root = tempfile::tempdir().unwrap();
        let files = ObjectFiles::new(&DataDir::prepare(root.path()).unwrap());
        let key = |raw: &str| ObjectKey::parse(raw).unwrap();
        let write = |raw: &str, bytes: &[u8]| {
            let mut draft = files.draft().unwrap();
            draft.append(bytes).unwrap();
            files.place(Bucket::Media, &key(raw), draft).unwrap()
        };
        let (outer, inner) = (write("a", b"outer"), write("a/b", b"inner"));
        let mut content = files.open(Bucket::Media, &key("a"), &outer, 0..5).unwrap().unwrap();
        assert_eq!(content.read().unwrap(), "outer");
        files.remove(Bucket::Media, &key("a/b"), &inner).unwrap();
        files.remove(Bucket::Media, &key("a"), &outer).unwrap();
        assert_eq!(fs::read_dir(root.path().join("objects/media")).unwrap().count(), 0);
    }

    #[test]
    fn a_draft_that_is_not_placed_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let files = ObjectFiles::new(&DataDir::prepare(root.path()).unwrap());
        let mut draft = files.draft().unwrap();
        draft.append(b"secret").unwrap();
        let drafts = || fs::read_dir(root.path().join("tmp")).unwrap().count();
        assert_eq!(drafts(), 1);
        drop(draft);
        assert_eq!(drafts(), 0);
    }

    #[test]
    fn a_file_that_was_cut_is_an_error_not_an_end() {
        let root = tempfile::tempdir().unwrap();
        let files = ObjectFiles::new(&DataDir::prepare(root.path()).unwrap());
        let key = ObjectKey::parse("a").unwrap();
        let version = files.place(Bucket::Media, &key, files.draft().unwrap()).unwrap();
        let mut content = files.open(Bucket::Media, &key, &version, 0..5).unwrap().unwrap();
        assert!(matches!(content.read(), Err(StoreError::File { .. })));
    }
}
