//! An account of the emulator, fresh for each test, and what a test has the template make in it.

use crate::emulator::{self, Emulator};
use async_trait::async_trait;
use aws::tables::{EXPIRY, Holds, Index, Key, KeyAttribute};
use aws::{Clients, Connection, Resources, Table};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::types::{
    BucketVersioningStatus, EventBridgeConfiguration, NotificationConfiguration, VersioningConfiguration,
};
use aws_sdk_sqs::types::QueueAttributeName;
use deadline::LIMIT;
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
pub const MAX_RECEIVES: u32 = 5;

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

/// A clock that moves when it is told to, from the fixtures' moment on.
#[derive(Default)]
pub struct Winder {
    ahead_ms: AtomicU64,
}

#[async_trait]
impl Clock for Winder {
    fn now(&self) -> Timestamp {
        fixture::now() + Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    async fn sleep_until(&self, _moment: Timestamp) {}
}

#[async_trait]
impl Elapse for Winder {
    async fn elapse(&self, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).expect("a short while");
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

/// Winds the emulator's clock, for this account's queues.
#[async_trait]
impl Elapse for Account {
    async fn elapse(&self, duration: Duration) {
        let (url, id, seconds) = (&Emulator::get().url, &self.id, duration.as_secs_f64());
        let url = format!("{url}/_semblante/elapse?account={id}&seconds={seconds}");
        let answer = emulator::http().post(url).send().await.expect("the emulator answers");
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
            .credentials_provider(Credentials::new(&id, "test", None, None, "test"))
            .endpoint_url(url)
            .timeout_config(TimeoutConfig::builder().operation_timeout(LIMIT).build())
            .load()
            .await;
        let connection = Connection { s3_path_style: true, ..Connection::default() };
        let resources = Resources {
            media_bucket: format!("media-{id}"),
            users_photos_bucket: format!("users-photos-{id}"),
            // Its queues say so, wherever it listens.
            queue_url_prefix: format!("{}/{id}/test-", url.replace("127.0.0.1", "localhost")),
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
        account.make_buckets().await;
        account
    }

    async fn make_buckets(&self) {
        let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        for bucket in [&self.resources.media_bucket, &self.resources.users_photos_bucket] {
            let s3 = &self.clients.s3;
            s3.create_bucket().bucket(bucket).send().await.expect("the emulator makes it");
            s3.put_bucket_versioning()
                .bucket(bucket)
                .versioning_configuration(versioned.clone())
                .send()
                .await
                .expect("the emulator makes it");
        }
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
            let redrive = json!({"deadLetterTargetArn": dead_letters, "maxReceiveCount": MAX_RECEIVES});
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
        let account = Account::with_queues().await;
        account.make_uploads().await;
        account
    }

    async fn make_uploads(&self) {
        self.make_buckets().await;
        let bucket = &self.resources.media_bucket;
        let notification = NotificationConfiguration::builder()
            .event_bridge_configuration(EventBridgeConfiguration::builder().build())
            .build();
        let configured = self.clients.s3.put_bucket_notification_configuration();
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
        self.make_rule("uploads", pattern, QueueName::UPLOADS).await;
    }

    /// With the queues, the state machine that sends to them, and the rule by which its failures are told.
    pub async fn with_state_machine() -> Self {
        let account = Account::with_queues().await;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachine/pipeline.asl.json");
        let mut definition = std::fs::read_to_string(path).expect("the definition is there");
        definition = definition.replace("${Partition}", "aws");
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

    /// With everything.
    pub async fn whole() -> Self {
        let account = Account::with_state_machine().await;
        account.make_uploads().await;
        account.make_tables().await;
        let bus = &account.resources.event_bus;
        account.clients.eventbridge.create_event_bus().name(bus).send().await.expect("the emulator makes it");
        account
    }

    /// With the secret, as the template has it made.
    pub async fn with_secret() -> Self {
        let account = Account::empty().await;
        let document = json!({"master": "07".repeat(32)}).to_string();
        let made = account.clients.secrets.create_secret().name(&account.resources.secret_id);
        made.secret_string(document).send().await.expect("the emulator makes it");
        account
    }

    /// What the emulator counted of this account's calls.
    pub async fn ledger(&self) -> Value {
        self.told("ledger").await
    }

    /// Has Rekognition answer so from now on.
    pub async fn rekognition_answers(&self, answer: &str) {
        let url =
            format!("{}/_semblante/rekognition?account={}&answer={answer}", Emulator::get().url, self.id);
        let answer = emulator::http().post(url).send().await.expect("the emulator answers");
        assert!(answer.status().is_success());
    }

    /// How often Rekognition was asked.
    pub async fn rekognition_calls(&self) -> u64 {
        self.told("rekognition").await["calls"].as_u64().expect("a number")
    }

    async fn told(&self, what: &str) -> Value {
        let url = format!("{}/_semblante/{what}?account={}", Emulator::get().url, self.id);
        let answer = emulator::http().get(url).send().await.expect("the emulator answers");
        serde_json::from_slice(&answer.bytes().await.expect("a whole answer")).expect("JSON")
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

    /// With every table.
    pub async fn with_tables() -> Self {
        let account = Account::empty().await;
        account.make_tables().await;
        account
    }

    async fn make_tables(&self) {
        for table in Table::ALL {
            self.make_table(table).await;
        }
    }

    async fn make_table(&self, table: Table) {
        let (name, dynamodb) = (self.resources.table(table.as_str()), &self.clients.dynamodb);
        let indexes: Vec<_> = table.indexes().iter().map(index).collect();
        let keys = std::iter::once(table.key()).chain(table.indexes().iter().map(|index| index.key));
        let mut attributes: Vec<KeyAttribute> =
            keys.flat_map(|key| [Some(key.partition), key.sort]).flatten().collect();
        attributes.sort_by_key(|attribute| attribute.name);
        attributes.dedup();
        dynamodb
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes.into_iter().map(attribute).collect()))
            .set_key_schema(Some(schema(table.key())))
            .set_global_secondary_indexes(Some(indexes).filter(|indexes| !indexes.is_empty()))
            .send()
            .await
            .expect("the emulator makes it");
        if table.expires() {
            let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRY).build();
            let update = dynamodb.update_time_to_live().table_name(&name);
            let update = update.time_to_live_specification(expiry.expect("a whole specification"));
            update.send().await.expect("the emulator takes it");
        }
    }
}

fn attribute(attribute: KeyAttribute) -> AttributeDefinition {
    let kind = if attribute.is_number { ScalarAttributeType::N } else { ScalarAttributeType::S };
    let definition = AttributeDefinition::builder().attribute_name(attribute.name).attribute_type(kind);
    definition.build().expect("a whole definition")
}

fn schema(key: Key) -> Vec<KeySchemaElement> {
    let element = |attribute: KeyAttribute, kind: KeyType| {
        let element = KeySchemaElement::builder().attribute_name(attribute.name).key_type(kind);
        element.build().expect("a whole element")
    };
    let sort = key.sort.map(|sort| element(sort, KeyType::Range));
    std::iter::once(element(key.partition, KeyType::Hash)).chain(sort).collect()
}

fn index(index: &Index) -> GlobalSecondaryIndex {
    let (kind, attributes) = match index.holds {
        Holds::Items => (ProjectionType::All, None),
        Holds::Keys => (ProjectionType::KeysOnly, None),
        Holds::Attributes(names) => {
            (ProjectionType::Include, Some(names.iter().map(|name| (*name).to_owned()).collect()))
        }
    };
    let projection = Projection::builder().projection_type(kind).set_non_key_attributes(attributes);
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(schema(index.key)))
        .projection(projection.build())
        .build()
        .expect("a whole index")
}
