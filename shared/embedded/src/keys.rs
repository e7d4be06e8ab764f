//! One master secret, made at the first start, and the keys that are derived from it.

use crate::data_dir::{DataDir, sync_directory};
use crate::error::StoreError;
use hkdf::Hkdf;
use sha2::Sha256;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What a derived key is for: its HKDF label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signs presigned PUT URLs.
    PutUrl,
    /// Signs links to objects.
    GetUrl,
}

/// The master secret. Tokens and links survive a restart because it does.
pub struct Keys {
    master: [u8; 32],
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::PutUrl => b"semblante put-url v1",
            Purpose::GetUrl => b"semblante get-url v1",
        }
    }
}

impl Keys {
    /// Reads `keys/master`, or makes it (0600) where there is none.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        let path = dir.keys().join("master");
        match fs::read_to_string(&path) {
            Ok(text) => Keys::parse(&text).ok_or(StoreError::DamagedKey(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Keys::make(&dir.keys(), &path),
            Err(source) => Err(StoreError::file("read", path, source)),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut master = [0; 32];
        hex::decode_to_slice(text.trim_end(), &mut master).ok()?;
        Some(Keys { master })
    }

    fn make(folder: &Path, path: &Path) -> Result<Self, StoreError> {
        let mut master = [0; 32];
        getrandom::fill(&mut master).map_err(StoreError::Randomness)?;
        let draft = folder.join("master.new");
        let written = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| {
                file.write_all(hex::encode(master).as_bytes()).and_then(|()| file.sync_all())
            })
            .and_then(|()| fs::rename(&draft, path));
        written.map_err(|source| StoreError::file("write", path, source))?;
        sync_directory(folder)?;
        Ok(Keys { master })
    }

    /// The key for a purpose: HKDF-SHA256 (RFC 5869) of the master secret with the purpose's label.
    pub fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &self.master)
            .expand(purpose.label(), &mut key)
            .expect("32 bytes are within what HKDF-SHA256 gives (8160)");
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_survive_a_restart_and_differ_by_purpose() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(parent.path()).unwrap();
        let first = Keys::open(&dir).unwrap();
        let again = Keys::open(&dir).unwrap();
        assert_eq!(first.derive(Purpose::PutUrl), again.derive(Purpose::PutUrl));
        assert_ne!(first.derive(Purpose::PutUrl), first.derive(Purpose::GetUrl));
        let mode = fs::metadata(dir.keys().join("master")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_named_not_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(parent.path()).unwrap();
        fs::write(dir.keys().join("master"), "short").unwrap();
        assert!(matches!(Keys::open(&dir), Err(StoreError::DamagedKey(_))));
    }
}
