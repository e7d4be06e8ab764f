//! Writes what was made of a photo into a directory.

use anyhow::Context;
use domain::Ports;
use domain::{Bucket, GalleryRow, ObjectKey};
use std::path::{Path, PathBuf};

/// Writes picture, melody, score and preview beside each other, named after the photo; returns the paths. Photos of the
/// same name are kept apart by their number.
pub async fn write(
    ports: &Ports,
    row: &GalleryRow,
    out: &Path,
    number: usize,
    photo: &str,
) -> anyhow::Result<Vec<PathBuf>> {
    let name = stem(photo);
    let name = match out.join(format!("{name}.preview.jpg")).exists() {
        true => format!("{name}-{}", number + 1),
        false => name,
    };
    let files = [
        (&row.picture, "picture.jpg"),
        (&row.melody, "melody.mp3"),
        (&row.score, "melody.mid"),
        (&row.preview, "preview.jpg"),
    ];
    let mut written = Vec::new();
    for (key, ending) in files {
        if let Some(key) = key {
            let path = out.join(format!("{name}.{ending}"));
            copy(ports, key, &path).await?;
            written.push(path);
        }
    }
    Ok(written)
}

async fn copy(ports: &Ports, key: &ObjectKey, path: &Path) -> anyhow::Result<()> {
    let (_, bytes) = ports.objects.get(Bucket::Media, key, None, None).await?;
    tokio::fs::write(path, bytes).await.with_context(|| path.display().to_string())
}

/// A photo's name without its folders and ending, as a file name.
fn stem(photo: &str) -> String {
    let stem = Path::new(photo).file_stem().map_or("photo".into(), |stem| stem.to_string_lossy());
    stem.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | ' ') { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photos_name_is_a_safe_file_name() {
        assert_eq!(stem("holiday/Ana 1.jpg"), "Ana 1");
        assert_eq!(stem("a.b.jpg"), "a_b");
        assert_eq!(stem(".."), "photo");
    }
}
