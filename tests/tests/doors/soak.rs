//! Many sign-ins, one after the other and at once: nothing stays behind. A tenth of them unless `PSBRIDGE_SOAK=full`.

use std::time::{Duration, Instant};

use psbridge::{Command, Secret, Session, SessionBuilder};
use psbridge_lab::{Lab, Limits};

use crate::fronts::{Fronts, works};

/// 1 for the full number, 10 for a tenth.
fn divisor() -> usize {
    if std::env::var("PSBRIDGE_SOAK").is_ok_and(|value| value == "full") {
        1
    } else {
        10
    }
}

/// Waits until `holds`, because the other side notices the end of a connection a moment later.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn lab() -> Lab {
    let mut limits = Limits::default();
    limits.max_shells_per_user = 500;
    limits.max_connections = 2_000;
    Lab::builder()
        .http("127.0.0.1:0".parse().unwrap())
        .users(10)
        .groups(1)
        .account("soaked", "Soak-Passw0rd!")
        .limits(limits)
        .start()
        .await
        .unwrap()
}

fn session(lab: &Lab) -> SessionBuilder {
    Session::builder(format!("{}/wsman", lab.http_origin().unwrap()))
        .credential("soaked", Secret::from("Soak-Passw0rd!"))
}

/// The connections of this machine to a local port that are open on either side.
#[cfg(target_os = "linux")]
fn connections_to(port: &str) -> usize {
    let port = format!(":{:04X}", port.parse::<u16>().unwrap());
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let open = |line: &&str| {
        let mut columns = line.split_whitespace().skip(1);
        let (local, remote) = (columns.next().unwrap_or(""), columns.next().unwrap_or(""));
        // All states but those of a connection that is over (TIME_WAIT) and of a listener.
        let state = columns.next().unwrap_or("");
        (local.ends_with(&port) || remote.ends_with(&port)) && !matches!(state, "06" | "0A")
    };
    table.lines().filter(open).count()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_leave_no_connection_behind() {
    let (sequential, parallel) = (2_000 / divisor(), 200 / divisor());
    let lab = lab().await;
    let origin = lab.http_origin().unwrap().to_owned();
    let (_, port) = origin.rsplit_once(':').unwrap();
    for _ in 0..sequential {
        let session = session(&lab).open().await.unwrap();
        session.close().await.unwrap();
    }
    let at_once = (0..parallel).map(|_| {
        let builder = session(&lab);
        tokio::spawn(async move {
            let session = builder.open().await?;
            session.run(Command::new("Get-LabNumber")).await?;
            session.close().await
        })
    });
    for done in at_once.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
    // Dropped half-way, they leave nothing either.
    for _ in 0..parallel {
        let opening = tokio::spawn(session(&lab).open());
        tokio::time::sleep(Duration::from_millis(3)).await;
        opening.abort();
        drop(opening.await);
    }
    eventually("all connections are closed", || connections_to(port) == 0).await;
    let stats = lab.stop().await;
    assert!(stats.connections >= (sequential + parallel) as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_idle_connections_is_survived() {
    let Some(fronts) = Fronts::start("a_server_that_closes_idle_connections_is_survived") else {
        return;
    };
    let session = fronts
        .session(&fronts.url("idle", "/PowerShell/"))
        .open()
        .await
        .unwrap();
    // Around the two seconds after which it hangs up, so that some requests meet the closing.
    for pause in [0, 2_300, 100, 2_000, 1_990, 2_010, 0, 2_500] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        works(&session).await;
    }
    session.close().await.unwrap();
    eventually("no connection is left", || fronts.open_now() == 0).await;
}
