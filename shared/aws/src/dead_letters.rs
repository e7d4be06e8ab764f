//! Dead letters in DynamoDB. Listings read indexes that hold whole rows, some moments late.

use crate::clients::Clients;
use crate::error::unreadable;
use crate::items::{Condition, Item, Items, Range, item, ordered, text, text_of};
use crate::tables::{LETTERS, TENANT_LETTERS, Table, UPLOAD_LETTERS};
use async_trait::async_trait;
use domain::ports::dead_letters::DeadLetterPlace;
use domain::ports::{self, PortError, PortErrorKind};
use domain::{DeadLetter, TenantId, UploadId};
use settings::Resources;
use uuid::Uuid;

/// The one partition of all letters: there are few.
const SHELF: &str = "letters";
/// Letters of one upload that a round of its erasure deletes.
const ROUND: usize = 25;

/// The dead letters of an installation.
#[derive(Clone)]
pub struct DeadLetters {
    letters: Items,
}

impl DeadLetters {
    /// The letters in the table that `resources` names.
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        DeadLetters { letters: Items::new(clients, resources, Table::DeadLetters) }
    }
}

fn key(id: Uuid) -> Item {
    item([("id", text(id.to_string()))])
}

fn place((seen, id): DeadLetterPlace) -> String {
    format!("{}#{id}", ordered(seen))
}

fn upload_text(tenant: &TenantId, upload: UploadId) -> String {
    format!("{tenant}#{upload}")
}

fn row(letter: &DeadLetter) -> Result<Item, PortError> {
    let mut row = key(letter.id);
    row.insert("letter".into(), text(serde_json::to_string(letter).map_err(unreadable)?));
    row.insert("shelf".into(), text(SHELF));
    row.insert("place".into(), text(place((letter.first_seen, letter.id))));
    if let Some(tenant) = &letter.tenant_id {
        row.insert("tenant".into(), text(tenant.as_str()));
        if let Some(upload) = letter.upload_id {
            row.insert("upload".into(), text(upload_text(tenant, upload)));
        }
    }
    Ok(row)
}

fn letter(row: &Item) -> Result<DeadLetter, PortError> {
    serde_json::from_str(text_of(row, "letter")?).map_err(unreadable)
}

#[async_trait]
impl ports::DeadLetters for DeadLetters {
    async fn put(&self, letter: DeadLetter) -> Result<(), PortError> {
        let is_new = Condition::new("attribute_not_exists(id)");
        match self.letters.put(row(&letter)?, is_new).await {
            Err(error) if error.kind != PortErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    async fn list(
        &self,
        tenant: Option<&TenantId>,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> Result<Vec<DeadLetter>, PortError> {
        let (index, condition, of) = match tenant {
            Some(tenant) => (TENANT_LETTERS, "#tenant = :of AND #place < :end", tenant.as_str()),
            None => (LETTERS, "#shelf = :of AND #place < :end", SHELF),
        };
        let end = after.map_or_else(|| ":".to_owned(), place);
        let condition = Condition::new(condition).with(":of", text(of)).with(":end", text(end));
        let most = most.clamp(1, 100);
        let mut letters = Vec::new();
        let mut range = Range { index: Some(index), condition, is_backwards: true, most, after: None };
        loop {
            let (rows, more) =
                self.letters.query(Range { condition: range.condition.clone(), ..range }).await?;
            for row in &rows {
                letters.push(letter(row)?);
            }
            let Some(last) = letters.last().filter(|_| more && letters.len() < most) else {
                return Ok(letters);
            };
            // A query gives a megabyte at most.
            let end = text(place((last.first_seen, last.id)));
            range = Range {
                index: Some(index),
                condition: range.condition.with(":end", end),
                is_backwards: true,
                most: most - letters.len(),
                after: None,
            };
        }
    }

    async fn get(&self, id: Uuid) -> Result<Option<DeadLetter>, PortError> {
        self.letters.get(key(id)).await?.as_ref().map(letter).transpose()
    }

    async fn delete(&self, id: Uuid) -> Result<(), PortError> {
        self.letters.delete(key(id), None).await
    }

    async fn delete_of(&self, tenant: &TenantId, upload: UploadId) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let condition =
                Condition::new("#upload = :upload").with(":upload", text(upload_text(tenant, upload)));
            let range =
                Range { index: Some(UPLOAD_LETTERS), condition, after, most: ROUND, is_backwards: false };
            let (rows, more) = self.letters.query(range).await?;
            let mut keys = Vec::new();
            for row in &rows {
                keys.push(item([("id", text(text_of(row, "id")?))]));
            }
            self.letters.write_all(Vec::new(), keys).await?;
            after = rows.into_iter().last();
            if !more || after.is_none() {
                return Ok(());
            }
        }
    }
}
