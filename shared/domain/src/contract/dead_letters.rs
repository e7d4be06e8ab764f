//! The contract of [`crate::ports::DeadLetters`].

use crate::dead_letter::DeadLetter;
use crate::fixture::{later, upload_id};
use crate::outcome::Code;
use crate::owner::TenantId;
use crate::ports::DeadLetters;
use crate::queue_name::QueueName;
use crate::stage::Stage;
use uuid::Uuid;

fn letter(number: u128, tenant: Option<&str>) -> DeadLetter {
    DeadLetter {
        id: Uuid::from_u128(number),
        queue: QueueName::of(Stage::ImageGeneration),
        stage: Some(Stage::ImageGeneration),
        tenant_id: tenant.map(|tenant| TenantId::parse(tenant).expect("a legal id")),
        upload_id: tenant.map(|_| upload_id(number)),
        attempt: Some(1),
        receive_count: 5,
        code: Code::dead_lettered(),
        first_seen: later(u64::try_from(number).unwrap_or(0) / 2),
        body: "{}".into(),
    }
}

async fn ids(letters: &dyn DeadLetters, tenant: Option<&TenantId>) -> Vec<u128> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = letters.list(tenant, after, 2).await.expect("listing works");
        let Some(last) = page.last() else { return ids };
        after = Some((last.first_seen, last.id));
        ids.extend(page.iter().map(|letter| letter.id.as_u128()));
    }
}

/// Newest first, page by page, of one tenant or of all.
pub async fn lists_newest_first(letters: &dyn DeadLetters) {
    for (number, tenant) in
        [(1, Some("acme")), (4, None), (2, Some("acme")), (3, Some("zoo")), (5, Some("acme"))]
    {
        letters.put(letter(number, tenant)).await.expect("writing works");
    }
    assert_eq!(ids(letters, None).await, [5, 4, 3, 2, 1]);
    assert_eq!(ids(letters, letter(1, Some("acme")).tenant_id.as_ref()).await, [5, 2, 1]);
}

/// Writing again changes nothing; deleting again is no error.
pub async fn repeats_do_no_harm(letters: &dyn DeadLetters) {
    let first = letter(1, Some("acme"));
    letters.put(first.clone()).await.expect("writing works");
    letters.put(DeadLetter { receive_count: 9, ..first.clone() }).await.expect("writing again works");
    assert_eq!(letters.get(first.id).await.expect("reading works"), Some(first.clone()));
    for _ in 0..2 {
        letters.delete(first.id).await.expect("deleting works");
    }
    assert_eq!(letters.get(first.id).await.expect("reading works"), None);
}

/// An erasure deletes an upload's rows and no others.
pub async fn deletes_those_of_an_upload(letters: &dyn DeadLetters) {
    for number in [1, 2] {
        letters.put(letter(number, Some("acme"))).await.expect("writing works");
    }
    let tenant = TenantId::parse("acme").expect("a legal id");
    letters.delete_of(&tenant, upload_id(1)).await.expect("deleting works");
    assert_eq!(ids(letters, None).await, [2]);
}
