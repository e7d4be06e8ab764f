//! Sends, claims, acknowledges, puts, deletes and records, at random, until it is killed.

use bytes::Bytes;
use domain::ports::objects::NewObject;
use domain::ports::queue::NewMessage;
use domain::ports::uploads::{Created, GalleryWrite};
use domain::ports::{Objects as _, Queue as _, Uploads as _};
use domain::{Bucket, EndState, GalleryRow, ObjectKey, QueueName, Sha256, Stage, fixture};
use embedded::{Objects, Policy, Queue, Store, Uploads};
use std::time::Duration;

/// Hands that work at once, so that commits are shared.
const HANDS: u64 = 8;
/// Longer than the test: claims of a dead process are released because it is dead, not because time passed.
const VISIBILITY: Duration = Duration::from_secs(3600);
/// The work ends by itself if it is not killed.
const MAX_OPERATIONS: u64 = 20_000;

struct Hand {
    /// Of everything that this hand makes: unique over hands and seeds.
    name: u64,
    dice: fastrand::Rng,
    queue: Queue,
    objects: Objects,
    uploads: Uploads,
    keys: Vec<ObjectKey>,
}

/// Works with eight hands.
pub async fn work(store: &Store, seed: u64) -> anyhow::Result<()> {
    let hands: Vec<_> = (0..HANDS)
        .map(|number| {
            let name = seed * HANDS + number;
            let hand = Hand {
                name,
                dice: fastrand::Rng::with_seed(name),
                queue: Queue::new(store, Policy::default()),
                objects: Objects::new(store, "http://127.0.0.1:8080"),
                uploads: Uploads::new(store),
                keys: Vec::new(),
            };
            tokio::spawn(hand.work())
        })
        .collect();
    for hand in hands {
        hand.await??;
    }
    Ok(())
}

impl Hand {
    async fn work(mut self) -> anyhow::Result<()> {
        for number in 0..MAX_OPERATIONS {
            match self.dice.u8(0..10) {
                0..4 => self.send(number).await?,
                4..6 => self.claim().await?,
                6..8 => self.put(number).await?,
                8 => self.delete().await?,
                _ => self.record(number).await?,
            }
        }
        Ok(())
    }

    async fn send(&mut self, number: u64) -> anyhow::Result<()> {
        let bodies: Vec<String> =
            (0..self.dice.u8(1..=3)).map(|part| format!("{}.{number}.{part}", self.name)).collect();
        let messages = bodies.iter().map(|body| NewMessage::new(body, None)).collect();
        self.queue.send(QueueName::of(Stage::FaceDetection), messages).await?;
        bodies.iter().for_each(|body| println!("sent {body}"));
        Ok(())
    }

    /// Claims, and acknowledges half of it.
    async fn claim(&mut self) -> anyhow::Result<()> {
        let queue = QueueName::of(Stage::FaceDetection);
        let most = self.dice.usize(1..=10);
        for delivery in self.queue.receive(queue, most, VISIBILITY, Duration::ZERO).await? {
            if self.dice.bool() {
                println!("acknowledging {}", delivery.body);
                self.queue.acknowledge(queue, &[delivery.receipt]).await?;
                println!("acknowledged {}", delivery.body);
            }
        }
        Ok(())
    }

    async fn put(&mut self, number: u64) -> anyhow::Result<()> {
        let folder = if self.dice.bool() { "user-uploads/acme/ana" } else { "generated-images/acme" };
        let key = ObjectKey::parse(&format!("{folder}/{}-{number}", self.name))?;
        let mut bytes = vec![0; self.dice.usize(1..20_000)];
        self.dice.fill(&mut bytes);
        let sha256 = Sha256::of(&bytes);
        let object = NewObject {
            bytes: Bytes::from(bytes),
            content_type: "image/jpeg".into(),
            metadata: Default::default(),
        };
        self.objects.put(Bucket::Media, &key, object).await?;
        println!("put {key} {sha256}");
        self.keys.push(key);
        Ok(())
    }

    async fn delete(&mut self) -> anyhow::Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let key = self.keys.swap_remove(self.dice.usize(0..self.keys.len()));
        println!("deleting {key}");
        self.objects.delete(Bucket::Media, &key).await?;
        println!("deleted {key}");
        Ok(())
    }

    /// Makes a record and closes it, with its gallery row in the same commit.
    async fn record(&mut self, number: u64) -> anyhow::Result<()> {
        let id = u128::from(self.name) << 64 | u128::from(number);
        let upload = fixture::awaiting_of(id, format!("{id}").as_bytes());
        let Created::New(upload) = self.uploads.create(upload).await? else {
            anyhow::bail!("the content of {id} was there before")
        };
        println!("created {id}");
        let upload = fixture::closed_from(fixture::stored_from(upload), EndState::Complete);
        let row = GalleryRow::of(&upload, EndState::Complete);
        self.uploads.save(upload, GalleryWrite::Put(Box::new(row))).await?;
        println!("closed {id}");
        Ok(())
    }
}
