//! Where maintenance continues, in a row of the uploads' table: the process of a function may end between two rounds.

use crate::clients::Clients;
use crate::error::unreadable;
use crate::items::{Condition, Item, Items, item, text, text_of};
use crate::tables::Table;
use domain::due::DuePlace;
use domain::ports::{PortError, PortErrorKind};
use settings::Resources;

const CONTINUES_AT: &str = "continues_at";
/// What the row contains where the next round begins at the beginning.
const BEGINNING: &str = "";

pub struct MaintenanceCursor {
    rows: Items,
}

fn key() -> Item {
    item([("key", text("maintenance"))])
}

fn written(place: Option<&DuePlace>) -> Result<String, PortError> {
    place.map_or(Ok(BEGINNING.into()), |place| serde_json::to_string(place).map_err(unreadable))
}

impl MaintenanceCursor {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        MaintenanceCursor { rows: Items::new(clients, resources, Table::Uploads) }
    }

    /// None: at the beginning.
    pub async fn get(&self) -> Result<Option<DuePlace>, PortError> {
        let Some(row) = self.rows.get(key()).await? else { return Ok(None) };
        match text_of(&row, CONTINUES_AT)? {
            BEGINNING => Ok(None),
            place => serde_json::from_str(place).map(Some).map_err(unreadable),
        }
    }

    /// Moves the cursor from `before`, which was read, to `next`. Nothing happens if another round has moved it meanwhile.
    pub async fn advance(&self, before: Option<&DuePlace>, next: Option<&DuePlace>) -> Result<(), PortError> {
        if before == next {
            return Ok(());
        }
        let unmoved = Condition::new("attribute_not_exists(#key) OR continues_at = :before")
            .with(":before", text(written(before)?));
        let mut row = key();
        row.insert(CONTINUES_AT.into(), text(written(next)?));
        match self.rows.put(row, unmoved).await {
            Err(error) if error.kind != PortErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }
}
