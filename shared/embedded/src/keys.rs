//! The secrets of a data directory, created at the first start: a master secret, from which keys are derived, and the seeds
//! of the keys that sign access tokens.

use crate::data_dir::{DataDir, sync_directory};
use crate::error::StoreError;
use domain::ports::secrets::{self, TokenSeeds};
use hkdf::Hkdf;
use sha2::Sha256;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The purpose of a derived key: its HKDF label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    PutUrl,
    GetUrl,
}

/// They are kept across restarts, and so tokens and links stay valid.
pub struct Keys {
    folder: PathBuf,
    master: [u8; 32],
    token_seeds: Mutex<TokenSeeds>,
}

const MASTER: &str = "master";
const ACCESS_TOKENS: &str = "access-tokens";

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::PutUrl => b"semblante put-url v1",
            Purpose::GetUrl => b"semblante get-url v1",
        }
    }
}

impl Keys {
    /// Reads `keys/master` and `keys/access-tokens`, or creates them (0600).
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        let folder = dir.keys();
        let master = read_or_make(&folder, MASTER, 1)?;
        let [master] = master[..] else { return Err(StoreError::DamagedKey(folder.join(MASTER))) };
        let mut token_seeds = read_or_make(&folder, ACCESS_TOKENS, 2)?;
        if token_seeds.len() == 1 {
            token_seeds.push(random()?);
            write(&folder, ACCESS_TOKENS, &token_seeds)?;
        }
        Ok(Keys { folder, master, token_seeds: Mutex::new(token_seeds.into()) })
    }

    /// HKDF-SHA256 (RFC 5869) of the master secret with the purpose's label.
    pub fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &self.master)
            .expand(purpose.label(), &mut key)
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        key
    }

    /// The seeds of access tokens.
    pub fn token_seeds(&self) -> TokenSeeds {
        self.token_seeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Rotates the seeds of access tokens. Blocks.
    pub fn rotate(&self) -> Result<(), StoreError> {
        let mut seeds = self.token_seeds.lock().unwrap_or_else(PoisonError::into_inner);
        let rotated = secrets::rotated(&seeds, random()?);
        write(&self.folder, ACCESS_TOKENS, &rotated)?;
        *seeds = rotated;
        Ok(())
    }
}

/// The secrets of a file, one a line; a missing file is created with `count` of them.
fn read_or_make(folder: &Path, name: &str, count: usize) -> Result<Vec<[u8; 32]>, StoreError> {
    let path = folder.join(name);
    match fs::metadata(&path).and_then(|about| Ok((about.permissions().mode(), fs::read_to_string(&path)?))) {
        Ok((mode, _)) if mode & 0o077 != 0 => Err(StoreError::OpenKey { path, mode: mode & 0o777 }),
        Ok((_, text)) => parse(&text).ok_or(StoreError::DamagedKey(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let secrets: Vec<_> = (0..count).map(|_| random()).collect::<Result<_, _>>()?;
            write(folder, name, &secrets)?;
            Ok(secrets)
        }
        Err(source) => Err(StoreError::file("read", path, source)),
    }
}

fn parse(text: &str) -> Option<Vec<[u8; 32]>> {
    let secret = |line: &str| {
        let mut secret = [0; 32];
        hex::decode_to_slice(line, &mut secret).ok().map(|()| secret)
    };
    let secrets: Vec<_> = text.lines().map(secret).collect::<Option<_>>()?;
    Some(secrets).filter(|secrets| !secrets.is_empty())
}

fn random() -> Result<[u8; 32], StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(StoreError::Randomness)?;
    Ok(secret)
}

/// Writes a file of secrets whole or not at all.
fn write(folder: &Path, name: &str, secrets: &[[u8; 32]]) -> Result<(), StoreError> {
    let path = folder.join(name);
    let lines: Vec<String> = secrets.iter().map(hex::encode).collect();
    let draft = folder.join(format!("{name}.new"));
    let written = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(lines.join("\n").as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, &path));
    written.map_err(|source| StoreError::file("write", path, source))?;
    sync_directory(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(dir: &DataDir, name: &str, text: &str, mode: u32) {
        let path = dir.keys().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn keys_survive_a_restart_and_differ_by_purpose() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(parent.path()).unwrap();
        let first = Keys::open(&dir).unwrap();
        let again = Keys::open(&dir).unwrap();
        assert_eq!(first.derive(Purpose::PutUrl), again.derive(Purpose::PutUrl));
        assert_ne!(first.derive(Purpose::PutUrl), first.derive(Purpose::GetUrl));
        assert_eq!(first.token_seeds(), again.token_seeds());
        assert_ne!(first.token_seeds()[..], [first.master]);
        for name in ["master", "access-tokens"] {
            let mode = fs::metadata(dir.keys().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_damaged_key_is_named_not_replaced() {
        let long = "ab".repeat(33);
        for name in ["master", "access-tokens"] {
            for damage in ["", "short", "\n", &long] {
                let parent = tempfile::tempdir().unwrap();
                let dir = DataDir::prepare(parent.path()).unwrap();
                put(&dir, name, damage, 0o600);
                assert!(matches!(Keys::open(&dir), Err(StoreError::DamagedKey(_))), "{name}: {damage:?}");
            }
        }
    }

    #[test]
    fn token_seeds_may_overlap_and_masters_may_not() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(parent.path()).unwrap();
        let two = format!("{}\n{}\n", "01".repeat(32), "02".repeat(32));
        put(&dir, "access-tokens", &two, 0o600);
        assert_eq!(Keys::open(&dir).unwrap().token_seeds()[..], [[1; 32], [2; 32]]);
        put(&dir, "access-tokens", &"01".repeat(32), 0o600);
        let seeds = Keys::open(&dir).unwrap().token_seeds();
        assert_eq!((seeds.len(), seeds[0]), (2, [1; 32]), "a second one is added");
        assert_eq!(Keys::open(&dir).unwrap().token_seeds(), seeds);
        put(&dir, "master", &two, 0o600);
        assert!(matches!(Keys::open(&dir), Err(StoreError::DamagedKey(_))));
    }

    #[test]
    fn a_rotation_keeps_the_seed_that_signed_and_survives_a_restart() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(parent.path()).unwrap();
        let keys = Keys::open(&dir).unwrap();
        let first = keys.token_seeds();
        keys.rotate().unwrap();
        let second = keys.token_seeds();
        assert_eq!(
            (second.len(), second[0], second[2]),
            (3, first[1], first[0]),
            "the second was published before"
        );
        keys.rotate().unwrap();
        let third = keys.token_seeds();
        assert_eq!((third.len(), third[0], third[2]), (3, second[1], second[0]));
        assert!(!second.contains(&third[1]));
        let again = Keys::open(&dir).unwrap();
        assert_eq!((again.token_seeds(), again.master), (third, keys.master));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        for name in ["master", "access-tokens"] {
            for (mode, is_refused) in
                [(0o644, true), (0o640, true), (0o604, true), (0o620, true), (0o400, false)]
            {
                let parent = tempfile::tempdir().unwrap();
                let dir = DataDir::prepare(parent.path()).unwrap();
                put(&dir, name, &"01".repeat(32), mode);
                let opened = Keys::open(&dir);
                assert_eq!(opened.is_err(), is_refused, "{name}: {mode:o}");
                let Err(error) = opened else { continue };
                let text = error.to_string();
                assert!(text.contains(name) && text.contains(&format!("{mode:o}")), "{text}");
            }
        }
    }
}
