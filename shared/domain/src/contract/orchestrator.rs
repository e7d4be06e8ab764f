//! The contract of [`crate::ports::Orchestrator`], run on the pipeline's own definition.

use crate::execution::{ExecutionInput, ExecutionName, ExecutionStatus};
use crate::fixture;
use crate::intake_message::IntakeMessage;
use crate::ports::orchestrator::{Answered, Execution};
use crate::ports::queue::Delivery;
use crate::ports::{Orchestrator, PortErrorKind, Queue};
use crate::queue_name::QueueName;
use crate::stage::Stage;
use crate::task::{StageTask, TaskToken};
use serde_json::json;
use std::time::Duration;

/// The two ports that a run needs.
pub struct Runtime<'a> {
    pub orchestrator: &'a dyn Orchestrator,
    /// The queues that its messages arrive in.
    pub queue: &'a dyn Queue,
}

impl Runtime<'_> {
    async fn start(&self, number: u128) -> ExecutionName {
        let upload = fixture::stored_from(fixture::awaiting_of(number, b"photo"));
        let name = ExecutionName::new(upload.upload_id, upload.attempt);
        self.orchestrator.start(&name, &ExecutionInput::of(&upload)).await.expect("starting works");
        name
    }

    async fn receive(&self, queue: QueueName) -> Option<Delivery> {
        let (visibility, patience) = (Duration::from_secs(60), Duration::from_secs(10));
        let mut got = self.queue.receive(queue, 1, visibility, patience).await.expect("receiving works");
        let delivery = got.pop()?;
        self.queue
            .acknowledge(queue, std::slice::from_ref(&delivery.receipt))
            .await
            .expect("acknowledging works");
        Some(delivery)
    }

    async fn task(&self, stage: Stage) -> StageTask {
        let delivery =
            self.receive(QueueName::of(stage)).await.unwrap_or_else(|| panic!("no message for {stage}"));
        let task = StageTask::parse(&delivery.body).expect("a stage task");
        assert_eq!(task.stage, stage);
        task
    }

    async fn succeed(&self, stage: Stage) -> TaskToken {
        let task = self.task(stage).await;
        let answered = self.orchestrator.succeed(&task.task_token, json!({"outcome": "succeeded"})).await;
        assert_eq!(answered.expect("answering works"), Answered::Accepted);
        task.task_token
    }

    async fn fail(&self, stage: Stage, error: &str) {
        let task = self.task(stage).await;
        let answered = self.orchestrator.fail(&task.task_token, error, "on purpose").await;
        assert_eq!(answered.expect("answering works"), Answered::Accepted);
    }

    async fn describe(&self, name: &ExecutionName) -> Execution {
        self.orchestrator.describe(name).await.expect("describing works").expect("the execution is there")
    }

    /// The execution once it has ended: an accepted answer moves it on soon, not at once. It waits by receiving from the
    /// empty queue of the closing stage, because ports have no other clock.
    async fn ended(&self, name: &ExecutionName) -> Execution {
        for _ in 0..30 {
            let execution = self.describe(name).await;
            if execution.status != ExecutionStatus::Running {
                return execution;
            }
            let closing = QueueName::of(Stage::GalleryIndexing);
            assert!(self.stays_empty(closing, Duration::from_secs(1)).await, "closing is asked for once");
        }
        panic!("{name} has not ended")
    }

    async fn is_empty(&self, queue: QueueName) -> bool {
        self.stays_empty(queue, Duration::ZERO).await
    }

    async fn stays_empty(&self, queue: QueueName, patience: Duration) -> bool {
        let received = self.queue.receive(queue, 1, Duration::from_secs(1), patience).await;
        received.expect("receiving works").is_empty()
    }

    async fn told_of(&self, name: &ExecutionName, status: ExecutionStatus) {
        let delivery = self.receive(QueueName::UPLOADS).await.expect("the end is told to queue uploads");
        let told = IntakeMessage::parse(&delivery.body).expect("a status change");
        let input = Some(input_of(1));
        assert_eq!(told, IntakeMessage::ExecutionEnded { name: name.clone(), status, input });
    }
}

/// Every stage's message carries the attempt's ids and a token of its own; the last answer ends the execution.
pub async fn runs_every_stage(run: Runtime<'_>) {
    let name = run.start(1).await;
    let first = run.task(Stage::FaceDetection).await;
    assert_eq!((first.upload_id, first.attempt), (fixture::upload_id(1), 1));
    assert_eq!(first.tenant_id, fixture::owner().0);
    assert!(run.is_empty(QueueName::of(Stage::EmotionAnalysis)).await, "a stage waits for the one before");
    run.orchestrator.succeed(&first.task_token, json!({})).await.expect("answering works");
    let mut tokens = vec![first.task_token, run.succeed(Stage::EmotionAnalysis).await];
    tokens.push(run.succeed(Stage::MelodyGeneration).await);
    assert!(run.is_empty(QueueName::of(Stage::GalleryIndexing)).await, "both branches end first");
    tokens.push(run.succeed(Stage::ImageGeneration).await);
    assert_eq!(run.describe(&name).await.status, ExecutionStatus::Running);
    tokens.push(run.succeed(Stage::GalleryIndexing).await);
    assert_eq!(run.ended(&name).await.status, ExecutionStatus::Succeeded);
    for token in &tokens {
        assert_eq!(tokens.iter().filter(|other| *other == token).count(), 1, "tokens differ");
        let again =
            run.orchestrator.succeed(token, json!({})).await.expect("answering a dead token is no error");
        assert_eq!(again, Answered::TokenGone);
    }
    assert!(run.is_empty(QueueName::UPLOADS).await, "success is not told");
}

/// A failing early stage goes straight to the closing stage, and the execution succeeds.
pub async fn a_failed_stage_goes_to_the_closing_one(run: Runtime<'_>) {
    for (number, stage) in [(1, Stage::FaceDetection), (2, Stage::EmotionAnalysis)] {
        let name = run.start(number).await;
        if stage == Stage::EmotionAnalysis {
            run.succeed(Stage::FaceDetection).await;
        }
        run.fail(stage, "NoFace").await;
        run.succeed(Stage::GalleryIndexing).await;
        assert_eq!(run.ended(&name).await.status, ExecutionStatus::Succeeded);
        assert!(run.is_empty(QueueName::of(Stage::ImageGeneration)).await);
    }
}

/// A failed picture does not kill the melody, nor the other way round.
pub async fn branches_fail_alone(run: Runtime<'_>) {
    let pair = [Stage::ImageGeneration, Stage::MelodyGeneration];
    for (number, (failing, other)) in [(1, (pair[0], pair[1])), (2, (pair[1], pair[0]))] {
        let name = run.start(number).await;
        run.succeed(Stage::FaceDetection).await;
        run.succeed(Stage::EmotionAnalysis).await;
        run.fail(failing, "provider_down").await;
        run.succeed(other).await;
        run.succeed(Stage::GalleryIndexing).await;
        assert_eq!(run.ended(&name).await.status, ExecutionStatus::Succeeded);
    }
}

/// Only a failing closing stage fails the execution; its end is reported.
pub async fn a_failed_closing_is_told(run: Runtime<'_>) {
    let name = run.start(1).await;
    run.fail(Stage::FaceDetection, "undecodable_image").await;
    run.fail(Stage::GalleryIndexing, "broken").await;
    let ended = run.ended(&name).await;
    assert_eq!((ended.status, ended.error.as_deref()), (ExecutionStatus::Failed, Some("broken")));
    assert!(ended.ended_at.is_some());
    run.told_of(&name, ExecutionStatus::Failed).await;
}

/// Starting again with the same input changes nothing, before and after the end; with another input it is refused.
pub async fn starting_again_is_harmless(run: Runtime<'_>) {
    let name = run.start(1).await;
    assert_eq!(run.start(1).await, name);
    let other = ExecutionInput { group: "another".into(), ..input_of(1) };
    let refused = run.orchestrator.start(&name, &other).await.expect_err("the name is taken");
    assert_eq!(refused.kind, PortErrorKind::Conflict);
    run.fail(Stage::FaceDetection, "NoFace").await;
    run.succeed(Stage::GalleryIndexing).await;
    run.start(1).await;
    assert_eq!(run.ended(&name).await.status, ExecutionStatus::Succeeded);
    assert!(run.is_empty(QueueName::of(Stage::FaceDetection)).await, "nothing ran twice");
}

fn input_of(number: u128) -> ExecutionInput {
    ExecutionInput::of(&fixture::stored_from(fixture::awaiting_of(number, b"photo")))
}

/// A stopped execution is aborted, its tokens are dead, and its end is reported; stopping an ended one changes nothing.
pub async fn stopping_kills_the_tokens(run: Runtime<'_>) {
    let name = run.start(1).await;
    let task = run.task(Stage::FaceDetection).await;
    run.orchestrator.stop(&name, "Superseded", "by a newer attempt").await.expect("stopping works");
    assert_eq!(run.ended(&name).await.status, ExecutionStatus::Aborted);
    let late = run.orchestrator.succeed(&task.task_token, json!({})).await.expect("answering is no error");
    assert_eq!(late, Answered::TokenGone);
    run.told_of(&name, ExecutionStatus::Aborted).await;
    run.orchestrator.stop(&name, "Superseded", "again").await.expect("stopping again works");
    let absent = ExecutionName::new(fixture::upload_id(99), 1);
    run.orchestrator.stop(&absent, "Superseded", "absent").await.expect("stopping nothing works");
    let ended = run.start(2).await;
    run.fail(Stage::FaceDetection, "NoFace").await;
    run.succeed(Stage::GalleryIndexing).await;
    assert_eq!(run.ended(&ended).await.status, ExecutionStatus::Succeeded);
    run.orchestrator.stop(&ended, "Superseded", "too late").await.expect("stopping what ended works");
    assert_eq!(run.ended(&ended).await.status, ExecutionStatus::Succeeded);
    assert!(run.is_empty(QueueName::UPLOADS).await);
}

/// A token that was never issued is gone.
pub async fn garbage_is_no_token(run: Runtime<'_>) {
    for garbage in ["", "x", "'; DROP TABLE task"] {
        let answered = run.orchestrator.fail(&TaskToken(garbage.into()), "E", "c").await;
        assert_eq!(answered.expect("answering is no error"), Answered::TokenGone);
    }
    let absent = ExecutionName::new(fixture::upload_id(99), 1);
    assert_eq!(run.orchestrator.describe(&absent).await.expect("describing works"), None);
}
