//! Alarms arrive, ring when nothing is heard, and are quiet when the operator wants it so.

use super::document::Template;
use serde_json::{Value, json};

/// The key policy of `alias/aws/sns` excludes CloudWatch and cannot be changed: with it no alarm arrives.
#[test]
fn alarms_reach_the_topic() {
    let template = Template::read();
    let topic = template.at("/Resources/AlarmTopic");
    assert_eq!(topic.pointer("/Properties/KmsMasterKeyId"), None);
    for (name, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], json!([{"Ref": "AlarmTopic"}]), "{name}");
        }
    }
}

/// OpenDeadLetters alone turns OK when nothing is reported any more.
#[test]
fn maintenance_that_stops_rings_within_a_quarter_of_an_hour() {
    let template = Template::read();
    let alarm = template.properties("MaintenanceStoppedAlarm");
    assert_eq!(alarm["MetricName"], template.properties("OpenDeadLettersAlarm")["MetricName"]);
    assert_eq!(
        (&alarm["TreatMissingData"], &alarm["Statistic"]),
        (&json!("breaching"), &json!("SampleCount"))
    );
    assert_eq!((&alarm["ComparisonOperator"], &alarm["Threshold"]), (&json!("LessThanThreshold"), &json!(1)));
    let seconds = [&alarm["Period"], &alarm["EvaluationPeriods"]].map(|value| value.as_u64().unwrap_or(0));
    assert_eq!(seconds.iter().product::<u64>(), 900);
}

#[test]
fn an_api_that_was_switched_off_does_not_ring() {
    let template = Template::read();
    let enabled = &template.properties("ApiFailuresAlarm")["ActionsEnabled"];
    assert_eq!(*enabled, json!({"Fn::If": ["AcceptsTraffic", true, false]}));
    let accepts = json!({"Fn::Equals": [{"Ref": "AcceptTraffic"}, "on"]});
    assert_eq!(*template.at("/Conditions/AcceptsTraffic"), accepts);
}

#[test]
fn a_quota_of_step_functions_that_is_reached_rings() {
    let template = Template::read();
    let alarm = template.properties("ExecutionsThrottledAlarm");
    assert_eq!(
        (&alarm["Namespace"], &alarm["MetricName"]),
        (&Value::from("AWS/States"), &Value::from("ExecutionThrottled"))
    );
}
