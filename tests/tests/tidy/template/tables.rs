//! The tables have the keys and indexes that the adapters use.

use super::document::Template;
use aws::tables::{EXPIRY, Holds, Key, KeyAttribute, Table};
use serde_json::{Value, json};

/// The name of a table's resource.
fn resource_of(table: Table) -> String {
    format!("{table:?}Table")
}

fn schema(key: Key) -> Value {
    let partition = json!({"AttributeName": key.partition.name, "KeyType": "HASH"});
    let sort = key.sort.map(|sort| json!({"AttributeName": sort.name, "KeyType": "RANGE"}));
    std::iter::once(partition).chain(sort).collect()
}

fn attributes(table: Table) -> Value {
    let keys = std::iter::once(table.key()).chain(table.indexes().iter().map(|index| index.key));
    let all = keys.flat_map(|key| std::iter::once(key.partition).chain(key.sort));
    let mut defined: Vec<Value> = Vec::new();
    for KeyAttribute { name, is_number } in all {
        let one = json!({"AttributeName": name, "AttributeType": if is_number { "N" } else { "S" }});
        if !defined.contains(&one) {
            defined.push(one);
        }
    }
    defined.into()
}

fn projection(holds: Holds) -> Value {
    match holds {
        Holds::Items => json!({"ProjectionType": "ALL"}),
        Holds::Keys => json!({"ProjectionType": "KEYS_ONLY"}),
        Holds::Attributes(names) => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names}),
    }
}

#[test]
fn the_tables_are_those_that_the_adapters_use() {
    let template = Template::read();
    assert_eq!(template.of_type("AWS::DynamoDB::Table").len(), Table::ALL.len());
    for table in Table::ALL {
        let made = template.properties(&resource_of(table));
        let name = format!("${{AWS::StackName}}-{}", table.as_str());
        assert_eq!(made["TableName"], json!({"Fn::Sub": name}));
        assert_eq!(made["KeySchema"], schema(table.key()), "{name}");
        assert_eq!(made["AttributeDefinitions"], attributes(table), "{name}");
        let indexes: Vec<Value> = table
            .indexes()
            .iter()
            .map(|index| {
                json!({
                    "IndexName": index.name,
                    "KeySchema": schema(index.key),
                    "Projection": projection(index.holds),
                })
            })
            .collect();
        assert_eq!(
            made.get("GlobalSecondaryIndexes").cloned().unwrap_or(json!([])),
            json!(indexes),
            "{name}"
        );
        let expiry = table.expires().then(|| json!({"AttributeName": EXPIRY, "Enabled": true}));
        assert_eq!(made.get("TimeToLiveSpecification"), expiry.as_ref(), "{name}");
    }
}

#[test]
fn what_is_in_tables_is_paid_by_use_and_can_be_brought_back() {
    let template = Template::read();
    for (name, table) in template.of_type("AWS::DynamoDB::Table") {
        assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{name}");
        assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{name}");
        // Every table is encrypted. This would ask for a key of KMS, which is charged by request.
        assert_eq!(table.get("SSESpecification"), None, "{name}");
        let policy = template.at(&format!("/Resources/{name}/DeletionPolicy"));
        assert_eq!(policy, "RetainExceptOnCreate", "{name} outlives its stack, if that ever came up");
    }
}
