//! Photos of the file system: the files that a command line names, and their content.

use anyhow::{Context, bail};
use bytes::Bytes;
use domain::{FileName, MediaType};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Files of one run.
const MAX_FILES: usize = 100_000;
/// The argument that stands for standard input.
pub const STDIN: &str = "-";

/// Why a file is not taken for a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Stable: programs go by it.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// Files that are named, and every photo in directories that are named, by path. Errors: a path that does not exist, a
/// directory that cannot be read or has no photo, too many files.
pub fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let about = fs::metadata(path).with_context(|| path.display().to_string())?;
        match about.is_dir() {
            true => match photos_in(path)? {
                photos if photos.is_empty() => {
                    bail!("{}: no photo ({}) in it", path.display(), MediaType::NAMES)
                }
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

/// By its first bytes. An unreadable file is reported later, when it is read.
fn may_be_a_photo(path: &Path) -> bool {
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MediaType::SNIFF_BYTES).read_to_end(&mut first));
    read.is_err() || MediaType::sniff(&first).is_some()
}

/// A photo's content, of at most `max_bytes`; `-` reads standard input.
pub fn read(file: &Path, max_bytes: u64) -> Result<Bytes, Unread> {
    let content = match is_stdin(file) {
        true => content(io::stdin().lock(), max_bytes),
        false => File::open(file).and_then(|file| content(file, max_bytes)),
    };
    let content = content.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unread { code: "no_such_file", detail: "the file does not exist".to_owned() },
        _ => Unread { code: "unreadable_file", detail: error.to_string() },
    })?;
    if content.len() as u64 > max_bytes {
        return Err(Unread {
            code: "image_too_large",
            detail: format!("it has more than {max_bytes} bytes"),
        });
    }
    match MediaType::sniff(&content) {
        Some(_) => Ok(Bytes::from(content)),
        None => Err(Unread { code: "unsupported_type", detail: MediaType::refusal(&content) }),
    }
}

fn content(input: impl Read, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    input.take(max_bytes + 1).read_to_end(&mut content)?;
    Ok(content)
}

pub fn is_stdin(file: &Path) -> bool {
    file == Path::new(STDIN)
}

/// The name of a file without its folders.
pub fn name(file: &Path) -> Option<FileName> {
    FileName::of(&file.file_name()?.to_string_lossy())
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

    #[test]
    fn what_is_not_a_photo_is_refused_with_code_and_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        let photo = at("a.jpg", b"\xff\xd8\xff\xe0");
        assert_eq!(read(&photo, 4), Ok(Bytes::from_static(b"\xff\xd8\xff\xe0")));
        for (path, max_bytes, code, part) in [
            (photo.clone(), 3, "image_too_large", "more than 3 bytes"),
            (at("b.jpg", b"plain text"), 99, "unsupported_type", "this kind of file is not supported"),
            (
                at("c.jpg", b""),
                99,
                "unsupported_type",
                "an empty file is not supported; send JPEG, PNG, WebP",
            ),
            (at("d.mp4", b"\0\0\0\x18ftypmp42...."), 99, "unsupported_type", "a video"),
            (folder.path().join("absent"), 99, "no_such_file", "does not exist"),
            (folder.path().to_owned(), 99, "unreadable_file", "directory"),
        ] {
            let unread = read(&path, max_bytes).unwrap_err();
            assert_eq!(unread.code, code, "{unread}");
            assert!(unread.detail.contains(part), "{unread}");
        }
    }
}
