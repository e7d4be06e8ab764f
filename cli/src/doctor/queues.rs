//! Do the queues answer?

use super::finding::Finding;
use crate::boot::Installation;
use domain::QueueName;

const QUEUES: &str = "queues";

/// Says what waits; how much may wait is for the operator to judge.
pub async fn check(installation: &Installation) -> Finding {
    let mut waiting = 0;
    for queue in QueueName::live() {
        match installation.ports.queue.depth(queue).await {
            Ok(depth) => waiting += depth.visible + depth.hidden,
            Err(error) => return Finding::failed(QUEUES, error, ""),
        }
    }
    Finding::ok(QUEUES, format!("{waiting} messages under way"))
}
