//! The contract of [`crate::ports::Enrolments`].

use crate::enrolment::Enrolment;
use crate::fixture::{self, enrolment};
use crate::owner::{TenantId, UserId};
use crate::ports::{Enrolments, PortErrorKind};

async fn saved(enrolments: &dyn Enrolments, enrolment: Enrolment) -> Enrolment {
    enrolments.save(enrolment).await.expect("saving works")
}

/// An address of a tenant has one enrolment, and only the newest version of it is changed or deleted.
pub async fn an_address_is_enrolled_once(enrolments: &dyn Enrolments) {
    let first = enrolment("ana@example.org");
    let stored = saved(enrolments, first.clone()).await;
    assert_eq!(stored, Enrolment { version: 1, ..first.clone() });
    let again = enrolments.save(first.clone()).await.expect_err("the address is enrolled");
    assert_eq!(again.kind, PortErrorKind::Conflict);
    let found = enrolments.get(&first.tenant_id, &first.email).await.expect("reading works");
    assert_eq!(found.as_ref(), Some(&stored));
    let stranger = TenantId::parse("stranger").expect("a legal id");
    assert_eq!(enrolments.get(&stranger, &first.email).await.expect("reading works"), None);
    saved(enrolments, Enrolment { tenant_id: stranger, ..first.clone() }).await;

    let replaced = saved(enrolments, Enrolment { owner: None, ..stored.clone() }).await;
    assert_eq!(replaced.version, 2);
    for stale in [enrolments.save(stored.clone()).await.map(drop), enrolments.delete(&stored).await] {
        assert_eq!(stale.expect_err("the version is old").kind, PortErrorKind::Conflict);
    }
    enrolments.delete(&replaced).await.expect("deleting works");
    enrolments.delete(&replaced).await.expect("deleting again works");
    assert_eq!(enrolments.get(&first.tenant_id, &first.email).await.expect("reading works"), None);
    let lost = enrolments.save(replaced).await.expect_err("a deleted enrolment does not come back");
    assert_eq!(lost.kind, PortErrorKind::Conflict);
    saved(enrolments, first).await;
}

/// The enrolments of an account are found by it alone.
pub async fn an_owner_finds_theirs(enrolments: &dyn Enrolments) {
    let ana = saved(enrolments, enrolment("ana@example.org")).await;
    let open = Enrolment { owner: None, ..enrolment("bea@example.org") };
    saved(enrolments, open).await;
    let (tenant, owner) = fixture::owner();
    assert_eq!(
        enrolments.of_owner(&tenant, &owner).await.expect("reading works"),
        std::slice::from_ref(&ana)
    );
    let bea = UserId::parse("bea").expect("a legal id");
    assert_eq!(enrolments.of_owner(&tenant, &bea).await.expect("reading works"), []);
    enrolments.delete(&ana).await.expect("deleting works");
    assert_eq!(enrolments.of_owner(&tenant, &owner).await.expect("reading works"), []);
}

/// What was not used for long is listed, the longest unused first, until it is used again or deleted.
pub async fn unused_ones_are_listed(enrolments: &dyn Enrolments) {
    let mut stored = Vec::new();
    for (email, used_after_s) in [("c@example.org", 3), ("a@example.org", 1), ("b@example.org", 2)] {
        let used = Enrolment { last_used_at: fixture::later(used_after_s), ..enrolment(email) };
        stored.push(saved(enrolments, used).await);
    }
    let [c, a, b] = &stored[..] else { panic!("three enrolments") };
    let list = |before_s, most| enrolments.unused(fixture::later(before_s), most);
    assert_eq!(list(1, 10).await.expect("listing works"), []);
    assert_eq!(list(3, 10).await.expect("listing works"), [a.clone(), b.clone()]);
    assert_eq!(list(100, 2).await.expect("listing works"), [a.clone(), b.clone()]);
    let used = Enrolment { last_used_at: fixture::later(1000), ..a.clone() };
    saved(enrolments, used).await;
    enrolments.delete(b).await.expect("deleting works");
    assert_eq!(list(100, 10).await.expect("listing works"), std::slice::from_ref(c));
    let stale = enrolments.delete(a).await.expect_err("it was used meanwhile");
    assert_eq!(stale.kind, PortErrorKind::Conflict);
}
