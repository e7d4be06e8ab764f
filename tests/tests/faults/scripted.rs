//! A stage that misbehaves by a script, once per instruction, and is otherwise a fake stage.

use async_trait::async_trait;
use domain::stage_result::Job;
use domain::{Code, Outcome, Stage, StageEnd, StageOutput};
use embedded::ManualClock;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use workers::fake_stage::FakeStage;
use workers::{Limits, StageWorker, Work};

/// An instruction for a stage, in place of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Fails for an unknown reason.
    Fail,
    /// Panics.
    Panic,
    /// Never ends; its time runs out.
    Hang,
    /// Waits for a job outside.
    Later(Duration),
    /// Finds the input at fault.
    Reject,
    /// Finds no face.
    NoFace,
    /// Does its work, while a newer attempt is begun.
    BeSuperseded,
    /// Does its work, while its upload is erased.
    BeErased,
}

/// Something that happens while a stage works.
#[async_trait]
pub trait Meanwhile: Send + Sync {
    async fn supersede(&self);
    async fn erase(&self);
}

/// A stage with a script.
pub struct Scripted {
    pub stage: Stage,
    pub acts: Mutex<VecDeque<Act>>,
    /// The instruction after the end of the script; None: its work.
    pub always: Mutex<Option<Act>>,
    pub runs: AtomicUsize,
    pub clock: Arc<ManualClock>,
    pub meanwhile: Mutex<Option<Arc<dyn Meanwhile>>>,
}

impl Scripted {
    pub fn new(stage: Stage, clock: Arc<ManualClock>) -> Self {
        Scripted {
            stage,
            acts: Mutex::default(),
            always: Mutex::default(),
            runs: AtomicUsize::new(0),
            clock,
            meanwhile: Mutex::default(),
        }
    }

    fn next(&self) -> Option<Act> {
        let next = self.acts.lock().expect("no test panics with the lock").pop_front();
        next.or(*self.always.lock().expect("no test panics with the lock"))
    }

    fn meanwhile(&self) -> Arc<dyn Meanwhile> {
        let meanwhile = self.meanwhile.lock().expect("no test panics with the lock").clone();
        meanwhile.expect("a script with company has company")
    }
}

#[async_trait]
impl StageWorker for Scripted {
    fn stage(&self) -> Stage {
        self.stage
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        self.runs.fetch_add(1, Ordering::SeqCst);
        match self.next() {
            None => return StageEnd::Done(Box::new(FakeStage(self.stage).output(work.upload))),
            Some(Act::Fail) => return StageEnd::Retry("on purpose".into()),
            Some(Act::Panic) => panic!("on purpose"),
            Some(Act::Hang) => {
                self.clock.advance(Limits::default().time);
                std::future::pending::<()>().await;
            }
            Some(Act::Later(after)) => return StageEnd::Later { after, job: Some(Job("job-1".into())) },
            Some(Act::Reject) => {
                let code = Code::parse("undecodable_image").expect("a legal code");
                return StageEnd::Reject { code, detail: "on purpose".into() };
            }
            Some(Act::NoFace) => return StageEnd::Done(Box::new(StageOutput::bare(Outcome::NoFace))),
            Some(Act::BeSuperseded) => self.meanwhile().supersede().await,
            Some(Act::BeErased) => self.meanwhile().erase().await,
        }
        StageEnd::Done(Box::new(FakeStage(self.stage).output(work.upload)))
    }
}
