//! Every port, under a plan: each call may be the one at which the process dies or the port fails.

use crate::plan::Plan;
use async_trait::async_trait;
use bytes::Bytes;
use domain::due::DuePlace;
use domain::ports::gallery::{GalleryFilter, GalleryPage, GalleryPlace};
use domain::ports::objects::{
    Listing, NewObject, ObjectHead, Pieces, PutGrant, Reconciled, SignedRequest, Spool,
};
use domain::ports::orchestrator::{Answered, Execution};
use domain::ports::queue::{Delivery, Depth, NewMessage, Receipt};
use domain::ports::uploads::{ChangePlace, Changes, Created, GalleryWrite, Usage};
use domain::ports::{
    DeadLetters, Events, Faces, Gallery, Objects, Orchestrator, PortError, Queue, Uploads,
    dead_letters::DeadLetterPlace,
};
use domain::record::Tombstone;
use domain::{
    Bucket, DeadLetter, DomainEvent, ExecutionInput, ExecutionName, Face, GalleryRow, ObjectKey, QueueName,
    Record, Sha256, Status, TaskToken, TenantId, Timestamp, Upload, UploadId, UserId,
};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A port under a plan.
pub struct Crashing<P> {
    pub port: P,
    pub plan: Arc<Plan>,
}

type Answer<T> = Result<T, PortError>;

#[async_trait]
impl<P: Uploads> Uploads for Crashing<P> {
    async fn create(&self, upload: Upload) -> Answer<Created> {
        self.plan.call("uploads.create", self.port.create(upload)).await
    }
    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Answer<Option<Record>> {
        self.plan.call("uploads.get", self.port.get(tenant, upload)).await
    }
    async fn save(&self, upload: Upload, gallery: GalleryWrite) -> Answer<Upload> {
        self.plan.call("uploads.save", self.port.save(upload, gallery)).await
    }
    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Answer<Changes> {
        self.plan.call("uploads.changed", self.port.changed(tenant, user, status, after, most)).await
    }
    async fn of_content(&self, tenant: &TenantId, user: &UserId, sha256: &Sha256) -> Answer<Option<Upload>> {
        self.plan.call("uploads.of_content", self.port.of_content(tenant, user, sha256)).await
    }
    async fn usage(&self, tenant: &TenantId, user: &UserId) -> Answer<Usage> {
        self.plan.call("uploads.usage", self.port.usage(tenant, user)).await
    }
    async fn due(&self, now: Timestamp, after: Option<DuePlace>, most: usize) -> Answer<Vec<Upload>> {
        self.plan.call("uploads.due", self.port.due(now, after, most)).await
    }
    async fn erase(&self, tombstone: Tombstone) -> Answer<Option<Upload>> {
        self.plan.call("uploads.erase", self.port.erase(tombstone)).await
    }
    async fn scrub(&self) -> Answer<()> {
        self.plan.call("uploads.scrub", self.port.scrub()).await
    }
}

#[async_trait]
impl<P: Gallery> Gallery for Crashing<P> {
    async fn page(
        &self,
        tenant: &TenantId,
        user: &UserId,
        filter: &GalleryFilter,
        after: Option<GalleryPlace>,
        most: usize,
    ) -> Answer<GalleryPage> {
        self.plan.call("gallery.page", self.port.page(tenant, user, filter, after, most)).await
    }
    async fn row(&self, tenant: &TenantId, user: &UserId, place: GalleryPlace) -> Answer<Option<GalleryRow>> {
        self.plan.call("gallery.row", self.port.row(tenant, user, place)).await
    }
}

#[async_trait]
impl<P: Faces> Faces for Crashing<P> {
    async fn put(&self, upload: UploadId, attempt: u32, faces: &[Face]) -> Answer<()> {
        self.plan.call("faces.put", self.port.put(upload, attempt, faces)).await
    }
    async fn get(&self, upload: UploadId, attempt: u32, count: u32) -> Answer<Vec<Face>> {
        self.plan.call("faces.get", self.port.get(upload, attempt, count)).await
    }
    async fn delete(&self, upload: UploadId, last_attempt: u32) -> Answer<()> {
        self.plan.call("faces.delete", self.port.delete(upload, last_attempt)).await
    }
}

#[async_trait]
impl<P: DeadLetters> DeadLetters for Crashing<P> {
    async fn put(&self, letter: DeadLetter) -> Answer<()> {
        self.plan.call("dead_letters.put", self.port.put(letter)).await
    }
    async fn list(
        &self,
        tenant: Option<&TenantId>,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> Answer<Vec<DeadLetter>> {
        self.plan.call("dead_letters.list", self.port.list(tenant, after, most)).await
    }
    async fn get(&self, id: Uuid) -> Answer<Option<DeadLetter>> {
        self.plan.call("dead_letters.get", self.port.get(id)).await
    }
    async fn delete(&self, id: Uuid) -> Answer<()> {
        self.plan.call("dead_letters.delete", self.port.delete(id)).await
    }
    async fn delete_of(&self, tenant: &TenantId, upload: UploadId) -> Answer<()> {
        self.plan.call("dead_letters.delete_of", self.port.delete_of(tenant, upload)).await
    }
}

#[async_trait]
impl<P: Events> Events for Crashing<P> {
    async fn publish(&self, event: &DomainEvent) -> Answer<()> {
        self.plan.call("events.publish", self.port.publish(event)).await
    }
}

#[async_trait]
impl<P: Objects> Objects for Crashing<P> {
    async fn put(&self, bucket: Bucket, key: &ObjectKey, object: NewObject) -> Answer<ObjectHead> {
        self.plan.call("objects.put", self.port.put(bucket, key, object)).await
    }
    async fn head(&self, bucket: Bucket, key: &ObjectKey) -> Answer<Option<ObjectHead>> {
        self.plan.call("objects.head", self.port.head(bucket, key)).await
    }
    async fn get(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Answer<(ObjectHead, Bytes)> {
        self.plan.call("objects.get", self.port.get(bucket, key, etag, range)).await
    }
    async fn stream(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Answer<(ObjectHead, Pieces)> {
        self.plan.call("objects.stream", self.port.stream(bucket, key, etag, range)).await
    }
    async fn spool(&self) -> Answer<Box<dyn Spool>> {
        let port = self.plan.call("objects.spool", self.port.spool()).await?;
        Ok(Box::new(CrashingSpool { port, plan: self.plan.clone() }))
    }
    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&ObjectKey>,
        most: usize,
    ) -> Answer<Listing> {
        self.plan.call("objects.list", self.port.list(bucket, prefix, from, most)).await
    }
    async fn delete(&self, bucket: Bucket, key: &ObjectKey) -> Answer<()> {
        self.plan.call("objects.delete", self.port.delete(bucket, key)).await
    }
    async fn delete_prefix(&self, bucket: Bucket, prefix: &str) -> Answer<u64> {
        self.plan.call("objects.delete_prefix", self.port.delete_prefix(bucket, prefix)).await
    }
    async fn reconcile(&self, from: Option<String>, age: Duration) -> Answer<Reconciled> {
        self.plan.call("objects.reconcile", self.port.reconcile(from, age)).await
    }
    async fn sign_put(&self, grant: &PutGrant, ttl: Duration) -> Answer<SignedRequest> {
        self.port.sign_put(grant, ttl).await
    }
    async fn sign_get(&self, bucket: Bucket, key: &ObjectKey, expires_at: Timestamp) -> Answer<String> {
        self.port.sign_get(bucket, key, expires_at).await
    }
}

struct CrashingSpool {
    port: Box<dyn Spool>,
    plan: Arc<Plan>,
}

#[async_trait]
impl Spool for CrashingSpool {
    async fn append(&mut self, piece: Bytes) -> Answer<()> {
        self.port.append(piece).await
    }
    fn size(&self) -> u64 {
        self.port.size()
    }
    fn sha256(&self) -> Sha256 {
        self.port.sha256()
    }
    async fn put(self: Box<Self>, bucket: Bucket, key: &ObjectKey, content_type: &str) -> Answer<ObjectHead> {
        self.plan.call("spool.put", self.port.put(bucket, key, content_type)).await
    }
}

#[async_trait]
impl<P: Orchestrator> Orchestrator for Crashing<P> {
    async fn start(&self, name: &ExecutionName, input: &ExecutionInput) -> Answer<()> {
        self.plan.call("orchestrator.start", self.port.start(name, input)).await
    }
    async fn succeed(&self, token: &TaskToken, output: Value) -> Answer<Answered> {
        self.plan.call("orchestrator.succeed", self.port.succeed(token, output)).await
    }
    async fn fail(&self, token: &TaskToken, error: &str, cause: &str) -> Answer<Answered> {
        self.plan.call("orchestrator.fail", self.port.fail(token, error, cause)).await
    }
    async fn stop(&self, name: &ExecutionName, error: &str, cause: &str) -> Answer<()> {
        self.plan.call("orchestrator.stop", self.port.stop(name, error, cause)).await
    }
    async fn describe(&self, name: &ExecutionName) -> Answer<Option<Execution>> {
        self.plan.call("orchestrator.describe", self.port.describe(name)).await
    }
}

#[async_trait]
impl<P: Queue> Queue for Crashing<P> {
    async fn send(&self, queue: QueueName, messages: Vec<NewMessage>) -> Answer<()> {
        self.plan.call("queue.send", self.port.send(queue, messages)).await
    }
    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Answer<Vec<Delivery>> {
        match self.plan.is_out("queue.receive") {
            true => Err(PortError::broken("an outage on purpose")),
            // No crash point: a process that dies here has received nothing.
            false => self.port.receive(queue, most, visibility, wait).await,
        }
    }
    async fn acknowledge(&self, queue: QueueName, receipts: &[Receipt]) -> Answer<()> {
        self.plan.call("queue.acknowledge", self.port.acknowledge(queue, receipts)).await
    }
    async fn extend(&self, queue: QueueName, receipt: &Receipt, visibility: Duration) -> Answer<()> {
        self.plan.call("queue.extend", self.port.extend(queue, receipt, visibility)).await
    }
    async fn depth(&self, queue: QueueName) -> Answer<Depth> {
        self.port.depth(queue).await
    }
}
