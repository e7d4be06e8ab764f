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

fn email_key(tenant: &TenantId, email: &Email) -> Item {
    let digest = Sha256::of(format!("{tenant}\n{}", email.as_str()).as_bytes());
    item([
        ("tenant", text(tenant.as_str())),
        ("name", text(format!("email#{}", hex::encode(digest.bytes())))),
    ])
}

fn user(item: &Item) -> Result<User, PortError> {
    serde_json::from_str(text_of(item, "user")?).map_err(unreadable)
}

fn outcome(written: Result<(), Vec<usize>>) -> Result<(), PortError> {
    written.map_err(|unmet| match unmet.contains(&0) {
        true => PortError::conflict("the user exists, has another version, or is not there"),
        false => PortError::conflict("the address belongs to another user"),
    })
}

#[async_trait]
impl ports::Users for Users {
    async fn create(&self, mut user: User) -> Result<(), PortError> {
        user.version = 1;
        let is_new = Condition::new("attribute_not_exists(#name)");
        let mut writes = vec![self.users.putting(self.item(&user)?, is_new)?];
        if let Some(email) = &user.email {
            writes.push(self.reserving(&user, email)?);
        }
        outcome(items::transact(&self.users.client, writes).await?)
    }

    async fn get(&self, tenant: &TenantId, id: &UserId) -> Result<Option<User>, PortError> {
        self.users.get(user_key(tenant, id)).await?.as_ref().map(user).transpose()
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
        // '!' sorts before every character of an id, '$' after the '#'.
        let first = after.map_or_else(|| "user#".to_owned(), |after| format!("user#{after}!"));
        let condition = Condition::new("#tenant = :tenant AND #name BETWEEN :first AND :last")
            .with(":tenant", text(tenant.as_str()))
            .with(":first", text(first))
            .with(":last", text("user$"));
        let range = Range { condition, most: most.clamp(1, MAX_USERS), ..Range::default() };
        self.users.query(range).await?.0.iter().map(user).collect()
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
}
