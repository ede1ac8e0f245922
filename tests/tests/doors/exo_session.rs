//! `New-ExoPSSession` as it was: a certificate, a token, Basic that carries it, a redirection, a session; judged by
//! psrpcore and PyJWT.

use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;
use std::time::Duration;

use psbridge::certificate::ClientCertificate;
use psbridge::sign_in::{CachedTokens, ClientCredentials, TokenSource};
use psbridge::web::{WebClient, WebOptions};
use psbridge::{
    Authentication, Cloud, CloudDefinition, Command, Error, ErrorKind, Redirection, Secret, Session,
    TlsOptions,
};
use psbridge_tests::{Child, Python, psbridge_bin, run, skip};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::plain::get_json;

const PFX_PASSWORD: &str = "of the PFX";

struct Exchange {
    child: Child,
    folder: TempDir,
}

impl Exchange {
    fn start(test: &str) -> Option<Self> {
        let Some(python) = Python::find() else {
            skip(test, "no .venv with the Python peers (scripts/test makes it)");
            return None;
        };
        let folder = TempDir::new().expect("a folder");
        let made = run(
            Process::new(psbridge_bin())
                .args(["certificate", "new", "--key-size", "2048"])
                .arg(folder.path().join("app"))
                .env("PSBRIDGE_PFX_PASSWORD", PFX_PASSWORD),
            b"",
            Duration::from_secs(120),
        );
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let mut command = python.script("exo_endpoint.py");
        command.arg("--work").arg(folder.path());
        command
            .arg("--app-certificate")
            .arg(folder.path().join("app.cer"));
        let child = Child::start(&mut command);
        Some(Self { child, folder })
    }

    fn cloud(&self) -> Cloud {
        let authority = self.child.ready("authority").to_owned();
        Cloud::custom(CloudDefinition {
            name: "judge".to_owned(),
            exchange: self.child.ready("exchange").to_owned(),
            powershell: "/powershell-liveid/".to_owned(),
            audience: self.child.ready("audience").to_owned(),
            graph: authority.clone(),
            graph_audience: authority.clone(),
            vault_suffix: "vault.psbridge.localhost".to_owned(),
            vault_audience: self.child.ready("vault_audience").to_owned(),
            hosts: vec!["psbridge.localhost".to_owned()],
            authority,
        })
        .expect("a sound description")
    }

    fn tls(&self) -> TlsOptions {
        TlsOptions::new().ca_file(Path::new(self.child.ready("ca")))
    }

    fn tokens(&self) -> Arc<dyn TokenSource> {
        let web = WebClient::new(WebOptions {
            tls: self.tls(),
            ..WebOptions::default()
        });
        let password = Secret::from(PFX_PASSWORD);
        let certificate = ClientCertificate::from_file(self.folder.path().join("app.pfx"), Some(&password))
            .expect("our own PFX is read");
        let (tenant, client) = (self.child.ready("tenant"), self.child.ready("client"));
        let app = ClientCredentials::certificate(&web, &self.cloud(), tenant, client, certificate);
        Arc::new(CachedTokens::new(Arc::new(app)))
    }

    fn builder(&self, redirection: Redirection) -> psbridge::SessionBuilder {
        let cloud = self.cloud();
        Session::builder(format!("{}?BasicAuthToOAuthConversion=true", cloud.powershell()))
            .authentication(Authentication::BasicBearer)
            .user(self.child.ready("user"))
            .tokens(self.tokens())
            .tls(self.tls())
            .cloud(cloud)
            .redirection(redirection)
            .operation_timeout(Duration::from_secs(20))
    }

    async fn open(&self) -> Result<Session, Error> {
        self.builder(Redirection::allowed()).open().await
    }

    /// What the tokens that are given out from now on say instead of what is right, and how long they last.
    fn give(&self, seconds: u32, claims: &Value) {
        let text = claims.to_string().replace('"', "%22");
        get_json(
            self.child.ready("http"),
            &format!("/set?life={seconds}&claims={text}"),
        );
    }

    fn heard(&self) -> Value {
        get_json(self.child.ready("http"), "/heard")
    }
}

/// The operations that a host was asked for, in order.
fn operations(heard: &Value, host: &str) -> Vec<String> {
    named(&heard["calls"], |call| call["host"] == host)
}

fn named(calls: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    calls
        .as_array()
        .expect("calls")
        .iter()
        .filter(|call| wanted(call))
        .map(|call| call["operation"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn users(count: i32) -> Command {
    Command::new("Get-User").parameter("ResultSize", count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_opens_a_session_through_one_token_and_one_redirection() {
    let Some(exchange) =
        Exchange::start("exo_session::a_certificate_opens_a_session_through_one_token_and_one_redirection")
    else {
        return;
    };
    let session = exchange.open().await.unwrap_or_else(|error| panic!("{error}"));
    assert!(session.endpoint().contains(exchange.child.ready("back")));
    let mut records = session
        .pipeline(users(3))
        .start()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let first = records.next().await.expect("a record").expect("an object");
    assert_eq!(first.stream(), "output");

    let heard = exchange.heard();
    assert_eq!(
        heard["tokens"].as_array().map(Vec::len),
        Some(1),
        "one request for a token"
    );
    let (front, back) = (exchange.child.ready("front"), exchange.child.ready("back"));
    let until = &heard["to_first_object"];
    assert_eq!(named(until, |call| call["host"] == front), ["redirected"]);
    let asked = named(until, |call| call["host"] == back);
    assert_eq!(asked, ["Create", "Receive", "Command", "Receive"]);

    let mut count = 1;
    while let Some(record) = records.next().await {
        count += usize::from(record.expect("an object").stream() == "output");
    }
    assert_eq!(count, 3);
    drop(records);
    session.close().await.expect("it closes");
    let heard = exchange.heard();
    assert_eq!(heard["malformed"], json!([]), "the client breaks no rule");
    assert_eq!(heard["refused"], json!([]));
    assert_eq!(heard["tokens"].as_array().map(Vec::len), Some(1));
    assert_eq!(heard["shells"][0]["closed"], true);
}

#[test]
fn the_command_line_goes_the_same_way() {
    let Some(exchange) = Exchange::start("exo_session::the_command_line_goes_the_same_way") else {
        return;
    };
    let ready = |name| exchange.child.ready(name);
    let cloud = exchange.folder.path().join("cloud.toml");
    let description = format!(
        "name = \"judge\"\nauthority = \"{authority}\"\nexchange = \"{}\"\naudience = \"{}\"\ngraph = \
         \"{authority}\"\ngraph_audience = \"{authority}\"\nvault_suffix = \"vault.psbridge.localhost\"\n\
         vault_audience = \"{}\"\nhosts = [\"psbridge.localhost\"]\n",
        ready("exchange"),
        ready("audience"),
        ready("vault_audience"),
        authority = ready("authority"),
    );
    std::fs::write(&cloud, description).expect("a file");
    let uri = format!(
        "{}/powershell-liveid/?BasicAuthToOAuthConversion=true",
        ready("exchange")
    );
    let invoke = |more: &[&str]| {
        run(
            Process::new(psbridge_bin())
                .args([
                    "invoke",
                    "--uri",
                    &uri,
                    "--auth",
                    "basic-bearer",
                    "Get-User -ResultSize 2",
                ])
                .args(["--organization", ready("tenant"), "--app-id", ready("client")])
                .arg("--pfx")
                .arg(exchange.folder.path().join("app.pfx"))
                .arg("--cloud")
                .arg(&cloud)
                .args(["--ca", ready("ca")])
                .args(more)
                .env("PSBRIDGE_PFX_PASSWORD", PFX_PASSWORD),
            b"",
            Duration::from_secs(60),
        )
    };
    let done = invoke(&["--allow-redirect"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(done.stdout.lines().count(), 2, "{}", done.stdout);
    let refused = invoke(&[]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("--allow-redirect"), "{}", refused.stderr);
    exchange.give(3599, &json!({"roles": []}));
    let without_role = invoke(&["--allow-redirect"]);
    assert_eq!(without_role.code, Some(4), "{}", without_role.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_permission_nothing_goes_to_the_other_host() {
    let Some(exchange) = Exchange::start("exo_session::without_permission_nothing_goes_to_the_other_host")
    else {
        return;
    };
    let error = exchange
        .builder(Redirection::refused())
        .open()
        .await
        .map(drop)
        .expect_err("the redirection is not followed");
    assert_eq!(error.kind(), ErrorKind::Redirected, "{error}");
    assert!(
        error.to_string().contains(exchange.child.ready("back")),
        "{error}"
    );
    let heard = exchange.heard();
    assert_eq!(
        operations(&heard, exchange.child.ready("back")),
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_ends_the_shell_and_another_is_made() {
    let Some(exchange) =
        Exchange::start("exo_session::a_token_that_expires_ends_the_shell_and_another_is_made")
    else {
        return;
    };
    exchange.give(4, &json!({}));
    let session = exchange.open().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(session.run(users(2)).await.expect("it runs").output().count(), 2);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let over = session
        .run(users(2))
        .await
        .map(drop)
        .expect_err("the token is over");
    assert_eq!(over.kind(), ErrorKind::TokenExpired, "{over}");

    exchange.give(3599, &json!({}));
    let again = session.reopen().await.unwrap_or_else(|error| panic!("{error}"));
    assert_ne!(again.id(), session.id(), "a new shell");
    assert_eq!(again.run(users(2)).await.expect("it runs").output().count(), 2);
    again.close().await.expect("it closes");
    let heard = exchange.heard();
    assert_eq!(heard["malformed"], json!([]));
    let shells = heard["shells"].as_array().expect("shells");
    assert_eq!(shells.len(), 2);
    assert_eq!(
        operations(&heard, exchange.child.ready("front")),
        ["redirected", "redirected"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_audience_tenant_role_and_expiry_are_refused_and_explained() {
    let Some(exchange) =
        Exchange::start("exo_session::wrong_audience_tenant_role_and_expiry_are_refused_and_explained")
    else {
        return;
    };
    for (claims, reason) in [
        (
            json!({"aud": "https://graph.judge.example"}),
            "InvalidAudienceError",
        ),
        (json!({"tid": "other.onmicrosoft.com"}), "the tenant is other"),
        (
            json!({"roles": ["full_access_as_app"]}),
            "Exchange.ManageAsApp is missing",
        ),
        (json!({"exp": 1_000_000_000}), "ExpiredSignatureError"),
    ] {
        exchange.give(3599, &claims);
        let error = exchange.open().await.map(drop).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Authentication, "{claims}: {error}");
        assert!(error.advice().is_some(), "{claims}: {error}");
        let heard = exchange.heard();
        let last = heard["calls"].as_array().and_then(|calls| calls.last()).cloned();
        let last = last.expect("it was tried");
        assert_eq!(last["operation"], "refused");
        assert!(
            last["reason"].as_str().is_some_and(|text| text.contains(reason)),
            "{last}"
        );
        // A token is bought again once, in case the first was too old; never without end.
        assert_eq!(
            operations(&heard, exchange.child.ready("back")),
            Vec::<String>::new()
        );
    }
    let heard = exchange.heard();
    assert!(
        heard["tokens"].as_array().is_some_and(|tokens| tokens.len() <= 8),
        "{heard}"
    );
}
