//! Runs the pipeline's definition on one machine. The interpreter is pure; this module stores its frames, tokens, timers and
//! history. Each transition is one transaction together with the messages that it sends.

use crate::clock::from_ms;
use crate::error::{sql, unreadable};
use crate::execution_row;
use crate::store::Store;
use crate::transition::{Definitions, Transition, status, token_owner};
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::ports::orchestrator::{Answered, Execution};
use domain::ports::{self, PortError};
use domain::{ExecutionInput, ExecutionName, QueueName, Stage, TaskToken};
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;
use statemachine::{Definition, Event, LoadError, PIPELINE, Seed, Substitutions};
use std::sync::Arc;
use std::time::Duration;

/// The most timers that one command fires; the rest follow in the next.
const MAX_FIRED: usize = 64;
/// The most ended executions that one command deletes.
const MAX_DELETED: usize = 256;

/// How long an ended execution is kept: as long as Step Functions keeps one.
pub const RETENTION: Duration = Duration::from_secs(90 * 86_400);

/// The executions of a data directory.
#[derive(Clone)]
pub struct Orchestrator {
    store: Store,
    definitions: Arc<Definitions>,
}

/// The values of `${FaceDetectionQueueUrl}` and the other substitutions on one machine: the bare queue names, and the
/// partition of AWS in whose resources' names the interpreter knows tasks.
pub fn pipeline_substitutions() -> Substitutions {
    let queues = Stage::ALL
        .into_iter()
        .map(|stage| (format!("{}QueueUrl", stage.state_name()), QueueName::of(stage).as_str().to_owned()));
    queues.chain([("Partition".into(), "aws".into())]).collect()
}

impl Orchestrator {
    /// Runs the pipeline. Executions that were started with an older definition continue with it.
    pub async fn open(store: &Store) -> Result<Self, PortError> {
        Orchestrator::with_definition(store, PIPELINE, pipeline_substitutions()).await
    }

    /// Runs another definition. Errors: `Denied`, with the path at which the definition does not load.
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
            .write(move |txn| {
                txn.connection
                    .prepare_cached("INSERT OR IGNORE INTO definition VALUES (?1, ?2)")
                    .and_then(|mut insert| insert.execute((hash, stored)))
                    .map_err(sql)
            })
            .await?;
        Ok(Orchestrator { store: store.clone(), definitions: Arc::new(Definitions::new(current)) })
    }

    /// Fires timers (time limits, waits, retries) as they come due, and deletes executions that ended before [`RETENTION`],
    /// until `stop` ends.
    pub async fn run_timers(&self, stop: impl Future<Output = ()> + Send) {
        let clock = self.store.clock();
        let mut stop = std::pin::pin!(stop);
        loop {
            let woken = self.store.board().timer();
            let began = clock.now();
            let pause = match self.round().await {
                // More is due than one round takes.
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
            // Counted from the round's start: time that passes during it counts.
            let next = self.store.board().next_timer().min(crate::clock::after(began, LONGEST_PAUSE));
            let next = next.max(crate::clock::after(clock.now(), pause));
            tokio::select! {
                () = &mut stop => return,
                () = woken => {}
                () = clock.sleep_until(next) => {}
            }
        }
    }

    /// Fires due timers and deletes old executions, a bounded number of both; returns whether there may be more.
    async fn round(&self) -> Result<bool, PortError> {
        Ok(self.fire_due().await? == MAX_FIRED || self.delete_old().await? == MAX_DELETED)
    }

    /// Deletes executions that ended before [`RETENTION`], at most `MAX_DELETED`; returns how many.
    pub async fn delete_old(&self) -> Result<usize, PortError> {
        self.store.write(|txn| execution_row::delete_old(txn, RETENTION, MAX_DELETED)).await
    }

    /// Fires the timers that are due, at most `MAX_FIRED`; returns how many were due.
    pub async fn fire_due(&self) -> Result<usize, PortError> {
        let definitions = self.definitions.clone();
        self.store
            .write(move |txn| {
                let due = execution_row::due(txn, MAX_FIRED)?;
                for number in &due {
                    fire(txn, &definitions, *number)?;
                }
                execution_row::announce_next(txn)?;
                Ok(due.len())
            })
            .await
    }

    /// The history of an execution in Step Functions' form; empty if there is no such execution.
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
            .write(move |txn| {
                let Some((number, task)) = token_owner(txn, &token)? else { return Ok(Answered::TokenGone) };
                match Transition::of(txn, &definitions, number)?.apply(event(task))? {
                    true => Ok(Answered::Accepted),
                    false => Ok(Answered::TokenGone),
                }
            })
            .await
    }
}

/// The longest pause between two rounds: old executions are deleted although no timer is due for days.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause after a failed round, so that a broken database is not queried in a hot loop.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// When the timer of a broken execution is fired again.
const AFTER_A_BROKEN_TIMER: Duration = Duration::from_secs(60);

/// Fires one execution's timer. A broken execution is logged and tried again later; it does not hold up the others.
fn fire(txn: &mut WriteTxn<'_>, definitions: &Definitions, number: i64) -> Result<(), PortError> {
    let tick =
        |txn: &mut WriteTxn<'_>| Transition::of(txn, definitions, number)?.apply(Event::Tick).map(drop);
    match txn.savepoint(tick).map_err(sql)? {
        Err(error) if !txn.has_ended() => {
            tracing::error!(error = %error, execution = number, "a timer could not be fired");
            execution_row::postpone(txn, number, AFTER_A_BROKEN_TIMER)
        }
        fired => fired,
    }
}

#[async_trait]
impl ports::Orchestrator for Orchestrator {
    async fn start(&self, name: &ExecutionName, input: &ExecutionInput) -> Result<(), PortError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(crate::StoreError::Randomness)?;
        let (definitions, name) = (self.definitions.clone(), name.clone());
        let input = serde_json::to_value(input).map_err(unreadable)?;
        self.store
            .write(move |txn| match execution_row::input(txn, name.as_str())? {
                Some(known) if known == input => Ok(()),
                Some(_) => Err(PortError::conflict("the execution exists with another input")),
                None => Transition::start(txn, &definitions, &name, input, Seed::from_bytes(seed)),
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
            .write(move |txn| match execution_row::running(txn, name.as_str())? {
                Some(number) => Transition::of(txn, &definitions, number)?.apply(event).map(drop),
                None => Ok(()),
            })
            .await
    }

    async fn describe(&self, name: &ExecutionName) -> Result<Option<Execution>, PortError> {
        const SELECT: &str =
            "SELECT status, input, output, started_at, ended_at, error, cause FROM execution WHERE name = ?1";
        let name = name.to_string();
        self.store
            .read(move |connection| {
                let mut select = connection.prepare_cached(SELECT).map_err(sql)?;
                let found = select.query_row([name], |row| Ok(execution(row))).optional().map_err(sql)?;
                found.transpose()
            })
            .await
    }
}

impl Orchestrator {
    /// The number of executions that have not ended.
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

/// Reads an execution's row. Its JSON is ours: what does not parse is damage, which must not read like an empty value.
fn execution(row: &Row<'_>) -> Result<Execution, PortError> {
    let [stored, input] = [text(row, 0)?, text(row, 1)?].map(Option::unwrap_or_default);
    let json = |text: String| serde_json::from_str(&text).map_err(unreadable);
    Ok(Execution {
        status: status(&stored)?,
        input: json(input)?,
        output: text(row, 2)?.map(json).transpose()?,
        started_at: from_ms(row.get(3).map_err(sql)?),
        ended_at: row.get::<_, Option<i64>>(4).map_err(sql)?.map(from_ms),
        error: text(row, 5)?,
        cause: text(row, 6)?,
    })
}

fn text(row: &Row<'_>, column: usize) -> Result<Option<String>, PortError> {
    row.get(column).map_err(sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::Options;
    use domain::fixture;
    use domain::ports::{Clock, Orchestrator as _, PortErrorKind};

    #[tokio::test]
    async fn old_executions_are_deleted_although_no_timer_is_due() {
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
        assert!(orchestrator.describe(&names[299]).await.unwrap().is_some(), "deleted too early");
        clock.advance(2 * LONGEST_PAUSE);
        let deleted = async {
            while orchestrator.describe(&names[299]).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), deleted).await.unwrap();
        assert!(orchestrator.describe(&names[0]).await.unwrap().is_none());
        assert!(orchestrator.history(&names[0]).await.unwrap().is_empty());
        timers.abort();
    }

    #[tokio::test]
    async fn a_broken_execution_does_not_hold_up_the_others() {
        let root = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let options = Options { clock: Some(clock.clone() as Arc<dyn Clock>), ..Options::default() };
        let store = Store::open(root.path(), options).unwrap();
        let orchestrator = Orchestrator::open(&store).await.unwrap();
        let mut names = Vec::new();
        for number in 0..3 {
            let upload = fixture::stored_from(fixture::awaiting_of(number, b"photo"));
            names.push(ExecutionName::new(upload.upload_id, upload.attempt));
            orchestrator.start(&names[number as usize], &ExecutionInput::of(&upload)).await.unwrap();
        }
        let (name, after_the_time_limit) = (names[1].to_string(), Duration::from_secs(2 * 867_600));
        let damage = "UPDATE execution SET frame = x'00' WHERE name = ?1";
        store.write(move |txn| txn.connection.execute(damage, [name]).map_err(sql)).await.unwrap();
        let events = async |place: usize| orchestrator.history(&names[place]).await.unwrap().len();
        let before = [events(0).await, events(2).await];
        clock.advance(after_the_time_limit);
        assert_eq!(orchestrator.fire_due().await.unwrap(), 3);
        assert!(events(0).await > before[0] && events(2).await > before[1], "their tasks timed out");
        assert_eq!(orchestrator.fire_due().await.unwrap(), 0, "the broken one is not fired in a hot loop");
        clock.advance(AFTER_A_BROKEN_TIMER);
        assert_eq!(orchestrator.fire_due().await.unwrap(), 1, "the broken one is tried again");
    }

    #[tokio::test]
    async fn a_damaged_execution_is_an_error_and_not_an_empty_one() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Options::default()).unwrap();
        let orchestrator = Orchestrator::open(&store).await.unwrap();
        for (number, damage) in (0..).zip(["status = 'LOST'", "input = '{'", "output = '{'"]) {
            let upload = fixture::stored_from(fixture::awaiting_of(number, b"photo"));
            let name = ExecutionName::new(upload.upload_id, upload.attempt);
            orchestrator.start(&name, &ExecutionInput::of(&upload)).await.unwrap();
            assert!(orchestrator.describe(&name).await.unwrap().is_some());
            let (damage, row) = (format!("UPDATE execution SET {damage} WHERE name = ?1"), name.to_string());
            store.write(move |txn| txn.connection.execute(&damage, [row]).map_err(sql)).await.unwrap();
            let error = orchestrator.describe(&name).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Broken, "{error}");
        }
    }
}
