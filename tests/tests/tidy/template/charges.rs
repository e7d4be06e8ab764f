//! What a stack reserves, keeps and pays for unless its parameters say otherwise.

use super::document::Template;
use serde_json::json;

/// A new account has 10 concurrent executions in all, of which none can be reserved.
#[test]
fn a_reservation_of_zero_is_none() {
    let template = Template::read();
    assert_eq!(*template.at("/Parameters/ApiConcurrency/MinValue"), json!(0));
    let reserved = &template.properties("ApiFunction")["ReservedConcurrentExecutions"];
    let reserves =
        json!({"Fn::If": ["ReservesConcurrency", {"Ref": "ApiConcurrency"}, {"Ref": "AWS::NoValue"}]});
    assert_eq!(*reserved, reserves);
    let condition = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "ApiConcurrency"}, "0"]}]});
    assert_eq!(*template.at("/Conditions/ReservesConcurrency"), condition);
}

#[test]
fn nothing_is_traced_or_counted_in_detail_unasked() {
    let template = Template::read();
    assert_eq!(*template.at("/Parameters/Tracing/Default"), json!("off"));
    let traced = json!({"Fn::If": ["IsTraced", "Active", "PassThrough"]});
    assert_eq!(*template.at("/Globals/Function/Tracing"), traced);
    let traced = json!({"Enabled": {"Fn::If": ["IsTraced", true, false]}});
    assert_eq!(template.properties("StateMachine")["Tracing"], traced);
    let routes = &template.properties("HttpApi")["DefaultRouteSettings"];
    assert_eq!(routes["DetailedMetricsEnabled"], json!(false));
}

/// A waiting request holds a whole instance: $67 for a million waits of 5 s.
#[test]
fn waits_are_short_unless_asked_for() {
    assert_eq!(*Template::read().at("/Parameters/MaxWaitSeconds/Default"), json!(2));
}

#[test]
fn enrolment_photos_have_a_bucket_and_a_key_only_where_there_are_any() {
    let template = Template::read();
    assert_eq!(*template.at("/Parameters/Enrolment/Default"), json!("off"));
    for resource in [
        "UsersPhotosBucket",
        "UsersPhotosBucketPolicy",
        "UsersPhotosKey",
        "EnrolmentPolicy",
        "EnrolmentErasurePolicy",
    ] {
        let condition = template.at(&format!("/Resources/{resource}/Condition"));
        assert_eq!(*condition, json!("EnrolmentIsOn"), "{resource}");
    }
    assert_eq!(template.of_type("AWS::KMS::Key").len(), 1, "no other key is charged");
}

/// Whatever holds photos, or what photos cannot be reached without, outlives its stack.
#[test]
fn the_secret_outlives_its_stack_and_keeps_its_value() {
    let template = Template::read();
    for policy in [("DeletionPolicy", "RetainExceptOnCreate"), ("UpdateReplacePolicy", "Retain")] {
        assert_eq!(template.at(&format!("/Resources/MasterSecret/{}", policy.0)), policy.1);
    }
    // A change of any of these makes a new value.
    let generated = json!({
        "SecretStringTemplate": "{}", "GenerateStringKey": "master", "PasswordLength": 64,
        "ExcludeUppercase": true, "ExcludePunctuation": true, "ExcludeCharacters": "ghijklmnopqrstuvwxyz",
    });
    assert_eq!(template.properties("MasterSecret")["GenerateSecretString"], generated);
}
