//! What to do about what happens on the way to an endpoint.

use std::borrow::Cow;

use psbridge_auth::credssp::CredSspFault;
use psbridge_auth::{Denial, KerberosError};

use super::ErrorKind;
use crate::exchange::{ExchangeError, ProxyFailure, RedirectRefusal, TlsFailure};

/// What kind of error it makes, and the next step.
pub(super) fn classify(error: &ExchangeError) -> (ErrorKind, Option<Cow<'static, str>>) {
    let (kind, advice) = match error {
        ExchangeError::Resolve { .. } => (ErrorKind::Connect, "check the host name and the DNS"),
        ExchangeError::Connect { .. } => (
            ErrorKind::Connect,
            "check host and port (WinRM listens on 5985 for http and 5986 for https, Exchange on 80 and 443), that the \
             service runs and that the firewall lets it through",
        ),
        ExchangeError::ConnectTimeout { .. } => (
            ErrorKind::Connect,
            "check host and port and that the firewall lets the connection through",
        ),
        ExchangeError::Tls(failure) => (ErrorKind::Tls, tls_advice(failure)),
        ExchangeError::NotHttp { tls_likely: true } => (ErrorKind::NotWinRm, "try https://"),
        ExchangeError::NotHttp { .. } => (ErrorKind::NotWinRm, "check the port"),
        ExchangeError::Rejected { .. } => (
            ErrorKind::Authentication,
            "check user and password, and that the account may use the endpoint (DOMAIN\\user, user@domain or, for a \
             local account, MACHINE\\user)",
        ),
        ExchangeError::NotOffered { .. } => (
            ErrorKind::Authentication,
            "choose a way to sign in that it offers",
        ),
        ExchangeError::Redirected { refusal, .. } => (ErrorKind::Redirected, redirect_advice(refusal)),
        ExchangeError::Proxy(failure) => return proxy_advice(failure),
        ExchangeError::Token(error) => {
            return (ErrorKind::Authentication, Some(Cow::Owned(error.advice().into())));
        }
        ExchangeError::TokenExpired { .. } => (
            ErrorKind::TokenExpired,
            "open the session again with a new token (`Session::reopen`)",
        ),
        ExchangeError::Certificate(error) => (ErrorKind::Usage, error.advice()),
        ExchangeError::NoChallenge { .. } => (
            ErrorKind::NotWinRm,
            "check the path: WinRM answers at /wsman, Exchange at /PowerShell/",
        ),
        ExchangeError::MissingCredential { .. } => {
            (ErrorKind::Usage, "give a credential or choose another way")
        }
        ExchangeError::Unsupported { .. } => (ErrorKind::Usage, "use negotiate, ntlm, basic or bearer"),
        ExchangeError::ClearRefused { .. } => (
            ErrorKind::Usage,
            "use https, or negotiate, which encrypts every message",
        ),
        ExchangeError::Kerberos(error) => (kerberos_kind(error), error.advice()),
        ExchangeError::Security(psbridge_auth::Error::Refused | psbridge_auth::Error::LogonDenied) => {
            (ErrorKind::Authentication, "check user and password")
        }
        ExchangeError::Security(psbridge_auth::Error::Denied(denial)) => {
            (ErrorKind::Authentication, denial_advice(*denial))
        }
        ExchangeError::Security(psbridge_auth::Error::CredSsp(fault)) => credssp_advice(fault),
        ExchangeError::Security(psbridge_auth::Error::Credential { .. }) => {
            (ErrorKind::Usage, "give the credential in another form")
        }
        ExchangeError::Security(
            psbridge_auth::Error::Weak { .. } | psbridge_auth::Error::Mechanism { .. },
        ) => (
            ErrorKind::Authentication,
            "use https with another way to sign in, or update the endpoint",
        ),
        ExchangeError::Security(_) => (
            ErrorKind::Protocol,
            "somebody on the way may be changing messages: find out what stands between, and use https if you do not yet",
        ),
        ExchangeError::Unsealed {
            status: 200 | 500, ..
        } => (
            ErrorKind::Protocol,
            "use https, or let the endpoint encrypt its answers (AllowUnencrypted=false)",
        ),
        ExchangeError::Unsealed { .. } => (
            ErrorKind::NotWinRm,
            "check the path, and whether a proxy stands between; or use https",
        ),
        ExchangeError::NotSoap { .. } => (
            ErrorKind::NotWinRm,
            "check host, port and path; WinRM answers at /wsman, Exchange at /PowerShell/",
        ),
        ExchangeError::Lost { .. } => (
            ErrorKind::ConnectionLost,
            "open a new session; what was under way may or may not have been done",
        ),
        ExchangeError::Timeout { .. } => (
            ErrorKind::ConnectionLost,
            "check the network, or give the endpoint more time (operation_timeout); what was under way may or may not \
             have been done",
        ),
        ExchangeError::TooLarge { .. } => (
            ErrorKind::Protocol,
            "raise max_response_body if the endpoint is trusted",
        ),
        ExchangeError::Request(_) => (ErrorKind::Usage, "check the target"),
        ExchangeError::Replay(_) => (
            ErrorKind::Recording,
            "run the pipeline that was recorded, or make a new recording",
        ),
        ExchangeError::Recording(_) => (ErrorKind::Recording, "check that the file can be written"),
    };
    (kind, Some(Cow::Borrowed(advice)))
}

fn kerberos_kind(error: &KerberosError) -> ErrorKind {
    match error {
        KerberosError::NotInBuild { .. }
        | KerberosError::Address { .. }
        | KerberosError::NoRealm { .. }
        | KerberosError::Keytab { .. }
        | KerberosError::Configuration { .. }
        | KerberosError::Name { .. } => ErrorKind::Usage,
        KerberosError::NoKdc { .. } | KerberosError::KdcUnreachable { .. } => ErrorKind::Connect,
        KerberosError::Malformed { .. } => ErrorKind::Protocol,
        _ => ErrorKind::Authentication,
    }
}

fn denial_advice(denial: Denial) -> &'static str {
    match denial {
        Denial::AccountLocked => {
            "wait until the lock ends, or have the account unlocked; do not try further passwords"
        }
        Denial::AccountDisabled => "have the account enabled, or use another one",
        Denial::AccountExpired => "have the account's expiry date changed, or use another one",
        Denial::PasswordExpired | Denial::PasswordMustChange => {
            "change the password where that is possible (on a Windows machine, or with smbpasswd -r), then try again"
        }
        Denial::LogonHours => "try again when the account may sign in, or have its hours changed",
        Denial::Workstation | Denial::LogonType | Denial::Restricted => {
            "have the account allowed to sign in there over the network, or use another one"
        }
        Denial::ClockSkew => "set the clock of this machine, or of the endpoint",
        Denial::NoLogonServer => "let the endpoint reach a domain controller, or use an account of its own",
        Denial::Downgrade | Denial::NtlmBlocked => "use kerberos",
        _ => "check user and password",
    }
}

fn credssp_advice(fault: &CredSspFault) -> (ErrorKind, &'static str) {
    match fault {
        CredSspFault::NothingInCommon | CredSspFault::Tls { .. } => (
            ErrorKind::Tls,
            "let the endpoint speak TLS 1.2 with ECDHE and AES-GCM or newer, or use another way to sign in",
        ),
        CredSspFault::Version { .. } => (
            ErrorKind::Authentication,
            "update the endpoint; if nobody can stand in between, accept it as it is \
             (`SessionBuilder::allow_vulnerable_credssp`)",
        ),
        _ => (
            ErrorKind::Protocol,
            "somebody on the way shows a key of his own: find out what stands between; the password was not sent",
        ),
    }
}

fn redirect_advice(refusal: &RedirectRefusal) -> &'static str {
    match refusal {
        RedirectRefusal::NotAllowed => {
            "if that address is trusted, allow redirection (`SessionBuilder::redirection`), or use it as the target"
        }
        RedirectRefusal::OtherHost { .. } => {
            "if that host is trusted with the credential, list it (`Redirection::hosts`)"
        }
        RedirectRefusal::TooMany { .. } => "check the endpoint; it may redirect in a circle",
        RedirectRefusal::Downgrade => "have the endpoint redirect to https",
        RedirectRefusal::Midway => "open the session again",
        RedirectRefusal::NoLocation | RedirectRefusal::Invalid { .. } => "have the endpoint corrected",
    }
}

fn proxy_advice(failure: &ProxyFailure) -> (ErrorKind, Option<Cow<'static, str>>) {
    let (kind, advice) = match failure {
        ProxyFailure::Address { .. } => (
            ErrorKind::Usage,
            "give the proxy as http://host:port or socks5://host:port (`Proxy::url`)",
        ),
        ProxyFailure::Resolve { .. } => (ErrorKind::Connect, "check the host name of the proxy"),
        ProxyFailure::Unreachable { .. } => (
            ErrorKind::Connect,
            "check host and port of the proxy, and that it runs",
        ),
        ProxyFailure::NotAProxy { .. } | ProxyFailure::Silent { .. } => (
            ErrorKind::Connect,
            "check the port and the kind of the proxy (http:// or socks5://)",
        ),
        ProxyFailure::SignIn { tried: true, .. } => (
            ErrorKind::Connect,
            "check the user and password for the proxy (`Proxy::credential`)",
        ),
        ProxyFailure::SignIn { tried: false, .. } => (
            ErrorKind::Connect,
            "give a user and password for the proxy (`Proxy::credential`); only Basic is sent",
        ),
        ProxyFailure::Refused {
            status: 502..=504, ..
        }
        | ProxyFailure::Socks { .. } => (
            ErrorKind::Connect,
            "check host and port of the endpoint, and whether the proxy may connect to it; or go around the proxy",
        ),
        ProxyFailure::Refused { .. } => (
            ErrorKind::Connect,
            "have the proxy allow CONNECT to that host and port, or go around it",
        ),
    };
    (kind, Some(Cow::Borrowed(advice)))
}

fn tls_advice(failure: &TlsFailure) -> &'static str {
    match failure {
        TlsFailure::UnknownIssuer { .. } => {
            "give the authority that signed it (`TlsOptions::ca_file`), or pin the certificate if its hash is the expected \
             one (`TlsOptions::pin_sha256`)"
        }
        TlsFailure::WrongName { .. } => {
            "use a name that the certificate carries, or pin it if its hash is the expected one \
             (`TlsOptions::pin_sha256`)"
        }
        TlsFailure::Expired { .. } | TlsFailure::Revoked => "have the certificate of the endpoint renewed",
        TlsFailure::NotYetValid => "check the clocks of both sides",
        TlsFailure::PinMismatch { .. } => "check the pin; if the certificate was renewed, pin the new one",
        TlsFailure::NothingInCommon => {
            "enable a newer cipher suite on the endpoint, or use http with negotiate"
        }
        TlsFailure::OldProtocol => {
            "enable TLS 1.2 on the endpoint, or use http with negotiate, which encrypts by itself"
        }
        TlsFailure::ClientCertificateMissing => "give a certificate (`SessionBuilder::client_certificate`)",
        TlsFailure::ClientCertificateRefused { .. } => {
            "check that the endpoint trusts the authority that signed the certificate, that it is for client \
             authentication and that its time is not over"
        }
        TlsFailure::ClientCertificateNotAsked => {
            "let the listener ask for it in the handshake (netsh http add sslcert … clientcertnegotiation=enable): asking \
             later, by renegotiation, is not in this build; and check that the service allows Certificate"
        }
        TlsFailure::NotTls => "use http://, or the port of the https listener (5986)",
        TlsFailure::Closed => "check that the port has an https listener with a certificate",
        TlsFailure::Roots(_) => "give the authority (`TlsOptions::ca_file`)",
        TlsFailure::BadCertificate(_) => "give a certificate in PEM or DER form",
        TlsFailure::Other(_) => "check the https listener of the endpoint",
    }
}
