//! `psbridge grant`: sets an app or a managed identity up for Exchange Online, as administrators do it by hand.

mod args;
mod graph;
mod plan;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::SystemTime;

use psbridge::sign_in::{CachedTokens, ClientCredentials, TokenSource};
use psbridge::web::WebClient;
use psbridge::{Cloud, Secret};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use self::args::GrantArgs;
use self::args::{CommonArgs, Whom};
use self::graph::Graph;
use self::plan::{Kind, Plan, State, Wish};
use crate::args::{Format, Global};
use crate::certificate;
use crate::connect;
use crate::exit::{Exit, Failure};
use crate::secret::{self, SecretRef};
use crate::stderr::{self, Style};
use crate::terminal::safe;

/// Graph's own command-line tools, under which administrators sign in.
const GRAPH_CLIENT: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

pub(crate) async fn run(args: &GrantArgs, global: &Global) -> Result<Exit, Failure> {
    let (kind, id, file, common) = match &args.whom {
        Whom::App(args) => (Kind::App, &args.id, args.certificate.as_ref(), &args.common),
        Whom::ManagedIdentity(args) => (Kind::ManagedIdentity, &args.id, None, &args.common),
    };
    let id = Uuid::parse_str(id.trim())
        .map_err(|_| {
            Failure::new(Exit::Usage, format!("{id:?} is no id"))
                .advice("give the id as the portal shows it: 00001111-aaaa-2222-bbbb-3333cccc4444")
        })?
        .to_string();
    let certificate = match file {
        Some(path) => {
            let reference = SecretRef::of(
                common.sign_in_certificate.pfx_password_file.as_deref(),
                common.sign_in_certificate.pfx_password_from.as_deref(),
                "pfx-password-from",
            )?;
            let seen = certificate::from_file(path, || match &reference {
                Some(reference) => reference.read().map(Some),
                None => secret::from_env("PSBRIDGE_PFX_PASSWORD"),
            })?;
            if seen.not_after() <= SystemTime::now() {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("{}: the certificate has expired", path.display()),
                )
                .advice("make another one with psbridge certificate new"));
            }
            Some(seen)
        }
        None => None,
    };
    let cloud = connect::cloud(common.cloud.cloud.as_deref())?;
    let web = connect::web_client(&common.network)?;
    let tokens = tokens(common, &web, &cloud).await?;
    let graph = Graph::new(web, &cloud, tokens);
    let wish = Wish {
        kind,
        id: &id,
        certificate: certificate.as_ref(),
        roles: common.wanted(),
    };
    let mut plan = Plan::survey(&graph, &wish).await?;
    let machine = global
        .format
        .is_some_and(|format| matches!(format, Format::Json | Format::Ndjson | Format::Typed));
    if !machine {
        show(&plan);
    }
    let open = plan.is_open();
    if open && !common.plan {
        if !common.yes && !agreed()? {
            stderr::line(Style::Plain, "nothing was changed");
            return Ok(Exit::Failed);
        }
        plan.carry_out(&graph, |text| {
            stderr::line(Style::Plain, &format!("done: {text}"))
        })
        .await?;
    }
    if machine {
        print(&report(&plan, kind).to_string());
    } else if !open {
        stderr::line(Style::Plain, "everything is there already; nothing was changed");
    } else if !common.plan {
        stderr::line(
            Style::Plain,
            &format!(
                "it may take some minutes until Exchange knows it; then check it with: psbridge doctor --organization {} {}",
                plan.organization.as_deref().unwrap_or("ORGANISATION"),
                match kind {
                    Kind::App => format!("--app-id {} --pfx FILE", plan.app_id),
                    Kind::ManagedIdentity => format!("--managed-identity=client:{}", plan.app_id),
                }
            ),
        );
    }
    Ok(Exit::Done)
}

/// Who signs in to Graph: an app, a managed identity or a workload if the options name one, else a person.
async fn tokens(
    common: &CommonArgs,
    web: &WebClient,
    cloud: &Cloud,
) -> Result<Arc<dyn TokenSource>, Failure> {
    let mut args = common.signs_in();
    let tenant = connect::tenant(&args.cloud).to_owned();
    let by_machine = args.cloud.managed_identity.is_some() || args.cloud.workload_identity == Some(true);
    let by_person = args.cloud.device_code == Some(true);
    let app = args.cloud.app_id.clone();
    let source: Arc<dyn TokenSource> = match app {
        Some(app) if !by_machine && !by_person => match connect::client_certificate(&args, false).await? {
            Some(certificate) => Arc::new(ClientCredentials::certificate(
                web,
                cloud,
                tenant,
                app,
                certificate,
            )),
            None => {
                let secret: Secret = connect::client_secret(&args.cloud)?.ok_or_else(|| {
                        Failure::new(Exit::Usage, "the app that signs in has neither a certificate nor a secret")
                            .advice("add --pfx FILE or --client-secret-file FILE, or leave out --app-id to sign in as a person")
                    })?;
                Arc::new(ClientCredentials::secret(web, cloud, tenant, app, secret))
            }
        },
        _ => {
            if !by_machine {
                args.cloud.device_code = Some(true);
                args.cloud.app_id.get_or_insert_with(|| GRAPH_CLIENT.to_owned());
            }
            connect::identity(&args, web, cloud)?
        }
    };
    Ok(Arc::new(CachedTokens::new(source)))
}

/// Lists what is there and what is not.
fn show(plan: &Plan) {
    for step in &plan.steps {
        let mark = match step.state {
            State::Missing => "+",
            State::Present | State::Done => " ",
        };
        let text = step.what.text(&plan.name);
        print(&format!("{mark} {:<8} {}", step.state.word(), safe(&text)));
    }
}

/// Asks a person; nobody is no agreement.
fn agreed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "there is nobody to ask whether the missing things shall be made",
        )
        .advice("add --yes to do it, or --plan to only look"));
    }
    let mut stderr = std::io::stderr().lock();
    // Without standard error there is nobody to read the question either; the answer is then read as it comes.
    let _ = write!(stderr, "Make what is marked with +? [y/N] ").and_then(|()| stderr.flush());
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read the answer: {error}")))?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn report(plan: &Plan, kind: Kind) -> Value {
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            json!({"step": step.what.name(), "state": step.state.word(), "text": step.what.text(&plan.name)})
        })
        .collect();
    json!({
        "kind": match kind {
            Kind::App => "app",
            Kind::ManagedIdentity => "managed-identity",
        },
        "name": plan.name,
        "app_id": plan.app_id,
        "principal_id": plan.principal,
        "organization": plan.organization,
        "changed": plan.steps.iter().any(|step| step.state == State::Done),
        "complete": !plan.is_open(),
        "steps": steps,
    })
}

/// One line of the result.
fn print(line: &str) {
    // A reader that went away has seen enough.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
