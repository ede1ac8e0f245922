//! `psbridge doctor`: walks to an endpoint step by step and says where the way ends, why, and what to do about it.
//!
//! [`steps`] observe, [`finding`] turns what went wrong into typed cases, [`causes`] is the table from there to causes and
//! commands, [`report`] and [`screen`] show it. No step signs in twice: accounts lock.

mod args;
mod causes;
mod facts;
mod finding;
mod online;
mod report;
mod screen;
mod steps;
mod walk;
mod winrm;

use std::sync::Arc;
use std::time::SystemTime;

use clap::ValueEnum as _;
use psbridge::certificate::ClientCertificate;
use psbridge::sign_in::{FixedToken, TokenSource};
use psbridge::{Cloud, Pipeline};

pub(crate) use self::args::DoctorArgs;
use self::facts::{Facts, Online};
use self::finding::{Finding, count};
use self::report::{Outcome, StepName};
use self::screen::Screen;
use self::walk::{Halt, Seen, Walk};
use self::winrm::Way;
use crate::args::{Global, TargetArgs};
use crate::connect::{self, CertificateProblem, Proof, Target};
use crate::exit::{Exit, Failure};
use crate::trace::Traced;
use crate::{interrupt, invoke};

/// Runs the command.
pub(crate) async fn run(args: &DoctorArgs, global: &Global) -> Result<Exit, Failure> {
    let target = match online::meant(args)? {
        Some(target) => target,
        None => connect::target(args.endpoint.as_deref(), &args.target)?,
    };
    diagnose(&target, args.probe.as_deref(), global).await
}

/// Examines the endpoint of a profile, as `profile test` does: [`Exit::Done`] when no step failed.
pub(crate) async fn check(profile: &str, global: &Global) -> Result<Exit, Failure> {
    let target = connect::target(Some(profile), &TargetArgs::default())?;
    diagnose(&target, None, global).await
}

async fn diagnose(target: &Target, probe: Option<&str>, global: &Global) -> Result<Exit, Failure> {
    let probe = match probe {
        Some(text) => Some(invoke::parse(text, &target.endpoint.to_string())?),
        None => None,
    };
    tokio::select! {
        exit = examine(target, probe, global) => exit,
        () = interrupt::pressed() => Ok(Exit::Interrupted),
    }
}

async fn examine(target: &Target, probe: Option<Pipeline>, global: &Global) -> Result<Exit, Failure> {
    let online = online::at(target)?;
    let facts = facts(target, online.as_ref())?;
    let screen = Screen::new(global.format);
    // A certificate that cannot be read is a diagnosis; everything else that is wrong with the options is usage.
    let certificate = match connect::client_certificate(&target.args, false).await {
        Ok(certificate) => certificate,
        Err(CertificateProblem::Certificate(_, error)) => {
            return unusable_certificate(screen, target, facts, Finding::Certificate(error));
        }
        Err(problem) => return Err(problem.into()),
    };
    let shown = target.endpoint.url();
    let done = match online {
        Some(cloud) => {
            let tokens = tokens(target, global).await?;
            let examined = online::Examined {
                tokens,
                cloud,
                network: &target.args.network,
                cloud_args: &target.args.cloud,
            };
            let planned = online::planned(certificate.is_some(), probe.is_some(), examined.is_proxied());
            let mut walk = Walk::new(screen, shown, planned, facts);
            let result = match begin(&mut walk, target, certificate.as_ref()) {
                Ok(()) => online::examine(&mut walk, &examined, probe).await,
                Err(halt) => Err(halt),
            };
            (walk, result)
        }
        None => {
            let way = way(target, probe, global).await?;
            let planned = way.planned(certificate.is_some());
            let mut walk = Walk::new(screen, shown, planned, facts);
            let result = match begin(&mut walk, target, certificate.as_ref()) {
                Ok(()) => winrm::examine(&mut walk, way).await,
                Err(halt) => Err(halt),
            };
            (walk, result)
        }
    };
    finish(done.0, done.1)
}

/// What is meant, and the certificate that signs in.
fn begin(walk: &mut Walk, target: &Target, certificate: Option<&ClientCertificate>) -> Result<(), Halt> {
    let seen = Seen::new((), described(&walk.facts));
    let organization = walk.facts.online.organization.clone();
    let misnamed =
        !walk.facts.online.organization_is_initial() && matches!(target.way.proof, Proof::Grant(_));
    let warning = organization
        .filter(|_| misnamed)
        .map(|name| Finding::Organization { name });
    walk.note(StepName::Target, None, Ok(seen.warn(warning)))?;
    if let Some(certificate) = certificate {
        let result = judge(certificate);
        walk.note(StepName::Certificate, None, result)?;
    }
    Ok(())
}

fn described(facts: &Facts) -> String {
    let who = match &facts.user {
        Some(user) => format!(" as {user}"),
        None => String::new(),
    };
    let how = facts.authentication.name();
    if facts.online.rest {
        return format!(
            "Exchange Online at {}, organisation {}",
            facts.endpoint.origin(),
            facts.online.tenant()
        );
    }
    format!(
        "{}, configuration {}, sign-in {how}{who}",
        facts.endpoint.url(),
        facts.endpoint.configuration()
    )
}

/// Whether the certificate is valid, and for how long.
fn judge(certificate: &ClientCertificate) -> Result<Seen<()>, Finding> {
    let now = SystemTime::now();
    certificate.check_validity(now).map_err(Finding::Certificate)?;
    let days = certificate.days_left(now);
    let detail = format!("{}, {} left", certificate.subject(), count(days, "day"));
    let warning = (days < steps::network::SOON).then_some(Finding::CertificateEnds { days });
    Ok(Seen::new((), detail).warn(warning))
}

fn unusable_certificate(
    screen: Screen,
    target: &Target,
    facts: Facts,
    finding: Finding,
) -> Result<Exit, Failure> {
    let planned = vec![StepName::Target, StepName::Certificate, StepName::SignIn];
    let mut walk = Walk::new(screen, target.endpoint.url(), planned, facts);
    let result = begin(&mut walk, target, None)
        .and_then(|()| walk.note(StepName::Certificate, None, Err::<Seen<()>, _>(finding)));
    finish(walk, result)
}

fn finish(walk: Walk, result: Result<(), Halt>) -> Result<Exit, Failure> {
    let outcome = match result {
        Ok(()) | Err(Halt::Failed) => walk.finish(),
        Err(Halt::Output(error)) => Err(error),
    };
    match outcome {
        Ok(Outcome::Tick | Outcome::Warning) => Ok(Exit::Done),
        Ok(Outcome::Cross | Outcome::NotReached) => Ok(Exit::Failed),
        // A reader that went away is no error.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("cannot write to standard output: {error}"),
        )),
    }
}

/// Where the tokens for Exchange Online come from, or the one that was given.
async fn tokens(target: &Target, global: &Global) -> Result<Arc<dyn TokenSource>, Failure> {
    if let Some(tokens) = connect::token_source(target, false).await? {
        return Ok(tokens);
    }
    let builder = connect::plan(target, global, false).await?.builder();
    let options = builder.http_options().map_err(|error| connect::failure(&error))?;
    match options.secret {
        Some(token) => Ok(Arc::new(FixedToken::new(token))),
        None => Err(Failure::new(Exit::Usage, "nothing says who asks for a token")
            .advice("add --app-id ID with --pfx FILE, or --managed-identity")),
    }
}

/// The session that is tried: as `invoke` would open it.
async fn way(target: &Target, probe: Option<Pipeline>, global: &Global) -> Result<Way, Failure> {
    let builder = connect::plan(target, global, false).await?.builder();
    let mut options = builder.http_options().map_err(|error| connect::failure(&error))?;
    let redirection = builder.redirection_policy().clone();
    let tokens: Option<Arc<dyn TokenSource>> = match (&options.tokens, &options.secret, target.way.proof) {
        (Some(tokens), _, _) => Some(Arc::clone(tokens)),
        (None, Some(secret), Proof::Token) => Some(Arc::new(FixedToken::new(secret.clone()))),
        _ => None,
    };
    // One source for the step and for the session: no token is asked for twice.
    options.tokens.clone_from(&tokens);
    let (record, trace) = (global.record.clone(), global.trace);
    Ok(Way {
        options,
        redirection,
        decorate: Box::new(move |mut builder| {
            if let Some(path) = &record {
                builder = builder.record(path);
            }
            if trace {
                builder = builder.wrap_exchange(|below| Arc::new(Traced::new(below)));
            }
            builder
        }),
        probe,
    })
}

/// What is known before the first step.
fn facts(target: &Target, online: Option<&Cloud>) -> Result<Facts, Failure> {
    let Target { endpoint, args, way } = target;
    let TargetArgs {
        cloud: named,
        network,
        certificate,
        ..
    } = args;
    let owner = match &named.cloud {
        Some(name) => Some(connect::cloud(Some(name))?),
        None => Cloud::for_host(endpoint.host()),
    };
    let cloud = online.cloned().or(owner);
    let text = |path: &std::path::PathBuf| path.display().to_string();
    Ok(Facts {
        endpoint: endpoint.clone(),
        authentication: way.authentication,
        user: args.sign_in.user.clone(),
        kept: kept(args),
        unproved_tls: network.insecure_skip_verify || network.pin_sha256.is_some(),
        offered: Vec::new(),
        clock_ahead: None,
        certificate: certificate.pfx.as_ref().or(certificate.cert.as_ref()).map(text),
        online: Online {
            organization: named.organization.clone(),
            tenant: named.tenant.clone(),
            app: named.app_id.clone(),
            managed_identity: named.managed_identity.is_some(),
            rest: online.is_some(),
            cloud: named.cloud.clone(),
            authority: cloud
                .as_ref()
                .map(|cloud| cloud.authority().to_owned())
                .unwrap_or_default(),
            audience: cloud
                .as_ref()
                .map(|cloud| cloud.audience().to_owned())
                .unwrap_or_default(),
        },
    })
}

/// The options that the next call needs again.
fn kept(args: &TargetArgs) -> Vec<(&'static str, String)> {
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let named = args.sign_in.auth.and_then(|auth| auth.to_possible_value());
    let given = [
        ("--auth", named.map(|value| value.get_name().to_owned())),
        ("--configuration", args.configuration.clone()),
        ("--keytab", path(&args.kerberos.keytab)),
        ("--realm", args.kerberos.realm.clone()),
        ("--kdc", args.kerberos.kdc.first().cloned()),
        ("--spn", args.kerberos.spn.clone()),
        ("--cert", path(&args.certificate.cert)),
        ("--key", path(&args.certificate.key)),
        ("--pfx", path(&args.certificate.pfx)),
        ("--ca", path(&args.network.ca)),
        ("--pin-sha256", args.network.pin_sha256.clone()),
        ("--proxy", args.network.proxy.clone()),
    ];
    given
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .collect()
}
