//! Replays: the next attempt of an upload, ordered from intake. What an order would do can be told without sending it.

use crate::attempt;
use domain::Ports;
use domain::begin::{Begin, BeginRefused, Replace, Scope};
use domain::ports::PortError;
use domain::{Emotion, Stage, Timestamp, Upload};
use uuid::Uuid;

/// The longest reason that is kept, in bytes.
pub const MAX_REASON: usize = 500;

/// What somebody wants to be done again, and why.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The same id again begins nothing new.
    pub id: Uuid,
    /// What to do again.
    pub scope: Scope,
    /// The emotion that counts from now on; it decides what is done again, whatever `scope` says.
    pub correct: Option<Emotion>,
    /// Whether the art may differ from before.
    pub reroll: bool,
    /// Whether a running attempt is stopped for this one.
    pub supersede: bool,
    /// Why, at most [`MAX_REASON`].
    pub reason: Option<String>,
    /// Who.
    pub actor: String,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
}

/// A replay that can be ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The order.
    pub begin: Begin,
    /// The attempt that it begins.
    pub attempt: u32,
    /// The stages whose results stay.
    pub kept: Vec<Stage>,
    /// The stages whose results go.
    pub removed: Vec<Stage>,
}

impl Replay {
    /// What `wanted` comes to for this upload, tried on a copy of it. Errors: [`BeginRefused`].
    pub fn plan(upload: &Upload, wanted: Wanted, now: Timestamp) -> Result<Self, BeginRefused> {
        let begin = Begin {
            id: wanted.id,
            tenant_id: upload.tenant_id.clone(),
            upload_id: upload.upload_id,
            expect_attempt: upload.attempt,
            scope: wanted.scope,
            supersede: wanted.supersede,
            replace: Replace::AtLeastAsGood,
            correct: wanted.correct,
            promote: false,
            reroll: wanted.reroll,
            replay: true,
            reason: wanted.reason,
            actor: wanted.actor,
            traceparent: wanted.traceparent,
        };
        let mut tried = upload.clone();
        tried.begin(&begin, now)?;
        let (kept, removed) =
            upload.results.keys().copied().partition(|stage| tried.results.contains_key(stage));
        Ok(Replay { begin, attempt: tried.attempt, kept, removed })
    }

    /// Sends the order to intake.
    pub async fn order(&self, ports: &Ports) -> Result<(), PortError> {
        attempt::order(ports, &self.begin).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EndState, fixture};

    fn wanted(scope: Scope) -> Wanted {
        Wanted {
            id: Uuid::from_u128(1),
            scope,
            correct: None,
            reroll: false,
            supersede: false,
            reason: None,
            actor: "ana".into(),
            traceparent: None,
        }
    }

    #[test]
    fn a_plan_tells_what_stays_and_what_goes_and_changes_nothing() {
        let upload = fixture::closed(EndState::Complete);
        let replay = Replay::plan(&upload, wanted(Scope::FromStage(Stage::ImageGeneration)), fixture::now());
        let replay = replay.unwrap();
        assert_eq!((upload.attempt, replay.attempt), (1, 2));
        assert_eq!(replay.kept, [Stage::FaceDetection, Stage::EmotionAnalysis, Stage::MelodyGeneration]);
        assert_eq!(replay.removed, [Stage::ImageGeneration, Stage::GalleryIndexing]);
        assert_eq!((replay.begin.expect_attempt, replay.begin.replay), (1, true));
    }

    #[test]
    fn what_cannot_begin_has_no_plan() {
        let refused = Replay::plan(&fixture::awaiting(), wanted(Scope::Resume), fixture::now());
        assert_eq!(refused, Err(BeginRefused::NothingStored));
    }
}
