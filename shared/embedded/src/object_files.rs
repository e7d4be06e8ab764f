//! The bytes of objects: `objects/<bucket>/<key>@<version>`, written whole or not at all.
//!
//! Every put writes a file of its own (`@` and the version end its name), so two puts of one key never touch each
//! other's bytes, and a key may be both an object and the beginning of others.

use crate::data_dir::{DataDir, sync_directory};
use crate::error::StoreError;
use domain::{Bucket, ObjectKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What stands in a file name as it is; `@` and `%` never do.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
/// A name may have 255 bytes; the version needs some of them.
const MAX_NAME: usize = 200;
/// How often a put makes a folder that a delete beside it removed again.
const FOLDER_TRIES: usize = 8;

/// The files of a data directory.
#[derive(Clone, Debug)]
pub(crate) struct ObjectFiles {
    objects: PathBuf,
    tmp: PathBuf,
}

impl ObjectFiles {
    pub(crate) fn new(dir: &DataDir) -> Self {
        ObjectFiles { objects: dir.objects(), tmp: dir.tmp() }
    }

    pub(crate) fn path(&self, bucket: Bucket, key: &ObjectKey, version: &str) -> PathBuf {
        let mut path = self.objects.join(bucket.as_str());
        path.extend(key.as_str().split('/').map(file_name));
        path.as_mut_os_string().push(format!("@{version}"));
        path
    }

    /// Writes the bytes, to stay: file synced, renamed into place, folder synced.
    pub(crate) fn write(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        version: &str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let draft = self.tmp.join(version);
        let written = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        let moved = written
            .map_err(|source| StoreError::file("write", &draft, source))
            .and_then(|()| self.move_into_place(&draft, &self.path(bucket, key, version)));
        if moved.is_err()
            && let Err(error) = fs::remove_file(&draft)
        {
            tracing::debug!(error = %error, "no draft to remove after a failed put");
        }
        moved
    }

    fn move_into_place(&self, draft: &Path, path: &Path) -> Result<(), StoreError> {
        let folder = path.parent().unwrap_or(&self.objects);
        let mut result = Ok(());
        for _ in 0..FOLDER_TRIES {
            make_folder(folder, &self.objects)?;
            result = fs::rename(draft, path);
            match &result {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                _ => break,
            }
        }
        result.map_err(|source| StoreError::file("rename to", path, source))?;
        sync_directory(folder)
    }

    /// Reads `range` of a file that is known to be at least that long; None where the file is gone.
    pub(crate) fn read(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        version: &str,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(bucket, key, version);
        let length = range.end.saturating_sub(range.start);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        let read = File::open(&path).and_then(|mut file| {
            file.seek(SeekFrom::Start(range.start))?;
            file.take(length).read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::file("read", path, source)),
        }
    }

    /// Removes a file and the folders that it leaves empty. A file that is not there is no error.
    pub(crate) fn remove(&self, bucket: Bucket, key: &ObjectKey, version: &str) -> Result<(), StoreError> {
        let path = self.path(bucket, key, version);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(StoreError::file("remove", path, source)),
        }
        let bucket_folder = self.objects.join(bucket.as_str());
        let folders = path.ancestors().skip(1).take_while(|folder| *folder != bucket_folder);
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
                break; // not empty: something else lies there
            }
        }
        Ok(())
    }

    /// Empties `tmp`: whoever wrote there is dead.
    pub(crate) fn clear_drafts(&self) -> Result<(), StoreError> {
        let drafts = fs::read_dir(&self.tmp).map_err(|source| StoreError::file("list", &self.tmp, source))?;
        for draft in drafts.flatten() {
            fs::remove_file(draft.path())
                .map_err(|source| StoreError::file("remove", draft.path(), source))?;
        }
        Ok(())
    }

    /// The bucket, key-path and version of every file that is older than `age`, with its path.
    pub(crate) fn older_than(&self, bucket: Bucket, age: Duration) -> Result<Vec<PathBuf>, StoreError> {
        let root = self.objects.join(bucket.as_str());
        let mut folders = if root.is_dir() { vec![root] } else { vec![] };
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            let entries =
                fs::read_dir(&folder).map_err(|source| StoreError::file("list", &folder, source))?;
            for entry in entries.flatten() {
                let path = entry.path();
                let about = entry.metadata().map_err(|source| StoreError::file("read", &path, source))?;
                let is_old = about.modified().is_ok_and(|modified| {
                    SystemTime::now().duration_since(modified).is_ok_and(|passed| passed >= age)
                });
                match (about.is_dir(), is_old) {
                    (true, _) => folders.push(path),
                    (false, true) => files.push(path),
                    (false, false) => {}
                }
            }
        }
        Ok(files)
    }
}

/// A key's segment as a file name. One that is too long is named by its hash; what it was stands in the database.
fn file_name(segment: &str) -> String {
    let encoded = utf8_percent_encode(segment, ENCODED).to_string();
    match encoded.len() {
        0..=MAX_NAME => encoded,
        _ => format!("%long-{}", hex::encode(Sha256::digest(segment))),
    }
}

/// Makes `folder` and its missing parents below `root`, each synced into its own parent.
fn make_folder(folder: &Path, root: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| *path != root && !path.is_dir()).collect();
    for path in missing.into_iter().rev() {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()), // removed beside us: try again
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
        files.write(Bucket::Media, &key("a"), "1", b"outer").unwrap();
        files.write(Bucket::Media, &key("a/b"), "2", b"inner").unwrap();
        assert_eq!(files.read(Bucket::Media, &key("a"), "1", 0..5).unwrap().unwrap(), b"outer");
        files.remove(Bucket::Media, &key("a/b"), "2").unwrap();
        files.remove(Bucket::Media, &key("a"), "1").unwrap();
        assert_eq!(fs::read_dir(root.path().join("objects/media")).unwrap().count(), 0);
    }
}
