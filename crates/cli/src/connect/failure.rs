//! Errors of the library in the words and exit codes of the command line.

use psbridge::exchange::{ExchangeError, ProxyFailure, RedirectRefusal};
use psbridge::{Error, ErrorKind};

use super::credentials::token_exit;
use super::way::Proof;
use crate::exit::{Exit, Failure};
use crate::profile;
use crate::terminal::safe;

/// The exit code and paragraph for an error of a session.
pub(crate) fn failure(error: &Error) -> Failure {
    failure_because(error, error.detail())
}

/// The same for an error whose record has been shown: its text is not repeated.
pub(crate) fn failure_shown_above(error: &Error) -> Failure {
    failure_because(error, "the error above ended it")
}

fn failure_because(error: &Error, detail: &str) -> Failure {
    let exit = match (error.exchange(), error.kind()) {
        (Some(ExchangeError::Token(error)), _) => token_exit(error),
        (_, kind) => exit_of(kind),
    };
    let at = error.endpoint().map(|endpoint| format!(" at {}", safe(endpoint)));
    let detail = detail.trim().trim_end_matches('.');
    let message = format!(
        "could not {}{}: {}",
        error.operation(),
        at.unwrap_or_default(),
        safe(detail)
    );
    let advice = error
        .exchange()
        .and_then(option_for)
        .or_else(|| error.advice().map(str::to_owned));
    let advice = advice.unwrap_or_else(|| next_step(error).to_owned());
    Failure::new(exit, message).advice(in_words_of_the_command_line(&advice))
}

/// The exit code of a kind of error.
fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Usage | ErrorKind::Recording => Exit::Usage,
        ErrorKind::Connect
        | ErrorKind::Tls
        | ErrorKind::NotWinRm
        | ErrorKind::Redirected
        | ErrorKind::ConnectionLost
        | ErrorKind::Closed => Exit::Connection,
        ErrorKind::Authentication | ErrorKind::AccessDenied | ErrorKind::TokenExpired => Exit::Authentication,
        ErrorKind::PipelineFailed | ErrorKind::PipelineStopped => Exit::Failed,
        _ => Exit::Protocol,
    }
}

/// The library names its own calls, between backquotes; here they have other names.
pub(crate) fn in_words_of_the_command_line(advice: &str) -> String {
    const WORDS: [(&str, &str); 10] = [
        ("`TlsOptions::ca_file`", "--ca FILE"),
        ("`TlsOptions::pin_sha256`", "--pin-sha256 HEX"),
        ("`SessionBuilder::configuration`", "--configuration NAME"),
        ("`SessionBuilder::redirection`", "--allow-redirect"),
        (
            "`SessionBuilder::client_certificate`",
            "--cert FILE --key FILE, or --pfx FILE",
        ),
        ("`Redirection::hosts`", "--allow-redirect=HOSTS"),
        ("`Proxy::url`", "--proxy URL"),
        (
            "`Proxy::credential`",
            "the user in --proxy, the password in PSBRIDGE_PROXY_PASSWORD",
        ),
        ("`Session::reopen`", "run the command again"),
        (
            "`SessionBuilder::allow_vulnerable_credssp`",
            "only a program of your own can: this command hands it no password",
        ),
    ];
    WORDS
        .iter()
        .fold(advice.to_owned(), |text, (call, words)| text.replace(call, words))
}

/// What to do about an error for which the library knows nothing better.
fn next_step(error: &Error) -> &'static str {
    let id = error
        .error_record()
        .map_or("", |record| record.fully_qualified_error_id.as_str());
    match error.kind() {
        ErrorKind::PipelineFailed if id.contains("CommandNotFoundException") => {
            "check the name; an endpoint shows only the cmdlets that the user's roles permit (Get-Command lists them)"
        }
        ErrorKind::PipelineFailed if id.contains("NamedParameterNotFound") => {
            "check the name; an endpoint shows only the parameters that the user's roles permit"
        }
        ErrorKind::PipelineFailed if id.contains("ScriptsNotAllowed") => {
            "this endpoint runs commands and no scripts: run the pipeline without --script"
        }
        ErrorKind::PipelineFailed => "correct what the error names, and run the pipeline again",
        ErrorKind::PipelineStopped => "find out who stopped it there, and run the pipeline again",
        ErrorKind::Usage => {
            "write a URL such as https://server:5986/wsman, a host name or the name of a profile"
        }
        ErrorKind::Closed | ErrorKind::ConnectionLost => "run the pipeline again",
        _ => "run it again with --trace to see what travels",
    }
}

/// The options of the command line that mend an error, where the library can only name calls of its own.
fn option_for(error: &ExchangeError) -> Option<String> {
    let advice = match error {
        ExchangeError::Resolve { host, .. } if profile::could_be(host) => {
            "check the host name and the DNS; if a profile is meant, psbridge profile list shows their names (--uri never \
             means one)"
        }
        ExchangeError::MissingCredential { .. } => "add --user NAME, --pfx FILE or what else --auth asks for",
        ExchangeError::ClearRefused { .. } => {
            "use https, or a user with --auth negotiate, which encrypts every message; --allow-unencrypted lets everybody \
             on the way read along"
        }
        ExchangeError::NotOffered { offered, .. } => return Some(offered_advice(offered)),
        ExchangeError::Redirected { refusal, .. } => match refusal {
            RedirectRefusal::NotAllowed => {
                "if that address is trusted, add --allow-redirect, or use it as the target"
            }
            RedirectRefusal::OtherHost { host } => {
                return Some(format!(
                    "if that host is trusted with the credential, write --allow-redirect={}",
                    safe(host)
                ));
            }
            _ => return None,
        },
        ExchangeError::Proxy(failure) => match failure {
            ProxyFailure::SignIn { tried: true, .. } => {
                "check the user in --proxy and its password (PSBRIDGE_PROXY_PASSWORD or --proxy-password-from)"
            }
            ProxyFailure::SignIn { .. } => {
                "write --proxy http://USER@host:port, with the password in PSBRIDGE_PROXY_PASSWORD or by \
                 --proxy-password-from; only Basic is sent"
            }
            ProxyFailure::Address { .. } => "write --proxy http://host:port or socks5://host:port",
            _ => return None,
        },
        ExchangeError::TokenExpired { .. } => "run it again, with a new token",
        ExchangeError::Unsupported { .. } => "choose another --auth, or another build",
        ExchangeError::TooLarge { .. } => "ask for less at once",
        ExchangeError::Timeout { .. } => {
            "check the network, and run it again; what was under way may or may not have been done"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

/// The advice that depends on what was given to sign in, and not only on the error.
pub(super) fn advice_for(proof: Proof, error: &Error) -> Option<&'static str> {
    match (error.exchange()?, proof) {
        (ExchangeError::Rejected { .. }, Proof::Token | Proof::Grant(_)) => Some(
            "check that the token is for this endpoint and tenant (--cloud, --organization) and that its application \
             may use it; psbridge doctor with the same options looks into the token",
        ),
        (ExchangeError::Rejected { .. }, Proof::Certificate) => {
            Some("check that the endpoint maps this certificate to an account")
        }
        (ExchangeError::ClearRefused { .. }, Proof::Certificate) => Some("use https"),
        _ => None,
    }
}

/// The ways of an endpoint as values of `--auth`.
fn offered_advice(offered: &[String]) -> String {
    let ways: Vec<String> = offered
        .iter()
        .map(|scheme| scheme.to_ascii_lowercase())
        .filter(|scheme| {
            matches!(
                scheme.as_str(),
                "negotiate" | "kerberos" | "ntlm" | "basic" | "bearer" | "credssp"
            )
        })
        .collect();
    match ways.is_empty() {
        true => "choose a way to sign in that it offers (--auth), or check the path".to_owned(),
        false => format!(
            "choose a way to sign in that it offers: --auth {}",
            ways.join(" or --auth ")
        ),
    }
}
