//! How often faces are enrolled and compared: per address, per e-mail address and address, and per e-mail address in all.
//! Whether a face is enrolled makes no difference.

use super::enrolments::EnrolmentService;
use crate::auth::{AuthFailure, take};
use domain::ports::throttle::{Beyond, Rule, ThrottleKey};
use domain::{Email, TenantId, UserId};
use std::time::Duration;

/// Requests of an address.
const REQUESTS: Rule = Rule { free: 30, window: Duration::from_secs(60), beyond: Beyond::Refuse };
/// Tries of an address under one e-mail address.
const TRIES: Rule = Rule { free: 10, window: Duration::from_secs(600), beyond: DELAY };
/// Tries of all addresses together under one e-mail address, but those at which it matched: about 1,440 a day.
const STRANGERS: Rule = Rule { free: 30, window: Duration::from_secs(3600), beyond: DELAY };
const DELAY: Beyond = Beyond::Delay { first: Duration::from_secs(1), most: Duration::from_secs(60) };
/// How long an address stays known after a match.
const KNOWN: Rule =
    Rule { free: u32::MAX, window: Duration::from_secs(90 * 24 * 3600), beyond: Beyond::Refuse };

/// A try under an e-mail address.
pub struct Try<'a> {
    pub tenant: &'a TenantId,
    pub email: &'a Email,
    pub address: &'a str,
    /// The account under whose own token it is, wherever it comes from: others cannot use up its tries.
    pub owner: Option<&'a UserId>,
}

impl Try<'_> {
    fn key(&self, count: &str) -> ThrottleKey {
        match self.owner {
            Some(owner) => ThrottleKey::of(&[count, self.tenant.as_str(), owner.as_str()]),
            None => ThrottleKey::of(&[count, self.tenant.as_str(), self.email.as_str(), self.address]),
        }
    }
}

impl EnrolmentService {
    /// Counts a request against its address's limit.
    pub(super) async fn admit(&self, address: &str) -> Result<(), AuthFailure> {
        self.take(ThrottleKey::of(&["faces", address]), &REQUESTS).await
    }

    /// Counts a try before its photo is looked at, so that concurrent ones count too. A try that the others' tries hold up
    /// is not counted as the address's own.
    pub(super) async fn count(&self, one: &Try<'_>) -> Result<(), AuthFailure> {
        let now = self.ports.clock.now();
        if one.owner.is_some() || self.ports.throttle.count(one.key("known face"), now).await? > 0 {
            return self.take(one.key("face tries"), &TRIES).await;
        }
        let strangers = ThrottleKey::of(&["face strangers", one.tenant.as_str(), one.email.as_str()]);
        // One that has to wait for its own sake does not hold up the others.
        if self.ports.throttle.count(one.key("face tries"), now).await? >= TRIES.free {
            self.take(one.key("face tries"), &TRIES).await?;
            return self.take(strangers, &STRANGERS).await;
        }
        self.take(strangers, &STRANGERS).await?;
        self.take(one.key("face tries"), &TRIES).await
    }

    /// After a match, or an enrolment by its account: the tries are forgiven, and the address is known.
    pub(super) async fn forgive(&self, one: &Try<'_>) -> Result<(), AuthFailure> {
        self.ports.throttle.forgive(one.key("face tries")).await?;
        match one.owner {
            Some(_) => Ok(()),
            None => self.take(one.key("known face"), &KNOWN).await,
        }
    }

    async fn take(&self, key: ThrottleKey, rule: &Rule) -> Result<(), AuthFailure> {
        take(&self.ports, key, rule).await
    }
}
