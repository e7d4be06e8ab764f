//! An account of the emulator, fresh for each test, and what a test has the template make in it.

use crate::emulator::Emulator;
use async_trait::async_trait;
use aws::{Clients, Connection, Resources};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::types::{
    BucketVersioningStatus, EventBridgeConfiguration, NotificationConfiguration, VersioningConfiguration,
};
use aws_sdk_sqs::types::QueueAttributeName;
use domain::contract::Elapse;
use domain::ports::Clock;
use domain::{QueueName, Stage, Timestamp, fixture};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const REGION: &str = "us-east-1";
/// As in the template.
pub const MOST_RECEIVES: u32 = 5;

/// An account with its clients.
pub struct Account {
    id: String,
    pub clients: Clients,
    pub resources: Arc<Resources>,
}

/// A clock that stands at the fixtures' moment.
pub struct Standing;

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        fixture::now()
    }

    async fn sleep_until(&self, _moment: Timestamp) {}
}

/// Winds the emulator's clock, for this account's queues.
#[async_trait]
impl Elapse for Account {
    async fn elapse(&self, duration: Duration) {
        let (url, id, seconds) = (&Emulator::get().url, &self.id, duration.as_secs_f64());
        let url = format!("{url}/_semblante/elapse?account={id}&seconds={seconds}");
        let answer = reqwest::Client::new().post(url).send().await.expect("the emulator answers");
        assert!(answer.status().is_success());
    }
}

impl Account {
    /// An account in which there is nothing.
    pub async fn empty() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(100_000_000_000);
        let id = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let url = &Emulator::get().url;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(&id, "secret", None, None, "test"))
            .endpoint_url(url)
            .load()
            .await;
        let connection = Connection { s3_path_style: true, ..Connection::default() };
        let resources = Resources {
            media_bucket: format!("media-{id}"),
            users_photos_bucket: format!("users-photos-{id}"),
            queue_url_prefix: format!("{url}/{id}/test-"),
            table_prefix: "test-".into(),
            state_machine_arn: format!("arn:aws:states:{REGION}:{id}:stateMachine:test"),
            event_bus: "test".into(),
            secret_id: "test".into(),
        };
        Account { id, clients: Clients::new(&config, &connection), resources: Arc::new(resources) }
    }

    /// With the two buckets, which keep older versions.
    pub async fn with_buckets() -> Self {
        let account = Account::empty().await;
        let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        for bucket in [&account.resources.media_bucket, &account.resources.users_photos_bucket] {
            let s3 = &account.clients.s3;
            s3.create_bucket().bucket(bucket).send().await.expect("the emulator makes it");
            s3.put_bucket_versioning()
                .bucket(bucket)
                .versioning_configuration(versioned.clone())
                .send()
                .await
                .expect("the emulator makes it");
        }
        account
    }

    /// With the twelve queues.
    pub async fn with_queues() -> Self {
        let account = Account::empty().await;
        account.make_queues().await;
        account
    }

    async fn make_queues(&self) {
        for queue in QueueName::live() {
            self.make_queue(queue.dead_letters(), HashMap::new()).await;
            let dead_letters = self.queue_arn(queue.dead_letters());
            let redrive = json!({"deadLetterTargetArn": dead_letters, "maxReceiveCount": MOST_RECEIVES});
            let attributes = [(QueueAttributeName::RedrivePolicy, redrive.to_string())];
            self.make_queue(queue, HashMap::from(attributes)).await;
        }
    }

    async fn make_queue(&self, queue: QueueName, attributes: HashMap<QueueAttributeName, String>) {
        let made = self.clients.sqs.create_queue().queue_name(format!("test-{queue}"));
        let made = made.set_attributes(Some(attributes)).send().await.expect("the emulator makes it");
        assert_eq!(made.queue_url().expect("a queue has a URL"), self.resources.queue_url(queue));
    }

    fn queue_arn(&self, queue: QueueName) -> String {
        format!("arn:aws:sqs:{REGION}:{}:test-{queue}", self.id)
    }

    /// With buckets, queues, and the rule by which uploads raise their events.
    pub async fn with_uploads() -> Self {
        let account = Account::with_buckets().await;
        account.make_queues().await;
        let bucket = &account.resources.media_bucket;
        let notification = NotificationConfiguration::builder()
            .event_bridge_configuration(EventBridgeConfiguration::builder().build())
            .build();
        let configured = account.clients.s3.put_bucket_notification_configuration();
        configured
            .bucket(bucket)
            .notification_configuration(notification)
            .send()
            .await
            .expect("the emulator makes it");
        let pattern = json!({
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "user-uploads/"}]}}
        });
        account.make_rule("uploads", pattern, QueueName::UPLOADS).await;
        account
    }

    /// With the queues, the state machine that sends to them, and the rule by which its failures are told.
    pub async fn with_state_machine() -> Self {
        let account = Account::with_queues().await;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachine/pipeline.asl.json");
        let mut definition = std::fs::read_to_string(path).expect("the definition is there");
        for stage in Stage::ALL {
            let name = format!("${{{}QueueUrl}}", stage.state_name());
            definition = definition.replace(&name, &account.resources.queue_url(QueueName::of(stage)));
        }
        let role = format!("arn:aws:iam::{}:role/test", account.id);
        let made = account.clients.sfn.create_state_machine().name("test").role_arn(role);
        let made = made.definition(definition).send().await.expect("the emulator makes it");
        assert_eq!(made.state_machine_arn(), account.resources.state_machine_arn);
        let pattern = json!({
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]}
        });
        account.make_rule("ends", pattern, QueueName::UPLOADS).await;
        account
    }

    /// With the bus for events out, of which all lie in queue `uploads`.
    pub async fn with_bus() -> Self {
        let account = Account::with_queues().await;
        let bus = &account.resources.event_bus;
        account.clients.eventbridge.create_event_bus().name(bus).send().await.expect("the emulator makes it");
        account.make_rule_on(bus, "all", json!({"source": ["semblante"]}), QueueName::UPLOADS).await;
        account
    }

    async fn make_rule(&self, name: &str, pattern: Value, queue: QueueName) {
        self.make_rule_on("default", name, pattern, queue).await;
    }

    async fn make_rule_on(&self, bus: &str, name: &str, pattern: Value, queue: QueueName) {
        let rule = self.clients.eventbridge.put_rule().event_bus_name(bus).name(name);
        rule.event_pattern(pattern.to_string()).send().await.expect("the emulator makes it");
        let target =
            Target::builder().id("queue").arn(self.queue_arn(queue)).build().expect("a whole target");
        let targets = self.clients.eventbridge.put_targets().event_bus_name(bus).rule(name);
        targets.targets(target).send().await.expect("the emulator makes it");
    }
}
