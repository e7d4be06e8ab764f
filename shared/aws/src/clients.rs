//! The clients of AWS's services, made once when a process starts.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use std::time::Duration;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one try may take: longer than SQS's long poll (20 s), shorter than a Lambda's stage.
const ATTEMPT: Duration = Duration::from_secs(25);
/// How long a call may take with its repeats.
const CALL: Duration = Duration::from_secs(55);
/// Tries of one call, where it was throttled or no answer came.
const MAX_ATTEMPTS: u32 = 3;

/// Where AWS, or what stands in for it, is. Nothing set: AWS, with region and credentials as the SDK finds them
/// (environment, profile, role).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Instead of the environment's.
    pub region: Option<String>,
    /// Of every service: an emulator. `AWS_ENDPOINT_URL` does the same.
    pub endpoint_url: Option<String>,
    /// Of S3 alone: an S3-compatible store.
    pub s3_endpoint_url: Option<String>,
    /// Of Rekognition alone.
    pub rekognition_endpoint_url: Option<String>,
    /// Buckets in the path (`endpoint/bucket/key`) and not in the host name, as most S3-compatible stores want it.
    pub s3_path_style: bool,
}

/// A client for each service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub eventbridge: aws_sdk_eventbridge::Client,
    pub rekognition: aws_sdk_rekognition::Client,
    pub s3: aws_sdk_s3::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    pub sfn: aws_sdk_sfn::Client,
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients with the credentials that the SDK finds. Sends nothing: credentials are fetched with the first request.
    pub async fn connect(connection: &Connection) -> Self {
        let mut loader = aws_config::defaults(behaviour()).timeout_config(timeouts()).retry_config(retries());
        if let Some(region) = &connection.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &connection.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        Clients::new(&loader.load().await, connection)
    }

    /// Clients with everything but the connection's own settings from `config`.
    pub fn new(config: &SdkConfig, connection: &Connection) -> Self {
        Clients {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            eventbridge: aws_sdk_eventbridge::Client::new(config),
            rekognition: rekognition(config, connection),
            s3: s3(config, connection),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            sfn: aws_sdk_sfn::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }
}

/// Pinned: another version may change defaults under our feet.
pub(crate) fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS)
}

fn s3(config: &SdkConfig, connection: &Connection) -> aws_sdk_s3::Client {
    let mut builder = aws_sdk_s3::config::Builder::from(config).force_path_style(connection.s3_path_style);
    if let Some(url) = &connection.s3_endpoint_url {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_s3::Client::from_conf(builder.build())
}

/// Each answered call is paid for, so nothing is repeated behind our back: a call whose answer was lost is a retry of its
/// message.
fn rekognition(config: &SdkConfig, connection: &Connection) -> aws_sdk_rekognition::Client {
    let mut builder =
        aws_sdk_rekognition::config::Builder::from(config).retry_config(RetryConfig::disabled());
    if let Some(url) = &connection.rekognition_endpoint_url {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_rekognition::Client::from_conf(builder.build())
}
