//! What can be wrong, as typed cases made of typed errors and observations.

use psbridge::certificate::CertificateError;
use psbridge::exchange::{ExchangeError, TlsFailure};
use psbridge::exchange::{ProxyFailure, RedirectRefusal};
use psbridge::probe::CertificateSeen;
use psbridge::sign_in::{RefusalReason, TokenError};
use psbridge::{Error, ErrorKind};
use psbridge_auth::{Denial, KerberosError};

use crate::connect;

/// Something that a step found.
#[derive(Debug)]
pub(crate) enum Finding {
    /// The resolver does not know the name.
    NameUnknown { host: String, reason: String },
    /// Somebody said that nobody listens there.
    PortClosed { tried: String },
    /// Nobody said anything.
    NoAnswer { tried: String },
    /// There is no way there.
    Unreachable { tried: String },
    /// The proxy itself cannot be reached or used.
    ProxyUnusable { reason: String },
    /// The proxy wants a sign-in, or refused the one it got.
    ProxySignIn { reason: String },
    /// The proxy does not let us through.
    ProxyRefused { reason: String },

    /// TLS did not come about.
    Tls {
        failure: TlsFailure,
        leaf: Option<Box<CertificateSeen>>,
    },
    /// The certificate of the endpoint will expire.
    TlsEnds { days: i64 },
    /// What answers does not speak HTTP.
    NotHttp { tls: bool },
    /// What answers hangs up.
    Closed { reason: String },
    /// What answers takes too long.
    Silent { reason: String },

    /// There is nothing at the path.
    WrongPath { status: u16 },
    /// The path is not for us.
    Forbidden { status: u16 },
    /// Too busy, or still starting.
    Throttled { status: u16, wait: Option<String> },
    /// Something answers that is no WinRM.
    NotWinRm { status: u16, what: String },
    /// The endpoint is elsewhere, and that was not allowed.
    RedirectNotAllowed { location: String },
    /// The endpoint is elsewhere, at a place that must not get the credential.
    RedirectRefused { location: String, reason: String },

    /// The clocks differ.
    ClockOff { seconds: i64 },

    /// The way of signing in that was asked for is not offered.
    NotOffered { wanted: String },
    /// A password or content would leave in clear.
    Clear { what: String },
    /// The endpoint takes no clear content over plain HTTP.
    EncryptionDemanded,
    /// The endpoint refused without saying why.
    Rejected { scheme: String },
    /// The endpoint refused and said why.
    Denied(Denial),
    /// A security context that is wrong.
    Security { reason: String },
    /// Kerberos did not come about.
    Kerberos(KerberosError),
    /// Something is missing in the options.
    Missing { what: String },

    /// The certificate that signs in cannot be used.
    Certificate(CertificateError),
    /// The certificate that signs in will expire.
    CertificateEnds { days: i64 },
    /// There is no token.
    Token(Box<TokenError>),
    /// The token is for another service.
    TokenAudience { got: String, wanted: String },
    /// The token is of another tenant.
    TokenTenant { got: String, wanted: String },
    /// The token has expired.
    TokenExpired { seconds: i64 },
    /// The token of an application without its permission.
    TokenNoPermission,
    /// The organisation is not named as applications have to.
    Organization { name: String },
    /// Exchange Online refused the token.
    RestRefused,
    /// Exchange Online knows the token, and its owner may not do this.
    RestForbidden,
    /// Exchange Online says what is wrong.
    RestFailed { status: u16, text: String },

    /// The configuration is not known there.
    ConfigurationUnknown { code: u32 },
    /// Signed in, and not allowed.
    AccessDenied { text: String },
    /// Too many sessions, operations or requests.
    Quota { text: String },
    /// Any other fault.
    Fault { code: Option<u32>, text: String },
    /// The pipeline named a cmdlet that is not there for this user.
    CommandUnknown { text: String },
    /// The pipeline failed.
    PipelineFailed { text: String },
    /// Anything else, with the next step as the library knows it.
    Other { text: String, advice: Option<String> },
}

impl Finding {
    /// Its stable name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NameUnknown { .. } => "name-unknown",
            Self::PortClosed { .. } => "port-closed",
            Self::NoAnswer { .. } => "no-answer",
            Self::Unreachable { .. } => "unreachable",
            Self::ProxyUnusable { .. } => "proxy-unusable",
            Self::ProxySignIn { .. } => "proxy-sign-in",
            Self::ProxyRefused { .. } => "proxy-refused",
            Self::Tls { failure, .. } => match failure {
                TlsFailure::UnknownIssuer { .. } => "tls-chain",
                TlsFailure::WrongName { .. } => "tls-name",
                TlsFailure::Expired { .. } => "tls-expired",
                TlsFailure::NotYetValid => "tls-not-yet-valid",
                TlsFailure::Revoked => "tls-revoked",
                TlsFailure::PinMismatch { .. } => "tls-pin",
                TlsFailure::NothingInCommon => "tls-nothing-in-common",
                TlsFailure::OldProtocol => "tls-too-old",
                TlsFailure::ClientCertificateMissing => "client-certificate-missing",
                TlsFailure::ClientCertificateRefused { .. } => "client-certificate-refused",
                TlsFailure::ClientCertificateNotAsked => "client-certificate-not-asked",
                TlsFailure::NotTls => "tls-not-spoken",
                TlsFailure::Closed => "tls-closed",
                TlsFailure::Roots(_) | TlsFailure::BadCertificate(_) => "tls-authorities",
                _ => "tls-failed",
            },
            Self::TlsEnds { .. } => "tls-expires-soon",
            Self::NotHttp { .. } => "not-http",
            Self::Closed { .. } => "connection-closed",
            Self::Silent { .. } => "no-reply",
            Self::WrongPath { .. } => "wrong-path",
            Self::Forbidden { .. } => "forbidden",
            Self::Throttled { .. } => "throttled",
            Self::NotWinRm { .. } => "not-winrm",
            Self::RedirectNotAllowed { .. } => "redirect-not-allowed",
            Self::RedirectRefused { .. } => "redirect-refused",
            Self::ClockOff { .. } => "clock-skew",
            Self::NotOffered { .. } => "not-offered",
            Self::Clear { .. } => "clear-refused",
            Self::EncryptionDemanded => "encryption-demanded",
            Self::Rejected { .. } => "sign-in-refused",
            Self::Denied(denial) => denied(*denial),
            Self::Security { .. } => "message-security",
            Self::Kerberos(error) => kerberos(error),
            Self::Missing { .. } => "option-missing",
            Self::Certificate(error) => certificate(error),
            Self::CertificateEnds { .. } => "certificate-expires-soon",
            Self::Token(error) => token(error),
            Self::TokenAudience { .. } => "token-audience",
            Self::TokenTenant { .. } => "token-tenant",
            Self::TokenExpired { .. } => "token-expired",
            Self::TokenNoPermission => "permission-missing",
            Self::Organization { .. } => "organization-name",
            Self::RestRefused => "token-refused",
            Self::RestForbidden => "role-missing",
            Self::RestFailed { .. } => "rest-failed",
            Self::ConfigurationUnknown { .. } => "configuration-unknown",
            Self::AccessDenied { .. } => "access-denied",
            Self::Quota { .. } => "quota",
            Self::Fault { .. } => "fault",
            Self::CommandUnknown { .. } => "command-unknown",
            Self::PipelineFailed { .. } => "pipeline-failed",
            Self::Other { .. } => "failed",
        }
    }

    /// What was seen, in one line. It may quote the endpoint.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::NameUnknown { host, reason } => format!("{host} does not resolve: {reason}"),
            Self::PortClosed { tried } | Self::NoAnswer { tried } | Self::Unreachable { tried } => {
                tried.clone()
            }
            Self::ProxyUnusable { reason } | Self::ProxySignIn { reason } | Self::ProxyRefused { reason } => {
                reason.clone()
            }
            Self::Tls { failure, .. } => failure.to_string(),
            Self::TlsEnds { days } => format!("the certificate expires in {}", count(*days, "day")),
            Self::NotHttp { tls: true } => "the answer is not HTTP; the port speaks TLS".into(),
            Self::NotHttp { tls: false } => "the answer is not HTTP".into(),
            Self::Closed { reason } | Self::Silent { reason } | Self::Security { reason } => reason.clone(),
            Self::WrongPath { status } => format!("status {status}: nothing is at this path"),
            Self::Forbidden { status } => format!("status {status}: this path is not for us"),
            Self::Throttled { status, wait: None } => format!("status {status}: too busy, or still starting"),
            Self::Throttled {
                status,
                wait: Some(wait),
            } => format!("status {status}: too busy, try again after {wait}"),
            Self::NotWinRm { status, what } => format!("status {status} with {what}: this is not WinRM"),
            Self::RedirectNotAllowed { location } => {
                format!("the endpoint redirects to {location}, which was not allowed")
            }
            Self::RedirectRefused { location, reason } => {
                format!("the endpoint redirects to {location}, which is not followed: {reason}")
            }
            Self::ClockOff { seconds } => format!(
                "the clock of the endpoint is {} {} of ours",
                span(*seconds),
                if *seconds < 0 { "behind" } else { "ahead" }
            ),
            Self::NotOffered { wanted } => format!("the endpoint does not offer {wanted}"),
            Self::Clear { what } => format!("{what} would leave readable over plain HTTP"),
            Self::EncryptionDemanded => "the endpoint takes no unencrypted content over plain HTTP".into(),
            Self::Rejected { scheme } => format!("the endpoint refused the sign-in with {scheme}"),
            Self::Denied(denial) => format!("the endpoint refused the sign-in: {denial}"),
            Self::Kerberos(error) => error.to_string(),
            Self::Missing { what } => what.clone(),
            Self::Certificate(error) => error.to_string(),
            Self::CertificateEnds { days } => format!("the certificate expires in {}", count(*days, "day")),
            Self::Token(error) => error.to_string(),
            Self::TokenAudience { got, wanted } => format!("the token is for {got}, not for {wanted}"),
            Self::TokenTenant { got, wanted } => format!("the token is of tenant {got}, not of {wanted}"),
            Self::TokenExpired { seconds } => format!("the token expired {} ago", span(*seconds)),
            Self::TokenNoPermission => "the token has no role Exchange.ManageAsApp".into(),
            Self::Organization { name } => format!("{name} is not a .onmicrosoft.com domain"),
            Self::RestRefused => "Exchange Online refused the token (status 401)".into(),
            Self::RestForbidden => "Exchange Online does not permit it (status 403)".into(),
            Self::RestFailed { status, text } => format!("status {status}: {text}"),
            Self::ConfigurationUnknown { code } => {
                format!("the endpoint does not know the configuration (fault {code})")
            }
            // The library's text ends with the number of the fault.
            Self::Quota { text, .. }
            | Self::Fault { text, .. }
            | Self::AccessDenied { text }
            | Self::CommandUnknown { text }
            | Self::PipelineFailed { text }
            | Self::Other { text, .. } => text.clone(),
        }
    }

    /// The case of an exchange that brought no answer.
    pub(crate) fn of_exchange(error: &ExchangeError) -> Self {
        match error {
            ExchangeError::Resolve { host, source } => Self::NameUnknown {
                host: host.clone(),
                reason: source.to_string(),
            },
            ExchangeError::Connect { address, source } => Self::of_connect(address, source),
            ExchangeError::ConnectTimeout { .. } => Self::NoAnswer {
                tried: error.to_string(),
            },
            ExchangeError::Proxy(failure) => Self::of_proxy(failure),
            ExchangeError::Tls(failure) => Self::Tls {
                failure: failure.clone(),
                leaf: None,
            },
            ExchangeError::NotHttp { tls_likely } => Self::NotHttp { tls: *tls_likely },
            ExchangeError::Rejected { scheme, .. } => Self::Rejected {
                scheme: scheme.clone(),
            },
            ExchangeError::NotOffered { wanted, .. } => Self::NotOffered {
                wanted: wanted.clone(),
            },
            ExchangeError::NotSoap {
                status,
                content_type,
                retry_after,
            } => Self::of_status(*status, content_type.as_deref(), retry_after.as_deref()),
            ExchangeError::Token(error) => Self::Token(error.clone()),
            ExchangeError::Certificate(error) => Self::Certificate(error.clone()),
            ExchangeError::NoChallenge { status, content_type } => {
                Self::of_status(*status, content_type.as_deref(), None)
            }
            ExchangeError::Redirected {
                location, refusal, ..
            } => Self::of_redirect(location.as_deref().unwrap_or("nowhere"), refusal),
            ExchangeError::MissingCredential { .. } | ExchangeError::Unsupported { .. } => Self::Missing {
                what: error.to_string(),
            },
            ExchangeError::ClearRefused { what } => Self::Clear { what: what.clone() },
            ExchangeError::Kerberos(error) => Self::Kerberos(error.clone()),
            ExchangeError::Security(psbridge_auth::Error::Denied(denial)) => Self::Denied(*denial),
            ExchangeError::Security(psbridge_auth::Error::Refused | psbridge_auth::Error::LogonDenied) => {
                Self::Rejected {
                    scheme: "Negotiate".into(),
                }
            }
            ExchangeError::Security(error) => Self::Security {
                reason: error.to_string(),
            },
            ExchangeError::Unsealed { status, content_type } if !matches!(status, 200 | 500) => {
                Self::of_status(*status, content_type.as_deref(), None)
            }
            ExchangeError::Unsealed { .. } => Self::Security {
                reason: error.to_string(),
            },
            ExchangeError::Lost { .. } => Self::Closed {
                reason: error.to_string(),
            },
            ExchangeError::Timeout { .. } => Self::Silent {
                reason: error.to_string(),
            },
            other => Self::Other {
                text: other.to_string(),
                advice: None,
            },
        }
    }

    /// The case of a redirection that is not followed.
    pub(crate) fn of_redirect(location: &str, refusal: &RedirectRefusal) -> Self {
        let location = location.to_owned();
        match refusal {
            RedirectRefusal::NotAllowed | RedirectRefusal::OtherHost { .. } => {
                Self::RedirectNotAllowed { location }
            }
            other => Self::RedirectRefused {
                location,
                reason: other.to_string(),
            },
        }
    }

    fn of_proxy(failure: &ProxyFailure) -> Self {
        let reason = failure.to_string();
        match failure {
            ProxyFailure::SignIn { .. } => Self::ProxySignIn { reason },
            ProxyFailure::Refused { .. } | ProxyFailure::Socks { .. } => Self::ProxyRefused { reason },
            _ => Self::ProxyUnusable { reason },
        }
    }

    /// Whether it says that nobody was let in, so that nothing after the sign-in was tried.
    pub(crate) fn is_of_sign_in(&self) -> bool {
        matches!(
            self,
            Self::Rejected { .. }
                | Self::Denied(_)
                | Self::NotOffered { .. }
                | Self::Kerberos(_)
                | Self::Token(_)
                | Self::Clear { .. }
                | Self::Missing { .. }
        )
    }

    /// The case of a TCP connection that did not come about.
    pub(crate) fn of_connect(tried: &str, error: &std::io::Error) -> Self {
        let tried = format!("{tried}: {error}");
        match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Self::PortClosed { tried },
            std::io::ErrorKind::TimedOut => Self::NoAnswer { tried },
            _ => Self::Unreachable { tried },
        }
    }

    /// The case of several addresses none of which accepted a connection.
    pub(crate) fn of_connect_all(tried: &[String], error: &std::io::Error) -> Self {
        let tried = tried.join("; ");
        match Self::of_connect("", error) {
            Self::PortClosed { .. } => Self::PortClosed { tried },
            Self::NoAnswer { .. } => Self::NoAnswer { tried },
            _ => Self::Unreachable { tried },
        }
    }

    /// The case of an answer that is no WinRM: by its status, its type and the wait it asks for.
    pub(crate) fn of_status(status: u16, content_type: Option<&str>, wait: Option<&str>) -> Self {
        match status {
            403 => Self::Forbidden { status },
            404 | 405 | 410 | 501 => Self::WrongPath { status },
            408 | 425 | 429 | 502..=504 => Self::Throttled {
                status,
                wait: wait.map(|wait| match wait.trim().parse::<u32>() {
                    Ok(seconds) => count(i64::from(seconds), "second"),
                    Err(_) => wait.to_owned(),
                }),
            },
            _ => Self::NotWinRm {
                status,
                what: match content_type {
                    Some(text) if text.to_ascii_lowercase().starts_with("text/html") => "a web page".into(),
                    Some(text) => format!("content of type {text}"),
                    None => "an empty answer".into(),
                },
            },
        }
    }

    /// The case of an operation of a session that failed.
    pub(crate) fn of_session(error: &Error) -> Self {
        let source =
            std::error::Error::source(error).and_then(|source| source.downcast_ref::<ExchangeError>());
        if let Some(error) = source {
            return Self::of_exchange(error);
        }
        let text = error.detail().to_owned();
        let id = error
            .error_record()
            .map_or("", |record| record.fully_qualified_error_id.as_str());
        match (error.kind(), error.fault_code()) {
            (_, Some(code @ (2_150_858_811 | 2_150_858_754))) => Self::ConfigurationUnknown { code },
            (_, code) if is_quota(code, &text) => Self::Quota { text },
            (ErrorKind::AccessDenied, _) => Self::AccessDenied { text },
            (ErrorKind::PipelineFailed, _) if id.contains("CommandNotFoundException") => {
                Self::CommandUnknown { text }
            }
            (ErrorKind::PipelineFailed | ErrorKind::PipelineStopped, _) => Self::PipelineFailed { text },
            (ErrorKind::Fault, code) => Self::Fault { code, text },
            _ => Self::Other {
                text,
                advice: error.advice().map(connect::in_words_of_the_command_line),
            },
        }
    }
}

/// Quotas by their numbers, and Exchange's own, which is known by its text alone (exchange.md 1.9).
fn is_quota(code: Option<u32>, text: &str) -> bool {
    let by_number = matches!(
        code,
        Some(2_150_858_815 | 2_150_859_173..=2_150_859_176 | 2_150_859_179 | 2_150_859_236..=2_150_859_242)
    );
    by_number || text.contains("exceeded the maximum number of connections allowed")
}

fn denied(denial: Denial) -> &'static str {
    match denial {
        Denial::WrongPassword | Denial::UnknownAccount => "password-wrong",
        Denial::AccountLocked => "account-locked",
        Denial::AccountDisabled => "account-disabled",
        Denial::AccountExpired => "account-expired",
        Denial::PasswordExpired | Denial::PasswordMustChange => "password-expired",
        Denial::ClockSkew => "clock-skew",
        Denial::NoLogonServer => "no-domain-controller",
        Denial::NtlmBlocked => "ntlm-blocked",
        _ => "sign-in-refused",
    }
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::WrongPassword | CertificateError::PasswordNeeded => "certificate-password",
        CertificateError::Expired { .. } => "certificate-expired",
        CertificateError::NotYetValid { .. } => "certificate-not-yet-valid",
        CertificateError::NoKey | CertificateError::Mismatch { .. } => "certificate-key",
        _ => "certificate-unreadable",
    }
}

fn token(error: &TokenError) -> &'static str {
    match error {
        TokenError::Refused(refusal) => match refusal.reason {
            RefusalReason::AppUnknown => "app-unknown",
            RefusalReason::TenantUnknown => "tenant-unknown",
            RefusalReason::CertificateNotOnApp => "certificate-not-on-app",
            RefusalReason::WrongSecret => "secret-wrong",
            RefusalReason::SecretExpired => "secret-expired",
            RefusalReason::AssertionTime => "clock-skew",
            RefusalReason::ConsentMissing | RefusalReason::NotAssigned => "consent-missing",
            RefusalReason::ResourceUnknown => "resource-unknown",
            _ => "token-not-given",
        },
        TokenError::Unreachable(_) => "login-unreachable",
        TokenError::NoManagedIdentity { .. } | TokenError::ManagedIdentity { .. } => "managed-identity",
        TokenError::Certificate(error) => certificate(error),
        TokenError::Throttled { .. } => "throttled",
        TokenError::Expired => "token-expired",
        _ => "token-not-given",
    }
}

fn kerberos(error: &KerberosError) -> &'static str {
    match error {
        KerberosError::NotInBuild { .. } => "not-in-build",
        KerberosError::Address { .. } => "address-with-kerberos",
        KerberosError::NoRealm { .. } | KerberosError::WrongRealm { .. } => "realm",
        KerberosError::NoKdc { .. } | KerberosError::KdcUnreachable { .. } => "kdc-unreachable",
        KerberosError::UserUnknown { .. } => "user-unknown",
        KerberosError::WrongPassword { .. } => "password-wrong",
        KerberosError::Account { denial, .. } => denial.map_or("account-state", denied),
        KerberosError::ClockSkew { .. } => "clock-skew",
        KerberosError::ServiceUnknown { .. } => "spn-unknown",
        KerberosError::NoTicket { .. } => "no-ticket",
        KerberosError::TicketExpired => "ticket-expired",
        KerberosError::EncryptionType { .. } => "encryption-type",
        KerberosError::ServerKey { .. } => "spn-key",
        KerberosError::Bindings => "channel-bindings",
        KerberosError::Keytab { .. } => "keytab",
        KerberosError::Configuration { .. } => "krb5-configuration",
        _ => "kerberos-failed",
    }
}

/// A number with its word.
pub(crate) fn count(number: i64, word: &str) -> String {
    match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    }
}

/// A span of time in the unit that reads best, without its sign.
pub(crate) fn span(seconds: i64) -> String {
    let seconds = seconds.saturating_abs();
    match seconds {
        0..=119 => count(seconds, "second"),
        120..=7_199 => count(seconds / 60, "minute"),
        7_200..=172_799 => count(seconds / 3_600, "hour"),
        _ => count(seconds / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_apart() {
        let name = |status, kind| Finding::of_status(status, kind, None).name();
        assert_eq!(name(404, Some("text/html")), "wrong-path");
        assert_eq!(name(403, None), "forbidden");
        assert_eq!(name(503, None), "throttled");
        assert_eq!(name(200, Some("text/html")), "not-winrm");
        assert_eq!(
            Finding::of_status(429, None, Some("30")).detail(),
            "status 429: too busy, try again after 30 seconds"
        );
    }

    #[test]
    fn connections_fail_in_three_ways() {
        use std::io::{Error as Io, ErrorKind as Kind};
        let name = |kind: Kind| Finding::of_connect("h:1", &Io::from(kind)).name();
        assert_eq!(name(Kind::ConnectionRefused), "port-closed");
        assert_eq!(name(Kind::TimedOut), "no-answer");
        assert_eq!(name(Kind::NetworkUnreachable), "unreachable");
    }

    #[test]
    fn exchanges_policy_counts_as_a_quota() {
        let text = "Fail to create a runspace because you have exceeded the maximum number of connections allowed : 3";
        assert!(is_quota(None, text));
        assert!(is_quota(Some(2_150_859_173), ""));
        assert!(!is_quota(Some(5), "no"));
    }

    #[test]
    fn spans_read_well() {
        let texts = [
            (1, "1 second"),
            (-90, "90 seconds"),
            (600, "10 minutes"),
            (86_400, "24 hours"),
            (-400_000, "4 days"),
        ];
        for (seconds, text) in texts {
            assert_eq!(span(seconds), text);
        }
    }
}
