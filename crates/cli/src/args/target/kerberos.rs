//! Kerberos, by itself or inside negotiate.

use std::path::PathBuf;

use clap::Args;

/// Where tickets come from and for whom.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Kerberos")]
pub(crate) struct KerberosArgs {
    /// File with the keys of --user, instead of a password
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ccache", "password_file", "password_from"])]
    pub(crate) keytab: Option<PathBuf>,

    /// Ticket cache, for example FILE:/tmp/krb5cc_1000; without a name the default one (builds with kerberos-gss)
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "",
        conflicts_with_all = ["password_file", "password_from"])]
    pub(crate) ccache: Option<String>,

    /// Realm of the user [default: that of the user name, else krb5.conf's]
    #[arg(long, value_name = "REALM")]
    pub(crate) realm: Option<String>,

    /// Key distribution center, HOST or HOST:PORT; can be repeated [default: krb5.conf's, else DNS]
    #[arg(long, value_name = "ADDR")]
    pub(crate) kdc: Vec<String>,

    /// Service principal name of the endpoint [default: HTTP/host for Exchange, else host/host, then HTTP/host]
    #[arg(long, value_name = "SPN")]
    pub(crate) spn: Option<String>,

    /// Let the endpoint act for the user elsewhere: hand it a ticket that can be forwarded
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) delegate: Option<bool>,
}

impl KerberosArgs {
    /// Whether something here says who signs in.
    pub(super) fn names_key(&self) -> bool {
        self.keytab.is_some() || self.ccache.is_some()
    }

    pub(super) fn forget_key(&mut self) {
        self.keytab = None;
        self.ccache = None;
    }
}
