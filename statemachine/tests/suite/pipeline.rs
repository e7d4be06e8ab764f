//! The pipeline's definition, run end to end.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use statemachine::{
    Definition, Effect, Event, Execution, Frame, Message, PIPELINE, Seed, Status, Substitutions, start, step,
};

const STAGES: [&str; 5] =
    ["FaceDetection", "EmotionAnalysis", "ImageGeneration", "MelodyGeneration", "GalleryIndexing"];

fn pipeline() -> Definition {
    let queues = STAGES.iter().map(|stage| (format!("{stage}QueueUrl"), format!("queue-{stage}")));
    let substitutions: Substitutions = queues.chain([("Partition".into(), "aws".into())]).collect();
    Definition::load(PIPELINE, &substitutions).expect("the pipeline loads")
}

/// One execution with workers that answer on demand.
struct World {
    definition: Definition,
    frame: Frame,
    now: Timestamp,
    messages: Vec<Message>,
}

impl World {
    fn begin() -> World {
        let definition = pipeline();
        let input = json!({"tenant_id": "t1", "upload_id": "u1", "attempt": 2, "group": "t1:replay", "traceparent": "00-a-b-01"});
        let now = Timestamp::UNIX_EPOCH;
        let (frame, effects) =
            start(&definition, Execution::new("u1-2", input), Seed::from_bytes([5; 32]), now);
        let mut world = World { definition, frame, now, messages: Vec::new() };
        world.apply(effects);
        world
    }

    fn apply(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::SendMessage(message) = effect {
                let output = message.accepted("m");
                let task = message.task;
                self.messages.push(message);
                self.event(Event::MessageSent { task, output });
            }
        }
    }

    fn event(&mut self, event: Event) {
        let done = step(&self.definition, &mut self.frame, event, self.now);
        assert!(done.accepted);
        self.apply(done.effects);
    }

    /// Answers the oldest message: success, or the failure with this error.
    fn answer(&mut self, error: Option<&str>) -> Message {
        let message = self.messages.remove(0);
        self.event(match error {
            None => Event::TaskSucceeded { task: message.task, output: json!({"outcome": "succeeded"}) },
            Some(error) => Event::TaskFailed { task: message.task, error: Some(error.into()), cause: None },
        });
        message
    }
}

#[test]
fn happy_path_takes_seven_transitions() {
    let mut world = World::begin();
    let mut tokens = Vec::new();
    for (queue, stage) in STAGES.iter().zip(domain_names()) {
        let message = world.answer(None);
        assert_eq!(message.queue_url, format!("queue-{queue}"));
        assert_eq!(message.group_id.as_deref(), Some("t1:replay"));
        let token = message.token.expect("a callback has a token");
        let body: Value = serde_json::from_str(&message.body).expect("the body is JSON");
        let wanted = json!({
            "schema": 1, "stage": stage, "tenant_id": "t1", "upload_id": "u1", "attempt": 2,
            "task_token": token, "traceparent": "00-a-b-01",
        });
        assert_eq!(body, wanted);
        tokens.push(token);
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), STAGES.len(), "every task has a token of its own");
    assert_eq!(world.frame.status(), Status::Succeeded);
    assert_eq!(world.frame.transitions(), 7);
}

fn domain_names() -> [&'static str; 5] {
    ["face-detection", "emotion-analysis", "image-generation", "melody-generation", "gallery-indexing"]
}

#[test]
fn every_failure_but_the_last_stage_s_ends_well() {
    for (failing, visited) in [(0, 2), (1, 3), (2, 5), (3, 5)] {
        let mut world = World::begin();
        for turn in 0..visited {
            assert_eq!(world.frame.status(), Status::Running);
            world.answer((turn == failing).then_some("NoFace"));
        }
        assert_eq!(world.frame.status(), Status::Succeeded, "{failing}");
    }
    let mut world = World::begin();
    for turn in 0..5 {
        world.answer((turn == 4).then_some("Broken"));
    }
    assert_eq!(world.frame.status(), Status::Failed);
}

#[test]
fn silence_ends_every_attempt() {
    let mut world = World::begin();
    for _ in 0..2 {
        world.messages.clear();
        world.now += 867_600.seconds();
        world.event(Event::Tick);
    }
    assert_eq!(world.frame.status(), Status::Failed);
    assert_eq!(world.frame.next_deadline(), None);
}

#[test]
fn an_unreachable_queue_is_tried_again() {
    let definition = pipeline();
    let input = json!({"tenant_id": "t", "upload_id": "u", "attempt": 1, "group": "t", "traceparent": ""});
    let mut now = Timestamp::UNIX_EPOCH;
    let (mut frame, mut effects) =
        start(&definition, Execution::new("u-1", input), Seed::from_bytes([1; 32]), now);
    for attempt in 0.. {
        let Some(task) = effects.iter().find_map(|effect| match effect {
            Effect::SendMessage(message) => Some(message.task),
            _ => None,
        }) else {
            break;
        };
        assert!(attempt < 42, "twenty retries at FaceDetection, then twenty at GalleryIndexing");
        let failed =
            Event::SendFailed { task, error: "SQS.SdkClientException".into(), cause: "no route".into() };
        effects = step(&definition, &mut frame, failed, now).effects;
        if let Some(at) = frame.next_deadline()
            && frame.tasks().is_empty()
        {
            now = at;
            effects.extend(step(&definition, &mut frame, Event::Tick, now).effects);
        }
    }
    assert_eq!(frame.status(), Status::Failed);
    assert_eq!(frame.transitions(), 2 + 40 + 1);
}
