//! The pipeline's computations without the pipeline: the same functions, seeds and settings on plain threads.

use crate::machine::models;
use anyhow::ensure;
use domain::{Affect, Face, Stage, Upload, UploadId, fixture};
use muse::{MelodySettings, PictureSettings, compose, paint};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use vision::{Analyser, Options, decode, preview};
use workers::emotion_analysis::feeling;
use workers::generation::seed;

pub struct Plain {
    analyser: Analyser,
}

/// The results of a photo with faces.
pub struct Made {
    pub picture: Vec<u8>,
    pub melody: Vec<u8>,
}

impl Plain {
    pub fn open() -> anyhow::Result<Self> {
        Ok(Plain { analyser: Analyser::open(&models())? })
    }

    /// Decodes, finds faces, makes the preview.
    fn look(&self, photo: &[u8]) -> anyhow::Result<Vec<Face>> {
        let picture = decode(photo)?;
        let seen = self.analyser.analyse(&picture, Options::default());
        ensure!(!preview(&picture)?.is_empty(), "an empty preview");
        stored(seen.into_iter().map(|seen| seen.face).collect())
    }

    /// Processes one photo on this thread; `None` without a face.
    fn whole(&self, photo: &[u8], id: UploadId) -> anyhow::Result<Option<Made>> {
        let Some(affect) = feeling(&self.look(photo)?).map(stored).transpose()? else { return Ok(None) };
        Ok(Some(Made { picture: picture(&affect, id)?, melody: melody(&affect, id)? }))
    }

    /// Processes all photos on two threads that take the next photo when they are free.
    pub fn on_two_threads(&self, photos: &[Vec<u8>], ids: &[UploadId]) -> anyhow::Result<Vec<Option<Made>>> {
        let next = AtomicUsize::new(0);
        let made: Vec<Mutex<Option<Made>>> = photos.iter().map(|_| Mutex::default()).collect();
        let work = || -> anyhow::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(photo) = photos.get(number) else { return Ok(()) };
                let one = self.whole(photo, ids[number])?;
                *made[number].lock().map_err(|_| anyhow::anyhow!("a thread panicked"))? = one;
            }
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(work);
            work()?;
            other.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?
        })?;
        made.into_iter()
            .map(|made| made.into_inner().map_err(|_| anyhow::anyhow!("a thread panicked")))
            .collect()
    }

    /// The minimum time of a photo: faces, emotion, and the longer of picture and melody.
    pub fn critical_path(&self, photo: &[u8], id: UploadId) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let faces = self.look(photo)?;
        let affect = feeling(&faces).map(stored).transpose()?;
        let looked = begun.elapsed();
        let Some(affect) = affect else { return Ok(looked) };
        let begun = Instant::now();
        picture(&affect, id)?;
        let painted = begun.elapsed();
        let begun = Instant::now();
        melody(&affect, id)?;
        Ok(looked + painted.max(begun.elapsed()))
    }
}

/// A value as the next stage reads it from the record: JSON may change the last digit of a number.
fn stored<T: Serialize + DeserializeOwned>(value: T) -> anyhow::Result<T> {
    Ok(serde_json::from_str(&serde_json::to_string(&value)?)?)
}

fn seed_of(id: UploadId, stage: Stage) -> u64 {
    seed(&Upload { upload_id: id, ..fixture::stored() }, stage)
}

fn picture(affect: &Affect, id: UploadId) -> anyhow::Result<Vec<u8>> {
    Ok(paint(affect, seed_of(id, Stage::ImageGeneration), &PictureSettings::default())?.jpeg()?)
}

fn melody(affect: &Affect, id: UploadId) -> anyhow::Result<Vec<u8>> {
    Ok(compose(affect, seed_of(id, Stage::MelodyGeneration), &MelodySettings::default())?.mp3)
}
