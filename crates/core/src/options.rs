//! Limits and ways of signing in.

use std::str::FromStr;
use std::time::Duration;

use crate::endpoint::Endpoint;

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Authentication {
    /// SPNEGO: the endpoint and the client agree on a mechanism. Kerberos when this build has it, the endpoint has a name and
    /// the user's realm and its KDC are known, or a keytab or ticket cache was asked for; else NTLM. Once Kerberos was
    /// tried, only `allow_ntlm` lets NTLM take its place. The default with a credential.
    Negotiate,
    /// NTLM without the SPNEGO wrapping.
    Ntlm,
    /// User and password with every request. Only over https, unless insisted on.
    Basic,
    /// An OAuth token with every request. Only over https, unless insisted on.
    Bearer,
    /// Basic with `Bearer ` and an OAuth token in the place of the password, as Exchange Online took it. Only over https,
    /// unless insisted on.
    BasicBearer,
    /// Kerberos and nothing else, under the scheme that the endpoint offers (`Negotiate` or `Kerberos`). Needs a build with
    /// the feature `kerberos` (password and keytab, without system libraries) or `kerberos-gss` (the system's krb5).
    Kerberos,
    /// A TLS client certificate, which the endpoint maps to an account. Only over https.
    Certificate,
    /// CredSSP. **It hands the password itself to the endpoint**, which can then use it to sign in elsewhere in the name
    /// of the account, and from which it can be stolen: only for endpoints that need this second hop and are trusted
    /// with the account. The password leaves after the endpoint has proved itself, over http as well as https.
    Credssp,
    /// No sign-in.
    None,
}

impl Authentication {
    /// The name as the command line spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Negotiate => "negotiate",
            Self::Ntlm => "ntlm",
            Self::Basic => "basic",
            Self::Bearer => "bearer",
            Self::BasicBearer => "basic-bearer",
            Self::Kerberos => "kerberos",
            Self::Certificate => "certificate",
            Self::Credssp => "credssp",
            Self::None => "none",
        }
    }
}

impl FromStr for Authentication {
    type Err = UnknownAuthentication;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [
            Self::Negotiate,
            Self::Ntlm,
            Self::Basic,
            Self::Bearer,
            Self::BasicBearer,
            Self::Kerberos,
            Self::Certificate,
            Self::Credssp,
            Self::None,
        ];
        let found = all.into_iter().find(|one| one.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownAuthentication(text.to_owned()))
    }
}

/// The text names no way of signing in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no way to sign in; expected negotiate, ntlm, basic, bearer, basic-bearer, kerberos, certificate, credssp or none"
)]
pub struct UnknownAuthentication(pub String);

/// Sizes and times that a session keeps to. Sizes count decompressed bytes.
///
/// ```
/// use psbridge::Limits;
///
/// let limits = Limits { max_runspaces: 4, ..Limits::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest SOAP envelope in bytes that we take, and that we send once the server has shown that it takes it; until
    /// then 150 KB.
    pub max_envelope_size: u32,
    /// Largest PSRP message in bytes.
    pub max_message_size: usize,
    /// Deepest nesting of values in a message.
    pub max_object_depth: usize,
    /// Most objects in a message.
    pub max_objects_per_message: usize,
    /// Largest HTTP body in bytes; four envelopes when not given.
    pub max_response_body: Option<u64>,
    /// Records of a pipeline that wait for the caller, at most. Then no more output is fetched.
    pub pipeline_buffer_records: usize,
    /// Bytes of such records, at most.
    pub pipeline_buffer_bytes: usize,
    /// Longest wait for a connection, TLS included, and for each leg of signing in.
    pub connect_timeout: Duration,
    /// How long the server may take for one operation; it is told so.
    pub operation_timeout: Duration,
    /// How long beyond `operation_timeout` we wait for the network.
    pub network_delay: Duration,
    /// How long an unused shell lives on the server. Two hours when not given, 15 minutes on Exchange.
    pub idle_timeout: Option<Duration>,
    /// Runspaces of the pool: that many pipelines run at once, further ones wait.
    pub max_runspaces: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_envelope_size: 512_000,
            max_message_size: 200 * 1024 * 1024,
            max_object_depth: 50,
            max_objects_per_message: 1_000_000,
            max_response_body: None,
            pipeline_buffer_records: 1_000,
            pipeline_buffer_bytes: 8 * 1024 * 1024,
            connect_timeout: Duration::from_secs(30),
            operation_timeout: Duration::from_secs(60),
            network_delay: Duration::from_secs(10),
            idle_timeout: None,
            max_runspaces: 1,
        }
    }
}

impl Limits {
    /// The largest HTTP body in bytes.
    #[must_use]
    pub fn response_body(&self) -> u64 {
        self.max_response_body
            .unwrap_or_else(|| u64::from(self.max_envelope_size) * 4)
    }

    /// The part that binds the reading of messages.
    pub(crate) fn for_messages(&self) -> psbridge_clixml::Limits {
        psbridge_clixml::Limits {
            max_message_size: self.max_message_size,
            max_object_depth: self.max_object_depth,
            max_objects_per_message: self.max_objects_per_message,
        }
    }

    /// The idle time that an endpoint is asked for.
    #[must_use]
    pub fn idle_timeout_for(&self, endpoint: &Endpoint) -> Duration {
        let minutes = if endpoint.is_exchange() { 15 } else { 120 };
        self.idle_timeout.unwrap_or(Duration::from_secs(minutes * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_design() {
        let limits = Limits::default();
        assert_eq!(limits.response_body(), 2_048_000);
        let idle = |target| {
            limits
                .idle_timeout_for(&Endpoint::parse(target, None).unwrap())
                .as_secs()
        };
        assert_eq!(
            (idle("http://h/PowerShell/"), idle("http://h:5985/wsman")),
            (900, 7200)
        );
    }

    #[test]
    fn every_way_to_sign_in_is_found_by_its_name() {
        assert_eq!("NTLM".parse(), Ok(Authentication::Ntlm));
        assert!(
            "digest"
                .parse::<Authentication>()
                .unwrap_err()
                .to_string()
                .contains("negotiate")
        );
    }
}
