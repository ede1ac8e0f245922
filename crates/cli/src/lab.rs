//! `psbridge lab`: serves the embedded endpoint until it is told to end.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use psbridge_lab::{AuthScheme, DEFAULT_ACCOUNT, Lab, LabBuilder, LabError};

use crate::args::{Global, LabArgs};
use crate::exit::{Exit, Failure};
use crate::stderr::{self, Style};

/// Serves until Ctrl-C or a request to terminate.
pub(crate) async fn run(args: &LabArgs, global: &Global) -> Result<Exit, Failure> {
    let lab = configure(args, global)?
        .start()
        .await
        .map_err(|error| failure(&error))?;
    if args.accounts.is_empty() {
        let (name, password) = DEFAULT_ACCOUNT;
        stderr::line(
            Style::Plain,
            &format!("sign in as {name} with the password {password}"),
        );
    }
    let mut ready = serde_json::json!({
        "http": lab.http_origin(),
        "https": lab.https_origin(),
        "ca": lab.ca_file(),
    });
    if let (Some(cloud), Some(members)) = (lab.cloud(), ready.as_object_mut()) {
        members.insert("cloud".to_owned(), cloud.file().to_string_lossy().into());
        members.insert("tenant".to_owned(), cloud.organization().into());
        members.insert("imds".to_owned(), cloud.imds().into());
        members.insert("vault".to_owned(), cloud.vault("corp").into());
        members.insert("app_id".to_owned(), cloud.app().app_id.to_string().into());
        members.insert("client_secret".to_owned(), cloud.app_secret().into());
        members.insert("new_app_id".to_owned(), cloud.new_app().app_id.to_string().into());
    }
    let mut stdout = std::io::stdout().lock();
    // Whoever started the lab waits for this line; without a reader it serves all the same.
    let _ = writeln!(stdout, "{ready}").and_then(|()| stdout.flush());
    drop(stdout);

    let exit = crate::interrupt::ended().await;
    let stats = lab.stop().await;
    stderr::line(
        Style::Plain,
        &format!(
            "served {} requests on {} connections, {} pipelines, {} objects",
            stats.requests, stats.connections, stats.pipelines, stats.objects
        ),
    );
    Ok(exit)
}

fn configure(args: &LabArgs, global: &Global) -> Result<LabBuilder, Failure> {
    let mut builder = Lab::builder()
        .no_language(args.no_language)
        .redirect(args.redirect)
        .listen_anywhere(args.listen_anywhere);
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let neither = args.http.is_none() && args.https.is_none();
    if let Some(addr) = args.http.or(neither.then_some(loopback)) {
        builder = builder.http(addr);
    }
    if let Some(addr) = args.https.or(neither.then_some(loopback)) {
        builder = builder.https(addr);
    }
    if let Some(addr) = args.cloud {
        builder = builder.cloud(addr);
    }
    if let Some(users) = args.users {
        builder = builder.users(users);
    }
    if let Some(groups) = args.groups {
        builder = builder.groups(groups);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    for account in &args.accounts {
        let (name, password) = account.split_once(':').ok_or_else(|| {
            Failure::new(Exit::Usage, "an account is given as NAME:PASSWORD")
                .advice("write --account admin:secret")
        })?;
        builder = builder.account(name, password);
    }
    if !args.auth.is_empty() {
        let schemes = args.auth.iter().map(|name| name.parse::<AuthScheme>());
        builder = builder.auth(
            schemes
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| failure(&error))?,
        );
    }
    if let Some(path) = &args.keytab {
        builder = builder.keytab(path);
    }
    for certificate in &args.client_certificates {
        let (name, path) = certificate.split_once(':').ok_or_else(|| {
            Failure::new(Exit::Usage, "a client certificate is given as NAME:FILE")
                .advice("write --client-certificate admin:admin.cer")
        })?;
        let path = std::path::Path::new(path);
        let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
        builder = builder.client_certificate(name, bytes);
    }
    for name in &args.names {
        builder = builder.name(name);
    }
    if let Some(plan) = &args.fault {
        builder = builder.faults(
            plan.parse()
                .map_err(|error| Failure::new(Exit::Usage, format!("{error}")))?,
        );
    }
    if let Some(path) = &args.dump {
        builder = builder.dump(path);
    }
    if let Some(path) = &args.log {
        builder = builder.log(path);
    }
    if let Some(path) = &global.record {
        builder = builder.record(path);
    }
    Ok(builder)
}

fn failure(error: &LabError) -> Failure {
    let failure = Failure::new(Exit::Usage, error.to_string());
    match error {
        LabError::NotLoopback { .. } => failure.advice("add --listen-anywhere and an --account of your own"),
        LabError::DefaultAccount { .. } => failure.advice("add --account NAME:PASSWORD"),
        LabError::NoKeytab => failure.advice("add --keytab FILE"),
        LabError::Bind { .. } => failure.advice("choose another address, or port 0 for a free one"),
        _ => failure,
    }
}
