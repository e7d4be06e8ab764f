//! Gallery rows in DynamoDB, ordered by their sort key: a page is one range, read backwards.

use crate::clients::Clients;
use crate::error::unreadable;
use crate::items::{Condition, Item, Items, Range, item, ordered, owner, text, text_of};
use crate::tables::Table;
use async_trait::async_trait;
use domain::ports::gallery::{GalleryFilter, GalleryPage, GalleryPlace, MAX_PAGE};
use domain::ports::{self, PortError};
use domain::{GalleryRow, TenantId, Upload, UserId};
use settings::Resources;

/// The most rows that one page reads when its filter matches few of them.
const MAX_SCANNED: usize = 400;

#[derive(Clone)]
pub struct Gallery {
    rows: Items,
}

impl Gallery {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        Gallery { rows: Items::new(clients, resources, Table::Gallery) }
    }
}

fn place_text(place: GalleryPlace) -> String {
    format!("{}#{}", ordered(place.created_at), place.upload_id)
}

fn key(tenant: &TenantId, user: &UserId, place: GalleryPlace) -> Item {
    item([("owner", text(owner(tenant, user))), ("place", text(place_text(place)))])
}

pub(crate) fn key_of(upload: &Upload) -> Item {
    let place = GalleryPlace { created_at: upload.created_at, upload_id: upload.upload_id };
    key(&upload.tenant_id, &upload.user_id, place)
}

pub(crate) fn item_of(row: &GalleryRow) -> Result<Item, PortError> {
    let place = GalleryPlace { created_at: row.created_at, upload_id: row.upload_id };
    let mut item = key(&row.tenant_id, &row.user_id, place);
    item.insert("row".into(), text(serde_json::to_string(row).map_err(unreadable)?));
    Ok(item)
}

fn row(item: &Item) -> Result<GalleryRow, PortError> {
    serde_json::from_str(text_of(item, "row")?).map_err(unreadable)
}

fn matches(filter: &GalleryFilter, row: &GalleryRow) -> bool {
    filter.emotion.is_none_or(|emotion| row.emotion == Some(emotion))
        && filter.state.is_none_or(|state| row.state == state)
}

/// The first and last sort key that a page may have; None if the range is empty.
fn bounds(filter: &GalleryFilter, after: Option<GalleryPlace>) -> Option<(String, String)> {
    let first = filter.from.map_or_else(|| "0".to_owned(), ordered);
    // A place begins with its moment, so the moment alone sorts before it.
    let end = filter.to.map_or_else(|| ":".to_owned(), ordered);
    // The last character decremented, then '~': sorts after every earlier place and before this one.
    let behind = after.map(|place| {
        let place = place_text(place);
        let (shorter, last) = place.split_at(place.len() - 1);
        let previous = last.bytes().next().map_or(' ', |last| char::from(last - 1));
        format!("{shorter}{previous}~")
    });
    let last = behind.map_or(end.clone(), |behind| behind.min(end));
    (first <= last).then_some((first, last))
}

#[async_trait]
impl ports::Gallery for Gallery {
    async fn page(
        &self,
        tenant: &TenantId,
        user: &UserId,
        filter: &GalleryFilter,
        after: Option<GalleryPlace>,
        most: usize,
    ) -> Result<GalleryPage, PortError> {
        let most = most.clamp(1, MAX_PAGE);
        let mut page = GalleryPage::default();
        let (mut scanned, mut last) = (0, after);
        while let Some((first, end)) = bounds(filter, last) {
            let condition = Condition::new("#owner = :owner AND #place BETWEEN :first AND :last")
                .with(":owner", text(owner(tenant, user)))
                .with(":first", text(first))
                .with(":last", text(end));
            // One row more than the page needs tells whether there is a next page.
            let range = Range { condition, is_backwards: true, most: most + 1, ..Range::default() };
            let (items, more) = self.rows.query(range).await?;
            for item in &items {
                if page.rows.len() == most || scanned == MAX_SCANNED {
                    page.next = last;
                    return Ok(page);
                }
                let row = row(item)?;
                last = Some(GalleryPlace { created_at: row.created_at, upload_id: row.upload_id });
                scanned += 1;
                if matches(filter, &row) {
                    page.rows.push(row);
                }
            }
            if !more {
                break;
            }
        }
        Ok(page)
    }

    async fn row(
        &self,
        tenant: &TenantId,
        user: &UserId,
        place: GalleryPlace,
    ) -> Result<Option<GalleryRow>, PortError> {
        self.rows.get(key(tenant, user, place)).await?.as_ref().map(row).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture::{later, upload_id};

    #[test]
    fn a_range_ends_before_its_place() {
        let place = |seconds: u64, number: u128| GalleryPlace {
            created_at: later(seconds),
            upload_id: upload_id(number),
        };
        let all = GalleryFilter::default();
        for number in [0, 7, 0x0a, 0x10, u128::MAX] {
            let (_, last) = bounds(&all, Some(place(5, number))).unwrap();
            assert!(last < place_text(place(5, number)), "{number:x}");
            assert!(number == 0 || last > place_text(place(5, number - 1)), "{number:x}");
            assert!(last > place_text(place(4, u128::MAX)), "{number:x}");
        }
        let (first, last) =
            bounds(&GalleryFilter { from: Some(later(5)), to: Some(later(6)), ..all.clone() }, None).unwrap();
        for (moment, is_in) in [(4, false), (5, true), (6, false)] {
            let place = place_text(place(moment, 1));
            assert_eq!(first <= place && place <= last, is_in, "{moment}");
        }
        assert_eq!(bounds(&GalleryFilter { from: Some(later(9)), ..all }, Some(place(5, 1))), None);
    }
}
