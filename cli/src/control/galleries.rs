//! `GET /tenants/{tenant}/gallery`: one user's gallery, or those of all users of the tenant merged, newest first.

use super::api::{GalleryPage, GalleryQuery, GalleryUpload};
use super::state::{Answer, Control, Shared, cursor, place};
use super::users;
use axum::Json;
use axum::extract::{Path, Query, State};
use domain::ports::gallery::{GalleryFilter, GalleryPlace};
use domain::ports::users::MAX_USERS;
use domain::user::User;
use domain::{Email, GalleryRow, TenantId, UploadId};
use ingest::http::{GalleryDocument, Problem};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

pub async fn get(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Query(query): Query<GalleryQuery>,
) -> Answer<GalleryPage> {
    let id = |text: &str| UploadId::parse(text).ok();
    let after = query.cursor.as_deref().map(|cursor| place(cursor, id)).transpose()?;
    let after = after.map(|(created_at, upload_id)| GalleryPlace { created_at, upload_id });
    let filter = GalleryFilter { emotion: query.emotion, state: query.state, ..GalleryFilter::default() };
    let mut merge = Merge::new(query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT));
    match query.user {
        Some(who) => {
            let user = users::named(&control, &tenant, &who).await?;
            merge.add(&control, &filter, after, user).await?;
        }
        None => {
            let mut last = None;
            loop {
                let users = control.ports.users.page(&tenant, last.as_ref(), MAX_USERS).await?;
                let Some(newest) = users.last() else { break };
                last = Some(newest.user_id.clone());
                for user in users {
                    merge.add(&control, &filter, after, user).await?;
                }
            }
        }
    }
    Ok(Json(merge.page(&control).await?))
}

/// The newest rows of several galleries.
struct Merge {
    limit: usize,
    /// Newest first, at most `limit`, each with its user's address.
    rows: Vec<(GalleryRow, Option<Email>)>,
    /// Older rows than this are not all known yet.
    horizon: Option<GalleryPlace>,
}

impl Merge {
    fn new(limit: usize) -> Self {
        Merge { limit, rows: Vec::new(), horizon: None }
    }

    async fn add(
        &mut self,
        control: &Control,
        filter: &GalleryFilter,
        after: Option<GalleryPlace>,
        user: User,
    ) -> Result<(), Problem> {
        let gallery = &control.ports.gallery;
        let page = gallery.page(&user.tenant_id, &user.user_id, filter, after, self.limit).await?;
        self.rows.extend(page.rows.into_iter().map(|row| (row, user.email.clone())));
        self.rows.sort_by_key(|(row, _)| std::cmp::Reverse(order(of_row(row))));
        if let Some(next) = page.next {
            self.see_no_further_than(next);
        }
        if self.rows.len() > self.limit {
            self.rows.truncate(self.limit);
            let last = self.rows.last().map(|(row, _)| of_row(row));
            last.into_iter().for_each(|last| self.see_no_further_than(last));
        }
        Ok(())
    }

    fn see_no_further_than(&mut self, place: GalleryPlace) {
        if self.horizon.is_none_or(|horizon| order(place) > order(horizon)) {
            self.horizon = Some(place);
        }
    }

    async fn page(self, control: &Control) -> Result<GalleryPage, Problem> {
        let known =
            |row: &GalleryRow| self.horizon.is_none_or(|horizon| order(of_row(row)) >= order(horizon));
        let mut uploads = Vec::with_capacity(self.rows.len());
        for (row, email) in self.rows.into_iter().filter(|(row, _)| known(row)) {
            let document = GalleryDocument::of(&control.links, &row).await?;
            uploads.push(GalleryUpload { document, user_id: row.user_id, email });
        }
        let next_cursor = self.horizon.map(|horizon| cursor(horizon.created_at, horizon.upload_id));
        Ok(GalleryPage { uploads, next_cursor })
    }
}

fn of_row(row: &GalleryRow) -> GalleryPlace {
    GalleryPlace { created_at: row.created_at, upload_id: row.upload_id }
}

/// The order of a gallery, the newest last.
fn order(place: GalleryPlace) -> (domain::Timestamp, UploadId) {
    (place.created_at, place.upload_id)
}
