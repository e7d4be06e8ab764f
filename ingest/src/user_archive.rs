//! Everything of a user as a ZIP archive, which is written while it is read. Contents are stored, not compressed: photos and
//! music are compressed already.
//!
//! `account.json`, `enrolments/N/…` for each enrolled face, `uploads/ID/…` for each upload, and `index.json` at the end, which
//! lists the uploads and their files. Pieces of [`domain::ports::objects::MAX_PIECE_BYTES`] pass through; only the archive's
//! directory and the index stay in memory, about 1 KB per upload.

use crate::auth::documents::UserDocument;
use crate::http::sentences::Language;
use crate::http::{Facts, faces};
use bytes::Bytes;
use domain::enrolment::{Consent, FaceTemplate, Names};
use domain::ports::objects::{MAX_LISTED, Pieces};
use domain::ports::uploads::MAX_UPLOADS;
use domain::ports::{PortError, PortErrorKind};
use domain::session::Session;
use domain::user::User;
use domain::{
    Bucket, Email, Enrolment, FileName, MediaType, ObjectKey, Ports, Record, Status, Timestamp, Upload,
    UploadId,
};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{StreamExt, TryStreamExt};
use rawzip::ZipArchiveWriter;
use rawzip::time::UtcDateTime;
use serde::Serialize;
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{Sender, channel};
use tracing::Instrument;

/// Pieces that wait for the reader.
const MAX_AHEAD: usize = 4;

type Piece = Result<Bytes, PortError>;

/// Why the archive is not written further.
enum Stop {
    /// The reader is gone.
    Left,
    Failed(PortError),
}

#[derive(Serialize)]
struct AccountDocument {
    user: UserDocument,
    password_changed_at: Option<Timestamp>,
    sessions: Vec<SessionRow>,
}

#[derive(Serialize)]
struct SessionRow {
    began_at: Timestamp,
    refreshed_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize)]
struct EnrolmentDocument<'a> {
    email: &'a Email,
    names: &'a Names,
    consent: &'a Consent,
    template: &'a FaceTemplate,
    enrolled_at: Timestamp,
    last_used_at: Timestamp,
}

#[derive(Serialize)]
struct IndexDocument {
    made_at: Timestamp,
    uploads: Vec<IndexRow>,
}

#[derive(Serialize)]
struct IndexRow {
    upload_id: UploadId,
    filename: Option<FileName>,
    created_at: Timestamp,
    state: Status,
    /// Names in the upload's folder.
    files: Vec<String>,
}

/// Bytes that the archive has written and the reader has not.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

struct Archive {
    ports: Ports,
    user: User,
    zip: ZipArchiveWriter<Written>,
    written: Written,
    reader: Sender<Piece>,
    index: Vec<IndexRow>,
}

/// The archive of a user, from its first piece on. An error is the last piece. Dropping the stream ends the work, and
/// `place` is dropped with the work's end.
pub fn write(ports: &Ports, user: User, place: impl Send + 'static) -> BoxStream<'static, Piece> {
    let (reader, pieces) = channel(MAX_AHEAD);
    let written = Written::default();
    let archive = Archive {
        ports: ports.clone(),
        user,
        zip: ZipArchiveWriter::new(written.clone()),
        written,
        reader: reader.clone(),
        index: Vec::new(),
    };
    let work = async move {
        if let Err(Stop::Failed(error)) = archive.whole().await {
            tracing::error!(%error, "an export broke off");
            // A reader that has left misses nothing.
            reader.send(Err(error)).await.unwrap_or_default();
        }
        drop(place);
    };
    tokio::spawn(work.in_current_span());
    unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) }).boxed()
}

impl Archive {
    async fn whole(mut self) -> Result<(), Stop> {
        let made_at = self.ports.clock.now();
        let (tenant, id) = (self.user.tenant_id.clone(), self.user.user_id.clone());
        let sessions = self.ports.sessions.of_user(&tenant, &id, made_at).await?;
        let account = AccountDocument {
            password_changed_at: self.user.password_changed_at,
            user: self.user.clone().into(),
            sessions: sessions.iter().map(SessionRow::of).collect(),
        };
        self.json("account.json", made_at, &account).await?;
        self.enrolments().await?;
        let (mut seen, mut after) = (HashSet::new(), None);
        loop {
            let page = self.ports.uploads.changed(&tenant, &id, None, after, MAX_UPLOADS).await?;
            for upload in page.uploads {
                if seen.insert(upload.upload_id) {
                    self.upload(upload.upload_id).await?;
                }
            }
            after = Some(page.next);
            if !page.more {
                break;
            }
            self.check_user().await?;
        }
        let index = IndexDocument { made_at, uploads: std::mem::take(&mut self.index) };
        self.json("index.json", made_at, &index).await?;
        self.zip.finish().map_err(PortError::broken)?;
        send(&self.written, &self.reader).await
    }

    /// The faces that the account enrolled.
    async fn enrolments(&mut self) -> Result<(), Stop> {
        let enrolments = &self.ports.enrolments;
        let enrolments = enrolments.of_owner(&self.user.tenant_id, &self.user.user_id).await?;
        for (number, enrolment) in (1..).zip(enrolments) {
            let folder = format!("enrolments/{number}");
            let document = EnrolmentDocument::of(&enrolment);
            self.json(&format!("{folder}/enrolment.json"), enrolment.enrolled_at, &document).await?;
            let photo = format!("{folder}/photo.jpg");
            self.object(&photo, enrolment.enrolled_at, (Bucket::UsersPhotos, &enrolment.photo)).await?;
        }
        Ok(())
    }

    /// Errors: the user was erased meanwhile.
    async fn check_user(&self) -> Result<(), Stop> {
        match self.ports.users.get(&self.user.tenant_id, &self.user.user_id).await? {
            Some(_) => Ok(()),
            None => Err(Stop::Failed(PortError::not_found("the user was erased during the export"))),
        }
    }

    /// An upload that was erased meanwhile is left out.
    async fn upload(&mut self, id: UploadId) -> Result<(), Stop> {
        let record = self.ports.uploads.get(&self.user.tenant_id, id).await?;
        let Some(upload) = record.and_then(Record::live) else { return Ok(()) };
        let folder = format!("uploads/{id}");
        let mut files = vec!["status.json".to_owned()];
        let status = format!("{folder}/status.json");
        self.json(&status, upload.changed_at, &Facts::of(&upload, Language::English)).await?;
        if let Some(found) = faces::found(&self.ports, &upload).await? {
            self.json(&format!("{folder}/faces.json"), upload.changed_at, &found).await?;
            files.push("faces.json".to_owned());
        }
        for (name, key) in self.objects(&upload).await? {
            if self.object(&format!("{folder}/{name}"), upload.created_at, (Bucket::Media, &key)).await? {
                files.push(name);
            }
        }
        let row = IndexRow {
            upload_id: id,
            filename: upload.filename().cloned(),
            created_at: upload.created_at,
            state: upload.status,
            files,
        };
        self.index.push(row);
        Ok(())
    }

    /// The objects of an upload, with their names in its folder.
    async fn objects(&self, upload: &Upload) -> Result<Vec<(String, ObjectKey)>, PortError> {
        let (tenant, id) = (&upload.tenant_id, upload.upload_id);
        let mut objects = Vec::new();
        // The photo may be there before its event is handled.
        let (declared, object) = (upload.declared.as_ref(), upload.object.as_ref());
        let media = object.map(|object| object.content_type).or(declared.map(|photo| photo.content_type));
        if let Some(media) = media {
            let declared = || ObjectKey::upload(tenant, &upload.user_id, id);
            let key = object.map_or_else(declared, |object| object.key.clone());
            objects.push((format!("original.{}", ending(media)), key));
            objects.push(("preview.jpg".to_owned(), ObjectKey::preview(tenant, id)));
        }
        for (kind, prefix) in ["picture", "melody"].into_iter().zip(ObjectKey::prefixes_of(tenant, id)) {
            let mut from = None;
            loop {
                let store = &self.ports.objects;
                let page = store.list(Bucket::Media, &prefix, from.as_ref(), MAX_LISTED).await?;
                for (key, _) in page.objects {
                    let attempt = key.as_str().strip_prefix(&prefix).unwrap_or_default();
                    objects.push((format!("{kind}-{}", attempt.replace('/', "-")), key));
                }
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(objects)
    }

    /// Whether there was such an object.
    async fn object(
        &mut self,
        name: &str,
        moment: Timestamp,
        (bucket, key): (Bucket, &ObjectKey),
    ) -> Result<bool, Stop> {
        match self.ports.objects.stream(bucket, key, None, None).await {
            Ok((_, pieces)) => self.file(name, moment, pieces).await.map(|()| true),
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn json(&mut self, name: &str, moment: Timestamp, value: &impl Serialize) -> Result<(), Stop> {
        let json = serde_json::to_vec_pretty(value).map_err(PortError::broken)?;
        let whole = futures_util::stream::once(async { Ok(Bytes::from(json)) });
        self.file(name, moment, whole.boxed()).await
    }

    async fn file(&mut self, name: &str, moment: Timestamp, mut pieces: Pieces) -> Result<(), Stop> {
        let moment = UtcDateTime::from_unix(moment.as_second());
        let file = self.zip.new_file(name).last_modified(moment).start();
        let (mut entry, config) = file.map_err(PortError::broken)?;
        let mut content = config.wrap(&mut entry);
        while let Some(piece) = pieces.try_next().await? {
            content.write_all(&piece).map_err(PortError::broken)?;
            send(&self.written, &self.reader).await?;
        }
        let (_, sums) = content.finish().map_err(PortError::broken)?;
        entry.finish(sums).map_err(PortError::broken)?;
        Ok(())
    }
}

async fn send(written: &Written, reader: &Sender<Piece>) -> Result<(), Stop> {
    reader.send(Ok(written.take())).await.map_err(|_| Stop::Left)
}

/// The usual ending of files of a type.
fn ending(media: MediaType) -> &'static str {
    match media.as_str().rsplit('/').next() {
        Some("jpeg") | None => "jpg",
        Some(ending) => ending,
    }
}

impl Written {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> EnrolmentDocument<'a> {
    fn of(enrolment: &'a Enrolment) -> Self {
        let Enrolment { email, names, consent, template, enrolled_at, last_used_at, .. } = enrolment;
        let (enrolled_at, last_used_at) = (*enrolled_at, *last_used_at);
        EnrolmentDocument { email, names, consent, template, enrolled_at, last_used_at }
    }
}

impl SessionRow {
    fn of(session: &Session) -> Self {
        let Session { began_at, refreshed_at, expires_at, .. } = *session;
        SessionRow { began_at, refreshed_at, expires_at }
    }
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
        Stop::Failed(error)
    }
}
