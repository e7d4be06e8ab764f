//! Dead letters in DynamoDB. Listings read indexes that hold whole rows and are eventually consistent.

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

/// The one partition of all dead letters: there are few.
const SHELF: &str = "letters";
/// Dead letters that one batch of an erasure deletes.
const BATCH: usize = 25;

#[derive(Clone)]
pub struct DeadLetters {
    rows: Items,
}

impl DeadLetters {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        DeadLetters { rows: Items::new(clients, resources, Table::DeadLetters) }
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
    row.insert("row".into(), text(serde_json::to_string(letter).map_err(unreadable)?));
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

fn dead_letter(row: &Item) -> Result<DeadLetter, PortError> {
    serde_json::from_str(text_of(row, "row")?).map_err(unreadable)
}

#[async_trait]
impl ports::DeadLetters for DeadLetters {
    async fn put(&self, letter: DeadLetter) -> Result<(), PortError> {
        let is_new = Condition::new("attribute_not_exists(id)");
        match self.rows.put(row(&letter)?, is_new).await {
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
            let (rows, more) = self.rows.query(Range { condition: range.condition.clone(), ..range }).await?;
            for row in &rows {
                letters.push(dead_letter(row)?);
            }
            let Some(last) = letters.last().filter(|_| more && letters.len() < most) else {
                return Ok(letters);
            };
            // A query returns at most 1 MB.
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
        self.rows.get(key(id)).await?.as_ref().map(dead_letter).transpose()
    }

    async fn delete(&self, id: Uuid) -> Result<(), PortError> {
        self.rows.delete(key(id), None).await
    }

    async fn delete_of(&self, tenant: &TenantId, upload: UploadId) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let condition =
                Condition::new("#upload = :upload").with(":upload", text(upload_text(tenant, upload)));
            let range =
                Range { index: Some(UPLOAD_LETTERS), condition, after, most: BATCH, is_backwards: false };
            let (rows, more) = self.rows.query(range).await?;
            let mut keys = Vec::new();
            for row in &rows {
                keys.push(item([("id", text(text_of(row, "id")?))]));
            }
            self.rows.write_all(Vec::new(), keys).await?;
            after = rows.into_iter().last();
            if !more || after.is_none() {
                return Ok(());
            }
        }
    }
}
