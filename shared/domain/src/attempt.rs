//! The life of an attempt in the record: begun, filled by the stages, closed. Pure functions of the record.

use crate::begin::{Begin, BeginRefused, Scope};
use crate::outcome::{Code, Outcome, end_state};
use crate::stage::Stage;
use crate::stage_result::{Finding, StageResult};
use crate::status::{EndState, StatusEvent};
use crate::upload::{Kind, Upload};
use jiff::Timestamp;

/// The result of [`Upload::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Began {
    /// A new attempt is open; the record must be saved.
    Anew,
    /// The same order began this attempt earlier; the following steps may be repeated.
    Already,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordRefused {
    #[error("the attempt was superseded")]
    Superseded,
    #[error("the stage has a result already")]
    Present,
}

impl Upload {
    /// Begins the next attempt as `begin` says. Errors: [`BeginRefused`], the record unchanged.
    pub fn begin(&mut self, begin: &Begin, now: Timestamp) -> Result<Began, BeginRefused> {
        if self.begun_by == Some(begin.id) || (begin.promote && self.kind != Kind::Faces) {
            return Ok(Began::Already);
        }
        if self.object.is_none() && self.kind != Kind::Prompt {
            return Err(BeginRefused::NothingStored);
        }
        if self.attempt != begin.expect_attempt {
            return Err(BeginRefused::Stale);
        }
        let status = self
            .status
            .next(StatusEvent::Begun { supersede: begin.supersede })
            .ok_or(BeginRefused::RunInProgress)?;
        if begin.correct.is_some() && !self.has_faces() {
            return Err(BeginRefused::NothingToCorrect);
        }
        if begin.promote {
            self.kind = Kind::Photo;
        }
        self.clear(begin.correct.map_or(begin.scope, |_| Scope::FromStage(Stage::EmotionAnalysis)));
        self.corrected = begin.correct.or(self.corrected);
        self.enter(status, now);
        self.open_attempt(now);
        self.begun_by = Some(begin.id);
        self.replay = begin.replay;
        self.replace = begin.replace;
        self.rerolls += u32::from(begin.reroll);
        self.traceparent = begin.traceparent.clone().or(self.traceparent.take());
        Ok(Began::Anew)
    }

    fn has_faces(&self) -> bool {
        matches!(self.finding(Stage::FaceDetection), Some(Finding::Faces { count: 1.., .. }))
    }

    pub(crate) fn open_attempt(&mut self, now: Timestamp) {
        self.attempt += 1;
        self.begun_at = Some(now);
        self.pending.clear();
        for stage in self.kind.skipped() {
            let skipped = StageResult::without_work(Outcome::Skipped, self.attempt, now);
            self.results.entry(*stage).or_insert(skipped);
        }
    }

    /// Removes the results that a new attempt must make again, so that no result is older than the ones it was made from.
    fn clear(&mut self, scope: Scope) {
        let gone: Vec<Stage> =
            Stage::ALL.into_iter().filter(|stage| self.must_be_made_again(*stage, scope)).collect();
        let kept = |stage: &Stage| !gone.iter().any(|g| g == stage || g.downstream().contains(stage));
        self.results.retain(|stage, _| kept(stage));
    }

    fn must_be_made_again(&self, stage: Stage, scope: Scope) -> bool {
        let unusable = match self.results.get(&stage).map(|result| &result.outcome) {
            None | Some(Outcome::Failed { .. }) => true,
            Some(Outcome::Skipped) => scope == Scope::Resume,
            Some(Outcome::Succeeded | Outcome::NoFace | Outcome::Uncertain) => false,
        };
        let never_run = self.kind.skipped().contains(&stage) || self.was_given(stage);
        let asked_for = matches!(scope, Scope::FromStage(from) if from == stage);
        stage == Stage::GalleryIndexing || (!never_run && (asked_for || unusable))
    }

    /// Whether a prompt came with this result: its emotion, or the generator that was not ordered.
    fn was_given(&self, stage: Stage) -> bool {
        let outcome = |stage: Stage| self.results.get(&stage).map(|result| &result.outcome);
        let has_emotion = outcome(Stage::EmotionAnalysis).is_some_and(Outcome::is_good);
        let given = match stage {
            Stage::EmotionAnalysis => has_emotion,
            Stage::ImageGeneration | Stage::MelodyGeneration => {
                has_emotion && outcome(stage) == Some(&Outcome::Skipped)
            }
            _ => false,
        };
        self.kind == Kind::Prompt && given
    }

    /// Records a stage's result; the attempt's first makes the upload `running`. Errors: [`RecordRefused`], the record
    /// unchanged.
    pub fn record(&mut self, stage: Stage, result: StageResult) -> Result<(), RecordRefused> {
        if self.attempt != result.attempt {
            return Err(RecordRefused::Superseded);
        }
        if self.results.contains_key(&stage) {
            return Err(RecordRefused::Present);
        }
        self.changed_at = self.changed_at.max(result.finished_at);
        self.status = self.status.next(StatusEvent::StageEnded).unwrap_or(self.status);
        self.pending.remove(&stage);
        self.results.insert(stage, result);
        Ok(())
    }

    /// Closes the attempt with gallery-indexing's own result. A stage without one is `skipped` if a stage upstream ended
    /// the line, else `failed(no_answer)`. Errors: [`RecordRefused`], the record unchanged.
    pub fn close(&mut self, result: StageResult) -> Result<EndState, RecordRefused> {
        let now = result.finished_at;
        self.record(Stage::GalleryIndexing, result)?;
        for stage in Stage::ALL {
            if !self.results.contains_key(&stage) {
                let outcome = match stage.upstream().any(|above| self.ends_the_line(above)) {
                    true => Outcome::Skipped,
                    false => Outcome::Failed { code: Code::no_answer() },
                };
                self.results.insert(stage, StageResult::without_work(outcome, self.attempt, now));
            }
        }
        self.pending.clear();
        if self.attempt > 1 {
            self.superseded_at = Some(now);
        }
        let end = end_state(self.results.iter().map(|(stage, result)| (*stage, &result.outcome)));
        if let Some(status) = self.status.next(StatusEvent::Closed(end)) {
            self.enter(status, now);
        }
        Ok(end)
    }

    fn ends_the_line(&self, stage: Stage) -> bool {
        self.results.get(&stage).is_some_and(|result| result.outcome.ends_the_line())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::Emotion;
    use crate::fixture::{self, now};
    use crate::status::Status;
    use proptest::prelude::*;

    fn order(upload: &Upload, scope: Scope, id: u128) -> Begin {
        Begin { scope, ..fixture::begin(upload, id) }
    }

    fn done(upload: &Upload, outcome: Outcome) -> StageResult {
        StageResult::without_work(outcome, upload.attempt, now())
    }

    fn failed() -> Outcome {
        Outcome::Failed { code: Code::parse("provider_down").unwrap() }
    }

    #[test]
    fn the_same_order_begins_once() {
        let mut upload = fixture::closed(EndState::Complete);
        let begin = order(&upload, Scope::Resume, 1);
        assert_eq!(upload.begin(&begin, now()), Ok(Began::Anew));
        assert_eq!((upload.attempt, upload.status), (2, Status::Stored));
        assert_eq!(upload.begin(&begin, now()), Ok(Began::Already));
        assert_eq!(upload.attempt, 2);
    }

    #[test]
    fn a_begin_is_refused_by_name() {
        let mut running = fixture::stored();
        running.record(Stage::FaceDetection, done(&running, Outcome::Succeeded)).unwrap();
        assert_eq!(running.status, Status::Running);
        let begin = order(&running, Scope::Resume, 1);
        assert_eq!(running.begin(&begin, now()), Err(BeginRefused::RunInProgress));
        assert_eq!(running.begin(&Begin { supersede: true, ..begin.clone() }, now()), Ok(Began::Anew));
        let mut closed = fixture::closed(EndState::Partial);
        let stale = Begin { expect_attempt: 7, ..order(&closed, Scope::Resume, 2) };
        assert_eq!(closed.begin(&stale, now()), Err(BeginRefused::Stale));
        let mut refused = fixture::awaiting();
        refused.refuse(Code::parse("wrong_checksum").unwrap(), now());
        let begin = order(&refused, Scope::Resume, 3);
        assert_eq!(refused.begin(&begin, now()), Err(BeginRefused::NothingStored));
    }

    #[test]
    fn resume_keeps_what_is_good_and_not_made_from_what_is_not() {
        let mut upload = fixture::stored();
        upload.record(Stage::FaceDetection, done(&upload, Outcome::Succeeded)).unwrap();
        upload.record(Stage::EmotionAnalysis, done(&upload, Outcome::Uncertain)).unwrap();
        upload.record(Stage::ImageGeneration, done(&upload, failed())).unwrap();
        upload.record(Stage::MelodyGeneration, done(&upload, Outcome::Succeeded)).unwrap();
        assert_eq!(upload.close(done(&upload, Outcome::Succeeded)), Ok(EndState::Partial));
        let begin = order(&upload, Scope::Resume, 1);
        upload.begin(&begin, now()).unwrap();
        let kept: Vec<Stage> = upload.results.keys().copied().collect();
        assert_eq!(kept, [Stage::FaceDetection, Stage::EmotionAnalysis, Stage::MelodyGeneration]);
    }

    #[test]
    fn from_a_stage_clears_it_and_what_comes_of_it() {
        let mut upload = fixture::closed(EndState::Complete);
        let begin = order(&upload, Scope::FromStage(Stage::EmotionAnalysis), 1);
        upload.begin(&begin, now()).unwrap();
        assert_eq!(upload.results.keys().copied().collect::<Vec<_>>(), [Stage::FaceDetection]);
    }

    #[test]
    fn a_correction_outlives_replays() {
        let mut upload = fixture::closed(EndState::Complete);
        let correct = Begin { correct: Some(Emotion::Sad), ..order(&upload, Scope::Resume, 1) };
        upload.begin(&correct, now()).unwrap();
        assert_eq!(upload.corrected, Some(Emotion::Sad));
        assert_eq!(upload.results.keys().copied().collect::<Vec<_>>(), [Stage::FaceDetection]);
        upload.close(done(&upload, Outcome::Succeeded)).unwrap();
        let replay = order(&upload, Scope::FromStage(Stage::FaceDetection), 2);
        upload.begin(&replay, now()).unwrap();
        assert_eq!(upload.corrected, Some(Emotion::Sad));
    }

    #[test]
    fn without_a_face_there_is_nothing_to_correct() {
        let mut faceless = fixture::closed(EndState::NoFace);
        let before = faceless.clone();
        let correct = Begin { correct: Some(Emotion::Sad), ..order(&faceless, Scope::Resume, 1) };
        assert_eq!(faceless.begin(&correct, now()), Err(BeginRefused::NothingToCorrect));
        assert_eq!(faceless, before);
    }

    #[test]
    fn closing_names_what_is_missing() {
        let mut silent = fixture::stored();
        assert_eq!(silent.close(done(&silent, Outcome::Succeeded)), Ok(EndState::Failed));
        assert_eq!(
            silent.results[&Stage::FaceDetection].outcome,
            Outcome::Failed { code: Code::no_answer() }
        );
        assert_eq!(silent.results[&Stage::MelodyGeneration].outcome, Outcome::Skipped);
        let mut faceless = fixture::stored();
        faceless.record(Stage::FaceDetection, done(&faceless, Outcome::NoFace)).unwrap();
        assert_eq!(faceless.close(done(&faceless, Outcome::Succeeded)), Ok(EndState::NoFace));
    }

    #[test]
    fn a_result_is_taken_once_and_only_of_this_attempt() {
        let mut upload = fixture::stored();
        let result = done(&upload, Outcome::Succeeded);
        upload.record(Stage::FaceDetection, result.clone()).unwrap();
        assert_eq!(upload.record(Stage::FaceDetection, result.clone()), Err(RecordRefused::Present));
        let old = StageResult { attempt: 0, ..result };
        assert_eq!(upload.record(Stage::EmotionAnalysis, old), Err(RecordRefused::Superseded));
    }

    #[test]
    fn a_prompt_keeps_what_it_was_given() {
        let emotion = crate::emotion::Emotion::Sad;
        let id = fixture::upload_id(9);
        let wanted = Stage::MelodyGeneration;
        let mut prompt =
            Upload::prompt(fixture::owner(), id, emotion, wanted, uuid::Uuid::from_u128(1), now());
        assert_eq!((prompt.attempt, prompt.status), (1, Status::Stored));
        for scope in [Scope::Resume, Scope::FromStage(Stage::EmotionAnalysis), Scope::FromStage(wanted)] {
            prompt.record(wanted, done(&prompt, Outcome::Succeeded)).unwrap_or(());
            assert_eq!(prompt.close(done(&prompt, Outcome::Succeeded)), Ok(EndState::Complete));
            let begin = order(&prompt, scope, 10 + u128::from(prompt.attempt));
            prompt.begin(&begin, now()).unwrap();
            let outcome = |stage| prompt.results.get(&stage).map(|result| result.outcome.clone());
            assert_eq!(outcome(Stage::FaceDetection), Some(Outcome::Skipped), "{scope:?}");
            assert_eq!(outcome(Stage::EmotionAnalysis), Some(Outcome::Succeeded), "{scope:?}");
            assert_eq!(outcome(Stage::ImageGeneration), Some(Outcome::Skipped), "{scope:?}");
        }
        assert!(!prompt.results.contains_key(&wanted));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Record(Stage, Outcome),
        Close,
        Begin(Scope, bool, bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        let stage = prop::sample::select(&Stage::ALL[..]);
        let outcome = prop::sample::select(vec![
            Outcome::Succeeded,
            Outcome::NoFace,
            Outcome::Uncertain,
            Outcome::Skipped,
            failed(),
        ]);
        let scope = prop_oneof![Just(Scope::Resume), stage.clone().prop_map(Scope::FromStage)];
        prop_oneof![
            4 => (stage, outcome).prop_map(|(stage, outcome)| Step::Record(stage, outcome)),
            1 => Just(Step::Close),
            2 => (scope, any::<bool>(), any::<bool>())
                .prop_map(|(scope, supersede, promote)| Step::Begin(scope, supersede, promote)),
        ]
    }

    proptest! {
        /// A stage only runs when its inputs are there; the state machine guarantees it.
        #[test]
        fn nothing_downstream_is_older_than_what_it_was_made_from(
            steps in prop::collection::vec(step(), 0..40),
            kind in prop::sample::select(vec![Kind::Photo, Kind::Faces, Kind::Prompt]),
        ) {
            let mut upload = Upload { kind, ..fixture::stored() };
            for (number, step) in steps.into_iter().enumerate() {
                let refused = match step {
                    Step::Record(stage, outcome) if stage.upstream().all(|above| upload.results.contains_key(&above)) =>
                        upload.record(stage, done(&upload, outcome)).is_err(),
                    Step::Record(..) => true,
                    Step::Close => upload.close(done(&upload, Outcome::Succeeded)).is_err(),
                    Step::Begin(scope, supersede, promote) => {
                        let begin = Begin { supersede, promote, ..order(&upload, scope, number as u128) };
                        upload.begin(&begin, now()).is_err()
                    }
                };
                prop_assert!(!refused || upload.attempt > 0);
                for (stage, result) in &upload.results {
                    for above in stage.upstream().filter_map(|above| upload.results.get(&above)) {
                        prop_assert!(above.attempt <= result.attempt, "{stage} is older than what it was made from");
                    }
                }
                if upload.status.is_closed() {
                    prop_assert!(Stage::ALL.iter().all(|stage| upload.results.contains_key(stage)));
                }
            }
        }

        #[test]
        fn failed_is_never_kept(
            outcomes in prop::collection::vec(
                prop::sample::select(vec![Outcome::Succeeded, Outcome::Uncertain, failed()]), 4),
            scope in prop_oneof![
                Just(Scope::Resume),
                prop::sample::select(&Stage::ALL[..]).prop_map(Scope::FromStage)
            ],
        ) {
            let mut upload = fixture::stored();
            for (stage, outcome) in Stage::ALL.into_iter().zip(outcomes) {
                upload.record(stage, done(&upload, outcome)).unwrap();
            }
            upload.close(done(&upload, Outcome::Succeeded)).unwrap();
            let begin = order(&upload, scope, 1);
            upload.begin(&begin, now()).unwrap();
            prop_assert!(upload.results.values().all(|result| result.outcome.is_good()));
        }
    }
}
