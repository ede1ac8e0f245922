//! Exchange Online: applications, tokens, permissions, roles.

use std::time::{Duration, SystemTime};

use psbridge_lab::Lab;
use psbridge_lab::cloud::{Order, Service};
use serde_json::{Map, Value, json};

use super::front::certificate;
use super::support::{Doctor, doctor, free, lab};
use psbridge_tests::{Child, Python, skip};
use tempfile::TempDir;

/// A lab with a cloud.
pub(crate) async fn cloud() -> Lab {
    lab(|lab| lab.cloud(free())).await
}

fn at(lab: &Lab, organization: &str) -> Doctor {
    let cloud = lab.cloud().expect("a cloud");
    doctor(["--organization", organization])
        .with(["--cloud", &cloud.file().display().to_string()])
        .with(["--ca", &lab.ca_file().expect("a file").display().to_string()])
}

/// The first application of the lab's cloud, which may use Exchange; what proves it is still to be said.
pub(crate) fn app(lab: &Lab) -> Doctor {
    let cloud = lab.cloud().expect("a cloud");
    at(lab, &cloud.organization()).with(["--app-id", &cloud.app().app_id.to_string()])
}

fn by_secret(doctor: Doctor, lab: &Lab) -> Doctor {
    let secret = lab.cloud().expect("a cloud").app_secret().to_owned();
    doctor.env("PSBRIDGE_CLIENT_SECRET", &secret).hide(&secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    let shown = by_secret(app(&lab), &lab)
        .with(["--probe", "Get-User -ResultSize 1"])
        .ticks();
    assert!(shown.contains("roles Exchange.ManageAsApp"), "{shown}");
    // One token for both calls.
    assert_eq!(cloud.count(Service::Login), 1);
    let made = certificate("app", 300);
    cloud.add_certificate(cloud.app().app_id, &made.der);
    app(&lab)
        .with([
            "--cert",
            &made.certificate().display().to_string(),
            "--key",
            &made.key().display().to_string(),
        ])
        .ticks();
    at(&lab, &cloud.organization())
        .with(["--managed-identity"])
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", &cloud.imds())
        .ticks();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_or_its_tenant_is_unknown() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    cloud.add_tenant("other.onmicrosoft.com");
    let app = cloud.app().app_id.to_string();
    by_secret(at(&lab, "other.onmicrosoft.com").with(["--app-id", &app]), &lab)
        .diagnoses("app_unknown", "app-unknown");
    by_secret(at(&lab, "nosuch.onmicrosoft.com").with(["--app-id", &app]), &lab)
        .diagnoses("tenant_unknown", "tenant-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_is_not_the_applications() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    let made = certificate("stranger", 300);
    app(&lab)
        .with([
            "--cert",
            &made.certificate().display().to_string(),
            "--key",
            &made.key().display().to_string(),
        ])
        .diagnoses("certificate_not_on_app", "certificate-not-on-app");
    app(&lab)
        .env("PSBRIDGE_CLIENT_SECRET", "wrong-Secret")
        .hide("wrong-Secret")
        .diagnoses("secret_wrong", "secret-wrong");
    let ended = cloud.add_secret(cloud.app().app_id, SystemTime::now() - Duration::from_secs(3_600));
    app(&lab)
        .env("PSBRIDGE_CLIENT_SECRET", &ended)
        .hide(&ended)
        .diagnoses("secret_expired", "secret-expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_or_a_role_is_missing() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    cloud.order(Order::aadsts(65_001).times(2));
    by_secret(app(&lab), &lab).diagnoses("consent_missing", "consent-missing");
    cloud.take_roles(cloud.app().app_id);
    by_secret(app(&lab), &lab).diagnoses("role_missing", "role-missing");
    cloud.take_app_roles(cloud.app().app_id);
    by_secret(app(&lab), &lab).diagnoses("permission_missing", "token-refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_by_another_of_its_names() {
    let lab = cloud().await;
    let app = lab.cloud().expect("a cloud").app().app_id.to_string();
    by_secret(at(&lab, "corp.example").with(["--app-id", &app]), &lab)
        .warns("organization_name", "organization-name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_meant_for_something_else() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let good = json!({
        "aud": cloud.exchange_resource(), "tid": cloud.tenant_id(), "appid": cloud.app().app_id,
        "roles": ["Exchange.ManageAsApp"], "iat": now - 60, "nbf": now - 60, "exp": now + 3_000,
    });
    let with = |name: &str, value: Value| {
        let mut claims: Map<String, Value> = good.as_object().expect("claims").clone();
        claims.insert(name.to_owned(), value);
        let token = cloud.sign(&claims).expect("a token");
        at(&lab, &cloud.organization())
            .with(["--auth", "bearer", "--tenant", &cloud.tenant_id().to_string()])
            .env("PSBRIDGE_PASSWORD", &token)
            .hide(&token)
    };
    with("aud", json!("https://graph.microsoft.com")).diagnoses("token_audience", "token-audience");
    with("tid", json!("7d3f0c52-0000-4000-8000-000000000000")).diagnoses("token_tenant", "token-tenant");
    with("exp", json!(now - 900)).diagnoses("token_expired", "token-expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_managed_identity_and_no_login_host() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    at(&lab, &cloud.organization())
        .with(["--managed-identity"])
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
        .diagnoses("managed_identity_missing", "managed-identity");
    at(&lab, &cloud.organization())
        .with(["--managed-identity=client:11111111-2222-3333-4444-555555555555"])
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", &cloud.imds())
        .diagnoses("managed_identity_not_assigned", "managed-identity");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    cloud.order(Order::status(Service::Exchange, 429).retry_after(20).times(2));
    by_secret(app(&lab), &lab).diagnoses("online_throttled", "throttled");
}

/// Remote PowerShell as Exchange Online had it, played by an endpoint that is not ours: a token inside Basic, then a
/// redirection to another host of the cloud.
#[test]
fn remote_powershell_with_a_token() {
    let Some(python) = Python::find() else {
        skip(
            "doctor remote_powershell_with_a_token",
            "no .venv with the Python peers (scripts/test makes it)",
        );
        return;
    };
    let folder = TempDir::new().expect("a folder");
    let made = certificate("app", 300);
    let mut command = python.script("exo_endpoint.py");
    command.arg("--work").arg(folder.path());
    command.arg("--app-certificate").arg(made.certificate());
    let peer = Child::start(&mut command);
    let cloud = folder.path().join("cloud.toml");
    let description = format!(
        "name = \"judge\"\nauthority = \"{authority}\"\nexchange = \"{exchange}\"\naudience = \"{audience}\"\n\
         graph = \"{authority}\"\ngraph_audience = \"{authority}\"\nvault_suffix = \"vault.psbridge.localhost\"\n\
         vault_audience = \"{vault}\"\nhosts = [\"psbridge.localhost\"]\n",
        authority = peer.ready("authority"),
        exchange = peer.ready("exchange"),
        audience = peer.ready("audience"),
        vault = peer.ready("vault_audience"),
    );
    std::fs::write(&cloud, description).expect("written");
    let shown = doctor([format!("{}/powershell-liveid/", peer.ready("exchange"))])
        .with([
            "--cloud",
            &cloud.display().to_string(),
            "--ca",
            peer.ready("ca"),
            "--allow-redirect",
        ])
        .with(["--tenant", peer.ready("tenant"), "--app-id", peer.ready("client")])
        .with([
            "--cert",
            &made.certificate().display().to_string(),
            "--key",
            &made.key().display().to_string(),
        ])
        .with(["--probe", "Get-User"])
        .ticks();
    for step in [
        "redirect    to https://",
        "token       from",
        "sign-in     basic-bearer",
        "probe ",
    ] {
        assert!(shown.contains(&format!("✓ {step}")), "no {step}: {shown}");
    }
}
