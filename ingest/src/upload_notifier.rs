//! Wakes long polls in this process at once when an upload is saved in it. Saves of other processes do not wake them, so
//! waiters also read again from time to time.

use async_trait::async_trait;
use domain::due::DuePlace;
use domain::ports::uploads::{ChangePlace, Changes, Created, GalleryWrite};
use domain::ports::{PortError, Uploads};
use domain::{Record, Status, TenantId, Timestamp, Tombstone, Upload, UploadId, UserId};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Places to wait at. Uploads that share one wake each other's waiters, which find no change and continue to wait.
const PLACES: usize = 256;

/// Waiters for the save of an upload, or of any upload of an owner.
pub struct UploadNotifier {
    places: Vec<Notify>,
}

impl Default for UploadNotifier {
    fn default() -> Self {
        UploadNotifier { places: (0..PLACES).map(|_| Notify::new()).collect() }
    }
}

impl UploadNotifier {
    /// Ends when the upload is saved, perhaps earlier. Saves from the call on count, even before it is polled.
    pub fn upload(&self, upload: UploadId) -> Notified<'_> {
        self.place(upload).notified()
    }

    /// The same for any upload of an owner.
    pub fn owner(&self, tenant: &TenantId, user: &UserId) -> Notified<'_> {
        self.place((tenant, user)).notified()
    }

    fn notify(&self, tenant: &TenantId, user: &UserId, upload: UploadId) {
        self.place(upload).notify_waiters();
        self.place((tenant, user)).notify_waiters();
    }

    fn place(&self, key: impl Hash) -> &Notify {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        &self.places[(hasher.finish() % PLACES as u64) as usize]
    }
}

/// Upload records that notify waiters of every write.
pub struct NotifyingUploads {
    uploads: Arc<dyn Uploads>,
    notifier: Arc<UploadNotifier>,
}

impl NotifyingUploads {
    /// Wakes waiters of `notifier` for each write to `uploads` through this.
    pub fn new(uploads: Arc<dyn Uploads>, notifier: Arc<UploadNotifier>) -> Self {
        NotifyingUploads { uploads, notifier }
    }

    fn notify(&self, upload: &Upload) {
        self.notifier.notify(&upload.tenant_id, &upload.user_id, upload.upload_id);
    }
}

#[async_trait]
impl Uploads for NotifyingUploads {
    async fn create(&self, upload: Upload) -> Result<Created, PortError> {
        let created = self.uploads.create(upload).await?;
        if let Created::New(upload) = &created {
            self.notify(upload);
        }
        Ok(created)
    }

    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError> {
        self.uploads.get(tenant, upload).await
    }

    async fn save(&self, upload: Upload, gallery: GalleryWrite) -> Result<Upload, PortError> {
        let saved = self.uploads.save(upload, gallery).await?;
        self.notify(&saved);
        Ok(saved)
    }

    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Result<Changes, PortError> {
        self.uploads.changed(tenant, user, status, after, most).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<DuePlace>,
        most: usize,
    ) -> Result<Vec<Upload>, PortError> {
        self.uploads.due(now, after, most).await
    }

    async fn erase(&self, tombstone: Tombstone) -> Result<Option<Upload>, PortError> {
        let erased = self.uploads.erase(tombstone).await?;
        if let Some(upload) = &erased {
            self.notify(upload);
        }
        Ok(erased)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture::{owner, upload_id};
    use std::pin::pin;

    #[test]
    fn waiters_for_an_upload_and_its_owner_are_woken() {
        let notifier = UploadNotifier::default();
        let (tenant, user) = owner();
        let stranger = UserId::parse("ben").unwrap();
        let waiting = [notifier.upload(upload_id(1)), notifier.owner(&tenant, &user)];
        let others = [notifier.upload(upload_id(2)), notifier.owner(&tenant, &stranger)];
        notifier.notify(&tenant, &user, upload_id(1));
        let is_woken = |waiting: Notified<'_>| pin!(waiting).enable();
        assert_eq!(waiting.map(is_woken), [true; 2]);
        assert_eq!(others.map(is_woken), [false; 2]);
        assert!(!is_woken(notifier.upload(upload_id(1))), "an earlier save does not count");
    }
}
