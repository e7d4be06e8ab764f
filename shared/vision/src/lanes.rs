//! Bounds the comparisons of faces, which anyone may ask for: how many run, and how many wait.

use domain::ports::face_engine::EngineError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Comparisons that run or wait; more are refused.
const MAX_WAITING: usize = 16;
/// When a refused one may come again.
const PATIENCE: Duration = Duration::from_secs(1);

/// At most half of the cores, so that other work goes on.
#[derive(Clone, Debug)]
pub struct Lanes {
    places: Arc<Semaphore>,
    own: Arc<Semaphore>,
    cores: Arc<Semaphore>,
}

/// The place of one comparison until it is dropped.
#[derive(Debug)]
pub struct Lane {
    _permits: [OwnedSemaphorePermit; 3],
}

impl Lanes {
    /// `cores` is shared with other work; as many permits as it has now are its cores.
    pub fn new(cores: Arc<Semaphore>) -> Self {
        let own = Arc::new(Semaphore::new((cores.available_permits() / 2).max(1)));
        Lanes { places: Arc::new(Semaphore::new(MAX_WAITING)), own, cores }
    }

    /// Waits for a core. `Busy`: too many wait already.
    pub async fn enter(&self) -> Result<Lane, EngineError> {
        let full = |_| EngineError::Busy { after: PATIENCE };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        let own = permit(&self.own).await?;
        let core = permit(&self.cores).await?;
        Ok(Lane { _permits: [place, own, core] })
    }
}

async fn permit(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, EngineError> {
    Arc::clone(of).acquire_owned().await.map_err(|closed| EngineError::Broken(closed.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_crowd_is_refused_and_takes_half_of_the_cores() {
        let cores = Arc::new(Semaphore::new(4));
        let lanes = Lanes::new(Arc::clone(&cores));
        let running = [lanes.enter().await.unwrap(), lanes.enter().await.unwrap()];
        let crowd: Vec<_> = (0..MAX_WAITING - running.len())
            .map(|_| {
                let lanes = lanes.clone();
                tokio::spawn(async move { lanes.enter().await.map(drop) })
            })
            .collect();
        for _ in 0..MAX_WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(cores.available_permits(), 2, "the others wait");
        assert!(matches!(lanes.enter().await, Err(EngineError::Busy { .. })));
        // One that leaves frees its place.
        crowd[0].abort();
        drop(running);
        for one in crowd.into_iter().skip(1) {
            one.await.unwrap().unwrap();
        }
        assert!(lanes.enter().await.is_ok());
    }
}
