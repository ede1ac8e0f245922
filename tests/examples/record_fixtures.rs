//! Records the sessions of `protocol-fixtures/` anew (`protocol-fixtures/make/sessions`): our client at the endpoint of
//! psrpcore and pyspnego, and pypsrp at our lab.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use psbridge::exchange::{Exchange, Lane, PlainRequest, RecordingExchange};
use psbridge::protocol::wsman::{Request, RequestBody, RequestHeader};
use psbridge::{Authentication, Command, Endpoint, HttpExchange, HttpOptions, Pipeline, Session};
use psbridge_lab::Lab;
use psbridge_tests::{Child, Python, run, sessions, workspace};
use tempfile::TempDir;

const USER: &str = "labuser";
const PASSWORD: &str = "Lab-Password 1";
const LOOPBACK: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

fn fixture(name: &str) -> PathBuf {
    workspace().join("protocol-fixtures").join(name)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let python = Python::find().ok_or("no .venv: run scripts/test once")?;
    let work = TempDir::new()?;
    let mut command = python.script("endpoint.py");
    command.arg("--work").arg(work.path());
    let peer = Child::start(&mut command);
    conversation(&peer).await?;
    secrets(&peer).await?;
    refusals(&peer).await?;
    identify().await?;
    pypsrp(&python, work.path()).await
}

fn session(peer: &Child, path: &str, name: &str) -> psbridge::SessionBuilder {
    Session::builder(format!("{}{path}", peer.ready("http")))
        .credential(peer.ready("user"), peer.ready("password"))
        .operation_timeout(Duration::from_secs(20))
        .record(fixture(name))
}

/// Every kind of record, input, a host call, an event, silence and failures.
async fn conversation(peer: &Child) -> Result<(), Box<dyn Error>> {
    let session = session(peer, "/wsman", "client-at-psrpcore.jsonl").open().await?;
    let heard = sessions::converse(&session).await?;
    session.close().await?;
    println!("client-at-psrpcore.jsonl: {} records", heard.len());
    Ok(())
}

/// A session key and what is sealed with it; nobody can replay that, because the key is not in the recording.
async fn secrets(peer: &Child) -> Result<(), Box<dyn Error>> {
    let session = session(peer, "/wsman", "client-secrets-at-psrpcore.jsonl")
        .open()
        .await?;
    session.run(Command::new("Request-Key")).await?;
    let secret = session.secure_string("a secret").await?;
    let pipeline = Pipeline::new()
        .command(Command::new("Get-Arguments").parameter("Secret", secret))
        .statement()
        .command(Command::new("Get-Secret"));
    session.run(pipeline).await?;
    let mut endless = session.pipeline(Command::new("Get-Endless")).start().await?;
    endless.next().await.ok_or("endless output ended")??;
    endless.stop().await?;
    while endless.next().await.is_some() {}
    session.close().await?;
    Ok(())
}

/// Faults: an unknown configuration, and a command of a shell that is gone.
async fn refusals(peer: &Child) -> Result<(), Box<dyn Error>> {
    let unknown = session(peer, "/wsman", "client-unknown-configuration.jsonl")
        .configuration("Unknown.Configuration")
        .open()
        .await;
    if unknown.is_ok() {
        return Err("an unknown configuration was opened".into());
    }
    let path = "/hostile/fault-2150858843/Command";
    let session = session(peer, path, "client-lost-shell.jsonl").open().await?;
    if session.run(Command::new("Get-Users")).await.is_ok() {
        return Err("a lost shell ran a pipeline".into());
    }
    session.close().await?;
    Ok(())
}

/// Identify, which no session needs.
async fn identify() -> Result<(), Box<dyn Error>> {
    let lab = Lab::builder()
        .http(LOOPBACK)
        .account(USER, PASSWORD)
        .start()
        .await?;
    let origin = lab.http_origin().ok_or("the lab serves HTTP")?;
    let endpoint = Endpoint::parse(&format!("{origin}/wsman"), None)?;
    let http = HttpExchange::new(&HttpOptions {
        authentication: Authentication::Negotiate,
        user: Some(USER.into()),
        secret: Some(PASSWORD.into()),
        ..HttpOptions::new(endpoint.clone())
    })?;
    let exchange =
        RecordingExchange::create(fixture("identify-at-lab.jsonl"), Arc::new(http), &endpoint, &[])?;
    let header = RequestHeader::new(endpoint.url(), endpoint.resource_uri(), uuid::Uuid::new_v4());
    let request = Request::new(header, RequestBody::Identify).to_xml();
    let answer = exchange
        .exchange(PlainRequest::soap(endpoint.path(), request, Lane::Operation))
        .await?;
    println!("identify-at-lab.jsonl: status {}", answer.status);
    Ok(())
}

/// pypsrp, unmodified, at the lab; the lab records.
async fn pypsrp(python: &Python, work: &Path) -> Result<(), Box<dyn Error>> {
    let exchange = ["output", "selected", "errors"].as_slice();
    let shell = [
        "every_stream",
        "merged",
        "host",
        "event",
        "input",
        "all_values",
        "secret",
        "stop_silent",
        "idle",
        "runspaces",
        "reset",
        "metadata",
        "wrong_configuration",
    ]
    .as_slice();
    for (name, path, configuration, scenarios) in [
        (
            "pypsrp-at-lab-exchange.jsonl",
            "PowerShell",
            "Microsoft.Exchange",
            exchange,
        ),
        ("pypsrp-at-lab.jsonl", "wsman", "Microsoft.PowerShell", shell),
    ] {
        let lab = Lab::builder()
            .http(LOOPBACK)
            .users(50)
            .seed(3)
            .account(USER, PASSWORD)
            .ca_file(work.join("ca.pem"))
            .record(fixture(name))
            .start()
            .await?;
        let origin = lab.http_origin().ok_or("the lab serves HTTP")?.to_owned();
        let mut command = python.script("pypsrp_driver.py");
        command
            .args([
                "--url",
                &format!("{origin}/{path}"),
                "--auth",
                "negotiate",
                "--user",
                USER,
            ])
            .args(["--configuration", configuration])
            .args(scenarios)
            .env("PSBRIDGE_PASSWORD", PASSWORD);
        let finished =
            tokio::task::spawn_blocking(move || run(&mut command, b"", Duration::from_secs(120))).await?;
        if finished.code != Some(0) || finished.stdout.contains("\"trace\":") {
            return Err(format!("pypsrp: {}{}", finished.stdout, finished.stderr).into());
        }
        lab.stop().await;
        println!("{name}: {} scenarios", scenarios.len());
    }
    Ok(())
}
