//! `psbridge demo`: the main job from one end to the other, on an endpoint of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use psbridge::{Authentication, Command, Endpoint, Pipeline, Record, Secret, Session};
use psbridge_clixml::Document;
use psbridge_lab::{DEFAULT_ACCOUNT, Lab};

use crate::args::{DemoArgs, Global};
use crate::connect;
use crate::exit::{Exit, Failure};
use crate::report::error_text;
use crate::terminal::safe;

/// The group that is made.
const GROUP: &str = "Demo Team";
/// How many of the users become its members.
const MEMBERS: usize = 3;

/// Runs the demonstration; fails when client and endpoint did not count the same.
pub(crate) async fn run(args: &DemoArgs, global: &Global) -> Result<Exit, Failure> {
    let started = Instant::now();
    let (name, password) = DEFAULT_ACCOUNT;
    let lab = Lab::builder()
        .http(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .users(args.users)
        .start()
        .await
        .map_err(|error| {
            Failure::new(
                Exit::Connection,
                format!("cannot start the embedded endpoint: {error}"),
            )
        })?;
    let origin = lab.http_origin().unwrap_or_default();
    let endpoint =
        Endpoint::parse(&format!("{origin}/PowerShell/"), None).map_err(|error| connect::failure(&error))?;
    say(
        "endpoint",
        &format!(
            "{endpoint} ({}, {} users)",
            endpoint.configuration(),
            grouped(args.users.into())
        ),
    );

    let mut builder = Session::builder(endpoint)
        .authentication(Authentication::Ntlm)
        .credential(name, Secret::from(password));
    if let Some(path) = &global.record {
        builder = builder.record(path);
    }
    let opening = Instant::now();
    let session = builder.open().await.map_err(|error| connect::failure(&error))?;
    say(
        "session",
        &format!(
            "open after {}: NTLM, every message encrypted",
            milliseconds(opening.elapsed())
        ),
    );

    let users = stream_users(&session, args.users.into()).await?;
    fill_group(&session, &users).await?;

    session.close().await.map_err(|error| connect::failure(&error))?;
    let client = session.stats();
    let elapsed = started.elapsed();
    let served = lab.stop().await;
    say("closed", "session ended, shell and commands freed");

    let rows = [
        ("round trips", client.round_trips, served.requests),
        ("bytes out", client.bytes_sent, served.request_bytes),
        ("bytes in", client.bytes_received, served.response_bytes),
        ("objects", client.objects, served.objects),
    ];
    println!("\n{:<14}{:>14}{:>14}", "what travelled", "client", "endpoint");
    for (what, ours, theirs) in rows {
        println!("  {what:<12}{:>14}{:>14}", grouped(ours), grouped(theirs));
    }
    println!("  {:<12}{:>14}", "time", seconds(elapsed));
    if rows.iter().any(|(_, ours, theirs)| ours != theirs) {
        return Err(Failure::new(
            Exit::Failed,
            "client and endpoint did not count the same",
        ));
    }
    Ok(Exit::Done)
}

/// A user, as far as the demonstration shows one.
struct User {
    name: String,
    title: String,
    has_mailbox: bool,
}

impl User {
    fn read(document: &Document) -> Self {
        let text = |name| {
            let value = document.root().and_then(|root| root.get(name));
            value
                .and_then(|value| value.as_text())
                .unwrap_or_default()
                .into_owned()
        };
        Self {
            name: text("Name"),
            title: text("Title"),
            has_mailbox: text("RecipientType") == "UserMailbox",
        }
    }
}

/// Streams all users under a progress bar; returns those that can be members of a group.
async fn stream_users(session: &Session, expected: u64) -> Result<Vec<User>, Failure> {
    let bar = ProgressBar::new(expected).with_style(
        ProgressStyle::with_template("  users     {bar:40} {human_pos}/{human_len}, {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let pipeline = Pipeline::new().command(Command::new("Get-User").parameter("ResultSize", "Unlimited"));
    let started = Instant::now();
    let mut first = None;
    let mut count = 0;
    let mut candidates = Vec::new();
    each_object(session, pipeline, |document| {
        first.get_or_insert_with(|| started.elapsed());
        count += 1;
        bar.inc(1);
        if candidates.len() < MEMBERS {
            candidates.extend(Some(User::read(document)).filter(|user| user.has_mailbox));
        }
    })
    .await?;
    bar.finish_and_clear();
    let took = started.elapsed();
    say(
        "users",
        &format!(
            "{} streamed in {} ({} per second), the first after {}",
            grouped(count),
            seconds(took),
            grouped((count as f64 / took.as_secs_f64()) as u64),
            milliseconds(first.unwrap_or(took)),
        ),
    );
    if count != expected {
        return Err(Failure::new(
            Exit::Failed,
            format!("{count} of {expected} users came"),
        ));
    }
    Ok(candidates)
}

/// Creates the group, adds the members and lists them.
async fn fill_group(session: &Session, users: &[User]) -> Result<(), Failure> {
    let create = Pipeline::new().command(Command::new("New-DistributionGroup").parameter("Name", GROUP));
    let mut group = String::new();
    each_object(session, create, |document| {
        let address = document.root().and_then(|root| root.get("PrimarySmtpAddress"));
        group = address
            .and_then(|address| address.as_text())
            .unwrap_or_default()
            .into_owned();
    })
    .await?;
    say("group", &format!("{GROUP} <{}> created", safe(&group)));
    for user in users {
        let add = Command::new("Add-DistributionGroupMember")
            .parameter("Identity", GROUP)
            .parameter("Member", user.name.as_str());
        each_object(session, Pipeline::new().command(add), |_| ()).await?;
    }
    let list = Command::new("Get-DistributionGroupMember").parameter("Identity", GROUP);
    let mut members = Vec::new();
    each_object(session, Pipeline::new().command(list), |document| {
        members.push(User::read(document))
    })
    .await?;
    say(
        "members",
        &format!("{} added, {} listed:", users.len(), members.len()),
    );
    for member in &members {
        println!("              {} ({})", safe(&member.name), safe(&member.title));
    }
    if members.len() != users.len() {
        return Err(Failure::new(
            Exit::Failed,
            "the group does not have the members that were added",
        ));
    }
    Ok(())
}

/// Runs a pipeline that must not meet any error.
async fn each_object(
    session: &Session,
    pipeline: Pipeline,
    mut object: impl FnMut(&Document),
) -> Result<(), Failure> {
    let mut records = session
        .pipeline(pipeline)
        .start()
        .await
        .map_err(|error| connect::failure(&error))?;
    while let Some(record) = records.next().await {
        match record.map_err(|error| connect::failure(&error))? {
            Record::Output(document) => object(&document),
            Record::Error(error) => return Err(Failure::new(Exit::Failed, error_text(&error))),
            _ => {}
        }
    }
    Ok(())
}

fn say(what: &str, text: &str) {
    println!("  {what:<10}{}", safe(text));
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1000.0)
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
