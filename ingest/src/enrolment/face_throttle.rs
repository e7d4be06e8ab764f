//! How often faces are enrolled and compared: per address, per e-mail address and address, and per e-mail address in all.
//! Whether a face is enrolled makes no difference.

use super::enrolments::EnrolmentService;
use super::face_failure::EnrolmentFailure;
use domain::ports::throttle::{Beyond, Rule, ThrottleKey};
use domain::{Email, TenantId};
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
}

impl Try<'_> {
    fn key(&self, count: &str) -> ThrottleKey {
        ThrottleKey::of(&[count, self.tenant.as_str(), self.email.as_str(), self.address])
    }
}

impl EnrolmentService {
    /// Counts a request against its address's limit.
    pub(super) async fn admit(&self, address: &str) -> Result<(), EnrolmentFailure> {
        self.take(ThrottleKey::of(&["faces", address]), &REQUESTS).await
    }

    /// Counts a try before its photo is looked at, so that concurrent ones count too.
    pub(super) async fn count(&self, one: &Try<'_>) -> Result<(), EnrolmentFailure> {
        self.take(one.key("face tries"), &TRIES).await?;
        if self.ports.throttle.count(one.key("known face"), self.ports.clock.now()).await? == 0 {
            let strangers = ThrottleKey::of(&["face strangers", one.tenant.as_str(), one.email.as_str()]);
            self.take(strangers, &STRANGERS).await?;
        }
        Ok(())
    }

    /// After a match: the tries are forgiven and the address is known.
    pub(super) async fn forgive(&self, one: &Try<'_>) -> Result<(), EnrolmentFailure> {
        self.ports.throttle.forgive(one.key("face tries")).await?;
        self.take(one.key("known face"), &KNOWN).await
    }

    async fn take(&self, key: ThrottleKey, rule: &Rule) -> Result<(), EnrolmentFailure> {
        let now = self.ports.clock.now();
        let wait =
            |until: domain::Timestamp| Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let taken = self.ports.throttle.take(key, rule, now).await?;
        taken.map_err(|refused| EnrolmentFailure::TooManyAttempts { wait: wait(refused.until) })
    }
}
