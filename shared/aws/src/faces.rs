//! Face rows in DynamoDB, by computed keys: `{upload_id}.{attempt}.{n}`.

use crate::clients::Clients;
use crate::document;
use crate::items::{Item, Items, bytes, bytes_of, item, number, number_of, text};
use crate::tables::Table;
use async_trait::async_trait;
use domain::face::MAX_FACES;
use domain::ports::{self, PortError};
use domain::{Face, UploadId};
use settings::Resources;

#[derive(Clone)]
pub struct Faces {
    faces: Items,
}

impl Faces {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        Faces { faces: Items::new(clients, resources, Table::Faces) }
    }
}

fn key(upload: UploadId, attempt: u32, place: usize) -> Item {
    item([("face_id", text(format!("{upload}.{attempt}.{place}")))])
}

#[async_trait]
impl ports::Faces for Faces {
    async fn put(&self, upload: UploadId, attempt: u32, faces: &[Face]) -> Result<(), PortError> {
        if faces.len() > MAX_FACES {
            return Err(PortError::denied(format!("{} faces; the limit is {MAX_FACES}", faces.len())));
        }
        let mut rows = Vec::with_capacity(faces.len());
        for (place, face) in faces.iter().enumerate() {
            let mut row = key(upload, attempt, place);
            row.insert("face".into(), bytes(document::write(face)?));
            row.insert("place".into(), number(place));
            // Identifies rows of an earlier, longer list.
            row.insert("of".into(), number(faces.len()));
            rows.push(row);
        }
        let gone = if faces.is_empty() { vec![key(upload, attempt, 0)] } else { Vec::new() };
        self.faces.write_all(rows, gone).await
    }

    async fn get(&self, upload: UploadId, attempt: u32, count: u32) -> Result<Vec<Face>, PortError> {
        let count = usize::try_from(count).unwrap_or(MAX_FACES).min(MAX_FACES);
        let keys = (0..count).map(|place| key(upload, attempt, place)).collect();
        let mut rows = Vec::new();
        for row in self.faces.get_all(keys).await? {
            let place: usize = number_of(&row, "place")?;
            rows.push((place, row));
        }
        rows.sort_by_key(|(place, _)| *place);
        let there = match rows.first() {
            Some((0, first)) => number_of(first, "of")?,
            _ => 0,
        };
        let rows = rows.iter().filter(|(place, _)| *place < there);
        rows.map(|(_, row)| document::read(bytes_of(row, "face")?)).collect()
    }

    async fn delete(&self, upload: UploadId, last_attempt: u32) -> Result<(), PortError> {
        for attempt in 1..=last_attempt {
            let keys = (0..MAX_FACES).map(|place| key(upload, attempt, place)).collect();
            self.faces.write_all(Vec::new(), keys).await?;
        }
        Ok(())
    }
}
