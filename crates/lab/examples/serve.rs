//! Serves a lab until it is interrupted.

use std::net::SocketAddr;

use psbridge_lab::{FaultPlan, Lab};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arg = |name: &str| {
        let all: Vec<String> = std::env::args().collect();
        all.iter()
            .position(|a| a == name)
            .and_then(|at| all.get(at + 1).cloned())
    };
    let mut builder = Lab::builder()
        .http(SocketAddr::from(([127, 0, 0, 1], 0)))
        .https(SocketAddr::from(([127, 0, 0, 1], 0)))
        .ca_file("/tmp/lab-ca.pem");
    if let Some(n) = arg("--users") {
        builder = builder.users(n.parse()?);
    }
    if let Some(path) = arg("--log") {
        builder = builder.log(path);
    }
    if let Some(path) = arg("--dump") {
        builder = builder.dump(path);
    }
    if let Some(path) = arg("--record") {
        builder = builder.record(path);
    }
    if let Some(plan) = arg("--fault") {
        builder = builder.faults(plan.parse::<FaultPlan>()?);
    }
    let lab = builder.start().await?;
    std::fs::write(
        "/tmp/lab-ready",
        format!(
            "{} {}",
            lab.http_origin().unwrap_or(""),
            lab.https_origin().unwrap_or("")
        ),
    )?;
    tokio::signal::ctrl_c().await?;
    eprintln!("{:?}", lab.stop().await);
    Ok(())
}
