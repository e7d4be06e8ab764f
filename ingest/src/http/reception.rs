//! Receives content within a limit and the budgets: memory is taken as bytes arrive, and what grows larger than a
//! mebibyte goes to a spool of the object store.

use super::api::Api;
use super::budget::{Owner, Share};
use crate::content::Content;
use crate::problem::Problem;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use domain::ports::objects::Spool;
use domain::{MediaType, photo_size};
use http_body_util::BodyExt;

/// Content up to this size stays in memory.
const MAX_IN_MEMORY: usize = 1 << 20;
/// What is appended to a spool at once.
const SPOOLED_AT_ONCE: usize = 256 << 10;

pub(crate) struct Reception<'a> {
    api: &'a Api,
    owner: &'a Owner,
    limit: u64,
    /// What to do about content over the limit.
    hint: &'static str,
    size: u64,
    buffer: BytesMut,
    memory: Share,
    spooled: Option<Spooled>,
}

struct Spooled {
    spool: Box<dyn Spool>,
    first: Bytes,
    disk: Share,
}

impl<'a> Reception<'a> {
    pub(crate) fn new(
        api: &'a Api,
        owner: &'a Owner,
        limit: u64,
        hint: &'static str,
    ) -> Result<Self, Problem> {
        let memory = api.memory.take(owner, 0)?;
        Ok(Reception { api, owner, limit, hint, size: 0, buffer: BytesMut::new(), memory, spooled: None })
    }

    /// Errors: 413 over the limit, 422 for a picture with too many pixels, 503 over a budget, 507 if the disk is full.
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(Problem::too_large(self.limit, self.hint));
        }
        self.memory.grow(bytes.len() as u64)?;
        self.buffer.extend_from_slice(bytes);
        let max = if self.spooled.is_some() { SPOOLED_AT_ONCE } else { MAX_IN_MEMORY };
        if self.buffer.len() > max {
            self.spool().await?;
        }
        Ok(())
    }

    async fn spool(&mut self) -> Result<(), Problem> {
        let piece = self.buffer.split().freeze();
        let size = piece.len() as u64;
        let spooled = match &mut self.spooled {
            Some(spooled) => spooled,
            empty => {
                check_size(&piece)?;
                let first = piece.slice(..piece.len().min(MediaType::SNIFF_BYTES as usize));
                let first = Bytes::copy_from_slice(&first);
                let disk = self.api.disk.take(self.owner, 0)?;
                empty.insert(Spooled { spool: self.api.ports.objects.spool().await?, first, disk })
            }
        };
        spooled.disk.grow(size)?;
        spooled.spool.append(piece).await?;
        self.memory.release(size);
        Ok(())
    }

    /// The content; it holds its share of memory or disk. Errors: as [`Reception::push`].
    pub(crate) async fn finish(mut self) -> Result<Content, Problem> {
        if self.spooled.is_some() && !self.buffer.is_empty() {
            self.spool().await?;
        }
        if self.spooled.is_none() {
            check_size(&self.buffer)?;
        }
        Ok(match self.spooled {
            None => Content::Memory(self.memory.hold(self.buffer.freeze())),
            Some(Spooled { spool, first, disk }) => Content::Spooled { spool, first: disk.hold(first) },
        })
    }
}

/// Errors: 422 if the photo's header declares a size over the limits.
fn check_size(first_bytes: &[u8]) -> Result<(), Problem> {
    let too_large =
        |limits| Problem::unprocessable("image_too_large", format!("the picture is too large: {limits}"));
    photo_size::check_declared(first_bytes).map_err(too_large)
}

/// The content of a whole body. Errors: as [`Reception::push`], and 400 if it stops before its end, 408 if it stalls.
pub(crate) async fn whole(
    api: &Api,
    owner: &Owner,
    mut body: Body,
    limit: u64,
    hint: &'static str,
) -> Result<Content, Problem> {
    let mut reception = Reception::new(api, owner, limit, hint)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| super::body::broken_off(&error))?;
        if let Ok(bytes) = frame.into_data() {
            reception.push(&bytes).await?;
        }
    }
    reception.finish().await
}
