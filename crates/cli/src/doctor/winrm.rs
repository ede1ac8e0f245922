//! The walk to a WinRM endpoint: from its name to the end of a session, once more from the start after a redirection.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use psbridge::exchange::{Exchange as _, ExchangeError};
use psbridge::{
    Authentication, Endpoint, HttpExchange, HttpOptions, Pipeline, Redirection, Secret, Session,
    SessionBuilder,
};
use psbridge_auth::KerberosError;

use super::finding::Finding;
use super::report::StepName;
use super::steps::{http, network, session, token};
use super::walk::{Halt, Seen, Walk};

/// What the walk goes with.
pub(super) struct Way {
    /// Where to and as whom.
    pub(super) options: HttpOptions,
    /// Whether redirections are followed.
    pub(super) redirection: Redirection,
    /// What `--record` and `--trace` put around a session.
    pub(super) decorate: Box<dyn Fn(SessionBuilder) -> SessionBuilder + Send>,
    /// The pipeline of `--probe`.
    pub(super) probe: Option<Pipeline>,
}

/// Where a leg of the walk has led.
enum Leg {
    /// Through.
    Done,
    /// To another address.
    Elsewhere(Endpoint),
}

impl Way {
    /// The steps that every walk to this endpoint takes, unless one fails.
    pub(super) fn planned(&self, certificate: bool) -> Vec<StepName> {
        use StepName::*;
        // What cannot be used as a proxy is told when it is tried.
        let proxied =
            HttpExchange::new(&as_stranger(&self.options)).is_ok_and(|stranger| stranger.is_proxied());
        let options = &self.options;
        let steps = [
            (Target, true),
            (Certificate, certificate),
            (Dns, !proxied),
            (Tcp, !proxied),
            (Proxy, proxied),
            (Tls, options.endpoint.is_https()),
            (Http, true),
            (Redirect, true),
            (Offers, true),
            (Clock, true),
            (Ticket, options.authentication == Authentication::Kerberos),
            (Token, options.tokens.is_some()),
            (SignIn, true),
            (Create, true),
            (Pipeline, true),
            (Probe, self.probe.is_some()),
            (Delete, true),
        ];
        steps
            .into_iter()
            .filter_map(|(name, taken)| taken.then_some(name))
            .collect()
    }
}

/// Takes all steps.
pub(super) async fn examine(walk: &mut Walk, mut way: Way) -> Result<(), Halt> {
    let wanted = way.options.endpoint.clone();
    let mut followed = 0;
    loop {
        match leg(walk, &mut way, (&wanted, followed)).await? {
            Leg::Done => return Ok(()),
            Leg::Elsewhere(endpoint) => {
                followed += 1;
                // A service principal name that was given is that of the first host.
                if !endpoint.host().eq_ignore_ascii_case(way.options.endpoint.host()) {
                    way.options.spn = None;
                }
                walk.facts.endpoint = endpoint.clone();
                way.options.endpoint = endpoint;
            }
        }
    }
}

async fn leg(walk: &mut Walk, way: &mut Way, so_far: (&Endpoint, usize)) -> Result<Leg, Halt> {
    let as_stranger = as_stranger(&way.options);
    let stranger = match HttpExchange::new(&as_stranger) {
        Ok(stranger) => stranger,
        Err(error) => return walk.note(StepName::Target, None, Err(Finding::of_exchange(&error))),
    };
    reach(walk, &stranger).await?;
    let facts = walk.facts.clone();
    let answer = walk
        .step(StepName::Http, http::ask(&stranger, &as_stranger, &facts))
        .await?;
    if let Some(location) = http::redirect(&answer) {
        return redirect(walk, way, &location, so_far);
    }
    walk.note(StepName::Redirect, None, Ok(Seen::new((), "none")))?;
    walk.facts.offered = http::offers(&answer);
    let fits = http::fits(&walk.facts, answer.status);
    walk.note(StepName::Offers, None, fits)?;
    let (ahead, seen) = http::clock(&answer, SystemTime::now());
    walk.facts.clock_ahead = ahead;
    walk.note(StepName::Clock, None, Ok(seen))?;
    drop(stranger);

    if let Some(tokens) = way.options.tokens.clone() {
        let expected = token::expected(&walk.facts, &way.options.resource());
        walk.step(StepName::Token, token::get(tokens, expected)).await?;
    }
    let exchange = match HttpExchange::new(&way.options) {
        Ok(exchange) => Arc::new(exchange),
        Err(error) => return refused(walk, Instant::now(), &error),
    };
    let result = inside(walk, way, &exchange, so_far).await;
    // The connections must not outlive the walk; what cannot be closed is gone already.
    let finished = exchange.finish().await;
    if let Err(error) = finished {
        tracing::debug!(%error, "the exchange was not finished");
    }
    result
}

/// The same options without anything that signs in; a certificate stays, because TLS may not come about without.
fn as_stranger(options: &HttpOptions) -> HttpOptions {
    HttpOptions {
        authentication: Authentication::None,
        user: None,
        secret: None,
        tokens: None,
        allow_basic_over_http: true,
        ..options.clone()
    }
}

/// Name, connection, TLS.
async fn reach(walk: &mut Walk, stranger: &HttpExchange) -> Result<(), Halt> {
    let endpoint = walk.facts.endpoint.clone();
    if stranger.is_proxied() {
        walk.step(StepName::Proxy, network::proxy(stranger)).await?;
    } else {
        let addresses = walk
            .step(StepName::Dns, network::dns(stranger, endpoint.host()))
            .await?;
        walk.step(StepName::Tcp, network::tcp(&addresses)).await?;
    }
    if endpoint.is_https() {
        walk.step(StepName::Tls, network::tls(stranger)).await?;
    }
    Ok(())
}

/// Follows a redirection, or says why not.
fn redirect(walk: &mut Walk, way: &Way, location: &str, so_far: (&Endpoint, usize)) -> Result<Leg, Halt> {
    let (wanted, followed) = so_far;
    let cloud = way.options.its_cloud();
    let result = way
        .redirection
        .next(
            (wanted, &way.options.endpoint),
            Some(location),
            followed,
            cloud.as_ref(),
        )
        .map_err(|refusal| Finding::of_redirect(location, &refusal))
        .map(|endpoint| {
            let detail = format!("to {}", endpoint.url());
            Seen::new(endpoint, detail)
        });
    walk.note(StepName::Redirect, None, result).map(Leg::Elsewhere)
}

/// Signs in and uses the session.
async fn inside(
    walk: &mut Walk,
    way: &mut Way,
    exchange: &Arc<HttpExchange>,
    so_far: (&Endpoint, usize),
) -> Result<Leg, Halt> {
    let began = Instant::now();
    let handshake = match exchange.sign_in(way.options.endpoint.path()).await {
        Ok(handshake) => handshake,
        Err(error) => {
            if let Some(location) = location(&error) {
                return redirect(walk, way, &location, so_far);
            }
            return refused(walk, began, &error);
        }
    };
    if handshake {
        signed_in(walk, began)?;
    }
    let began = Instant::now();
    let builder = (way.decorate)(builder(&way.options));
    let opened = session::open(builder, exchange.clone()).await;
    let session = match opened {
        Ok(session) => session,
        Err(error) => {
            let below = session::exchange_error(&error);
            if let Some(location) = below.and_then(location) {
                return redirect(walk, way, &location, so_far);
            }
            let finding = Finding::of_session(&error);
            if !handshake && finding.is_of_sign_in() {
                return walk.note(StepName::SignIn, Some(began), Err(finding));
            }
            if !handshake {
                signed_in(walk, began)?;
            }
            return walk.note(StepName::Create, Some(began), Err(finding));
        }
    };
    if !handshake {
        signed_in(walk, began)?;
    }
    walk.note(StepName::Create, Some(began), Ok(session::opened(&session)))?;
    let used = pipelines(walk, &session, way.probe.take()).await;
    // A session that is open is closed, whatever its pipelines did.
    let closed = walk.step(StepName::Delete, session::close(&session)).await;
    used.and(closed).map(|()| Leg::Done)
}

async fn pipelines(walk: &mut Walk, session: &Session, probe: Option<Pipeline>) -> Result<(), Halt> {
    walk.step(StepName::Pipeline, session::noop(session)).await?;
    match probe {
        Some(pipeline) => {
            walk.step(StepName::Probe, session::probe(session, pipeline))
                .await
        }
        None => Ok(()),
    }
}

fn signed_in(walk: &mut Walk, began: Instant) -> Result<(), Halt> {
    let mechanism = walk.facts.authentication.name();
    let who = match (&walk.facts.user, walk.facts.authentication) {
        (_, Authentication::None) => "nobody asked who we are".to_owned(),
        (Some(user), _) => format!("{mechanism} as {user}"),
        (None, _) => mechanism.to_owned(),
    };
    if walk.facts.authentication == Authentication::Kerberos {
        walk.note(
            StepName::Ticket,
            Some(began),
            Ok(Seen::new((), "the KDC gave a ticket")),
        )?;
    }
    walk.note(StepName::SignIn, Some(began), Ok(Seen::new((), who)))
}

/// A handshake that failed: before anything was sent to the endpoint it was the ticket, else the sign-in.
fn refused(walk: &mut Walk, began: Instant, error: &ExchangeError) -> Result<Leg, Halt> {
    let finding = Finding::of_exchange(error);
    match error {
        ExchangeError::Kerberos(kerberos) if !is_of_the_endpoint(kerberos) => {
            walk.note(StepName::Ticket, Some(began), Err(finding))
        }
        ExchangeError::Kerberos(_) => {
            walk.note(StepName::Ticket, None, Ok(Seen::new((), "the KDC gave a ticket")))?;
            walk.note(StepName::SignIn, Some(began), Err(finding))
        }
        _ => walk.note(StepName::SignIn, Some(began), Err(finding)),
    }
}

/// Whether the endpoint said it, and not the KDC or this side.
fn is_of_the_endpoint(error: &KerberosError) -> bool {
    matches!(
        error,
        KerberosError::ServerKey { .. }
            | KerberosError::Unproved { .. }
            | KerberosError::Bindings
            | KerberosError::ClockSkew { server: true, .. }
            | KerberosError::Refused { server: true, .. }
    )
}

fn location(error: &ExchangeError) -> Option<String> {
    match error {
        ExchangeError::Redirected { location, .. } => Some(location.clone().unwrap_or_default()),
        _ => None,
    }
}

/// A session with the same limits; its exchange is handed in, and what must not be recorded is told.
fn builder(options: &HttpOptions) -> SessionBuilder {
    let builder = Session::builder(options.endpoint.clone()).limits(options.limits.clone());
    match &options.secret {
        Some(secret) => builder.hide_in_recording(Secret::clone(secret)),
        None => builder,
    }
}
