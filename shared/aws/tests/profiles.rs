//! Profiles as teams have them: each kind gets past the SDK's check of the features that are built in.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_s3::config::ProvideCredentials;
use std::error::Error;

/// The access key that a profile gives, or the whole error.
async fn access_key(config: &str) -> Result<String, String> {
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
    let provider =
        ProfileFileCredentialsProvider::builder().profile_files(files).profile_name("team").build();
    let provided = provider.provide_credentials().await;
    provided.map(|credentials| credentials.access_key_id().to_owned()).map_err(|error| chain(&error))
}

fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

#[tokio::test]
async fn keys_of_a_process_are_used() {
    let process = r#"[profile team]
region = eu-west-1
credential_process = printf '{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"secret"}'"#;
    assert_eq!(access_key(process).await.as_deref(), Ok("AKIDPROCESS"));
}

/// Without a login there is no token; the error says so, and not that a feature is missing.
#[tokio::test]
async fn single_sign_on_and_console_logins_are_built_in() {
    let session = "[profile team]
region = eu-west-1
sso_session = team
sso_account_id = 111122223333
sso_role_name = Developer
[sso-session team]
sso_region = eu-west-1
sso_start_url = https://team.awsapps.example/start";
    let legacy = "[profile team]
region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Developer
sso_region = eu-west-1
sso_start_url = https://team.awsapps.example/start";
    let login = "[profile team]
region = eu-west-1
login_session = arn:aws:iam::111122223333:user/ana";
    for (name, profile) in [("sso session", session), ("sso", legacy), ("login", login)] {
        let error = access_key(profile).await.expect_err("there is no login");
        assert!(!error.contains("feature"), "{name}: {error}");
        println!("{name}: {error}");
    }
}
