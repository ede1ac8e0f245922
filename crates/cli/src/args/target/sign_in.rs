//! How to sign in, and as whom.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The way to sign in, the user and where the password is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct SignInArgs {
    /// How to authenticate [default: what the other options ask for; negotiate for a user, else none]
    #[arg(long, value_enum, value_name = "METHOD")]
    pub(crate) auth: Option<Auth>,

    /// User: name, DOMAIN\name or name@domain. The password comes from --password-file or --password-from,
    /// PSBRIDGE_PASSWORD, standard input or a prompt
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,

    /// File with the password (or, for bearer, the token) on its first line
    #[arg(long, value_name = "FILE", conflicts_with = "password_from")]
    pub(crate) password_file: Option<PathBuf>,

    /// Where the password (or token) is: env:NAME, file:PATH, command:PROGRAM ARG… or keyring:NAME
    #[arg(long, value_name = "REF")]
    pub(crate) password_from: Option<String>,

    /// Let negotiate fall back to NTLM when Kerberos fails
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) allow_ntlm: Option<bool>,
}

impl SignInArgs {
    /// Drops who signs in; what belongs to the same user stays.
    pub(super) fn forget_credential(&mut self, same_user: bool) {
        if !same_user {
            self.user = None;
            self.password_file = None;
            self.password_from = None;
        }
    }
}

/// The ways to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Auth {
    /// SPNEGO: Kerberos where a realm is known, else NTLM; seals messages over plain HTTP
    Negotiate,
    /// Kerberos by itself; seals messages over plain HTTP
    Kerberos,
    /// NTLMv2 by itself; seals messages over plain HTTP
    Ntlm,
    /// User and password as they are (HTTPS)
    Basic,
    /// An access token (HTTPS)
    Bearer,
    /// An access token in the place of Basic's password, as Exchange Online took it (HTTPS)
    BasicBearer,
    /// A TLS client certificate (HTTPS)
    Certificate,
    /// Hands user and password to the endpoint, inside TLS of its own; seals messages over plain HTTP
    Credssp,
    /// No authentication
    None,
}

impl Auth {
    /// Whether it may end up speaking Kerberos.
    pub(crate) fn may_use_kerberos(self) -> bool {
        matches!(self, Self::Negotiate | Self::Kerberos | Self::Credssp)
    }

    /// Whether a user and a password sign in.
    pub(crate) fn uses_password(self) -> bool {
        matches!(
            self,
            Self::Negotiate | Self::Kerberos | Self::Ntlm | Self::Basic | Self::Credssp
        )
    }

    /// Whether a token signs in.
    pub(crate) fn uses_token(self) -> bool {
        matches!(self, Self::Bearer | Self::BasicBearer)
    }
}
