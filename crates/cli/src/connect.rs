//! From the options of the command line to an open session.

use std::sync::Arc;

use psbridge::{Authentication, Endpoint, Error, ErrorKind, Secret, Session, SessionBuilder, TlsOptions};

use crate::args::{Auth, Global, NetworkArgs, TargetArgs};
use crate::exit::{Exit, Failure};
use crate::password;
use crate::terminal::safe;
use crate::trace::Traced;

/// What a session needs: everything is checked, nothing is connected.
pub(crate) struct Plan {
    builder: SessionBuilder,
}

/// Reads the credentials and everything else that concerns the way to `endpoint`.
///
/// `stdin_taken` tells that standard input holds pipeline input and no password.
pub(crate) fn plan(
    endpoint: Endpoint,
    args: &TargetArgs,
    global: &Global,
    stdin_taken: bool,
) -> Result<Plan, Failure> {
    let authentication = authentication(args)?;
    let mut builder = Session::builder(endpoint)
        .authentication(authentication)
        .tls(tls(&args.network)?)
        .allow_basic_over_http(args.network.allow_unencrypted == Some(true));
    let needs_secret = authentication != Authentication::None;
    if needs_secret {
        let user = args.sign_in.user.as_deref().unwrap_or("the token");
        let secret = password::read(user, args.sign_in.password_file.as_deref(), stdin_taken)?;
        builder = match &args.sign_in.user {
            Some(user) => builder.credential(user.as_str(), Secret::from(secret)),
            None => builder.token(Secret::from(secret)),
        };
    }
    if let Some(path) = &global.record {
        builder = builder.record(path);
    }
    if global.trace {
        builder = builder.wrap_exchange(|below| Arc::new(Traced::new(below)));
    }
    Ok(Plan { builder })
}

impl Plan {
    /// Connects and opens the session.
    pub(crate) async fn open(self) -> Result<Session, Failure> {
        self.builder.open().await.map_err(|error| failure(&error))
    }
}

/// The endpoint that target and configuration mean.
pub(crate) fn endpoint(target: &str, args: &TargetArgs) -> Result<Endpoint, Failure> {
    Endpoint::parse(target, args.configuration.as_deref()).map_err(|error| failure(&error))
}

fn authentication(args: &TargetArgs) -> Result<Authentication, Failure> {
    let has_user = args.sign_in.user.is_some();
    let authentication = match args.sign_in.auth {
        None if has_user => Authentication::Negotiate,
        None | Some(Auth::None) => Authentication::None,
        Some(Auth::Negotiate) => Authentication::Negotiate,
        Some(Auth::Ntlm) => Authentication::Ntlm,
        Some(Auth::Basic) => Authentication::Basic,
        Some(Auth::Bearer) => Authentication::Bearer,
        Some(Auth::Kerberos) => Authentication::Kerberos,
        Some(Auth::BasicBearer) => Authentication::BasicBearer,
        Some(Auth::Certificate) => Authentication::Certificate,
        Some(Auth::Credssp) => Authentication::Credssp,
    };
    let needs_user = !matches!(authentication, Authentication::None | Authentication::Bearer);
    if needs_user && !has_user {
        return Err(Failure::new(
            Exit::Usage,
            format!("--auth {} needs a user", authentication.name()),
        )
        .advice("add --user NAME"));
    }
    if has_user && authentication == Authentication::None {
        return Err(Failure::new(Exit::Usage, "--auth none does not use a user")
            .advice("leave out --user, or choose another --auth"));
    }
    Ok(authentication)
}

fn tls(args: &NetworkArgs) -> Result<TlsOptions, Failure> {
    let mut tls = TlsOptions::new();
    if let Some(path) = &args.ca {
        // Read here as well, so that a missing file is told before anything is sent.
        std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
        tls = tls.ca_file(path);
    }
    if let Some(hex) = &args.pin_sha256 {
        tls = tls.pin_sha256(pin(hex)?);
    }
    if args.insecure_skip_verify {
        tls = tls.insecure_skip_verify();
    }
    Ok(tls)
}

/// A SHA-256 in hexadecimal; colons and blanks between the digits are passed over.
fn pin(text: &str) -> Result<[u8; 32], Failure> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !matches!(c, ':' | ' '))
        .map(|c| c.to_digit(16).map_or(u8::MAX, |digit| digit as u8))
        .collect();
    let mut pin = [0; 32];
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != pin.len() || !rest.is_empty() || digits.contains(&u8::MAX) {
        return Err(Failure::new(
            Exit::Usage,
            "--pin-sha256 is not a SHA-256 of 64 hexadecimal digits",
        )
        .advice("show it with: openssl x509 -in CERT -noout -fingerprint -sha256"));
    }
    for (byte, [high, low]) in pin.iter_mut().zip(pairs) {
        *byte = high << 4 | low;
    }
    Ok(pin)
}

/// The exit code and paragraph for an error of a session.
pub(crate) fn failure(error: &Error) -> Failure {
    failure_because(error, error.detail())
}

/// The same for an error whose record has been shown: its text is not repeated.
pub(crate) fn failure_shown_above(error: &Error) -> Failure {
    failure_because(error, "the error above ended it")
}

fn failure_because(error: &Error, detail: &str) -> Failure {
    let exit = match error.kind() {
        ErrorKind::Usage | ErrorKind::Recording => Exit::Usage,
        ErrorKind::Connect
        | ErrorKind::Tls
        | ErrorKind::NotWinRm
        | ErrorKind::ConnectionLost
        | ErrorKind::Closed => Exit::Connection,
        ErrorKind::Authentication | ErrorKind::AccessDenied => Exit::Authentication,
        ErrorKind::PipelineFailed | ErrorKind::PipelineStopped => Exit::Failed,
        _ => Exit::Protocol,
    };
    let at = error.endpoint().map(|endpoint| format!(" at {}", safe(endpoint)));
    let detail = detail.trim().trim_end_matches('.');
    let message = format!(
        "could not {}{}: {}",
        error.operation(),
        at.unwrap_or_default(),
        safe(detail)
    );
    Failure::new(exit, message).advice(error.advice().unwrap_or_else(|| next_step(error)))
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
        ErrorKind::Closed | ErrorKind::ConnectionLost => "run the pipeline again",
        _ => "run it again with --trace to see what travels",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::SignInArgs;

    fn args() -> TargetArgs {
        TargetArgs::default()
    }

    #[test]
    fn authentication_follows_the_user() {
        let with = |user: Option<&str>, auth| {
            authentication(&TargetArgs {
                sign_in: SignInArgs {
                    user: user.map(str::to_owned),
                    auth,
                    ..SignInArgs::default()
                },
                ..args()
            })
            .map_err(|failure| failure.exit())
        };
        assert_eq!(with(None, None), Ok(Authentication::None));
        assert_eq!(with(Some("me"), None), Ok(Authentication::Negotiate));
        assert_eq!(with(Some("me"), Some(Auth::Basic)), Ok(Authentication::Basic));
        assert_eq!(with(None, Some(Auth::Ntlm)), Err(Exit::Usage));
        assert_eq!(with(Some("me"), Some(Auth::None)), Err(Exit::Usage));
        assert_eq!(with(None, Some(Auth::Bearer)), Ok(Authentication::Bearer));
    }

    #[test]
    fn pins_are_sha256_in_hexadecimal() {
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!(pin(&hex).unwrap()[..2], [0x01, 0x23]);
        assert_eq!(pin("AB:CD ".repeat(16).trim()).unwrap()[..2], [0xab, 0xcd]);
        for bad in ["", "12", "zz", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert_eq!(pin(bad).unwrap_err().exit(), Exit::Usage);
        }
    }

    #[test]
    fn targets_are_read_by_the_rules_of_the_library() {
        let endpoint = endpoint("https://h/powershell", &args()).unwrap();
        assert_eq!(endpoint.configuration(), "Microsoft.Exchange");
        assert_eq!(
            super::endpoint("ftp://h", &args()).unwrap_err().exit(),
            Exit::Usage
        );
    }
}
