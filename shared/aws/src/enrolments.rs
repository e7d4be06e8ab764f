//! Enrolments in DynamoDB. No key contains an e-mail address.

use crate::clients::Clients;
use crate::error::unreadable;
use crate::items::{Condition, Item, Items, Range, item, number, ordered, owner, text, text_of};
use crate::tables::{OWNERS, Table, UNUSED};
use async_trait::async_trait;
use domain::ports::enrolments::MAX_ENROLMENTS;
use domain::ports::{self, PortError};
use domain::{Email, Enrolment, TenantId, Timestamp, UserId};
use settings::Resources;

/// The one partition of all enrolments by their last use: each writes there once a day at most.
const SHELF: &str = "enrolments";

#[derive(Clone)]
pub struct Enrolments {
    rows: Items,
}

impl Enrolments {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        Enrolments { rows: Items::new(clients, resources, Table::Enrolments) }
    }

    async fn read(&self, key: Item) -> Result<Option<Enrolment>, PortError> {
        self.rows.get(key).await?.as_ref().map(enrolment).transpose()
    }

    /// The stored rows of an index's range, which holds keys only and may be behind.
    async fn list(&self, range: Range) -> Result<Vec<Enrolment>, PortError> {
        let mut found = Vec::new();
        for row in self.rows.query(range).await?.0 {
            found.extend(self.read(item([("key", text(text_of(&row, "key")?))])).await?);
        }
        Ok(found)
    }
}

fn key(tenant: &TenantId, email: &Email) -> Item {
    item([("key", text(Enrolment::digest(tenant, email)))])
}

fn row(enrolment: &Enrolment) -> Result<Item, PortError> {
    let Enrolment { tenant_id, email, last_used_at, version, .. } = enrolment;
    let mut row = key(tenant_id, email);
    row.insert("enrolment".into(), text(serde_json::to_string(enrolment).map_err(unreadable)?));
    row.insert("version".into(), number(version));
    row.insert("shelf".into(), text(SHELF));
    row.insert("place".into(), text(ordered(*last_used_at)));
    if let Some(user) = &enrolment.owner {
        row.insert("owner".into(), text(owner(tenant_id, user)));
    }
    Ok(row)
}

fn enrolment(row: &Item) -> Result<Enrolment, PortError> {
    serde_json::from_str(text_of(row, "enrolment")?).map_err(unreadable)
}

#[async_trait]
impl ports::Enrolments for Enrolments {
    async fn get(&self, tenant: &TenantId, email: &Email) -> Result<Option<Enrolment>, PortError> {
        self.read(key(tenant, email)).await
    }

    async fn save(&self, mut enrolment: Enrolment) -> Result<Enrolment, PortError> {
        let condition = match enrolment.version {
            0 => Condition::new("attribute_not_exists(#key)"),
            known => Condition::new("#version = :known").with(":known", number(known)),
        };
        enrolment.version += 1;
        self.rows.put(row(&enrolment)?, condition).await?;
        Ok(enrolment)
    }

    async fn delete(&self, enrolment: &Enrolment) -> Result<(), PortError> {
        let key = key(&enrolment.tenant_id, &enrolment.email);
        let known = Condition::new("#version = :known OR attribute_not_exists(#key)");
        self.rows.delete(key, Some(known.with(":known", number(enrolment.version)))).await
    }

    async fn of_owner(&self, tenant: &TenantId, user: &UserId) -> Result<Vec<Enrolment>, PortError> {
        let condition = Condition::new("#owner = :owner").with(":owner", text(owner(tenant, user)));
        let range = Range { index: Some(OWNERS), condition, most: MAX_ENROLMENTS, ..Range::default() };
        let found = self.list(range).await?;
        // The index may name a row that has changed hands.
        Ok(found.into_iter().filter(|enrolment| enrolment.owner.as_ref() == Some(user)).collect())
    }

    async fn unused(&self, before: Timestamp, most: usize) -> Result<Vec<Enrolment>, PortError> {
        let condition = Condition::new("#shelf = :shelf AND #place < :before")
            .with(":shelf", text(SHELF))
            .with(":before", text(ordered(before)));
        let most = most.clamp(1, MAX_ENROLMENTS);
        let found = self.list(Range { index: Some(UNUSED), condition, most, ..Range::default() }).await?;
        Ok(found.into_iter().filter(|enrolment| enrolment.last_used_at < before).collect())
    }
}
