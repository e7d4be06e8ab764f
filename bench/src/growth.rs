//! The cost of a claim and of a gallery page with many rows, relative to few.

use crate::machine::folder;
use crate::report::{Report, median};
use domain::ports::queue::{MAX_BATCH, MessageGroup, NewMessage};
use domain::ports::uploads::GalleryWrite;
use domain::ports::{Gallery as _, Queue as _, Uploads as _};
use domain::{EndState, GalleryRow, QueueName, Stage, TenantId, UserId, fixture};
use embedded::{Durability, Gallery, Options, Policy, Queue, Store, Uploads};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FEW: usize = 10_000;
/// Bound on the cost with many rows, relative to few.
const MAX_RATIO: f64 = 1.2;
/// Tasks that fill one store.
const FILLERS: usize = 64;
/// Groups that share the queue.
const TENANTS: usize = 50;
/// Owners that share the gallery.
const OWNERS: usize = 100;
/// Rows of a page.
const PAGE: usize = 50;
/// Blocks in which the stores take turns, and measurements of a block.
const BLOCKS: usize = 40;
const BLOCK: usize = 100;

/// A store with `rows` messages and as many gallery rows.
struct Filled {
    rows: usize,
    queue: Queue,
    gallery: Gallery,
    _root: TempDir,
}

/// Fills two stores and compares the medians of claims and pages, taken in turns.
pub async fn measure(rows: usize, report: &mut Report) -> anyhow::Result<()> {
    let begun = Instant::now();
    let stores = [Filled::with(FEW).await?, Filled::with(rows).await?];
    report.add(format!("filling {rows} messages and gallery rows"), begun.elapsed().as_secs_f64(), "s");
    let (mut claims, mut pages) = ([vec![], vec![]], [vec![], vec![]]);
    for block in 0..BLOCKS {
        for (store, (claims, pages)) in stores.iter().zip(claims.iter_mut().zip(pages.iter_mut())) {
            store.claim(claims).await?;
            store.pages(block, pages).await?;
        }
    }
    for (name, [few, many]) in [("claim", &mut claims), ("gallery page", &mut pages)] {
        let [few, many] = [few, many].map(|times| 1e6 * median(times.iter().map(Duration::as_secs_f64)));
        report.add(format!("{name} at {FEW} rows, median"), few, "us");
        report.add(format!("{name} at {rows} rows, median"), many, "us");
        report.at_most(&format!("{name}: {rows} against {FEW}"), many / few, "x", MAX_RATIO);
    }
    Ok(())
}

fn owner(number: usize) -> (TenantId, UserId) {
    let (tenant, _) = fixture::owner();
    (tenant, UserId::parse(&format!("user-{number}")).expect("a legal user id"))
}

impl Filled {
    async fn with(rows: usize) -> anyhow::Result<Self> {
        let root = folder()?;
        let options = Options { durability: Durability::Normal, ..Options::default() };
        let store = Store::open(root.path(), options)?;
        let queue = Queue::new(&store, Policy::default());
        let fillers: Vec<_> = (0..FILLERS)
            .map(|filler| {
                let (queue, uploads) = (queue.clone(), Uploads::new(&store));
                tokio::spawn(async move {
                    fill_queue(&queue, filler, rows / FILLERS).await?;
                    fill_gallery(&uploads, filler, rows / FILLERS).await
                })
            })
            .collect();
        for filler in fillers {
            filler.await??;
        }
        Ok(Filled { rows, queue, gallery: Gallery::new(&store), _root: root })
    }

    /// Measures claims; acknowledges and sends in between, so that the queue keeps its size.
    async fn claim(&self, times: &mut Vec<Duration>) -> anyhow::Result<()> {
        let name = QueueName::of(Stage::FaceDetection);
        for number in 0..BLOCK {
            let begun = Instant::now();
            let claimed = self.queue.receive(name, 1, Duration::from_secs(600), Duration::ZERO).await?;
            times.push(begun.elapsed());
            let receipts: Vec<_> = claimed.into_iter().map(|delivery| delivery.receipt).collect();
            self.queue.acknowledge(name, &receipts).await?;
            self.queue.send(name, vec![message(number)]).await?;
        }
        Ok(())
    }

    /// Measures full pages of all owners in turn, from positions in the newer half of their galleries.
    async fn pages(&self, block: usize, times: &mut Vec<Duration>) -> anyhow::Result<()> {
        for number in 0..BLOCK {
            let (tenant, user) = owner(number % OWNERS);
            let deepest = self.rows * (BLOCKS + block + 1) / (2 * BLOCKS);
            let filter = domain::ports::gallery::GalleryFilter {
                to: Some(fixture::now() + Duration::from_millis(deepest as u64)),
                ..Default::default()
            };
            let begun = Instant::now();
            let page = self.gallery.page(&tenant, &user, &filter, None, PAGE).await?;
            times.push(begun.elapsed());
            anyhow::ensure!(page.rows.len() == PAGE, "a page of {} rows", page.rows.len());
        }
        Ok(())
    }
}

fn message(number: usize) -> NewMessage {
    let tenant = TenantId::parse(&format!("tenant-{}", number % TENANTS)).expect("a legal tenant id");
    let user = UserId::parse("ana").expect("a legal user id");
    NewMessage::new("x".repeat(600), Some(MessageGroup::live(&tenant, &user)))
}

async fn fill_queue(queue: &Queue, filler: usize, count: usize) -> anyhow::Result<()> {
    for first in (0..count).step_by(MAX_BATCH) {
        let batch = first..(first + MAX_BATCH).min(count);
        let messages = batch.map(|number| message(filler + number)).collect();
        queue.send(QueueName::of(Stage::FaceDetection), messages).await?;
    }
    Ok(())
}

/// Writes each row with a save, as the pipeline does; each filler has one upload record.
async fn fill_gallery(uploads: &Uploads, filler: usize, count: usize) -> anyhow::Result<()> {
    let mut upload = fixture::closed(EndState::Complete);
    upload.upload_id = fixture::upload_id(filler as u128);
    upload.declared = None;
    let domain::ports::uploads::Created::New(mut upload) = uploads.create(upload).await? else {
        anyhow::bail!("a fresh store had the upload");
    };
    for number in 0..count {
        let place = number * FILLERS + filler;
        let (_, user) = owner(place % OWNERS);
        let row = GalleryRow {
            filename: None,
            user_id: user,
            created_at: fixture::now() + Duration::from_millis(place as u64),
            upload_id: fixture::upload_id(place as u128 + 1_000),
            ..GalleryRow::of(&upload, EndState::Complete)
        };
        upload = uploads.save(upload, GalleryWrite::Put(Box::new(row))).await?;
    }
    Ok(())
}
