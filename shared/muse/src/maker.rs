//! The port `Maker`, embedded: pictures and melodies on blocking threads, as many at a time as there are permits.

use crate::melody::{MelodySettings, compose};
use crate::picture::style::Style;
use crate::picture::{PictureSettings, paint};
use async_trait::async_trait;
use domain::ports::maker::{self, Art, ArtFile, Artefact, Capabilities, Job, MakerError, Order, Progress};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Makes everything at once, here, for nothing.
#[derive(Clone, Debug)]
pub struct Maker {
    permits: Arc<Semaphore>,
    pictures: PictureSettings,
    melodies: MelodySettings,
}

impl Maker {
    /// A maker that takes a permit for each order; a permit stands for one core.
    pub fn new(permits: Arc<Semaphore>, pictures: PictureSettings, melodies: MelodySettings) -> Self {
        Maker { permits, pictures, melodies }
    }

    fn make(&self, order: &Order) -> Result<Artefact, MakerError> {
        match order.art {
            Art::Picture => self.picture(order),
            Art::Melody => self.melody(order),
        }
    }

    fn picture(&self, order: &Order) -> Result<Artefact, MakerError> {
        let style = match &order.style {
            None => self.pictures.style,
            Some(name) => Some(Style::parse(name).map_err(|_| MakerError::Unsupported(name.clone()))?),
        };
        let settings = PictureSettings { style, ..self.pictures };
        let made = paint(&order.affect, order.seed, &settings).map_err(invalid)?;
        let files = vec![ArtFile { content_type: "image/jpeg", bytes: made.jpeg.into() }];
        Ok(Artefact { files, made_by: made.made_by })
    }

    fn melody(&self, order: &Order) -> Result<Artefact, MakerError> {
        if let Some(style) = &order.style {
            return Err(MakerError::Unsupported(style.clone()));
        }
        let made = compose(&order.affect, order.seed, &self.melodies).map_err(invalid)?;
        let files = vec![
            ArtFile { content_type: "audio/mpeg", bytes: made.mp3.into() },
            ArtFile { content_type: "audio/midi", bytes: made.midi.into() },
        ];
        Ok(Artefact { files, made_by: made.made_by })
    }
}

fn invalid(error: impl std::error::Error) -> MakerError {
    MakerError::Invalid(error.to_string())
}

#[async_trait]
impl maker::Maker for Maker {
    async fn submit(&self, order: Order, _key: &str) -> Result<Progress, MakerError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|closed| MakerError::Transient(closed.into()))?;
        let maker = self.clone();
        let work = move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _permit = permit;
            maker.make(&order).map(Progress::Done)
        };
        tokio::task::spawn_blocking(work).await.map_err(|panic| MakerError::Transient(panic.into()))?
    }

    async fn poll(&self, _job: &Job) -> Result<Progress, MakerError> {
        Err(MakerError::Unsupported("every order is done at once; there are no jobs".into()))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { arts: vec![Art::Picture, Art::Melody], deterministic: true, paid: false }
    }
}
