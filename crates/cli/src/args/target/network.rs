//! The way to the endpoint: TLS, redirection, proxies.

use std::path::PathBuf;

use clap::Args;

/// Whom to trust, and what may lie in between.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// Trust the certificates in this file (PEM or DER) besides those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Trust exactly this leaf certificate, by its SHA-256
    #[arg(long, value_name = "HEX")]
    pub(crate) pin_sha256: Option<String>,

    /// Do not check the endpoint's certificate at all
    #[arg(long)]
    pub(crate) insecure_skip_verify: bool,

    /// Let passwords, tokens and content travel unencrypted over plain HTTP (basic, bearer, basic-bearer and none)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) allow_unencrypted: Option<bool>,

    /// Follow redirections, at most 5: to the same host, to hosts of the same Exchange cloud, and to HOSTS (names,
    /// *.domain), which get the credential too
    #[arg(long, value_name = "HOSTS", num_args = 0..=1, require_equals = true, default_missing_value = "",
        value_delimiter = ',')]
    pub(crate) allow_redirect: Option<Vec<String>>,

    /// Proxy: http://[user@]host:port, socks5://host:port, or environment for what HTTPS_PROXY and its like say. The
    /// proxy's password comes from --proxy-password-from or PSBRIDGE_PROXY_PASSWORD
    #[arg(long, value_name = "URL|environment")]
    pub(crate) proxy: Option<String>,

    /// Where the proxy's password is: env:NAME, file:PATH, command:PROGRAM ARG… or keyring:NAME
    #[arg(long, value_name = "REF")]
    pub(crate) proxy_password_from: Option<String>,
}
