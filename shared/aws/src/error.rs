//! The one mapping of AWS errors to [`PortError`]s.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use domain::ports::{PortError, PortErrorKind};
use std::error::Error;

/// Codes of throttling, quotas and outages: the same request may succeed later.
const BUSY: [&str; 16] = [
    "ConditionalRequestConflict",
    // A million open executions: they end, and others can start.
    "ExecutionLimitExceeded",
    "InternalServerError",
    "LimitExceededException",
    "OverLimit",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];
/// Codes of writes that lost to another write.
const CONFLICT: [&str; 2] = ["ConditionalCheckFailedException", "PreconditionFailed"];
/// Codes of a missing object. A missing table, queue, bucket or secret is not among them: it means a broken installation.
const NOT_FOUND: [&str; 3] = ["NoSuchKey", "NoSuchVersion", "NotFound"];
/// Codes of requests that are refused for good.
const DENIED: [&str; 9] = [
    "EntityTooLarge",
    "InvalidMessageContents",
    "InvalidOutput",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidRange",
    "MetadataTooLarge",
    "ValidationError",
    "ValidationException",
];

#[derive(Debug, thiserror::Error)]
#[error("{call}: {why}")]
struct CallError {
    call: String,
    why: String,
    source: Box<dyn Error + Send + Sync>,
}

/// `call` names the operation and its object: `dynamodb:PutItem uploads`.
pub(crate) fn port<E>(call: impl ToString, error: SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let kind = kind(&error);
    PortError::new(kind, CallError { call: call.to_string(), why: why(&error), source: error.into() })
}

/// The service's error code without the namespace that some protocols prefix; None if it did not answer.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code).map(bare)
}

fn bare(code: &str) -> &str {
    code.rsplit(['#', '.']).next().unwrap_or(code)
}

/// An item or answer that does not have the expected form.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> PortError {
    PortError::broken(format!("unreadable: {error}"))
}

fn kind<E: ProvideErrorMetadata>(error: &SdkError<E>) -> PortErrorKind {
    match error {
        SdkError::TimeoutError(_) => PortErrorKind::Busy,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => PortErrorKind::Busy,
        SdkError::ServiceError(service) => {
            of_answer(service.err().code().map_or("", bare), service.raw().status().as_u16())
        }
        _ => PortErrorKind::Broken,
    }
}

fn of_answer(code: &str, status: u16) -> PortErrorKind {
    if CONFLICT.contains(&code) {
        PortErrorKind::Conflict
    } else if NOT_FOUND.contains(&code) {
        PortErrorKind::NotFound
    } else if DENIED.contains(&code) {
        PortErrorKind::Denied
    } else if BUSY.contains(&code) || matches!(status, 429 | 500 | 502 | 503 | 504) {
        PortErrorKind::Busy
    } else {
        PortErrorKind::Broken
    }
}

fn why<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or("no code");
            format!("{status} {code}: {}", service.err().message().unwrap_or("no message"))
        }
        SdkError::TimeoutError(_) => "no answer in time".into(),
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().map_or_else(|| "not sent".into(), |error| chain(error))
        }
        SdkError::ResponseError(_) => "the answer is unreadable".into(),
        _ => "the request could not be made".into(),
    }
}

/// The error and all its causes.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_kinds() {
        use PortErrorKind::{Broken, Busy, Conflict, Denied, NotFound};
        for (code, status, expected) in [
            ("ThrottlingException", 400, Busy),
            ("ProvisionedThroughputExceededException", 400, Busy),
            ("ExecutionLimitExceeded", 400, Busy),
            ("SlowDown", 503, Busy),
            ("", 500, Busy),
            ("UnknownCode", 503, Busy),
            ("ConditionalCheckFailedException", 400, Conflict),
            ("PreconditionFailed", 412, Conflict),
            ("ConditionalRequestConflict", 409, Busy),
            ("NoSuchKey", 404, NotFound),
            ("NotFound", 404, NotFound),
            ("ResourceNotFoundException", 400, Broken),
            ("com.amazonaws.sqs#QueueDoesNotExist", 400, Broken),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, Broken),
            ("NoSuchBucket", 404, Broken),
            ("AccessDenied", 403, Broken),
            ("ExpiredTokenException", 400, Broken),
            ("com.amazon.coral.validate#ValidationException", 400, Denied),
            ("InvalidRange", 416, Denied),
            ("UnknownCode", 400, Broken),
        ] {
            assert_eq!(of_answer(bare(code), status), expected, "{code} {status}");
        }
    }
}
