//! What Kerberos can say no to, in every build: with or without the mechanism itself.

use crate::Denial;

/// Why a sign-in by Kerberos did not come about. Both implementations (pure Rust, and the system's krb5) and the search
/// for a KDC use these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KerberosError {
    /// This build lacks what was asked for.
    #[error("{what} needs a build with the feature {feature}")]
    NotInBuild {
        /// What was asked for.
        what: &'static str,
        /// The feature that has it: `kerberos` or `kerberos-gss`.
        feature: &'static str,
    },

    /// Kerberos knows names, not addresses.
    #[error("Kerberos needs the name of the endpoint, and {host} is an address")]
    Address {
        /// The address in the target.
        host: String,
    },

    /// Nothing says which realm the user is in.
    #[error("the realm of {user} is not known")]
    NoRealm {
        /// The user as given.
        user: String,
    },

    /// No KDC of the realm is known.
    #[error("no KDC of the realm {realm} is known")]
    NoKdc {
        /// The realm.
        realm: String,
    },

    /// No KDC of the realm answered.
    #[error("no KDC of the realm {realm} answered ({})", list(tried))]
    KdcUnreachable {
        /// The realm.
        realm: String,
        /// Each address that was tried, with what it said.
        tried: Vec<String>,
    },

    /// The KDC does not know the user.
    #[error("the KDC of {realm} does not know the user {user}")]
    UserUnknown {
        /// The user.
        user: String,
        /// The realm that was asked.
        realm: String,
    },

    /// The password, or the key of the keytab, is wrong.
    #[error("the KDC refused the {} of {user}", if *.keytab { "key" } else { "password" })]
    WrongPassword {
        /// The user.
        user: String,
        /// True when a keytab was used.
        keytab: bool,
    },

    /// The account exists and may not sign in.
    #[error("the KDC does not let {user} in: {}", state(*denial))]
    Account {
        /// The user.
        user: String,
        /// Why not; nothing when the KDC does not tell whether it is disabled, locked or expired.
        denial: Option<Denial>,
    },

    /// Two clocks differ by more than Kerberos allows.
    #[error("the clock of the {} is {}, and Kerberos allows 5 minutes", if *.server { "endpoint" } else { "KDC" }, apart(*.seconds))]
    ClockSkew {
        /// Seconds by which the other clock is ahead of ours, as far as it is known.
        seconds: Option<i64>,
        /// True for the clock of the endpoint, false for that of the KDC.
        server: bool,
    },

    /// The KDC does not know the service.
    #[error("the KDC of {realm} does not know the service {service}")]
    ServiceUnknown {
        /// The service principal.
        service: String,
        /// The realm that was asked last.
        realm: String,
    },

    /// The realm is not that of the KDC or of the user.
    #[error("{realm} is the wrong realm{}", named.as_ref().map(|right| format!("; the KDC names {right}")).unwrap_or_default())]
    WrongRealm {
        /// The realm that was asked for.
        realm: String,
        /// The realm that the KDC names instead.
        named: Option<String>,
    },

    /// There is no ticket to sign in with.
    #[error("no ticket: {reason}")]
    NoTicket {
        /// What the cache or keytab said.
        reason: String,
    },

    /// The ticket's time is over.
    #[error("the ticket has expired")]
    TicketExpired,

    /// The two sides share no encryption type.
    #[error("the encryption type {offered} is not supported here")]
    EncryptionType {
        /// What the peer would take or has, as far as it is known.
        offered: String,
    },

    /// The endpoint cannot read the ticket: its keytab or machine account has another key.
    #[error("the endpoint cannot read the ticket for {service}; its key is not the one that the KDC has")]
    ServerKey {
        /// The service principal.
        service: String,
    },

    /// The endpoint has not proved that it holds the key of the service.
    #[error("the endpoint did not prove itself: {reason}")]
    Unproved {
        /// What was wrong with its proof.
        reason: &'static str,
    },

    /// The endpoint refused the channel bindings: it does not see the TLS connection that we see.
    #[error("the endpoint refused the channel bindings: it sees another TLS connection than we do")]
    Bindings,

    /// A keytab that cannot be used.
    #[error("the keytab {}: {reason}", path.as_deref().unwrap_or("given"))]
    Keytab {
        /// Its file, if it came from one.
        path: Option<String>,
        /// What is wrong with it.
        reason: String,
    },

    /// A configuration file that cannot be used.
    #[error("krb5 configuration {path}: {reason}")]
    Configuration {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A name that Kerberos cannot carry.
    #[error("{name:?} is no Kerberos name: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// A message that does not have the form of its specification, or does not belong to its request.
    #[error("malformed {what}: {reason}")]
    Malformed {
        /// The message, such as `AS-REP`.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// Any other refusal (RFC 4120 section 7.5.9).
    #[error("the {} refused with error {code}{}", if *.server { "endpoint" } else { "KDC" }, if text.is_empty() { String::new() } else { format!(" ({text})") })]
    Refused {
        /// The number of the error.
        code: i32,
        /// Its text, as far as it is known; never steering characters.
        text: String,
        /// True for the endpoint, false for the KDC.
        server: bool,
    },

    /// Any other failure of the system's GSS-API.
    #[error("the system's Kerberos failed: {text}")]
    System {
        /// What it said.
        text: String,
    },
}

impl KerberosError {
    /// The next step.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotInBuild { feature, .. } if *feature == "kerberos-gss" => {
                "build psbridge with --features kerberos-gss (it needs libkrb5-dev and libclang-dev)"
            }
            Self::NotInBuild { .. } => "build psbridge with --features kerberos, or use negotiate with NTLM",
            Self::Address { .. } => "use the host name of the endpoint, or NTLM (--auth ntlm)",
            Self::NoRealm { .. } => {
                "give the user as user@REALM, give --realm, or set default_realm in krb5.conf"
            }
            Self::NoKdc { .. } => {
                "give --kdc HOST, list the realm in krb5.conf, or check that DNS has _kerberos._tcp for it"
            }
            Self::KdcUnreachable { .. } => {
                "check that port 88 of the domain controllers is reachable from here, or give another one with --kdc"
            }
            Self::UserUnknown { .. } => {
                "check the user name and the realm (user@REALM, the realm in capital letters)"
            }
            Self::WrongPassword { keytab: true, .. } => {
                "export the keytab again: the password of the account has changed since, or its name has another case"
            }
            Self::WrongPassword { .. } => "check the password; further attempts may lock the account",
            Self::Account { denial, .. } => match denial {
                Some(Denial::AccountDisabled) => "have the account enabled",
                Some(Denial::AccountLocked) => {
                    "have the account unlocked, and find out who tries with a wrong password"
                }
                Some(Denial::AccountExpired) => "have the time of the account extended",
                Some(Denial::PasswordExpired | Denial::PasswordMustChange) => {
                    "change the password (kpasswd, or at a Windows machine), or have it reset"
                }
                None => "look the account up in the domain: enabled, not locked, not expired",
                Some(_) => "have the restrictions of the account looked at",
            },
            Self::ClockSkew { .. } => {
                "set the clocks: let both machines use the time service of the domain (timedatectl, chronyc tracking)"
            }
            Self::ServiceUnknown { .. } => {
                "use the name that the endpoint is registered by (setspn -Q HTTP/host), give --spn, or register it \
                 (setspn -S)"
            }
            Self::WrongRealm { .. } => "give the user with the realm of the account",
            Self::NoTicket { .. } => "get a ticket with kinit, or give a password or a keytab",
            Self::TicketExpired => "get a new ticket with kinit, or check the clocks",
            Self::EncryptionType { .. } => {
                "let the account use AES (msDS-SupportedEncryptionTypes, then a new password), or use a build with \
                 --features kerberos-gss, which knows RC4"
            }
            Self::ServerKey { .. } => {
                "check that the name is registered for the account that runs the endpoint, and only for it (setspn -X), \
                 and that its keytab is not older than its password"
            }
            Self::Unproved { .. } => {
                "somebody on the way may be answering instead of the endpoint: use https"
            }
            Self::Bindings => {
                "something between ends TLS (a proxy, a load balancer): go past it, or relax extended protection at the \
                 endpoint"
            }
            Self::Keytab { .. } => "check the file and the user name; klist -kte FILE shows what it holds",
            Self::Configuration { .. } => "correct the file, or point KRB5_CONFIG to another one",
            Self::Name { .. } => "give the name in another form, or use a build with --features kerberos-gss",
            Self::Malformed { .. } => "find out what stands between here and there",
            Self::Refused { .. } => "look the number up in RFC 4120 section 7.5.9 and in the log of the KDC",
            Self::System { .. } => "try kinit and kvno by hand; KRB5_TRACE=/dev/stderr shows what happens",
        }
    }
}

fn state(denial: Option<Denial>) -> String {
    denial.map_or_else(
        || "the account is disabled, locked or expired".to_owned(),
        |denial| denial.to_string(),
    )
}

fn list(tried: &[String]) -> String {
    if tried.is_empty() {
        "none was left".to_owned()
    } else {
        tried.join("; ")
    }
}

/// Seconds as a person says them.
fn apart(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds else {
        return "too far from ours".to_owned();
    };
    let side = if seconds < 0 { "behind" } else { "ahead of" };
    let seconds = seconds.unsigned_abs();
    let span = match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    };
    format!("{span} {side} ours")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_how_much_and_what_to_do() {
        let skew = KerberosError::ClockSkew {
            seconds: Some(-7200),
            server: false,
        };
        assert_eq!(
            skew.to_string(),
            "the clock of the KDC is 2 h behind ours, and Kerberos allows 5 minutes"
        );
        let wrong = KerberosError::WrongRealm {
            realm: "A".into(),
            named: Some("B".into()),
        };
        assert_eq!(wrong.to_string(), "A is the wrong realm; the KDC names B");
        let locked = KerberosError::Account {
            user: "ann".into(),
            denial: Some(Denial::AccountLocked),
        };
        assert_eq!(
            locked.to_string(),
            "the KDC does not let ann in: the account is locked"
        );
        assert!(locked.advice().contains("unlocked"));
    }
}
