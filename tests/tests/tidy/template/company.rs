//! What companies insist on: a permissions boundary, a domain of their own, a budget, a role that deploys.

use super::document::Template;
use crate::repository;
use serde_json::{Value, json};

#[test]
fn every_role_takes_the_permissions_boundary() {
    let template = Template::read();
    let boundary =
        json!({"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]});
    for (name, role) in template.of_type("AWS::IAM::Role") {
        assert_eq!(role["PermissionsBoundary"], boundary, "{name}");
    }
    // SAM makes a role of its own, without the boundary, for a function or a state machine without one.
    for kind in ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"] {
        for (name, resource) in template.of_type(kind) {
            assert!(resource["Role"].is_object(), "{name}");
            assert_eq!(resource.get("DeploymentPreference"), None, "{name}");
        }
    }
}

#[test]
fn with_a_domain_the_api_has_no_other_address() {
    let template = Template::read();
    let off = json!({"Fn::If": ["HasDomain", true, false]});
    assert_eq!(template.properties("HttpApi")["DisableExecuteApiEndpoint"], off);
    let domain = json!({"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Fn::GetAtt": "HttpApi.ApiEndpoint"}]});
    let url = json!({"Fn::If": ["HasPublicUrl", {"Ref": "PublicUrl"}, domain]});
    assert_eq!(template.environment("ApiFunction")["SEMBLANTE_PUBLIC_URL"], url);
    assert_eq!(*template.at("/Outputs/ApiUrl/Value"), url);
    let origins =
        template.at("/Resources/MediaBucket/Properties/CorsConfiguration/CorsRules/0/AllowedOrigins/0");
    assert_eq!(*origins, url, "the page of the API puts photos into the bucket");
    for resource in ["ApiDomain", "ApiMapping"] {
        assert_eq!(*template.at(&format!("/Resources/{resource}/Condition")), json!("HasDomain"));
    }
}

#[test]
fn a_budget_tells_before_it_is_used_up() {
    let template = Template::read();
    assert_eq!(*template.at("/Resources/Budget/Condition"), json!("HasBudget"));
    let told =
        template.properties("Budget")["NotificationsWithSubscribers"].as_array().expect("two notifications");
    for one in told {
        let subscriber = json!([{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmEmail"}}]);
        assert_eq!(one["Subscribers"], subscriber);
    }
    assert!(told.iter().any(|one| one["Notification"]["Threshold"].as_u64() < Some(100)));
}

/// The services of AWS by the second part of a resource's type, where the action's prefix is not just its small letters.
const PREFIXES: [(&str, &str); 3] =
    [("ApiGatewayV2", "apigateway"), ("StepFunctions", "states"), ("Serverless", "lambda")];

#[test]
fn the_deploying_role_may_make_every_type_of_the_template() {
    let template = Template::read();
    let text = repository::read("lambda/deploy/role_policy.json");
    let policy: Value = serde_json::from_str(&text).expect("it is JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    for (name, resource) in template.at("/Resources").as_object().expect("resources by name") {
        let service = resource["Type"].as_str().and_then(|kind| kind.split("::").nth(1)).expect("a service");
        let known = PREFIXES.iter().find(|(part, _)| *part == service);
        let prefix = known.map_or_else(|| service.to_lowercase(), |(_, prefix)| (*prefix).to_owned());
        assert!(text.contains(&format!("\"{prefix}:")), "{name}: no action of {prefix}");
    }
    for statement in statements.iter().filter(|statement| statement["Resource"] == "*") {
        let actions = statement["Action"].as_array().expect("actions");
        assert!(actions.iter().all(|action| !action.as_str().unwrap_or("*").contains('*')), "{statement}");
    }
}
