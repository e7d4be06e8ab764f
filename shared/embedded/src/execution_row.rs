//! Rows of executions and their history.

use crate::clock::{after, from_ms, to_ms};
use crate::error::{sql, unreadable};
use crate::wake::Wake;
use crate::writer::WriteTxn;
use domain::ports::PortError;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use statemachine::HistoryEvent;
use std::time::Duration;

/// An execution's input; None if there is no execution of that name.
pub(crate) fn input(txn: &WriteTxn<'_>, name: &str) -> Result<Option<Value>, PortError> {
    let input: Option<String> = txn
        .connection
        .prepare_cached("SELECT input FROM execution WHERE name = ?1")
        .and_then(|mut select| select.query_row([name], |row| row.get(0)).optional())
        .map_err(sql)?;
    input.map(|input| serde_json::from_str(&input).map_err(unreadable)).transpose()
}

/// The number of an execution that has not ended; None if it has, or if there is none of that name.
pub(crate) fn running(txn: &WriteTxn<'_>, name: &str) -> Result<Option<i64>, PortError> {
    txn.connection
        .prepare_cached("SELECT number FROM execution WHERE name = ?1 AND ended_at IS NULL")
        .and_then(|mut select| select.query_row([name], |row| row.get(0)).optional())
        .map_err(sql)
}

/// Executions whose deadline has passed, the most overdue first.
pub(crate) fn due(txn: &WriteTxn<'_>, most: usize) -> Result<Vec<i64>, PortError> {
    let query = "SELECT number FROM execution WHERE deadline IS NOT NULL AND deadline <= ?1 ORDER BY deadline LIMIT ?2";
    txn.connection
        .prepare_cached(query)
        .and_then(|mut select| select.query_map((txn.now_ms, most), |row| row.get(0))?.collect())
        .map_err(sql)
}

/// Moves an execution's deadline to `pause` from now.
pub(crate) fn postpone(txn: &mut WriteTxn<'_>, number: i64, pause: Duration) -> Result<(), PortError> {
    let deadline = to_ms(after(from_ms(txn.now_ms), pause));
    txn.connection
        .prepare_cached("UPDATE execution SET deadline = ?2 WHERE number = ?1")
        .and_then(|mut update| update.execute((number, deadline)))
        .map_err(sql)?;
    txn.wakes.push(Wake::TimerAt(deadline));
    Ok(())
}

/// Tells the timer loop when the next deadline is.
pub(crate) fn announce_next(txn: &mut WriteTxn<'_>) -> Result<(), PortError> {
    let next: Option<i64> = txn
        .connection
        .prepare_cached("SELECT deadline FROM execution WHERE deadline IS NOT NULL ORDER BY deadline LIMIT 1")
        .and_then(|mut select| select.query_row([], |row| row.get(0)).optional())
        .map_err(sql)?;
    txn.wakes.push(Wake::NextTimerIs(next.unwrap_or(i64::MAX)));
    Ok(())
}

/// Deletes executions that ended longer than `retention` ago, with their history; returns how many.
pub(crate) fn delete_old(txn: &WriteTxn<'_>, retention: Duration, most: usize) -> Result<usize, PortError> {
    let before = txn.now_ms.saturating_sub(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX));
    let query = "SELECT number FROM execution WHERE ended_at IS NOT NULL AND ended_at < ?1 LIMIT ?2";
    let old: Vec<i64> = txn
        .connection
        .prepare_cached(query)
        .and_then(|mut select| select.query_map((before, most), |row| row.get(0))?.collect())
        .map_err(sql)?;
    for number in &old {
        for delete in ["DELETE FROM history WHERE execution = ?1", "DELETE FROM execution WHERE number = ?1"]
        {
            txn.connection
                .prepare_cached(delete)
                .and_then(|mut delete| delete.execute([number]))
                .map_err(sql)?;
        }
    }
    Ok(old.len())
}

/// Every event of an execution, in order.
pub(crate) fn history(connection: &Connection, name: &str) -> Result<Vec<HistoryEvent>, PortError> {
    let query = "SELECT history.events FROM history JOIN execution ON execution.number = history.execution
        WHERE execution.name = ?1 ORDER BY history.first_id";
    let bursts: Vec<String> = connection
        .prepare_cached(query)
        .and_then(|mut select| select.query_map([name], |row| row.get(0))?.collect())
        .map_err(sql)?;
    let mut events = Vec::new();
    for burst in bursts {
        events.extend(serde_json::from_str::<Vec<HistoryEvent>>(&burst).map_err(unreadable)?);
    }
    Ok(events)
}
