//! The domain's `Maker` port, embedded.

use crate::melody::{MelodyError, MelodySettings, compose};
use crate::picture::{PictureError, PictureSettings, paint};
use async_trait::async_trait;
use domain::ports::Maker;
use domain::ports::maker::{Art, ArtFile, Artefact, MakerError, Order, Progress};
use domain::stage_result::Job;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Makes pictures and melodies in this process.
#[derive(Clone, Debug)]
pub struct Muse {
    permits: Arc<Semaphore>,
    picture: PictureSettings,
    melody: MelodySettings,
}

impl Muse {
    /// Each order takes a permit while it is made; a permit stands for one core.
    pub fn new(permits: Arc<Semaphore>, picture: PictureSettings, melody: MelodySettings) -> Self {
        Muse { permits, picture, melody }
    }

    fn make(&self, order: &Order) -> Result<Artefact, MakerError> {
        match order.art {
            Art::Picture => self.picture(order),
            Art::Melody => self.melody(order),
        }
    }

    fn picture(&self, order: &Order) -> Result<Artefact, MakerError> {
        let picture = paint(&order.affect, order.seed, &self.picture).map_err(picture_error)?;
        let jpeg = picture.jpeg().map_err(picture_error)?;
        let file = ArtFile { content_type: "image/jpeg", bytes: jpeg.into() };
        Ok(Artefact { files: vec![file], made_by: picture.made_by })
    }

    fn melody(&self, order: &Order) -> Result<Artefact, MakerError> {
        let melody = compose(&order.affect, order.seed, &self.melody).map_err(melody_error)?;
        let files = vec![
            ArtFile { content_type: "audio/mpeg", bytes: melody.mp3.into() },
            ArtFile { content_type: "audio/midi", bytes: melody.midi.into() },
        ];
        Ok(Artefact { files, made_by: melody.made_by })
    }
}

fn picture_error(error: PictureError) -> MakerError {
    match error {
        PictureError::NotFinite | PictureError::Size(_) => MakerError::Invalid(error.to_string()),
        PictureError::Jpeg(_) | PictureError::Png(_) => MakerError::Transient(Box::new(error)),
    }
}

fn melody_error(error: MelodyError) -> MakerError {
    match error {
        MelodyError::NotFinite | MelodyError::Bars(_) | MelodyError::SoundFont(_) => {
            MakerError::Invalid(error.to_string())
        }
        MelodyError::Silent => MakerError::BadOutput(error.to_string()),
        MelodyError::Loudness(_) | MelodyError::Encoding(_) => MakerError::Transient(Box::new(error)),
    }
}

#[async_trait]
impl Maker for Muse {
    /// Makes the artefact on a thread for blocking work; needs a Tokio runtime. Ignores the key: a repeat gives the same
    /// artefact.
    async fn submit(&self, order: Order, _key: &str) -> Result<Progress, MakerError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|closed| MakerError::Transient(closed.into()))?;
        let muse = self.clone();
        let work = move || {
            // Held until the work is done, even if the caller has stopped waiting.
            let _permit = permit;
            muse.make(&order)
        };
        let made = tokio::task::spawn_blocking(work).await;
        made.map_err(|error| MakerError::Transient(Box::new(error)))?.map(Progress::Done)
    }

    async fn poll(&self, job: &Job) -> Result<Progress, MakerError> {
        Err(MakerError::Invalid(format!("the embedded makers leave no job pending, asked for {:?}", job.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Affect, Emotion};

    fn small() -> Muse {
        let picture = PictureSettings { style: None, size: 64 };
        let melody = MelodySettings { bars: Some(2), soundfont: None };
        Muse::new(Arc::new(Semaphore::new(2)), picture, melody)
    }

    fn order(art: Art) -> Order {
        Order { art, affect: Affect::certain(Emotion::Calm), seed: 5 }
    }

    #[tokio::test]
    async fn orders_are_done_at_once_and_alike() {
        for (art, types) in
            [(Art::Picture, vec!["image/jpeg"]), (Art::Melody, vec!["audio/mpeg", "audio/midi"])]
        {
            let one = small().submit(order(art), "key").await.unwrap();
            assert_eq!(one, small().submit(order(art), "other key").await.unwrap());
            let Progress::Done(artefact) = one else { panic!("not done") };
            let made: Vec<&str> = artefact.files.iter().map(|file| file.content_type).collect();
            assert_eq!(made, types);
            assert_eq!((artefact.made_by.engine.as_str(), artefact.made_by.seed), ("embedded-muse", Some(5)));
        }
    }

    #[tokio::test]
    async fn impossible_orders_are_refused() {
        for art in [Art::Picture, Art::Melody] {
            let mut broken = order(art);
            broken.affect.valence = f64::NAN;
            assert!(matches!(small().submit(broken, "").await, Err(MakerError::Invalid(_))));
        }
        assert!(matches!(small().poll(&Job("1".into())).await, Err(MakerError::Invalid(_))));
    }
}
