//! From what was found to its likely causes, the likeliest first, each with the command that fixes or narrows it.
//!
//! Pure functions of [`Finding`] and [`Facts`]: what people meet behind shut doors, written down as data.

mod certificate;
mod endpoint;
mod kerberos;
mod network;
mod session;
mod sign_in;
mod tls;
mod token;

use super::facts::Facts;
use super::finding::Finding;
use super::report::Cause;

/// The likely causes of `finding`, in order.
pub(crate) fn of(finding: &Finding, facts: &Facts) -> Vec<Cause> {
    match finding {
        Finding::NameUnknown { host, .. } => network::name_unknown(host, facts),
        Finding::PortClosed { .. } => network::port_closed(facts),
        Finding::NoAnswer { .. } => network::no_answer(facts),
        Finding::Unreachable { .. } => network::unreachable(facts),
        Finding::ProxyUnusable { .. } => network::proxy_unusable(facts),
        Finding::ProxySignIn { .. } => network::proxy_sign_in(facts),
        Finding::ProxyRefused { .. } => network::proxy_refused(facts),
        Finding::Tls { failure, leaf } => tls::refused(failure, leaf.as_deref(), facts),
        Finding::TlsEnds { .. } => tls::ends(facts),
        Finding::NotHttp { tls } => endpoint::not_http(*tls, facts),
        Finding::Closed { .. } => endpoint::closed(facts),
        Finding::Silent { .. } => endpoint::silent(facts),
        Finding::WrongPath { .. } => endpoint::wrong_path(facts),
        Finding::Forbidden { .. } => endpoint::forbidden(facts),
        Finding::Throttled { .. } => endpoint::throttled(facts),
        Finding::NotWinRm { .. } => endpoint::not_winrm(facts),
        Finding::RedirectNotAllowed { location } => endpoint::redirect_not_allowed(location, facts),
        Finding::RedirectRefused { location, .. } => endpoint::redirect_refused(location, facts),
        Finding::ClockOff { .. } => sign_in::clock(facts),
        Finding::NotOffered { wanted } => sign_in::not_offered(wanted, facts),
        Finding::Clear { .. } => sign_in::clear(facts),
        Finding::EncryptionDemanded => sign_in::encryption_demanded(facts),
        Finding::Rejected { .. } => sign_in::rejected(facts),
        Finding::Denied(denial) => sign_in::denied(*denial, facts),
        Finding::Security { .. } => sign_in::security(facts),
        Finding::Kerberos(error) => kerberos::failed(error, facts),
        Finding::Missing { .. } => vec![Cause::new("an option is missing", "psbridge help doctor")],
        Finding::Certificate(error) => certificate::unusable(error, facts),
        Finding::CertificateEnds { .. } => certificate::ends(facts),
        Finding::Token(error) => token::none(error, facts),
        Finding::TokenAudience { wanted, .. } => token::audience(wanted, facts),
        Finding::TokenTenant { .. } => token::tenant(facts),
        Finding::TokenExpired { .. } => token::expired(facts),
        Finding::TokenNoPermission => token::no_permission(facts),
        Finding::Organization { .. } => token::organization(facts),
        Finding::RestRefused => token::rest_refused(facts),
        Finding::RestForbidden => token::rest_forbidden(facts),
        Finding::RestFailed { .. } => session::pipeline_failed(facts),
        Finding::ConfigurationUnknown { .. } => session::configuration_unknown(facts),
        Finding::AccessDenied { .. } => session::access_denied(facts),
        Finding::Quota { text } => session::quota(text, facts),
        Finding::Fault { code, .. } => session::fault(*code, facts),
        Finding::CommandUnknown { .. } => session::command_unknown(facts),
        Finding::PipelineFailed { .. } => session::pipeline_failed(facts),
        Finding::Other { advice, .. } => vec![Cause::new(
            advice.clone().unwrap_or_else(|| "look at what travels".into()),
            facts.again("--trace -vv"),
        )],
    }
}
