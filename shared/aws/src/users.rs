//! Users in DynamoDB. An item of its own, keyed by the address's digest, ensures that an e-mail address has one owner; no key
//! contains the address.

use crate::clients::Clients;
use crate::error::unreadable;
use crate::items::{self, Condition, Item, Items, Range, item, number, text, text_of};
use crate::tables::Table;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::ports::users::MAX_USERS;
use domain::ports::{self, PortError};
use domain::user::User;
use domain::{Email, Sha256, TenantId, UserId};
use settings::Resources;

#[derive(Clone)]
pub struct Users {
    users: Items,
}

impl Users {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        Users { users: Items::new(clients, resources, Table::Users) }
    }

    fn item(&self, user: &User) -> Result<Item, PortError> {
        let mut item = user_key(&user.tenant_id, &user.user_id);
        item.insert("user".into(), text(serde_json::to_string(user).map_err(unreadable)?));
        item.insert("version".into(), number(user.version));
        Ok(item)
    }

    /// The writes that create a user as version 1.
    fn creating(&self, mut user: User) -> Result<Vec<TransactWriteItem>, PortError> {
        user.version = 1;
        let is_new = Condition::new("attribute_not_exists(#name)");
        let mut writes = vec![self.users.putting(self.item(&user)?, is_new)?];
        if let Some(email) = &user.email {
            writes.push(self.reserving(&user, email)?);
        }
        Ok(writes)
    }

    /// A write that reserves an address for a user; its condition is that the address is free.
    fn reserving(&self, user: &User, email: &Email) -> Result<TransactWriteItem, PortError> {
        let mut item = email_key(&user.tenant_id, email);
        item.insert("user_id".into(), text(user.user_id.as_str()));
        self.users.putting(item, Condition::new("attribute_not_exists(#name)"))
    }
}

fn user_key(tenant: &TenantId, user: &UserId) -> Item {
    item([("tenant", text(tenant.as_str())), ("name", text(format!("user#{user}")))])
}

fn tenant_key(tenant: &TenantId) -> Item {
    item([("tenant", text(tenant.as_str())), ("name", text("tenant"))])
}

fn email_key(tenant: &TenantId, email: &Email) -> Item {
    let digest = Sha256::of(format!("{tenant}\n{}", email.as_str()).as_bytes());
    item([
        ("tenant", text(tenant.as_str())),
        ("name", text(format!("email#{}", hex::encode(digest.bytes())))),
    ])
}

/// None for a tombstone, which is an item without a user.
fn user(item: &Item) -> Result<Option<User>, PortError> {
    if !item.contains_key("user") {
        return Ok(None);
    }
    serde_json::from_str(text_of(item, "user")?).map(Some).map_err(unreadable)
}

fn outcome(written: Result<(), Vec<usize>>) -> Result<(), PortError> {
    written.map_err(|unmet| match unmet.contains(&0) {
        true => PortError::conflict("the user exists, has another version, or is not there"),
        false => PortError::conflict("the address belongs to another user"),
    })
}

#[async_trait]
impl ports::Users for Users {
    async fn create(&self, user: User) -> Result<(), PortError> {
        outcome(items::transact(&self.users.client, self.creating(user)?).await?)
    }

    async fn found_tenant(&self, first: User) -> Result<(), PortError> {
        let condition = Condition::new("#tenant = :tenant AND begins_with(#name, :user)")
            .with(":tenant", text(first.tenant_id.as_str()))
            .with(":user", text("user#"));
        let range = Range { condition, most: 1, ..Range::default() };
        if !self.users.query(range).await?.0.is_empty() {
            return Err(PortError::conflict("the tenant has users"));
        }
        let is_new = Condition::new("attribute_not_exists(#name)");
        let tenant = self.users.putting(tenant_key(&first.tenant_id), is_new)?;
        let mut writes = self.creating(first)?;
        writes.push(tenant);
        let written = items::transact(&self.users.client, writes).await?;
        written.map_err(|_| PortError::conflict("the tenant, the user or the address is there"))
    }

    async fn is_founded(&self, tenant: &TenantId) -> Result<bool, PortError> {
        Ok(self.users.get(tenant_key(tenant)).await?.is_some())
    }

    async fn get(&self, tenant: &TenantId, id: &UserId) -> Result<Option<User>, PortError> {
        self.users.get(user_key(tenant, id)).await?.as_ref().map_or(Ok(None), user)
    }

    async fn by_email(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>, PortError> {
        let Some(owner) = self.users.get(email_key(tenant, email)).await? else { return Ok(None) };
        let id = UserId::parse(text_of(&owner, "user_id")?).map_err(unreadable)?;
        Ok(self.get(tenant, &id).await?.filter(|user| user.email.as_ref() == Some(email)))
    }

    async fn page(
        &self,
        tenant: &TenantId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<User>, PortError> {
        let most = most.clamp(1, MAX_USERS);
        let (mut users, mut after) = (Vec::new(), after.map(UserId::to_string));
        loop {
            // '!' sorts before every character of an id, '$' after the '#'.
            let first = after.map_or_else(|| "user#".to_owned(), |after| format!("user#{after}!"));
            let condition = Condition::new("#tenant = :tenant AND #name BETWEEN :first AND :last")
                .with(":tenant", text(tenant.as_str()))
                .with(":first", text(first))
                .with(":last", text("user$"));
            let (items, more) = self.users.query(Range { condition, most, ..Range::default() }).await?;
            for item in &items {
                users.extend(user(item)?);
            }
            users.truncate(most);
            let last = items.last().filter(|_| more && users.len() < most);
            let Some(last) = last else { return Ok(users) };
            after = text_of(last, "name")?.strip_prefix("user#").map(str::to_owned);
        }
    }

    async fn save(&self, mut user: User) -> Result<User, PortError> {
        let before = self.get(&user.tenant_id, &user.user_id).await?;
        let Some(before) = before.filter(|before| before.version == user.version) else {
            return Err(PortError::conflict("the user has another version, or is not there"));
        };
        let known = Condition::new("#version = :known").with(":known", number(user.version));
        user.version += 1;
        let mut writes = vec![self.users.putting(self.item(&user)?, known)?];
        if user.email != before.email {
            if let Some(email) = &user.email {
                writes.push(self.reserving(&user, email)?);
            }
            if let Some(email) = &before.email {
                writes.push(self.users.deleting(email_key(&user.tenant_id, email))?);
            }
        }
        outcome(items::transact(&self.users.client, writes).await?)?;
        Ok(user)
    }

    async fn erase(&self, tenant: &TenantId, id: &UserId) -> Result<(), PortError> {
        let found = self.users.get(user_key(tenant, id)).await?;
        let condition = match &found {
            None => Condition::new("attribute_not_exists(#name)"),
            Some(item) => match user(item)? {
                None => return Ok(()),
                Some(user) => Condition::new("#version = :known").with(":known", number(user.version)),
            },
        };
        let mut writes = vec![self.users.putting(user_key(tenant, id), condition)?];
        let erased = found.as_ref().map_or(Ok(None), user)?;
        if let Some(email) = erased.and_then(|user| user.email) {
            writes.push(self.users.deleting(email_key(tenant, &email))?);
        }
        outcome(items::transact(&self.users.client, writes).await?)
    }
}
