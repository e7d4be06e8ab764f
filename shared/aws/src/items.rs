//! A DynamoDB table and the calls on it.

use crate::clients::Clients;
use crate::error::{self, unreadable};
use crate::tables::{Index, Table};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, DeleteRequest, KeysAndAttributes, Put, PutRequest, TransactWriteItem,
    WriteRequest,
};
use backon::{Backoff, BackoffBuilder, ExponentialBuilder, Retryable, RetryableWithContext};
use domain::ports::{PortError, PortErrorKind};
use domain::{TenantId, Timestamp, UserId};
use settings::Resources;
use std::collections::HashMap;
use std::time::Duration;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// DynamoDB's limits for one batch.
const MAX_READ: usize = 100;
const MAX_WRITTEN: usize = 25;
/// How often a throttled batch, or a transaction in conflict, is sent again; the longest first pause.
const MAX_RETRIES: usize = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(crate) struct Items {
    /// Also for transactions, which span tables.
    pub client: Client,
    pub name: String,
}

/// An expression and its values. Names that DynamoDB reserves are written `#name`.
#[derive(Clone, Default)]
pub(crate) struct Condition {
    expression: &'static str,
    values: HashMap<String, AttributeValue>,
}

#[derive(Default)]
pub(crate) struct Range {
    /// None: the table itself.
    pub index: Option<Index>,
    pub condition: Condition,
    pub is_backwards: bool,
    pub after: Option<Item>,
    pub most: usize,
}

impl Condition {
    pub fn new(expression: &'static str) -> Self {
        Condition { expression, values: HashMap::new() }
    }

    pub fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    /// The expression, the names and the values in it. DynamoDB refuses an empty map of values.
    fn parts(self) -> (String, Option<HashMap<String, String>>, Option<Item>) {
        let words = self.expression.split([' ', '(', ')', ',']);
        let names: HashMap<String, String> = words
            .filter_map(|word| word.strip_prefix('#').map(|name| (word.to_owned(), name.to_owned())))
            .collect();
        let names = Some(names).filter(|names| !names.is_empty());
        let values = Some(self.values).filter(|values| !values.is_empty());
        (self.expression.to_owned(), names, values)
    }
}

impl Items {
    pub fn new(clients: &Clients, resources: &Resources, table: Table) -> Self {
        Items { client: clients.dynamodb.clone(), name: resources.table(table.as_str()) }
    }

    fn call(&self, operation: &str) -> String {
        format!("dynamodb:{operation} {}", self.name)
    }

    pub async fn get(&self, key: Item) -> Result<Option<Item>, PortError> {
        let read =
            self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true).send();
        let answer = read.await.map_err(|error| error::port(self.call("GetItem"), error))?;
        Ok(answer.item)
    }

    /// Writes an item. Errors: `Conflict`, the existing item does not meet the condition.
    pub async fn put(&self, item: Item, condition: Condition) -> Result<(), PortError> {
        let (expression, names, values) = condition.parts();
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .send()
            .await
            .map(drop)
            .map_err(|error| error::port(self.call("PutItem"), error))
    }

    /// Deletes an item. Errors: `Conflict`, the existing item does not meet the condition.
    pub async fn delete(&self, key: Item, condition: Option<Condition>) -> Result<(), PortError> {
        let mut delete = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        if let Some(condition) = condition {
            let (expression, names, values) = condition.parts();
            delete = delete
                .condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
        }
        delete.send().await.map(drop).map_err(|error| error::port(self.call("DeleteItem"), error))
    }

    /// Items of one range, and whether there may be more behind them. Consistent for the table, eventually consistent for an
    /// index.
    pub async fn query(&self, range: Range) -> Result<(Vec<Item>, bool), PortError> {
        let (expression, names, values) = range.condition.parts();
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(range.index.map(|index| index.name.to_owned()))
            .consistent_read(range.index.is_none())
            .key_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .scan_index_forward(!range.is_backwards)
            .set_exclusive_start_key(range.after)
            .limit(i32::try_from(range.most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| error::port(self.call("Query"), error))?;
        let more = answer.last_evaluated_key.is_some_and(|key| !key.is_empty());
        Ok((answer.items.unwrap_or_default(), more))
    }

    /// The items with these keys as they are now, in no order; missing ones are left out.
    pub async fn get_all(&self, keys: Vec<Item>) -> Result<Vec<Item>, PortError> {
        let mut found = Vec::new();
        for batch in keys.chunks(MAX_READ) {
            let read = whole_batch(self.call("BatchGetItem"), batch.to_vec(), |keys| self.read_batch(keys));
            found.extend(read.await?);
        }
        Ok(found)
    }

    /// One request. Returns the items, and the keys that DynamoDB left for another request.
    async fn read_batch(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), PortError> {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let read = self.client.batch_get_item().request_items(&self.name, keys.map_err(unreadable)?);
        let answer = read.send().await.map_err(|error| error::port(self.call("BatchGetItem"), error))?;
        let found = answer.responses.into_iter().flatten().flat_map(|(_, items)| items).collect();
        let left = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.name));
        Ok((found, left.map(|left| left.keys).unwrap_or_default()))
    }

    /// Writes items and deletes those with these keys, each by itself and unconditionally.
    pub async fn write_all(&self, puts: Vec<Item>, deletes: Vec<Item>) -> Result<(), PortError> {
        let puts = puts.into_iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build().map_err(unreadable)?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        let deletes = deletes.into_iter().map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(unreadable)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        });
        let writes = puts.chain(deletes).collect::<Result<Vec<_>, PortError>>()?;
        for batch in writes.chunks(MAX_WRITTEN) {
            let write = |writes| self.write_batch(writes);
            whole_batch(self.call("BatchWriteItem"), batch.to_vec(), write).await?;
        }
        Ok(())
    }

    /// One request. Returns the writes that DynamoDB left for another request.
    async fn write_batch(
        &self,
        writes: Vec<WriteRequest>,
    ) -> Result<(Vec<()>, Vec<WriteRequest>), PortError> {
        let write = self.client.batch_write_item().request_items(&self.name, writes);
        let answer = write.send().await.map_err(|error| error::port(self.call("BatchWriteItem"), error))?;
        let left = answer.unprocessed_items.and_then(|mut left| left.remove(&self.name));
        Ok((Vec::new(), left.unwrap_or_default()))
    }

    /// A write of a transaction: puts an item under a condition.
    pub fn putting(&self, item: Item, condition: Condition) -> Result<TransactWriteItem, PortError> {
        let (expression, names, values) = condition.parts();
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().put(put.build().map_err(unreadable)?).build())
    }

    /// A write of a transaction: puts an item unconditionally.
    pub fn replacing(&self, item: Item) -> Result<TransactWriteItem, PortError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        Ok(TransactWriteItem::builder().put(put.build().map_err(unreadable)?).build())
    }

    /// A write of a transaction: deletes an item if it exists.
    pub fn deleting(&self, key: Item) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(unreadable)?).build())
    }
}

/// The pauses between the requests of one batch or transaction: exponential, with full jitter.
fn pauses() -> impl Backoff {
    let longest = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_times(MAX_RETRIES);
    longest.build().map(|longest| longest.mul_f64(fastrand::f64()))
}

/// Why a batch is not done.
enum Unfinished {
    /// DynamoDB, throttled, left a part of it.
    Left,
    Failed(PortError),
}

/// Repeats a request with what it leaves, until nothing is left. Returns everything that it found.
async fn whole_batch<L, T, F>(
    call: String,
    batch: Vec<L>,
    request: impl Fn(Vec<L>) -> F,
) -> Result<Vec<T>, PortError>
where
    F: Future<Output = Result<(Vec<T>, Vec<L>), PortError>>,
{
    let once = |(batch, mut found): (Vec<L>, Vec<T>)| {
        let answer = request(batch);
        async move {
            match answer.await {
                Err(error) => ((Vec::new(), found), Err(Unfinished::Failed(error))),
                Ok((more, left)) => {
                    found.extend(more);
                    let outcome = if left.is_empty() { Ok(()) } else { Err(Unfinished::Left) };
                    ((left, found), outcome)
                }
            }
        }
    };
    let done = once.retry(pauses()).context((batch, Vec::new()));
    match done.when(|why| matches!(why, Unfinished::Left)).await {
        ((_, found), Ok(())) => Ok(found),
        (_, Err(Unfinished::Failed(error))) => Err(error),
        (_, Err(Unfinished::Left)) => Err(PortError::new(
            PortErrorKind::Busy,
            format!("{call}: throttled, a part of the batch is left"),
        )),
    }
}

/// Writes everything or nothing. The inner error has the places of the writes whose conditions were not met. A
/// transaction that conflicts with another one in flight is tried again.
pub(crate) async fn transact(
    client: &Client,
    writes: Vec<TransactWriteItem>,
) -> Result<Result<(), Vec<usize>>, PortError> {
    const CALL: &str = "dynamodb:TransactWriteItems";
    let send = || client.transact_write_items().set_transact_items(Some(writes.clone())).send();
    let sent = send.retry(pauses()).when(|error| is_transient(&reasons(error))).await;
    let Err(error) = sent else { return Ok(Ok(())) };
    let reasons = reasons(&error);
    let unmet: Vec<usize> = (0..reasons.len()).filter(|at| reasons[*at] == UNMET).collect();
    match (unmet.is_empty(), is_transient(&reasons)) {
        (false, _) => Ok(Err(unmet)),
        (true, true) => {
            Err(PortError::new(PortErrorKind::Busy, format!("{CALL}: in conflict with others: {reasons:?}")))
        }
        (true, false) if reasons.is_empty() => Err(error::port(CALL, error)),
        (true, false) => Err(error::port(format!("{CALL} {reasons:?}"), error)),
    }
}

const UNMET: &str = "ConditionalCheckFailed";
const TRANSIENT: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Whether the same transaction may succeed later.
fn is_transient(reasons: &[String]) -> bool {
    reasons.iter().all(|reason| reason != UNMET)
        && reasons.iter().any(|reason| TRANSIENT.contains(&reason.as_str()))
}

/// Why a transaction was cancelled, write by write; empty if it was not cancelled.
fn reasons(error: &SdkError<TransactWriteItemsError>) -> Vec<String> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return Vec::new();
    };
    let reasons = cancelled.cancellation_reasons().iter();
    reasons.map(|reason| reason.code().unwrap_or("None").to_owned()).collect()
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Result<&'a str, PortError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| missing(name))
}

pub(crate) fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, PortError> {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|digits| digits.parse().ok()).ok_or_else(|| missing(name))
}

pub(crate) fn bytes_of<'a>(item: &'a Item, name: &str) -> Result<&'a [u8], PortError> {
    let value = item.get(name).and_then(|value| value.as_b().ok());
    value.map(AsRef::as_ref).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> PortError {
    unreadable(format!("an item without {name}"))
}

/// Identifies an owner in keys.
pub(crate) fn owner(tenant: &TenantId, user: &UserId) -> String {
    format!("{tenant}#{user}")
}

/// The second after which DynamoDB may delete an item.
pub(crate) fn expiry(moment: Timestamp) -> AttributeValue {
    number(moment.as_second().saturating_add(1))
}

/// A moment as text that sorts by time: milliseconds since 1970 in fifteen digits.
pub(crate) fn ordered(moment: Timestamp) -> String {
    format!("{:015}", moment.as_millisecond().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_what_they_use() {
        let (expression, names, values) = Condition::new("attribute_exists(#key) AND #version = :v").parts();
        assert_eq!(expression, "attribute_exists(#key) AND #version = :v");
        let expected = [("#key", "key"), ("#version", "version")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(names, Some(HashMap::from(expected)));
        assert_eq!(values, None);
        let (_, names, values) = Condition::new("a = :v").with(":v", number(1)).parts();
        assert_eq!((names, values.map(|values| values.len())), (None, Some(1)));
    }

    #[test]
    fn moments_are_ordered_as_text() {
        let at = |ms: i64| ordered(Timestamp::from_millisecond(ms).unwrap());
        assert!(at(0) < at(999) && at(999) < at(1_767_225_600_000));
        assert_eq!(at(-5), at(0));
    }
}
