//! The data directory: `DATA/{lock, semblante.db, objects/<bucket>/<key>@<version>, tmp/, keys/}`, 0700, one process at
//! a time.

use crate::error::StoreError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

/// Keeps other processes out until it is dropped. The operating system releases it when the process dies.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    /// Unlocks instead of closing only: a child process that is being started holds a copy of the descriptor until it runs
    /// its program, and a copy keeps the lock.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the data directory's lock was not released");
        }
    }
}

impl DataDir {
    /// Creates the directory and its folders if missing, readable for their owner only.
    pub fn prepare(root: &Path) -> Result<Self, StoreError> {
        let dir = DataDir { root: root.to_owned() };
        for path in [dir.root.clone(), dir.objects(), dir.tmp(), dir.keys()] {
            make_private(&path)?;
        }
        Ok(dir)
    }

    /// Takes the directory for this process, and writes its id into the file for processes that find it locked; only the
    /// lock counts. Errors: [`StoreError::InUse`].
    pub fn lock(&self) -> Result<Lock, StoreError> {
        let path = self.root.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let mut file = file.map_err(|source| StoreError::file("open", &path, source))?;
        match file.try_lock() {
            Ok(()) => {
                let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                written.map_err(|source| StoreError::file("write", &path, source))?;
                Ok(Lock(file))
            }
            Err(fs::TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).ok().and_then(|pid| pid.trim().parse().ok());
                Err(StoreError::InUse { data: self.root.clone(), pid })
            }
            Err(fs::TryLockError::Error(source)) => Err(StoreError::file("lock", &path, source)),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("semblante.db")
    }

    /// A folder per bucket.
    pub fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    /// Files that are being written: on the same file system as the objects, emptied at start.
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
}

fn make_private(path: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| StoreError::file("create", path, source))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|source| StoreError::file("set the permissions of", path, source))
}

/// Makes the entries of `directory` survive power loss.
pub(crate) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(|source| StoreError::file("sync", directory, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn the_directory_is_private_and_locked_once() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(&parent.path().join("data")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(dir.root()), 0o700);
        assert_eq!(mode(&dir.keys()), 0o700);
        fs::write(dir.root().join("lock"), "99999999 of a process that is gone").unwrap();
        let lock = dir.lock().unwrap();
        let here = std::process::id();
        assert!(matches!(dir.lock(), Err(StoreError::InUse { pid: Some(pid), .. }) if pid == here));
        drop(lock);
        dir.lock().unwrap();
    }

    /// A child process has copies of all descriptors until it runs its program.
    #[test]
    fn a_child_process_that_starts_does_not_keep_the_lock() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(root.path()).unwrap();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    assert!(Command::new("true").status().unwrap().success());
                }
            });
            let refused = (0..300).filter_map(|_| dir.lock().err()).count();
            is_done.store(true, Ordering::Relaxed);
            assert_eq!(refused, 0, "the lock was kept after it was dropped");
        });
    }
}
