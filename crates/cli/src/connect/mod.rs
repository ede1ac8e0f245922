//! From the options of the command line to an open session: one place for every command that connects.
//!
//! [`target`] finds out what is meant (profiles included) and whether it makes sense, [`plan`] reads the credentials and
//! describes the session, [`Plan::open`] connects.

mod credentials;
mod failure;
mod network;
mod way;

use std::sync::Arc;

use psbridge::{Endpoint, KerberosOptions, Secret, Session, SessionBuilder};

pub(crate) use self::credentials::{
    CertificateProblem, client_certificate, client_secret, identity, tenant, token_failure, token_source,
};
pub(crate) use self::failure::{failure, failure_shown_above, in_words_of_the_command_line};
pub(crate) use self::network::{authorities, cloud, proxy, web_client};
pub(crate) use self::way::{Proof, Way};
use crate::args::{Global, KerberosArgs, TargetArgs};
use crate::exit::{Exit, Failure};
use crate::secret::SecretRef;
use crate::terminal::safe;
use crate::trace::Traced;
use crate::{password, profile};

/// The mailbox of every organisation by which its server is found when no person signs in.
const SYSTEM_MAILBOX: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

/// Which endpoint is meant, and who asks by which way. Nothing secret has been read yet.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The endpoint, with all that belongs into its query.
    pub(crate) endpoint: Endpoint,
    /// The options, those of the profile below those of the command line.
    pub(crate) args: TargetArgs,
    /// The way to sign in.
    pub(crate) way: Way,
}

/// Finds out what is meant by the target `word` (`None` beside `--uri`) and the options.
pub(crate) fn target(word: Option<&str>, args: &TargetArgs) -> Result<Target, Failure> {
    let (word, args) = match (word, &args.uri) {
        (Some(_), Some(_)) => {
            return Err(
                Failure::new(Exit::Usage, "the endpoint is given twice").advice("leave out TARGET or --uri")
            );
        }
        (None, None) => {
            return Err(Failure::new(Exit::Usage, "there is no endpoint")
                .advice("give a URL, a host name or a profile"));
        }
        (None, Some(uri)) => (uri.clone(), args.clone()),
        (Some(word), None) => match profile::find(word)? {
            Some(below) => {
                let merged = args.clone().over(below);
                (merged.uri.clone().unwrap_or_default(), merged)
            }
            None => (word.to_owned(), args.clone()),
        },
    };
    check(&args, Some(&word))
}

/// Checks target and options as they stand, without looking at the profiles.
pub(crate) fn check(args: &TargetArgs, word: Option<&str>) -> Result<Target, Failure> {
    let word = word.or(args.uri.as_deref()).unwrap_or_default();
    let endpoint = endpoint(word, args)?;
    let way = way::way(args, &endpoint)?;
    network::check(&args.network)?;
    let endpoint = match query(args, way, &endpoint) {
        Some(query) => {
            let url = endpoint.url();
            let joint = if url.contains('?') { '&' } else { '?' };
            self::endpoint(&format!("{url}{joint}{query}"), args)?
        }
        None => endpoint,
    };
    Ok(Target {
        endpoint,
        args: args.clone(),
        way,
    })
}

/// The endpoint that target and configuration mean.
fn endpoint(target: &str, args: &TargetArgs) -> Result<Endpoint, Failure> {
    Endpoint::parse(target, args.configuration.as_deref()).map_err(|error| failure(&error))
}

/// What Exchange Online's remote PowerShell wants in the query of its address beside a token.
fn query(args: &TargetArgs, way: Way, endpoint: &Endpoint) -> Option<String> {
    if !matches!(way.proof, Proof::Token | Proof::Grant(_)) || !way::takes_tokens_in_basic(endpoint) {
        return None;
    }
    let present = endpoint.path().to_ascii_lowercase();
    let escaped = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut parts = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        let is_there = present.contains(&format!("{}=", name.to_ascii_lowercase()));
        parts.extend(value.filter(|_| !is_there).map(|value| format!("{name}={value}")));
    };
    add("BasicAuthToOAuthConversion", Some("true".to_owned()));
    add("DelegatedOrg", args.cloud.delegated_org.as_deref().map(escaped));
    let anchor = args.cloud.anchor_mailbox.clone().or_else(|| {
        let organization = args.cloud.organization.as_deref()?;
        args.sign_in
            .user
            .is_none()
            .then(|| format!("{SYSTEM_MAILBOX}@{organization}"))
    });
    add("email", anchor.as_deref().map(escaped));
    (!parts.is_empty()).then(|| parts.join("&"))
}

/// A session that is described to the end: everything is checked, nothing is connected.
pub(crate) struct Plan {
    builder: SessionBuilder,
    proof: Proof,
}

/// Reads the credentials and describes the session.
///
/// `stdin_taken` tells that standard input holds pipeline input and no password.
pub(crate) async fn plan(target: &Target, global: &Global, stdin_taken: bool) -> Result<Plan, Failure> {
    let Target { endpoint, args, way } = target;
    let network = &args.network;
    let mut builder = Session::builder(endpoint.clone())
        .authentication(way.authentication)
        .tls(network::tls(network)?)
        .proxy(network::proxy(network)?)
        .redirection(network::redirection(network))
        .kerberos(kerberos(&args.kerberos))
        .allow_ntlm(args.sign_in.allow_ntlm == Some(true))
        .allow_basic_over_http(network.allow_unencrypted == Some(true));
    if let Some(spn) = &args.kerberos.spn {
        builder = builder.spn(spn.as_str());
    }
    if let Some(name) = &args.cloud.cloud {
        builder = builder.cloud(cloud(Some(name))?);
    }
    if let Some(mailbox) = &args.cloud.anchor_mailbox {
        builder = builder.routing_hint("X-AnchorMailbox", mailbox.as_str());
    }
    let user = args.sign_in.user.as_deref();
    builder = match way.proof {
        Proof::Nothing => builder,
        Proof::Password => {
            let user = user.unwrap_or_default();
            builder.credential(user, password(args, &safe(user), stdin_taken)?)
        }
        Proof::Keytab => {
            readable(args.kerberos.keytab.as_deref())?;
            builder.user(user.unwrap_or_default())
        }
        Proof::Cache => match user {
            Some(user) => builder.user(user),
            None => builder,
        },
        Proof::Certificate => match credentials::warned(client_certificate(args, stdin_taken).await?) {
            Some(certificate) => builder.client_certificate(certificate),
            None => builder,
        },
        Proof::Token => {
            let token = password(args, "the token", stdin_taken)?;
            token_user(args, builder.token(token))
        }
        Proof::Grant(_) => match token_source(target, stdin_taken).await? {
            Some(source) => token_user(args, builder.tokens(source)),
            None => builder,
        },
    };
    if let Some(path) = &global.record {
        builder = builder.record(path);
    }
    if global.trace {
        builder = builder.wrap_exchange(|below| Arc::new(Traced::new(below)));
    }
    Ok(Plan {
        builder,
        proof: way.proof,
    })
}

impl Plan {
    /// Connects and opens the session.
    pub(crate) async fn open(self) -> Result<Session, Failure> {
        self.builder.open().await.map_err(|error| {
            let failure = failure(&error);
            match failure::advice_for(self.proof, &error) {
                Some(advice) => failure.advice(advice),
                None => failure,
            }
        })
    }

    /// The description itself.
    pub(crate) fn builder(self) -> SessionBuilder {
        self.builder
    }
}

/// The user name that stands beside a token where one is needed: that of a person, or of the tenant's applications.
fn token_user(args: &TargetArgs, builder: SessionBuilder) -> SessionBuilder {
    let cloud = &args.cloud;
    let tenant = cloud.tenant.as_deref().or(cloud.organization.as_deref());
    match (&args.sign_in.user, tenant) {
        (Some(user), _) => builder.user(user.as_str()),
        (None, Some(tenant)) => builder.user(format!("OAuthUser@{tenant}")),
        (None, None) => builder,
    }
}

fn password(args: &TargetArgs, whom: &str, stdin_taken: bool) -> Result<Secret, Failure> {
    let sign_in = &args.sign_in;
    let reference = SecretRef::of(
        sign_in.password_file.as_deref(),
        sign_in.password_from.as_deref(),
        "password-from",
    )?;
    password::read(whom, reference.as_ref(), stdin_taken).map(Secret::from)
}

fn kerberos(args: &KerberosArgs) -> KerberosOptions {
    let mut options = match (&args.keytab, &args.ccache) {
        (Some(path), _) => KerberosOptions::keytab(path),
        (None, Some(name)) => KerberosOptions::cache(Some(name.clone()).filter(|name| !name.is_empty())),
        (None, None) => KerberosOptions::password(),
    };
    if let Some(realm) = &args.realm {
        options = options.realm(realm.as_str());
    }
    for address in &args.kdc {
        options = options.kdc(address.as_str());
    }
    options.delegate(args.delegate == Some(true))
}

/// Says that a file is missing before anything is sent.
fn readable(path: Option<&std::path::Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    std::fs::File::open(path)
        .map(drop)
        .map_err(|error| Failure::file(path, &error))
}
