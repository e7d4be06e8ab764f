//! Queues, states and functions have the names that the code uses.

use super::document::{Template, attribute_of};
use crate::repository;
use domain::{QueueName, Stage};
use serde_json::json;
use std::collections::BTreeSet;

/// The name of a queue's resource.
pub fn resource_of(queue: QueueName) -> String {
    let source = queue.stage().map_or("Uploads", Stage::state_name);
    let kind = if queue.is_for_dead_letters() { "DeadLetters" } else { "Queue" };
    format!("{source}{kind}")
}

#[test]
fn the_queues_are_the_domains() {
    let template = Template::read();
    let queues: BTreeSet<&str> =
        template.of_type("AWS::SQS::Queue").into_iter().map(|(name, _)| name).collect();
    let known: Vec<String> = QueueName::all().map(resource_of).collect();
    assert_eq!(queues, known.iter().map(String::as_str).collect());
    for queue in QueueName::all() {
        let name = json!({"Fn::Sub": format!("${{AWS::StackName}}-{queue}")});
        assert_eq!(template.properties(&resource_of(queue))["QueueName"], name);
    }
}

#[test]
fn the_state_machine_is_told_the_queue_of_every_task() {
    let template = Template::read();
    let machine = template.properties("StateMachine");
    assert_eq!(machine["DefinitionUri"], "statemachine/pipeline.asl.json");
    let told = machine["DefinitionSubstitutions"].as_object().expect("by name");
    let definition = repository::read("statemachine/pipeline.asl.json");
    let asked: BTreeSet<&str> =
        definition.split("${").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    assert_eq!(told.keys().map(String::as_str).collect::<BTreeSet<_>>(), asked);
    for stage in Stage::ALL {
        let queue = resource_of(QueueName::of(stage));
        assert_eq!(told[&format!("{queue}Url")], json!({"Ref": queue}));
    }
    assert_eq!(told["Partition"], json!({"Ref": "AWS::Partition"}));
    assert!(!definition.contains("arn:aws:"), "China and GovCloud have partitions of their own");
}

/// CloudFormation updates what is referred to first. Functions of the last version must not receive messages of a new
/// definition, so no function refers to the state machine but by its fixed name.
#[test]
fn the_state_machine_is_updated_after_the_functions() {
    let template = Template::read();
    let waits_for = template.at("/Resources/StateMachine/DependsOn").as_array().expect("a list of functions");
    let functions = template.of_type("AWS::Serverless::Function");
    let functions: Vec<&str> = functions.into_iter().map(|(name, _)| name).collect();
    let waits_for: BTreeSet<&str> = waits_for.iter().filter_map(|name| name.as_str()).collect();
    assert_eq!(waits_for, functions.iter().copied().collect());
    let name = json!({"Fn::Sub": "${AWS::StackName}-pipeline"});
    assert_eq!(template.properties("StateMachine")["Name"], name);
    for function in functions {
        let told = template.environment(function)["SEMBLANTE_STATE_MACHINE"].to_string();
        assert!(told.contains(":stateMachine:${AWS::StackName}-pipeline"), "{function}: {told}");
    }
    let policies = template.of_type("AWS::IAM::Role").into_iter();
    for (name, policy) in policies.chain(template.of_type("AWS::IAM::ManagedPolicy")) {
        let text = policy.to_string();
        assert!(!text.contains(r#""Ref":"StateMachine""#) && !text.contains("${StateMachine"), "{name}");
    }
}

/// As in AWS's examples of `x-amazon-apigateway-any-method`; nothing says that an import takes a function's bare ARN.
#[test]
fn the_api_calls_its_function_by_the_documented_address() {
    let template = Template::read();
    let integration = "/Resources/HttpApi/Properties/DefinitionBody/paths/~1$default/x-amazon-apigateway-any-method/x-amazon-apigateway-integration";
    let function =
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-api";
    let uri = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{function}/invocations"
    );
    assert_eq!(template.at(integration)["uri"], json!({"Fn::Sub": uri}));
    let name = json!({"Fn::Sub": "${AWS::StackName}-api"});
    assert_eq!(template.properties("ApiFunction")["FunctionName"], name);
}

/// SQS takes names of 80 characters; lambda/deploy/account.py refuses a longer name of a stack before the build.
#[test]
fn the_longest_name_of_a_stack_leaves_room_for_its_queues() {
    let longest = QueueName::all().map(|queue| queue.as_str().len() + 1).max().expect("there are queues");
    let told = format!("MAX_STACK_NAME = {}\n", 80 - longest);
    assert!(repository::read("lambda/deploy/account.py").contains(&told), "{told}");
}

#[test]
fn every_stage_has_the_function_that_receives_from_its_queue() {
    let template = Template::read();
    for stage in Stage::ALL {
        let function = format!("{}Function", stage.state_name());
        assert_eq!(template.environment(&function)["SEMBLANTE_STAGE"], stage.as_str());
        let sources: Vec<&str> = template.sources(&function).into_iter().map(|(queue, _)| queue).collect();
        assert_eq!(sources, [resource_of(QueueName::of(stage))]);
    }
}

#[test]
fn functions_are_built_from_binaries_that_exist() {
    let template = Template::read();
    for (name, _) in template.of_type("AWS::Serverless::Function") {
        let metadata = template.at(&format!("/Resources/{name}/Metadata"));
        assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{name}");
        let binary = metadata["BuildProperties"]["Binary"].as_str().expect("a binary's name");
        let source = format!("lambda/src/bin/{}.rs", binary.replace('-', "_"));
        assert!(repository::exists(&source), "{name} is built from {source}");
    }
}

#[test]
fn functions_have_roles_of_their_own() {
    let template = Template::read();
    let mut roles = BTreeSet::new();
    for (name, function) in template.of_type("AWS::Serverless::Function") {
        let role = attribute_of(&function["Role"]);
        assert_eq!(format!("{}Role", name.trim_end_matches("Function")), role);
        assert!(roles.insert(role), "{name} shares its role");
        assert!(function.get("Policies").is_none(), "{name}: what it may do is in its role");
    }
}
