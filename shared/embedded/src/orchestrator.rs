//! Runs the pipeline's definition on one machine. The interpreter is pure; here its frames, tokens, timers and history
//! are stored, and each transition is one transaction together with the messages that it sends.

use crate::clock::from_ms;
use crate::error::{sql, unreadable};
use crate::execution_row;
use crate::store::Store;
use crate::transition::{Definitions, Transition, ended, token_owner};
use async_trait::async_trait;
use domain::ports::orchestrator::{Answered, Execution};
use domain::ports::{self, PortError};
use domain::{ExecutionInput, ExecutionName, QueueName, Stage, TaskToken};
use rusqlite::OptionalExtension;
use serde_json::Value;
use statemachine::{Definition, Event, LoadError, PIPELINE, Seed, Substitutions};
use std::sync::Arc;
use std::time::Duration;

/// Timers that one command fires at most; the rest follow in the next.
const MAX_FIRED: usize = 64;
/// Ended executions that one command forgets at most.
const MAX_FORGOTTEN: usize = 256;

/// How long an ended execution is remembered: as long as Step Functions does.
pub const RETENTION: Duration = Duration::from_secs(90 * 86_400);

/// The executions of a data directory.
#[derive(Clone)]
pub struct Orchestrator {
    store: Store,
    definitions: Arc<Definitions>,
}

/// What `${FaceDetectionQueueUrl}` and its like stand for on one machine: the bare queue names.
pub fn pipeline_substitutions() -> Substitutions {
    Stage::ALL
        .into_iter()
        .map(|stage| (format!("{}QueueUrl", stage.state_name()), QueueName::of(stage).as_str().to_owned()))
        .collect()
}

impl Orchestrator {
    /// Runs the pipeline. Executions that older definitions began go on with those.
    pub async fn open(store: &Store) -> Result<Self, PortError> {
        Orchestrator::with_definition(store, PIPELINE, pipeline_substitutions()).await
    }

    /// Runs another definition. Errors: it does not load, by path.
    pub async fn with_definition(
        store: &Store,
        text: &str,
        substitutions: Substitutions,
    ) -> Result<Self, PortError> {
        let denied = |error: LoadError| PortError::denied(error.to_string());
        let current = Definition::load(text, &substitutions).map_err(denied)?;
        let stored = serde_json::json!({"text": text, "substitutions": substitutions}).to_string();
        let hash = current.hash().to_owned();
        store
            .write(move |turn| {
                turn.connection
                    .prepare_cached("INSERT OR IGNORE INTO definition VALUES (?1, ?2)")
                    .and_then(|mut insert| insert.execute((hash, stored)))
                    .map_err(sql)
            })
            .await?;
        Ok(Orchestrator { store: store.clone(), definitions: Arc::new(Definitions::new(current)) })
    }

    /// Fires timers (time limits, waits, retries) as they come due, and forgets executions that ended before
    /// [`RETENTION`], until `stop` ends.
    pub async fn run_timers(&self, stop: impl Future<Output = ()> + Send) {
        let clock = self.store.clock();
        let mut stop = std::pin::pin!(stop);
        loop {
            let woken = self.store.board().timer();
            let began = clock.now();
            let pause = match self.round().await {
                // A full round has more waiting behind it.
                Ok(true) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(false) => Duration::ZERO,
                Err(error) => {
                    tracing::error!(error = %error, "timers could not be fired");
                    AFTER_A_FAILURE
                }
            };
            // From the round's beginning on, so that time that passes during it is not waited for again.
            let next = self.store.board().next_timer().min(crate::clock::after(began, LONGEST_PAUSE));
            let next = next.max(crate::clock::after(clock.now(), pause));
            tokio::select! {
                () = &mut stop => return,
                () = woken => {}
                () = clock.sleep_until(next) => {}
            }
        }
    }

    /// Fires what is due and forgets what is old, some of both; tells whether there is more.
    async fn round(&self) -> Result<bool, PortError> {
        Ok(self.fire_due().await? == MAX_FIRED || self.forget_old().await? == MAX_FORGOTTEN)
    }

    /// Forgets executions that ended before [`RETENTION`], some of them; tells how many.
    pub async fn forget_old(&self) -> Result<usize, PortError> {
        self.store.write(|turn| execution_row::forget(turn, RETENTION, MAX_FORGOTTEN)).await
    }

    /// Fires the timers that are due, at most a round of them; tells how many.
    pub async fn fire_due(&self) -> Result<usize, PortError> {
        let definitions = self.definitions.clone();
        self.store
            .write(move |turn| {
                let due = execution_row::due(turn, MAX_FIRED)?;
                for number in &due {
                    Transition::of(turn, &definitions, *number)?.apply(Event::Tick)?;
                }
                execution_row::announce_next(turn)?;
                Ok(due.len())
            })
            .await
    }

    /// The history of an execution, as Step Functions writes it; empty where there is none.
    pub async fn history(&self, name: &ExecutionName) -> Result<Vec<statemachine::HistoryEvent>, PortError> {
        let name = name.to_string();
        self.store.read(move |connection| execution_row::history(connection, &name)).await
    }

    async fn answer(
        &self,
        token: &TaskToken,
        event: impl FnOnce(u64) -> Event + Send + 'static,
    ) -> Result<Answered, PortError> {
        let (definitions, token) = (self.definitions.clone(), token.clone());
        self.store
            .write(move |turn| {
                let Some((number, task)) = token_owner(turn, &token)? else { return Ok(Answered::TokenGone) };
                match Transition::of(turn, &definitions, number)?.apply(event(task))? {
                    true => Ok(Answered::Accepted),
                    false => Ok(Answered::TokenGone),
                }
            })
            .await
    }
}

/// The longest pause between two rounds: old executions are forgotten although no timer is due for days.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause after a round that failed, so that a broken database is not asked in a hot loop.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

#[async_trait]
impl ports::Orchestrator for Orchestrator {
    async fn start(&self, name: &ExecutionName, input: &ExecutionInput) -> Result<(), PortError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(crate::StoreError::Randomness)?;
        let (definitions, name) = (self.definitions.clone(), name.clone());
        let input = serde_json::to_value(input).map_err(unreadable)?;
        self.store
            .write(move |turn| match execution_row::input(turn, name.as_str())? {
                Some(known) if known == input => Ok(()),
                Some(_) => Err(PortError::conflict("the execution exists with another input")),
                None => Transition::start(turn, &definitions, &name, input, Seed::from_bytes(seed)),
            })
            .await
    }

    async fn succeed(&self, token: &TaskToken, output: Value) -> Result<Answered, PortError> {
        self.answer(token, move |task| Event::TaskSucceeded { task, output }).await
    }

    async fn fail(&self, token: &TaskToken, error: &str, cause: &str) -> Result<Answered, PortError> {
        let (error, cause) = (Some(error.to_owned()), Some(cause.to_owned()));
        self.answer(token, move |task| Event::TaskFailed { task, error, cause }).await
    }

    async fn stop(&self, name: &ExecutionName, error: &str, cause: &str) -> Result<(), PortError> {
        let event = Event::Stop { error: Some(error.to_owned()), cause: Some(cause.to_owned()) };
        let (definitions, name) = (self.definitions.clone(), name.clone());
        self.store
            .write(move |turn| match execution_row::running(turn, name.as_str())? {
                Some(number) => Transition::of(turn, &definitions, number)?.apply(event).map(drop),
                None => Ok(()),
            })
            .await
    }

    async fn describe(&self, name: &ExecutionName) -> Result<Option<Execution>, PortError> {
        let name = name.to_string();
        self.store
            .read(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT status, input, started_at, ended_at, output, error, cause FROM execution WHERE name = ?1",
                    )
                    .and_then(|mut select| {
                        select
                            .query_row([name], |row| {
                                let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
                                Ok(Execution {
                                    status: ended(&row.get::<_, String>(0)?),
                                    input: json(row.get(1)?).unwrap_or_default(),
                                    started_at: from_ms(row.get(2)?),
                                    ended_at: row.get::<_, Option<i64>>(3)?.map(from_ms),
                                    output: json(row.get(4)?),
                                    error: row.get(5)?,
                                    cause: row.get(6)?,
                                })
                            })
                            .optional()
                    })
                    .map_err(sql)
            })
            .await
    }
}

impl Orchestrator {
    /// Counts executions that run.
    pub async fn running(&self) -> Result<u64, PortError> {
        self.store
            .read(|connection| {
                connection
                    .query_row("SELECT count(*) FROM execution WHERE ended_at IS NULL", [], |row| row.get(0))
                    .map_err(sql)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::Options;
    use domain::fixture;
    use domain::ports::{Clock, Orchestrator as _};

    #[tokio::test]
    async fn old_executions_are_forgotten_although_no_timer_is_due() {
        let root = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let options = Options { clock: Some(clock.clone() as Arc<dyn Clock>), ..Options::default() };
        let store = Store::open(root.path(), options).unwrap();
        let orchestrator = Orchestrator::open(&store).await.unwrap();
        let mut names = Vec::new();
        for number in 0..300 {
            let upload = fixture::stored_from(fixture::awaiting_of(number, b"photo"));
            let name = ExecutionName::new(upload.upload_id, upload.attempt);
            orchestrator.start(&name, &ExecutionInput::of(&upload)).await.unwrap();
            orchestrator.stop(&name, "Stopped", "on purpose").await.unwrap();
            names.push(name);
        }
        let timers = orchestrator.clone();
        let timers = tokio::spawn(async move { timers.run_timers(std::future::pending()).await });
        clock.advance(RETENTION);
        assert!(orchestrator.describe(&names[299]).await.unwrap().is_some(), "not a moment too early");
        clock.advance(2 * LONGEST_PAUSE);
        let forgotten = async {
            while orchestrator.describe(&names[299]).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), forgotten).await.unwrap();
        assert!(orchestrator.describe(&names[0]).await.unwrap().is_none());
        assert!(orchestrator.history(&names[0]).await.unwrap().is_empty());
        timers.abort();
    }
}
