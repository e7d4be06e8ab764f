//! Finds what a crash can leave behind between files and rows of objects: files without rows, which are removed, and rows
//! without files, which are reported. It goes in bounded steps beside a running server.

use crate::object_files::ListedFile;
use crate::object_rows::{self, Placed};
use crate::object_writer::ObjectWriter;
use domain::ports::PortError;
use domain::ports::objects::Reconciled;
use domain::{Bucket, ObjectKey};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The most files, or rows, of one step.
const MAX_STEP: usize = 1000;

/// The place behind which a step begins.
#[derive(Debug, PartialEq, Eq)]
enum Cursor {
    /// A path below `objects`.
    File(PathBuf),
    Row(String, String),
}

impl Cursor {
    /// Reads [`Cursor::write`]; an unknown text is the beginning.
    fn parse(text: Option<&str>) -> Self {
        let row = |text: &str| {
            let (bucket, key) = text.strip_prefix("row ")?.split_once(' ')?;
            Some(Cursor::Row(bucket.to_owned(), key.to_owned()))
        };
        let file = |text: &str| Some(Cursor::File(text.strip_prefix("file ")?.into()));
        text.and_then(|text| row(text).or_else(|| file(text))).unwrap_or(Cursor::File(PathBuf::new()))
    }

    fn write(&self) -> String {
        match self {
            Cursor::File(path) => format!("file {}", path.display()),
            Cursor::Row(bucket, key) => format!("row {bucket} {key}"),
        }
    }
}

impl ObjectWriter {
    /// One step of [`domain::ports::Objects::reconcile`]: through the files first, then through the rows.
    pub(crate) async fn reconcile(&self, from: Option<&str>, age: Duration) -> Result<Reconciled, PortError> {
        match Cursor::parse(from) {
            Cursor::File(after) => self.reconcile_files(&after, age).await,
            Cursor::Row(bucket, key) => self.reconcile_rows(bucket, key).await,
        }
    }

    async fn reconcile_files(&self, after: &Path, age: Duration) -> Result<Reconciled, PortError> {
        let after = after.to_owned();
        let files = self.files.run(move |files| files.list(&after, MAX_STEP)).await?;
        let next = match files.last().filter(|_| files.len() == MAX_STEP) {
            Some(last) => Cursor::File(last.path.clone()),
            None => Cursor::Row(String::new(), String::new()),
        };
        let old: Vec<ListedFile> = files.into_iter().filter(|file| is_old(file, age)).collect();
        let versions = old.iter().filter_map(|file| file.version().map(str::to_owned)).collect();
        let unknown = self.store.read(|rows| object_rows::unknown_versions(rows, versions)).await?;
        let orphans: Vec<PathBuf> = old
            .into_iter()
            .filter(|file| file.version().is_none_or(|version| unknown.contains(version)))
            .map(|file| file.path)
            .collect();
        let removed = orphans.len() as u64;
        self.files.run(move |files| files.remove_all(&orphans)).await?;
        Ok(Reconciled { removed, next: Some(next.write()), ..Reconciled::default() })
    }

    async fn reconcile_rows(&self, bucket: String, key: String) -> Result<Reconciled, PortError> {
        let rows =
            self.store.read(move |rows| object_rows::list_versions(rows, (&bucket, &key), MAX_STEP)).await?;
        let last = rows.last().filter(|_| rows.len() == MAX_STEP);
        let next = last.map(|(bucket, key, _)| Cursor::Row(bucket.as_str().into(), key.to_string()).write());
        let missing = self.files.run(move |files| {
            let is_missing = |(bucket, key, version): &Placed| !files.path(*bucket, key, version).is_file();
            Ok(rows.into_iter().filter(is_missing).collect::<Vec<_>>())
        });
        let mut lost = Vec::new();
        for (bucket, key, version) in missing.await? {
            // It may have been deleted since the row was read.
            if self.has_version(bucket, &key, version).await? {
                lost.push((bucket, key));
            }
        }
        Ok(Reconciled { lost, next, ..Reconciled::default() })
    }

    async fn has_version(&self, bucket: Bucket, key: &ObjectKey, version: String) -> Result<bool, PortError> {
        let key = key.clone();
        let row = self.store.read(move |rows| object_rows::find(rows, bucket, &key)).await?;
        Ok(row.is_some_and(|row| row.version == version))
    }

    /// Every step, after the drafts of a dead process are removed. No put may be under way.
    pub(crate) async fn reconcile_all(&self, age: Duration) -> Result<Reconciled, PortError> {
        self.files.run(|files| files.clear_drafts()).await?;
        let mut all = Reconciled::default();
        let mut from = None;
        loop {
            let step = self.reconcile(from.as_deref(), age).await?;
            all.removed += step.removed;
            all.lost.extend(step.lost);
            if step.next.is_none() {
                return Ok(all);
            }
            from = step.next;
        }
    }
}

fn is_old(file: &ListedFile, age: Duration) -> bool {
    SystemTime::now().duration_since(file.modified).is_ok_and(|passed| passed >= age)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_files::ObjectFiles;
    use crate::objects::Objects;
    use crate::store::{Options, Store};
    use bytes::Bytes;
    use domain::ports::Objects as _;
    use domain::ports::objects::NewObject;
    use std::fs;

    fn key(raw: &str) -> ObjectKey {
        ObjectKey::parse(raw).unwrap()
    }

    async fn put(objects: &Objects, raw: &str) {
        let bytes = Bytes::from_static(b"content");
        let object = NewObject { bytes, content_type: "image/jpeg".into(), metadata: Default::default() };
        objects.put(Bucket::Media, &key(raw), object).await.unwrap();
    }

    /// A put that died before its commit.
    fn orphan(files: &ObjectFiles, raw: &str) -> PathBuf {
        let mut draft = files.draft().unwrap();
        draft.append(b"secret").unwrap();
        let version = files.place(Bucket::Media, &key(raw), draft).unwrap();
        files.path(Bucket::Media, &key(raw), &version)
    }

    #[tokio::test]
    async fn files_without_rows_are_removed_while_the_server_runs() {
        let root = tempfile::tempdir().unwrap();
        let objects =
            Objects::new(&Store::open(root.path(), Options::default()).unwrap(), "http://localhost");
        put(&objects, "user-uploads/acme/ana/a").await;
        put(&objects, "user-uploads/acme/ana/a/b").await;
        let long = "ж".repeat(300);
        put(&objects, &long).await;
        let files = &objects.writer.files;
        let orphans =
            ["user-uploads/acme/ana/a", "user-uploads/acme/bob/x", &long].map(|raw| orphan(files, raw));
        let mut spool = objects.spool().await.unwrap();
        spool.append(Bytes::from_static(b"under way")).await.unwrap();
        let young = objects.reconcile(None, Duration::from_secs(3600)).await.unwrap();
        assert_eq!(young.removed, 0);
        let step = objects.reconcile(None, Duration::ZERO).await.unwrap();
        assert_eq!((step.removed, step.lost), (3, vec![]));
        assert!(orphans.iter().all(|path| !path.exists()));
        assert!(!root.path().join("objects/media/user-uploads/acme/bob").exists(), "its folder is empty");
        for raw in ["user-uploads/acme/ana/a", "user-uploads/acme/ana/a/b", &long] {
            assert!(objects.get(Bucket::Media, &key(raw), None, None).await.is_ok(), "{raw}");
        }
        spool.put(Bucket::Media, &key("spooled"), "image/jpeg").await.unwrap();
    }

    #[tokio::test]
    async fn rows_without_files_are_reported() {
        let root = tempfile::tempdir().unwrap();
        let objects =
            Objects::new(&Store::open(root.path(), Options::default()).unwrap(), "http://localhost");
        put(&objects, "kept").await;
        put(&objects, "lost").await;
        let lost = fs::read_dir(root.path().join("objects/media")).unwrap().flatten();
        let lost = lost.map(|entry| entry.path()).find(|path| path.display().to_string().contains("lost@"));
        fs::remove_file(lost.unwrap()).unwrap();
        let all = objects.reconcile_all(Duration::ZERO).await.unwrap();
        assert_eq!((all.removed, all.lost), (0, vec![(Bucket::Media, key("lost"))]));
        assert!(objects.head(Bucket::Media, &key("lost")).await.unwrap().is_some(), "it is not deleted");
    }

    #[tokio::test]
    async fn steps_are_bounded_and_go_on_where_the_last_one_ended() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Options::default()).unwrap();
        let objects = Objects::new(&store, "http://localhost");
        let files = objects.writer.files.clone();
        for number in 0..2 * MAX_STEP + 1 {
            let folder = root.path().join(format!("objects/media/{}", number % 7));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{number}@{number}")), b"x").unwrap();
        }
        let mut removed = Vec::new();
        let mut from = None;
        loop {
            let step = objects.reconcile(from, Duration::ZERO).await.unwrap();
            removed.push(step.removed);
            from = step.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(removed, [MAX_STEP as u64, MAX_STEP as u64, 1, 0]);
        assert!(files.list(Path::new(""), 1).unwrap().is_empty());
    }

    #[test]
    fn cursors_read_back() {
        for cursor in [Cursor::File("media/a b@1".into()), Cursor::Row("media".into(), "a b".into())] {
            assert_eq!(Cursor::parse(Some(&cursor.write())), cursor);
        }
        assert_eq!(Cursor::parse(None), Cursor::File(PathBuf::new()));
        assert_eq!(Cursor::parse(Some("nonsense")), Cursor::File(PathBuf::new()));
    }
}
