//! The policies of each function allow what its ports call, and no more.

use super::document::{Template, attribute_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The actions of AWS that a use of a port needs, and their resources.
const USES: [(&str, &[&str]); 35] = [
    (
        "logs and traces",
        &[
            "logs:CreateLogStream FunctionLogs",
            "logs:PutLogEvents FunctionLogs",
            "xray:PutTelemetryRecords *",
            "xray:PutTraceSegments *",
        ],
    ),
    // A save frees the reservation of an upload that failed or expired.
    (
        "uploads",
        &[
            "dynamodb:GetItem UploadsTable",
            "dynamodb:PutItem UploadsTable",
            "dynamodb:DeleteItem UploadsTable",
        ],
    ),
    (
        "uploads that changed",
        &["dynamodb:Query UploadsTable/index/changes", "dynamodb:BatchGetItem UploadsTable"],
    ),
    (
        "uploads that are due",
        &["dynamodb:Query UploadsTable/index/due", "dynamodb:BatchGetItem UploadsTable"],
    ),
    ("a gallery row", &["dynamodb:GetItem GalleryTable"]),
    ("gallery pages", &["dynamodb:Query GalleryTable"]),
    ("closing", &["dynamodb:GetItem GalleryTable", "dynamodb:PutItem GalleryTable"]),
    ("reading faces", &["dynamodb:BatchGetItem FacesTable"]),
    ("writing faces", &["dynamodb:BatchWriteItem FacesTable"]),
    ("writing dead letters", &["dynamodb:PutItem DeadLettersTable"]),
    ("listing dead letters", &["dynamodb:Query DeadLettersTable/index/letters"]),
    ("users", &["dynamodb:GetItem UsersTable", "dynamodb:PutItem UsersTable"]),
    ("listing users", &["dynamodb:Query UsersTable"]),
    ("erasing users", &["dynamodb:DeleteItem UsersTable"]),
    ("all sessions of a user", &["dynamodb:Query SessionsTable", "dynamodb:BatchWriteItem SessionsTable"]),
    (
        "sessions",
        &[
            "dynamodb:GetItem SessionsTable",
            "dynamodb:PutItem SessionsTable",
            "dynamodb:DeleteItem SessionsTable",
        ],
    ),
    (
        "throttle",
        &[
            "dynamodb:GetItem ThrottleTable",
            "dynamodb:PutItem ThrottleTable",
            "dynamodb:DeleteItem ThrottleTable",
        ],
    ),
    ("keys", &["secretsmanager:GetSecretValue MasterSecret"]),
    // Without ListBucket S3 answers 403 for a missing key, not 404.
    ("reading uploads", &["s3:GetObject MediaBucket/user-uploads/*", "s3:ListBucket MediaBucket"]),
    ("putting uploads", &["s3:PutObject MediaBucket/user-uploads/*"]),
    (
        "reading media",
        &[
            "s3:GetObject MediaBucket/previews/*",
            "s3:GetObject MediaBucket/generated-images/*",
            "s3:GetObject MediaBucket/generated-melodies/*",
        ],
    ),
    (
        "previews",
        &[
            "s3:PutObject MediaBucket/previews/*",
            "s3:ListBucketVersions MediaBucket",
            "s3:DeleteObject MediaBucket/previews/*",
            "s3:DeleteObjectVersion MediaBucket/previews/*",
        ],
    ),
    (
        "pictures",
        &[
            "s3:GetObject MediaBucket/generated-images/*",
            "s3:ListBucket MediaBucket",
            "s3:PutObject MediaBucket/generated-images/*",
            "s3:ListBucketVersions MediaBucket",
            "s3:DeleteObject MediaBucket/generated-images/*",
            "s3:DeleteObjectVersion MediaBucket/generated-images/*",
        ],
    ),
    (
        "melodies",
        &[
            "s3:GetObject MediaBucket/generated-melodies/*",
            "s3:ListBucket MediaBucket",
            "s3:PutObject MediaBucket/generated-melodies/*",
            "s3:ListBucketVersions MediaBucket",
            "s3:DeleteObject MediaBucket/generated-melodies/*",
            "s3:DeleteObjectVersion MediaBucket/generated-melodies/*",
        ],
    ),
    (
        "tidying up",
        &[
            "s3:ListBucket MediaBucket",
            "s3:ListBucketVersions MediaBucket",
            "s3:DeleteObject MediaBucket/generated-images/*",
            "s3:DeleteObjectVersion MediaBucket/generated-images/*",
            "s3:DeleteObject MediaBucket/generated-melodies/*",
            "s3:DeleteObjectVersion MediaBucket/generated-melodies/*",
        ],
    ),
    (
        "erasing",
        &[
            "dynamodb:DeleteItem GalleryTable",
            "dynamodb:BatchWriteItem FacesTable",
            "dynamodb:Query DeadLettersTable/index/upload",
            "dynamodb:BatchWriteItem DeadLettersTable",
            "dynamodb:Query EnrolmentsTable/index/owners",
            "s3:ListBucket MediaBucket",
            "s3:ListBucketVersions MediaBucket",
            "s3:DeleteObject MediaBucket/*",
            "s3:DeleteObjectVersion MediaBucket/*",
            // An execution that cannot be stopped may have ended.
            "states:StopExecution StateMachine/executions",
            "states:DescribeExecution StateMachine/executions",
            "events:PutEvents DomainBus",
        ],
    ),
    // An execution that exists already must have our input.
    ("starting", &["states:StartExecution StateMachine", "states:DescribeExecution StateMachine/executions"]),
    ("describing", &["states:DescribeExecution StateMachine/executions"]),
    ("answering", &["states:SendTaskSuccess StateMachine", "states:SendTaskFailure StateMachine"]),
    ("telling", &["events:PutEvents DomainBus"]),
    ("ordering", &["sqs:SendMessage UploadsQueue"]),
    ("looking at faces", &["rekognition:DetectFaces *"]),
    (
        "enrolling faces",
        &[
            "dynamodb:PutItem EnrolmentsTable",
            "s3:GetObject UsersPhotosBucket/enrolments/*",
            "s3:PutObject UsersPhotosBucket/enrolments/*",
            "kms:Decrypt UsersPhotosKey",
            "kms:GenerateDataKey UsersPhotosKey",
            "rekognition:CompareFaces *",
        ],
    ),
    (
        "erasing faces",
        &[
            "dynamodb:GetItem EnrolmentsTable",
            "dynamodb:PutItem EnrolmentsTable",
            "dynamodb:DeleteItem EnrolmentsTable",
            "s3:DeleteObject UsersPhotosBucket/enrolments/*",
            "s3:DeleteObjectVersion UsersPhotosBucket/enrolments/*",
            "s3:ListBucket UsersPhotosBucket",
            "s3:ListBucketVersions UsersPhotosBucket",
        ],
    ),
    ("unused faces", &["dynamodb:Query EnrolmentsTable/index/unused"]),
];

/// The ports that each function uses, besides its logs and the queues that it receives from.
const FUNCTIONS: [(&str, &[&str]); 9] = [
    (
        "Api",
        &[
            "users",
            "listing users",
            "erasing users",
            "sessions",
            "all sessions of a user",
            "throttle",
            "keys",
            "uploads",
            "uploads that changed",
            "gallery pages",
            "reading faces",
            "reading uploads",
            "putting uploads",
            "reading media",
            "erasing",
            "ordering",
            "enrolling faces",
            "erasing faces",
        ],
    ),
    (
        "Intake",
        &[
            "uploads",
            "closing",
            "telling",
            "users",
            "erasing users",
            "all sessions of a user",
            "uploads that changed",
            "reading uploads",
            "writing dead letters",
            "erasing",
            "starting",
            "ordering",
            "erasing faces",
        ],
    ),
    (
        "FaceDetection",
        &[
            "uploads",
            "writing dead letters",
            "answering",
            "reading uploads",
            "previews",
            "writing faces",
            "looking at faces",
        ],
    ),
    ("EmotionAnalysis", &["uploads", "writing dead letters", "answering", "reading faces"]),
    ("ImageGeneration", &["uploads", "writing dead letters", "answering", "pictures"]),
    ("MelodyGeneration", &["uploads", "writing dead letters", "answering", "melodies"]),
    ("GalleryIndexing", &["uploads", "writing dead letters", "answering", "closing", "telling"]),
    ("DeadLetters", &["uploads", "writing dead letters", "answering", "closing", "telling", "ordering"]),
    (
        "Maintenance",
        &[
            "uploads",
            "uploads that are due",
            "a gallery row",
            "writing faces",
            "listing dead letters",
            "reading uploads",
            "tidying up",
            "starting",
            "describing",
            "ordering",
            "unused faces",
            "erasing faces",
        ],
    ),
];

/// The actions that Lambda needs to receive from a queue for a function.
const RECEIVING: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
/// A handler extends the visibility of the messages of its own queue, or sends them again with a delay.
const LEAVING: [&str; 2] = ["sqs:ChangeMessageVisibility", "sqs:SendMessage"];
/// `/readyz` asks whether the queue answers.
const READY: (&str, &str) = ("Api", "sqs:GetQueueAttributes UploadsQueue");

/// Actions that AWS defines without resource types. Each list is a statement of its own.
const WITHOUT_RESOURCE: [&[&str]; 5] = [
    &["rekognition:CompareFaces"],
    &["rekognition:DetectFaces"],
    &["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
    &[
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ],
    &[
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ],
];

#[test]
fn functions_may_do_what_they_call_and_no_more() {
    let template = Template::read();
    assert_eq!(template.of_type("AWS::Serverless::Function").len(), FUNCTIONS.len(), "one line each");
    for (function, uses) in FUNCTIONS {
        let granted = grants(&template, &format!("{function}Role"));
        let calls = calls(&template, function, uses);
        let more: Vec<_> = granted.difference(&calls).collect();
        let less: Vec<_> = calls.difference(&granted).collect();
        let exact = more.is_empty() && less.is_empty();
        assert!(exact, "{function}\nmay without calling {more:#?}\ncalls and may not {less:#?}");
    }
}

/// `action resource` of everything that a function calls.
fn calls(template: &Template, function: &str, uses: &[&str]) -> BTreeSet<String> {
    let asked = uses.iter().chain(&["logs and traces"]).flat_map(|used| {
        let found = USES.iter().find(|(name, _)| name == used);
        found.unwrap_or_else(|| panic!("{used} is no use")).1.iter().map(|call| (*call).to_owned())
    });
    let mut calls: BTreeSet<String> = asked.collect();
    for (queue, _) in template.sources(&format!("{function}Function")) {
        let leaving = if queue.ends_with("DeadLetters") { &[][..] } else { &LEAVING };
        calls.extend(RECEIVING.iter().chain(leaving).map(|action| format!("{action} {queue}")));
    }
    if function == READY.0 {
        calls.insert(READY.1.to_owned());
    }
    calls
}

#[test]
fn every_use_is_of_some_function() {
    for (name, _) in USES.iter().filter(|(name, _)| *name != "logs and traces") {
        assert!(FUNCTIONS.iter().any(|(_, uses)| uses.contains(name)), "{name} is used by no function");
    }
}

#[test]
fn only_actions_without_resource_types_are_allowed_on_everything() {
    let template = Template::read();
    for (policy, statement) in statements_of_all(&template) {
        let actions = actions(statement);
        assert_eq!(statement["Effect"], "Allow", "{policy}");
        assert!(actions.iter().all(|action| !action.contains('*')), "{policy}: {actions:?}");
        if resources(&statement["Resource"]).contains(&"*".to_owned()) {
            assert!(WITHOUT_RESOURCE.contains(&&actions[..]), "{policy}: {actions:?} on everything");
        }
    }
}

/// Names of roles and managed policies, each with each of its statements.
fn statements_of_all(template: &Template) -> Vec<(&str, &Value)> {
    let roles = template.of_type("AWS::IAM::Role").into_iter();
    let inline = roles.flat_map(|(name, role)| inline(role).into_iter().map(move |one| (name, one)));
    let managed = template.of_type("AWS::IAM::ManagedPolicy").into_iter();
    let managed =
        managed.flat_map(|(name, policy)| statements(policy).into_iter().map(move |one| (name, one)));
    inline.chain(managed).collect()
}

/// `action resource` of everything that a role allows, with its managed policies and those that name it.
fn grants(template: &Template, role_name: &str) -> BTreeSet<String> {
    let role = template.properties(role_name);
    let names_it = |policy: &Value| {
        policy["Roles"].as_array().is_some_and(|roles| roles.contains(&json!({"Ref": role_name})))
    };
    let attached = template.of_type("AWS::IAM::ManagedPolicy").into_iter().map(|(_, policy)| policy);
    let attached = attached.filter(|policy| names_it(policy)).flat_map(statements);
    let managed = role["ManagedPolicyArns"].as_array().into_iter().flatten();
    let managed = managed.map(|policy| policy["Ref"].as_str().expect("a policy of this template"));
    let managed = managed.flat_map(|policy| statements(template.properties(policy)));
    let all = inline(role).into_iter().chain(managed).chain(attached);
    all.flat_map(|statement| {
        let resources = resources(&statement["Resource"]);
        let pairs = actions(statement).into_iter().flat_map(move |action| {
            resources.clone().into_iter().map(move |resource| format!("{action} {resource}"))
        });
        pairs.collect::<Vec<_>>()
    })
    .collect()
}

fn inline(role: &Value) -> Vec<&Value> {
    role["Policies"].as_array().into_iter().flatten().flat_map(statements).collect()
}

fn statements(policy: &Value) -> Vec<&Value> {
    policy["PolicyDocument"]["Statement"].as_array().expect("a list of statements").iter().collect()
}

fn actions(statement: &Value) -> Vec<&str> {
    let action = &statement["Action"];
    let mut actions: Vec<&str> = match action.as_array() {
        Some(actions) => actions.iter().filter_map(Value::as_str).collect(),
        None => action.as_str().into_iter().collect(),
    };
    assert!(!actions.is_empty(), "{statement} names its actions");
    actions.sort_unstable();
    actions
}

/// Resources by their names in the template: `MediaBucket/previews/*`.
fn resources(resource: &Value) -> Vec<String> {
    if let Some(list) = resource.as_array() {
        return list.iter().flat_map(resources).collect();
    }
    let one = match (resource["Fn::Sub"].as_str(), resource["Ref"].as_str(), resource.as_str()) {
        (Some(sub), ..) if sub.ends_with(":execution:${AWS::StackName}-pipeline:*") => {
            "StateMachine/executions".into()
        }
        (Some(sub), ..) if sub.ends_with(":stateMachine:${AWS::StackName}-pipeline") => "StateMachine".into(),
        (Some(sub), ..) => sub.replace("${", "").replace(".Arn}", ""),
        (_, Some(reference), _) => reference.to_owned(),
        (.., Some(text)) => text.to_owned(),
        _ => attribute_of(resource).to_owned(),
    };
    vec![one]
}
