//! Counts of attempts in DynamoDB: read, decided by the rule, written if unchanged meanwhile.

use crate::clients::Clients;
use crate::clock::from_ms;
use crate::items::{Condition, Item, Items, expiry, item, number, number_of, text};
use crate::tables::{EXPIRY, Table};
use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::throttle::{Rule, Tally, ThrottleKey, Wait};
use domain::ports::{self, PortError, PortErrorKind};
use settings::Resources;

/// How often a count that lost to another one is decided anew. Rules allow fewer attempts at once.
const MAX_ROUNDS: usize = 64;

#[derive(Clone)]
pub struct Throttle {
    counts: Items,
}

impl Throttle {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        Throttle { counts: Items::new(clients, resources, Table::Throttle) }
    }
}

fn key(key: ThrottleKey) -> Item {
    item([("key", text(hex::encode(key.0.bytes())))])
}

fn tally(found: &Item) -> Result<Tally, PortError> {
    Ok(Tally {
        count: number_of(found, "tries")?,
        not_before: from_ms(number_of(found, "not_before_ms")?),
        expires_at: from_ms(number_of(found, "expires_at_ms")?),
    })
}

fn counted(name: ThrottleKey, tally: Tally) -> Item {
    let mut item = key(name);
    item.insert("tries".into(), number(tally.count));
    item.insert("not_before_ms".into(), number(tally.not_before.as_millisecond()));
    item.insert("expires_at_ms".into(), number(tally.expires_at.as_millisecond()));
    item.insert(EXPIRY.into(), expiry(tally.expires_at));
    item
}

/// The count is still the one that was read.
fn unchanged(read: Option<Tally>) -> Condition {
    let Some(tally) = read else { return Condition::new("attribute_not_exists(#key)") };
    Condition::new("tries = :tries AND not_before_ms = :not_before AND expires_at_ms = :expires_at")
        .with(":tries", number(tally.count))
        .with(":not_before", number(tally.not_before.as_millisecond()))
        .with(":expires_at", number(tally.expires_at.as_millisecond()))
}

#[async_trait]
impl ports::Throttle for Throttle {
    async fn take(
        &self,
        name: ThrottleKey,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Result<(), Wait>, PortError> {
        for _ in 0..MAX_ROUNDS {
            let read = self.counts.get(key(name)).await?.as_ref().map(tally).transpose()?;
            let next = match rule.take(read, now) {
                Ok(next) => next,
                Err(wait) => return Ok(Err(wait)),
            };
            match self.counts.put(counted(name, next), unchanged(read)).await {
                Ok(()) => return Ok(Ok(())),
                Err(error) if error.kind == PortErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        Err(PortError::new(PortErrorKind::Busy, "the count changes faster than it can be written"))
    }

    async fn count(&self, name: ThrottleKey, now: Timestamp) -> Result<u32, PortError> {
        let read = self.counts.get(key(name)).await?.as_ref().map(tally).transpose()?;
        Ok(read.filter(|tally| now < tally.expires_at).map_or(0, |tally| tally.count))
    }

    async fn forgive(&self, name: ThrottleKey) -> Result<(), PortError> {
        self.counts.delete(key(name), None).await
    }
}
