//! A table of DynamoDB and the calls that are made on it.

use crate::clients::Clients;
use crate::error::{self, unreadable};
use crate::tables::{Index, Table};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, DeleteRequest, KeysAndAttributes, Put, PutRequest, TransactWriteItem,
    WriteRequest,
};
use domain::Timestamp;
use domain::ports::{PortError, PortErrorKind};
use settings::Resources;
use std::collections::HashMap;
use std::time::Duration;

/// An item by its attributes.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The most items of one batch that is read, and of one that is written.
const MAX_READ: usize = 100;
const MAX_WRITTEN: usize = 25;
/// How often what DynamoDB leaves of a batch, throttled, is asked for again, and the first pause before that.
const MAX_ROUNDS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A table.
#[derive(Clone)]
pub(crate) struct Items {
    /// For transactions, which may be over several tables.
    pub client: Client,
    /// Its full name.
    pub name: String,
}

/// A condition, with the values that it compares with. Names that DynamoDB reserves are written `#name`.
#[derive(Clone, Default)]
pub(crate) struct Condition {
    expression: &'static str,
    values: HashMap<String, AttributeValue>,
}

/// One range of a table or an index.
#[derive(Default)]
pub(crate) struct Range {
    /// None: the table's own order.
    pub index: Option<Index>,
    /// On the key.
    pub condition: Condition,
    /// Largest first.
    pub is_backwards: bool,
    /// Behind this key.
    pub after: Option<Item>,
    /// At most.
    pub most: usize,
}

impl Condition {
    /// A condition without values.
    pub fn new(expression: &'static str) -> Self {
        Condition { expression, values: HashMap::new() }
    }

    /// With a value for `:name`.
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
    /// The table of an installation.
    pub fn new(clients: &Clients, resources: &Resources, table: Table) -> Self {
        Items { client: clients.dynamodb.clone(), name: resources.table(table.as_str()) }
    }

    fn call(&self, operation: &str) -> String {
        format!("dynamodb:{operation} {}", self.name)
    }

    /// An item as it is now.
    pub async fn get(&self, key: Item) -> Result<Option<Item>, PortError> {
        let read =
            self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true).send();
        let answer = read.await.map_err(|error| error::port(self.call("GetItem"), error))?;
        Ok(answer.item)
    }

    /// Writes an item. Errors: `Conflict`, the one that is there does not meet the condition.
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

    /// Deletes an item. Errors: `Conflict`, the one that is there does not meet the condition.
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

    /// Items of one range, and whether there may be more behind them. Of the table: as they are now; of an index: as
    /// they were some moments ago.
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

    /// The items with these keys as they are now, in no order; those that are not there are left out.
    pub async fn get_all(&self, keys: Vec<Item>) -> Result<Vec<Item>, PortError> {
        let mut found = Vec::new();
        for batch in keys.chunks(MAX_READ) {
            let mut left = Some(batch.to_vec());
            for round in 0..MAX_ROUNDS {
                let Some(keys) = left.take().filter(|keys| !keys.is_empty()) else { break };
                pause(round).await;
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                let read =
                    self.client.batch_get_item().request_items(&self.name, wanted.map_err(unreadable)?);
                let answer =
                    read.send().await.map_err(|error| error::port(self.call("BatchGetItem"), error))?;
                found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
                left = answer
                    .unprocessed_keys
                    .and_then(|mut left| left.remove(&self.name))
                    .map(|left| left.keys);
            }
            nothing_left(self.call("BatchGetItem"), left.is_none_or(|keys| keys.is_empty()))?;
        }
        Ok(found)
    }

    /// Writes items, or deletes those with these keys, each by itself and whatever is there.
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
            let mut left = Some(batch.to_vec());
            for round in 0..MAX_ROUNDS {
                let Some(writes) = left.take().filter(|writes| !writes.is_empty()) else { break };
                pause(round).await;
                let write = self.client.batch_write_item().request_items(&self.name, writes);
                let answer =
                    write.send().await.map_err(|error| error::port(self.call("BatchWriteItem"), error))?;
                left = answer.unprocessed_items.and_then(|mut left| left.remove(&self.name));
            }
            nothing_left(self.call("BatchWriteItem"), left.is_none_or(|writes| writes.is_empty()))?;
        }
        Ok(())
    }

    /// A write of a transaction: puts an item, under a condition.
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

    /// A write of a transaction: puts an item, whatever is there.
    pub fn replacing(&self, item: Item) -> Result<TransactWriteItem, PortError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        Ok(TransactWriteItem::builder().put(put.build().map_err(unreadable)?).build())
    }

    /// A write of a transaction: deletes an item, if there is one.
    pub fn deleting(&self, key: Item) -> Result<TransactWriteItem, PortError> {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(unreadable)?).build())
    }
}

async fn pause(round: u32) {
    if round > 0 {
        let longest = FIRST_PAUSE * 2_u32.pow(round - 1);
        tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
    }
}

fn nothing_left(call: String, nothing: bool) -> Result<(), PortError> {
    match nothing {
        true => Ok(()),
        false => {
            Err(PortError::new(PortErrorKind::Busy, format!("{call}: a part of the batch was not taken")))
        }
    }
}

/// Writes all of it or nothing. The second result names the writes, by number, whose condition was not met. A
/// transaction that meets another one in flight is tried again.
pub(crate) async fn transact(
    client: &Client,
    writes: Vec<TransactWriteItem>,
) -> Result<Result<(), Vec<usize>>, PortError> {
    for round in 0..MAX_ROUNDS {
        pause(round).await;
        let sent = client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
        let Err(error) = sent else { return Ok(Ok(())) };
        let Some(reasons) = error.as_service_error().and_then(reasons) else {
            return Err(error::port("dynamodb:TransactWriteItems", error));
        };
        let unmet: Vec<usize> =
            (0..reasons.len()).filter(|at| reasons[*at] == "ConditionalCheckFailed").collect();
        if !unmet.is_empty() {
            return Ok(Err(unmet));
        }
        if !reasons.iter().any(|reason| TRY_AGAIN.contains(&reason.as_str())) {
            return Err(error::port(format!("dynamodb:TransactWriteItems {reasons:?}"), error));
        }
    }
    Err(PortError::new(PortErrorKind::Busy, "dynamodb:TransactWriteItems: it met others each time"))
}

/// Reasons that pass.
const TRY_AGAIN: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Why a transaction was cancelled, write by write; None where that was not what happened.
fn reasons(
    error: &aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError,
) -> Option<Vec<String>> {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError as Refused;
    let Refused::TransactionCanceledException(cancelled) = error else { return None };
    let reasons = cancelled.cancellation_reasons().iter();
    Some(reasons.map(|reason| reason.code().unwrap_or("None").to_owned()).collect())
}

/// A text as an attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number as an attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Bytes as an attribute.
pub(crate) fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// An item of these attributes.
pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A text of an item.
pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Result<&'a str, PortError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| missing(name))
}

/// A number of an item.
pub(crate) fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, PortError> {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|digits| digits.parse().ok()).ok_or_else(|| missing(name))
}

/// Bytes of an item.
pub(crate) fn bytes_of<'a>(item: &'a Item, name: &str) -> Result<&'a [u8], PortError> {
    let value = item.get(name).and_then(|value| value.as_b().ok());
    value.map(AsRef::as_ref).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> PortError {
    unreadable(format!("an item without {name}"))
}

/// The whole second in or after which an item may be deleted.
pub(crate) fn expiry(moment: Timestamp) -> AttributeValue {
    number(moment.as_second().saturating_add(1))
}

/// A moment as text whose order is time's: milliseconds since 1970 in fifteen digits.
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
