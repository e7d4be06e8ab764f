//! The clients of the AWS services, created once per process.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use std::time::Duration;

/// The time limit for a connection attempt.
const CONNECT: Duration = Duration::from_secs(3);
/// The time limit for one attempt of a call: above SQS's long poll (20 s), below a stage function's timeout.
const ATTEMPT: Duration = Duration::from_secs(25);
/// The time limit for a call with its retries.
const CALL: Duration = Duration::from_secs(55);
/// The most attempts of a call that is throttled or not answered.
const MAX_ATTEMPTS: u32 = 3;

/// Where the services are. The default is AWS, with region and credentials as the SDK finds them (environment, profile,
/// role).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Overrides the region of the environment.
    pub region: Option<String>,
    /// Of every service, for an emulator; `AWS_ENDPOINT_URL` does the same.
    pub endpoint_url: Option<String>,
    /// Of S3 only, for an S3-compatible store.
    pub s3_endpoint_url: Option<String>,
    pub rekognition_endpoint_url: Option<String>,
    /// Puts the bucket in the path (`endpoint/bucket/key`), not in the host name, as most S3-compatible stores require.
    pub s3_path_style: bool,
}

/// A client for each service; cloning shares them.
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
    /// Clients with the credentials that the SDK finds. Credentials are fetched with the first request, not here.
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

    /// The settings of `connection` override those of `config`.
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

/// Pinned, because another version may change defaults.
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

/// Without retries: each answered call is billed, so a call whose answer was lost is repeated by its message, not by the SDK.
fn rekognition(config: &SdkConfig, connection: &Connection) -> aws_sdk_rekognition::Client {
    let mut builder =
        aws_sdk_rekognition::config::Builder::from(config).retry_config(RetryConfig::disabled());
    if let Some(url) = &connection.rekognition_endpoint_url {
        builder = builder.endpoint_url(url);
    }
    aws_sdk_rekognition::Client::from_conf(builder.build())
}
